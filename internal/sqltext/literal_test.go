package sqltext

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

type (
	status  string
	id      int64
	flag    bool
	ratio   float64
	small   float32
	hash    []byte
	digest  [2]byte
	level   uint8
	cyclic  *cyclic
	byValue struct{ v any }
	byPtr   struct{ v any }
	endless struct{}
	failing struct{}
)

func (b byValue) Value() (driver.Value, error) { return b.v, nil }

// Value returns a value for a nil receiver, too.
func (b *byPtr) Value() (driver.Value, error) {
	if b == nil {
		return "nothing", nil
	}
	return b.v, nil
}

func (e endless) Value() (driver.Value, error) { return e, nil }

var errValue = errors.New("no value today")

func (failing) Value() (driver.Value, error) { return nil, errValue }

// dec is a decimal with database/sql's interface. It is a Valuer, too, and its Value method
// must not be called.
type dec struct {
	form byte
	neg  bool
	coef []byte
	exp  int32
}

func (d dec) Decompose([]byte) (byte, bool, []byte, int32) { return d.form, d.neg, d.coef, d.exp }
func (d dec) Value() (driver.Value, error)                 { return "wrong", nil }

// decPtr is a decimal with pointer receivers, like that of
// github.com/cockroachdb/apd.
type decPtr struct{ coef byte }

func (d *decPtr) Decompose([]byte) (byte, bool, []byte, int32) { return 0, false, []byte{d.coef}, -1 }
func (decPtr) Value() (driver.Value, error)                    { return "wrong", nil }

func bigOf(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return n
}

func ratOf(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func ptr[T any](v T) *T { return &v }

func TestLiterals(t *testing.T) {
	t.Parallel()
	ist := time.FixedZone("IST", 19800)
	lmt := time.FixedZone("LMT", 19800+28)
	at := time.Date(2024, 1, 31, 23, 59, 58, 123456789, ist)
	n38 := strings.Repeat("9", 38)
	tests := []struct {
		v    any
		want string
	}{
		{nil, "NULL"}, {true, "TRUE"}, {false, "FALSE"}, {flag(true), "TRUE"},
		{0, "0"}, {int8(-1), "(-1)"}, {int16(5), "5"}, {int32(5), "5"}, {int64(math.MaxInt64), "9223372036854775807"},
		{int64(math.MinInt64), "(-9223372036854775807 - 1)"}, {id(-7), "(-7)"}, {time.Second, "1000000000"},
		{uint(1), "1"}, {uint8(1), "1"}, {uint16(1), "1"}, {uint32(1), "1"}, {uint64(math.MaxInt64), "9223372036854775807"},
		{uint64(math.MaxInt64 + 1), "CAST('9223372036854775808' AS DECIMAL(19,0))"},
		{uint64(math.MaxUint64), "CAST('18446744073709551615' AS DECIMAL(20,0))"},
		{0.0, "0E0"}, {math.Copysign(0, -1), "(-0E0)"}, {3.0, "3E0"}, {-1.5, "(-1.5E0)"}, {1e20, "1E20"}, {1e-7, "1E-7"}, {0.1, "1E-1"},
		{math.MaxFloat64, "1.7976931348623157E308"}, {math.SmallestNonzeroFloat64, "5E-324"}, {1e100, "1E100"}, {ratio(2), "2E0"},
		{float32(0.5), "5E-1"}, {float32(0.1), "1.0000000149011612E-1"}, {small(-2), "(-2E0)"},
		{"", "''"}, {"it's", "'it''s'"}, {`a\b`, `'a\\b'`}, {`\'`, `'\\'''`}, {"a\nb\rc\td\u2028", "'a\\nb\\rc\td\u2028'"}, {"?:x", "'?:x'"},
		{status("on"), "'on'"}, {json.Number("1.50"), "'1.50'"}, {"\ufffd", "'\ufffd'"},
		{[]byte(nil), "NULL"}, {[]byte{}, "X''"}, {[]byte{0xca, 0xfe, 9}, "X'CAFE09'"}, {hash{1}, "X'01'"}, {hash(nil), "NULL"},
		{digest{1, 0xab}, "X'01AB'"}, {&digest{1, 2}, "X'0102'"}, {sql.RawBytes{255}, "X'FF'"}, {[0]byte{}, "X''"},
		{json.RawMessage(`{"a":"\"'"}`), `'{"a":"\\"''"}'`}, {json.RawMessage(nil), "NULL"}, {json.RawMessage{}, "''"},
		{at, "TIMESTAMP '2024-01-31 18:29:58.123456'"}, {&at, "TIMESTAMP '2024-01-31 18:29:58.123456'"},
		{time.Time{}, "TIMESTAMP '0001-01-01 00:00:00.000000'"},
		{time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), "TIMESTAMP '1969-12-31 23:59:59.999999'"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "TIMESTAMP '0000-01-01 00:00:00.000000'"},
		{sql.Null[Date]{V: Date(at), Valid: true}, "DATE '2024-01-31'"}, {&sql.Null[Date]{}, "NULL"}, {&sql.Null[Date]{V: Date(at), Valid: true}, "DATE '2024-01-31'"}, {sql.Null[dec]{V: dec{coef: []byte{5}, exp: -1}, Valid: true}, "CAST('0.5' AS DECIMAL(1,1))"}, {&sql.Null[dec]{V: dec{coef: []byte{5}, exp: -1}, Valid: true}, "CAST('0.5' AS DECIMAL(1,1))"},
		{sql.NullTime{Time: at, Valid: true}, "TIMESTAMP '2024-01-31 18:29:58.123456'"}, {sql.NullInt64{}, "NULL"},
		{Date(at), "DATE '2024-01-31'"}, {Date(at.Add(time.Minute)), "DATE '2024-02-01'"}, {ptr(Date(at)), "DATE '2024-01-31'"},
		{TimestampTZ(at), "TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30'"},
		{TimestampTZ(at.UTC()), "TIMESTAMP_TZ '2024-01-31 18:29:58.123456+00:00'"},
		{TimestampTZ(at.In(time.FixedZone("", -10800))), "TIMESTAMP_TZ '2024-01-31 15:29:58.123456-03:00'"},
		{TimestampTZ(at.In(lmt)), "TIMESTAMP_TZ '2024-01-31 18:29:58.123456+00:00'"},
		// The year is checked in the zone in which the time is written.
		{time.Date(9999, 12, 31, 23, 0, 0, 0, ist), "TIMESTAMP '9999-12-31 17:30:00.000000'"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, ist), "TIMESTAMP '9999-12-31 18:30:00.000000'"},
		{big.NewInt(-5), "(-5)"}, {*big.NewInt(5), "5"}, {(*big.Int)(nil), "NULL"}, {(*big.Rat)(nil), "NULL"},
		{bigOf("-9223372036854775809"), "CAST('-9223372036854775809' AS DECIMAL(19,0))"},
		{bigOf(n38), "CAST('" + n38 + "' AS DECIMAL(38,0))"}, {bigOf("-" + n38), "CAST('-" + n38 + "' AS DECIMAL(38,0))"},
		{ratOf("12.30"), "CAST('12.3' AS DECIMAL(3,1))"}, {ratOf("-1/8"), "CAST('-0.125' AS DECIMAL(3,3))"}, {ratOf("7"), "CAST('7' AS DECIMAL(1,0))"},
		{*ratOf("1/2"), "CAST('0.5' AS DECIMAL(1,1))"}, {new(big.Rat), "CAST('0' AS DECIMAL(1,0))"},
		{ratOf(n38 + "/10000"), "CAST('" + n38[:34] + "." + n38[34:] + "' AS DECIMAL(38,4))"},
		{dec{0, false, []byte{4, 0xce}, -2}, "CAST('12.30' AS DECIMAL(4,2))"}, {dec{0, true, []byte{5}, -3}, "CAST('-0.005' AS DECIMAL(3,3))"},
		{dec{0, true, []byte{5}, 3}, "CAST('-5000' AS DECIMAL(4,0))"}, {dec{0, true, nil, -2}, "CAST('0.00' AS DECIMAL(2,2))"},
		{dec{0, false, []byte{0, 0}, 900}, "CAST('0' AS DECIMAL(1,0))"}, {dec{0, false, []byte{0}, -900}, "CAST('0." + strings.Repeat("0", 38) + "' AS DECIMAL(38,38))"},
		{dec{0, false, append(make([]byte, 40), 7), 0}, "CAST('7' AS DECIMAL(1,0))"},
		{dec{0, false, bigOf("1" + strings.Repeat("0", 45)).Bytes(), -45}, "CAST('1." + strings.Repeat("0", 37) + "' AS DECIMAL(38,37))"},
		{dec{0, false, []byte{100}, -40}, "CAST('0." + strings.Repeat("0", 37) + "1' AS DECIMAL(38,38))"},
		{dec{0, false, bigOf(n38).Bytes(), -38}, "CAST('0." + n38 + "' AS DECIMAL(38,38))"},
		{ptr(dec{0, false, []byte{1}, 0}), "CAST('1' AS DECIMAL(1,0))"}, {(*dec)(nil), "NULL"},
		{decPtr{15}, "CAST('1.5' AS DECIMAL(2,1))"}, {&decPtr{15}, "CAST('1.5' AS DECIMAL(2,1))"}, {(*decPtr)(nil), "NULL"}, {sql.Null[decPtr]{V: decPtr{15}, Valid: true}, "CAST('1.5' AS DECIMAL(2,1))"},
		{ptr("x"), "'x'"}, {ptr(ptr(5)), "5"}, {(*string)(nil), "NULL"}, {ptr((*int)(nil)), "NULL"}, {ptr(any(nil)), "NULL"}, {(*time.Time)(nil), "NULL"},
		{byValue{int64(3)}, "3"}, {&byValue{nil}, "NULL"}, {(*byValue)(nil), "NULL"}, {byValue{byValue{status("x")}}, "'x'"},
		{&byPtr{"x"}, "'x'"}, {(*byPtr)(nil), "'nothing'"}, {ptr(&byPtr{true}), "TRUE"},
		{sql.NullString{String: "x", Valid: true}, "'x'"}, {sql.NullInt64{}, "NULL"}, {sql.NullTime{Time: at, Valid: true}, "TIMESTAMP '2024-01-31 18:29:58.123456'"},
		{sql.Null[status]{V: "x", Valid: true}, "'x'"}, {sql.Null[id]{}, "NULL"}, {sql.NullFloat64{Float64: 1, Valid: true}, "1E0"},
	}
	for _, tt := range tests {
		got, err := appendValue([]byte("<"), tt.v, inValue, nil)
		if err != nil || string(got) != "<"+tt.want {
			t.Errorf("%T %v: got %s, %v, want %s", tt.v, tt.v, got, err, tt.want)
		}
	}
}

func TestLiteralErrors(t *testing.T) {
	t.Parallel()
	var loop cyclic
	loop = &loop
	digits39 := "1" + strings.Repeat("0", 38)
	tests := []struct {
		v    any
		want string
	}{
		{math.NaN(), "NaN and infinities have no literal"}, {math.Inf(-1), "NaN and infinities"}, {float32(math.Inf(1)), "NaN and infinities"},
		{"secret\xff", "not valid UTF-8 at byte 6"}, {"secret\x00", "NUL character at byte 6"}, {status("\xc3"), "not valid UTF-8 at byte 0"},
		{json.RawMessage("\x00"), "NUL character"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "a time in the year 10000"}, {Date(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)), "year -1"},
		{TimestampTZ(time.Date(11756, 1, 1, 0, 0, 0, 0, time.UTC)), "year 11756"},
		{bigOf(digits39), "more than 38 digits"}, {new(big.Int).Lsh(big.NewInt(1), 1<<20), "more than 38 digits"},
		{ratOf("1/3"), "no finite decimal form"}, {new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 39)), "more than 38"},
		{new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 1<<20)), "more than 38"}, {ratOf(digits39), "more than 38"},
		{new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1<<20)), "more than 38"},
		{dec{1, false, nil, 0}, "NaN or infinite"}, {dec{2, false, nil, 0}, "NaN or infinite"}, {dec{0, false, []byte{1}, 38}, "more than 38"},
		{dec{0, false, []byte{1}, -39}, "more than 38"}, {dec{0, false, []byte{1}, math.MinInt32}, "more than 38"}, {dec{0, false, []byte{1}, math.MaxInt32}, "more than 38"},
		{dec{0, false, []byte(strings.Repeat("x", 1<<20)), 0}, "more than 38"}, {dec{0, false, bigOf(digits39 + "1").Bytes(), -2}, "more than 38"},
		{[]int{1}, "a slice (type []int) is for a member of an IN list"}, {[]Date{{}}, "a slice (type []e6data.Date) is"}, {[2]string{}, "a slice (type [2]string)"},
		{struct{}{}, "no literal for a value of type struct {}"}, {map[string]int{}, "type map[string]int"}, {complex(1, 2), "type complex128"},
		{func() {}, "type func()"}, {make(chan int), "type chan int"}, {uintptr(1), "type uintptr"}, {big.NewFloat(1), "type big.Float"},
		{loop, "too many pointers"}, {endless{}, "too many pointers and Valuers around its value (type sqltext.endless)"},
	}
	for _, tt := range tests {
		_, err := parse(t, "select 0, ?").Render(args(tt.v, tt.v)[:1], nil)
		var e *ArgumentError
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "argument 1: ") || e.Offset != 10 || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%T: got %v, want %s", tt.v, err, tt.want)
		}
	}
}

func TestValuerError(t *testing.T) {
	t.Parallel()
	for _, v := range []any{failing{}, &failing{}, []any{1, failing{}}} {
		_, err := parse(t, "x in (:n)").Render(args(sql.Named("n", v)), nil)
		if !errors.Is(err, errValue) || !strings.HasPrefix(err.Error(), "argument :n: ") || !strings.HasSuffix(err.Error(), "its Value method failed: no value today") {
			t.Errorf("%T: got %v", v, err)
		}
	}
	_, err := parse(t, "?").Render(args((*failingPtr)(nil)), nil)
	if !errors.Is(err, errValue) {
		t.Errorf("got %v", err)
	}
}

type failingPtr struct{}

func (*failingPtr) Value() (driver.Value, error) { return nil, errValue }

func TestListErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v    any
		want string
	}{
		{[]int{}, "argument 1: an empty slice (type []int): an IN list has at least one member"},
		{[]string(nil), "argument 1: an empty slice (type []string): an IN list has at least one member"},
		{[][]int{{1}}, "argument 1: element 0: a slice in a slice (type []int) has no literal"},
		{[]string{"a", "a\x00"}, "argument 1: element 1: the string has a NUL character at byte 1; give binary data as []byte"},
		{[]uintptr{1}, "argument 1: element 0: no literal for a value of type uintptr"},
		{[]any{1, "a\x00"}, "argument 1: element 1: the string has a NUL character at byte 1; give binary data as []byte"},
	} {
		if _, err := parse(t, "x in (?)").Render(args(tt.v), nil); err == nil || err.Error() != tt.want {
			t.Errorf("%T: got %v, want %s", tt.v, err, tt.want)
		}
	}
}

// TestFloats parses literals back. Each must be one number.
func TestFloats(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		v := math.Float64frombits(rnd.Uint64())
		if rnd.IntN(2) == 0 {
			v = float64(math.Float32frombits(rnd.Uint32()))
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		b, err := appendFloat(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Trim(string(b), "(-)")
		if toks := lex(text); len(toks) != 1 || toks[0].kind != tokNumber || !strings.Contains(text, "E") {
			t.Fatalf("%s is not one number", b)
		}
		back, err := strconv.ParseFloat(strings.Trim(string(b), "()"), 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(v) {
			t.Fatalf("%s reads as %v, not %v", b, back, v)
		}
	}
}

// TestDecimals parses literals back.
func TestDecimals(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		coef := make([]byte, rnd.IntN(16))
		for i := range coef {
			coef[i] = byte(rnd.Uint32())
		}
		d := dec{0, rnd.IntN(2) == 0, coef, int32(rnd.IntN(60) - 45)}
		n := new(big.Rat).SetInt(new(big.Int).SetBytes(coef))
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(d.exp, -d.exp))), nil))
		if d.exp < 0 {
			scale.Inv(scale)
		}
		if n.Mul(n, scale); d.neg {
			n.Neg(n)
		}
		b, err := appendValue(nil, d, inValue, nil)
		if err != nil {
			_, err = appendRat(nil, n)
			if err == nil {
				t.Fatalf("%+v refused", d)
			}
			continue
		}
		text, typ, _ := strings.Cut(strings.TrimPrefix(string(b), "CAST('"), "' AS DECIMAL(")
		p, s, _ := strings.Cut(strings.TrimSuffix(typ, "))"), ",")
		precision, _ := strconv.Atoi(p)
		places, _ := strconv.Atoi(s)
		whole, fraction, _ := strings.Cut(strings.TrimLeft(text, "-0"), ".")
		if len(fraction) != places || max(len(whole)+places, 1) != precision || precision > 38 {
			t.Fatalf("%s: wrong type", b)
		}
		if back := ratOf(text); back.Cmp(n) != 0 {
			t.Fatalf("%s is not %s", b, n)
		}
	}
}
