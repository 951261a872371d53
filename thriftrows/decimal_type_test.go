package thriftrows_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

// decimal is database/sql's interface, which it does not export.
type decimal interface {
	Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32)
	Compose(form byte, negative bool, coefficient []byte, exponent int32) error
}

var (
	_ sql.Scanner              = (*thriftrows.Decimal)(nil)
	_ driver.Valuer            = thriftrows.Decimal{}
	_ decimal                  = (*thriftrows.Decimal)(nil)
	_ fmt.Stringer             = thriftrows.Decimal{}
	_ encoding.TextAppender    = thriftrows.Decimal{}
	_ encoding.TextMarshaler   = thriftrows.Decimal{}
	_ encoding.TextUnmarshaler = (*thriftrows.Decimal)(nil)
	_ json.Marshaler           = thriftrows.Decimal{}
	_ json.Unmarshaler         = (*thriftrows.Decimal)(nil)
)

var (
	largest  = thriftrows.Decimal{Hi: math.MaxInt64, Lo: math.MaxUint64}
	smallest = thriftrows.Decimal{Hi: math.MinInt64}
)

func at(d thriftrows.Decimal, scale int32) thriftrows.Decimal {
	d.Scale = scale
	return d
}

func bigInt(t testing.TB, s string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return n
}

func zeros(n int) string { return strings.Repeat("0", n) }

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	tens := thriftrows.Decimal{Hi: 5421010862427522170, Lo: 687399551400673280} // 10^38
	for _, test := range []struct {
		text string
		want thriftrows.Decimal
	}{
		{"0", thriftrows.Decimal{}},
		{"-0", thriftrows.Decimal{}},
		{"0.00", thriftrows.Decimal{Scale: 2}},
		{"0E+3", thriftrows.Decimal{}},
		{"0E-3", thriftrows.Decimal{Scale: 3}},
		{"12.30", thriftrows.NewDecimal(1230, 2)},
		{"-12.30", thriftrows.NewDecimal(-1230, 2)},
		{"+5", thriftrows.NewDecimal(5, 0)},
		{"-.5", thriftrows.NewDecimal(-5, 1)},
		{"5.", thriftrows.NewDecimal(5, 0)},
		{"007", thriftrows.NewDecimal(7, 0)},
		{"1.5E+3", thriftrows.NewDecimal(1500, 0)},
		{"1.50e1", thriftrows.NewDecimal(150, 1)},
		{"-12E-4", thriftrows.NewDecimal(-12, 4)},
		{"1E+0003", thriftrows.NewDecimal(1000, 0)},
		{"170141183460469231731687303715884105727", largest},
		{"-170141183460469231731687303715884105728", smallest},
		{"-1.70141183460469231731687303715884105728", at(smallest, 38)},
		{"17014118346046923173168730371588410572.7e1", largest},
		{"0." + zeros(254) + "1", thriftrows.NewDecimal(1, 255)},
		{"1E-255", thriftrows.NewDecimal(1, 255)},
		// These fit only with another scale.
		{"1" + zeros(38), tens},
		{"1" + zeros(39), at(tens, -1)},
		{"1E255", at(tens, -217)},
		{"1" + zeros(293), at(tens, -255)},
		{"-1701411834604692317316873037158841057280", at(smallest, -1)},
		{"1." + zeros(50), at(tens, 38)},
		{"0." + zeros(300), thriftrows.Decimal{Scale: 255}},
		{zeros(1000) + "7", thriftrows.NewDecimal(7, 0)},
	} {
		if got, err := thriftrows.ParseDecimal(test.text); err != nil || got != test.want {
			t.Errorf("%q: %#v, %v, want %#v", test.text, got, err, test.want)
		}
		var d thriftrows.Decimal
		if err := d.UnmarshalText([]byte(test.text)); err != nil || d != test.want {
			t.Errorf("UnmarshalText of %q: %#v, %v", test.text, d, err)
		}
	}
}

func TestParseDecimalErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind  error
		texts []string
	}{
		{thriftrows.ErrDecimalSyntax, []string{
			"", "-", "+", ".", "-.", "E", "E5", ".E5", "--5", "5-", "1-5", "1.2.3", "1E", "1E+", "1E--1", "1E1E1", "1E1.5",
			" 1", "1 ", "0x1", "1,5", "NaN", "Infinity", "1_0", "１", "1E1x",
		}},
		{thriftrows.ErrDecimalRange, []string{
			"170141183460469231731687303715884105728", "-170141183460469231731687303715884105729", strings.Repeat("9", 39),
			"1701411834604692317316873037158841057280", "0.1" + zeros(400) + "1", "1E256", "1E-256", "1E00001", "1E99999999999999999999",
			"0.1E-255", "1" + zeros(294), "0." + zeros(255) + "1", "1" + zeros(38) + ".5",
		}},
	} {
		for _, text := range test.texts {
			d := thriftrows.NewDecimal(7, 1)
			err := d.UnmarshalText([]byte(text))
			var e *thriftrows.DecimalError
			if !errors.Is(err, test.kind) || !errors.As(err, &e) || e.Err != test.kind {
				t.Errorf("%q: %v, want %v", text, err, test.kind)
			}
			if d != thriftrows.NewDecimal(7, 1) {
				t.Errorf("%q: the error left %v", text, d)
			}
			if len(err.Error()) > 200 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
	}
}

var decimalNotation = regexp.MustCompile(`^[+-]?(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$`)

// checkParse compares ParseDecimal with math/big.
func checkParse(t *testing.T, text string) {
	t.Helper()
	d, err := thriftrows.ParseDecimal(text)
	parts := decimalNotation.FindStringSubmatch(text)
	if parts == nil {
		if !errors.Is(err, thriftrows.ErrDecimalSyntax) {
			t.Errorf("%q: %v, %v", text, d, err)
		}
		return
	}
	exp := int64(0)
	if parts[4] != "" {
		var e error
		if exp, e = strconv.ParseInt(parts[4], 10, 32); e != nil || exp < -255 || exp > 255 || len(strings.TrimLeft(parts[4], "+-")) > 4 {
			if err == nil && len(strings.TrimLeft(parts[4], "+-0")) > 3 || err != nil && !errors.Is(err, thriftrows.ErrDecimalRange) {
				t.Errorf("%q: %v, %v", text, d, err)
			}
			return
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number for math/big", text)
	}
	if !representable(r) {
		if !errors.Is(err, thriftrows.ErrDecimalRange) {
			t.Errorf("%q: %v, %v", text, d, err)
		}
		return
	}
	if err != nil || d.Rat().Cmp(r) != 0 {
		t.Errorf("%q: %v, %v", text, d, err)
		return
	}
	if rat, err := thriftrows.ParseRat(text); len(text) <= 1024 && (err != nil || rat.Cmp(r) != 0) {
		t.Errorf("%q: %v, %v", text, rat, err)
	}
	wanted := int64(len(parts[2])+len(parts[3])) - exp
	if exact := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(wanted, 0)), nil))); wanted >= 0 && wanted <= 255 && fits(exact.Num()) && int64(d.Scale) != wanted {
		t.Errorf("%q: scale %d, want %d", text, d.Scale, wanted)
	}
	again, err := thriftrows.ParseDecimal(d.String())
	if err != nil || again.Cmp(d) != 0 || d.Scale >= 0 && again != d {
		t.Errorf("%q: %#v became %#v (%v)", text, d, again, err)
	}
}

func fits(n *big.Int) bool {
	return n.BitLen() <= 127 || n.Sign() < 0 && n.BitLen() == 128 && n.TrailingZeroBits() == 127
}

// representable reports whether r fits 128 bits with some valid scale.
func representable(r *big.Rat) bool {
	ten := big.NewRat(10, 1)
	x := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(255), nil)))
	for scale := 255; scale >= -255; scale-- {
		if !x.IsInt() {
			return false
		}
		if fits(x.Num()) {
			return true
		}
		x.Quo(x, ten)
	}
	return false
}

func TestParseRat(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("123456789", 113) // of 1,017 digits, more than a Decimal holds
	want, _ := new(big.Rat).SetString("-" + long + "/100")
	if r, err := thriftrows.ParseRat("-" + long[:1015] + "." + long[1015:]); err != nil || r.Cmp(want) != 0 {
		t.Errorf("%v, %v", r, err)
	}
	for text, want := range map[string]error{
		"": thriftrows.ErrDecimalSyntax, "1/3": thriftrows.ErrDecimalSyntax, "0x10": thriftrows.ErrDecimalSyntax, "1e": thriftrows.ErrDecimalSyntax,
		"1e256": thriftrows.ErrDecimalRange, "1e999999999": thriftrows.ErrDecimalRange,
		strings.Repeat("9", 1025): thriftrows.ErrDecimalRange, strings.Repeat("9", 10<<20): thriftrows.ErrDecimalRange,
	} {
		r, err := thriftrows.ParseRat(text)
		if r != nil || !errors.Is(err, want) || len(err.Error()) > 300 {
			t.Errorf("%.20q: %v, %.300v; want %v", text, r, err, want)
		}
	}
}

// A very long decimal text from the engine does not take long to parse.
func TestScanLongDecimalIntoRat(t *testing.T) {
	t.Parallel()
	for digits, want := range map[int]bool{1000: true, 10 << 20: false} {
		b, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{{Type: thriftrows.Decimal128, Data: thriftrows.Decimal128Data{Unscaled: [][]byte{[]byte(strings.Repeat("7", digits))}}}})
		if err != nil {
			t.Fatal(err)
		}
		var chunk thriftrows.Chunk
		if err := chunk.Decode(b, 1); err != nil {
			t.Fatal(err)
		}
		cur := thriftrows.NewCursor(nil, nil)
		cur.Reset(&chunk)
		cur.Next()
		var r big.Rat
		var p *big.Rat
		for _, dest := range []any{&r, &p} {
			if ok, err := cur.Scan(0, dest); ok != want || err != nil {
				t.Errorf("%d digits into a %T: %v, %v", digits, dest, ok, err)
			}
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{
		"0", "-0.0", "12.30", ".5", "5.", "+1.5E+3", "-12e-4", "1E255", "1E-255", "1E256", "x", "", "-", "1E", "00012",
		"170141183460469231731687303715884105727", "170141183460469231731687303715884105728", "-170141183460469231731687303715884105728",
		"1" + zeros(293), "1" + zeros(294), "1." + zeros(60), "0." + zeros(254) + "1", "0." + zeros(256), "1E0000001", "1E+0255",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		checkParse(t, text)
	})
}

// randomDecimal is of any magnitude and scale.
func randomDecimal(r *rand.Rand) thriftrows.Decimal {
	d := thriftrows.Decimal{Hi: int64(r.Uint64()), Lo: r.Uint64(), Scale: int32(r.IntN(511) - 255)}
	for range r.IntN(129) {
		d.Lo = d.Lo>>1 | uint64(d.Hi)<<63
		d.Hi >>= 1
	}
	if r.IntN(2) == 0 {
		d.Scale %= 40
	}
	return d
}

func randomDecimals128(t *testing.T) []thriftrows.Decimal {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	ds := []thriftrows.Decimal{{}, {Scale: 255}, {Scale: -255}}
	for _, scale := range []int32{-255, -38, -1, 0, 1, 38, 255} {
		ds = append(ds, at(largest, scale), at(smallest, scale), thriftrows.NewDecimal(1, scale), thriftrows.NewDecimal(-1, scale), thriftrows.NewDecimal(10, scale))
	}
	for range 500 {
		ds = append(ds, randomDecimal(r))
	}
	return ds
}

// Every form of a Decimal converts back to the same Decimal.
func TestDecimalRoundTrips(t *testing.T) {
	t.Parallel()
	buf := make([]byte, 0, 16)
	for _, d := range randomDecimals128(t) {
		var composed thriftrows.Decimal
		if err := composed.Compose(d.Decompose(nil)); err != nil || composed != d {
			t.Errorf("composed %#v: %#v, %v", d, composed, err)
		}
		if err := composed.Compose(d.Decompose(buf)); err != nil || composed != d {
			t.Errorf("composed in a buffer %#v: %#v, %v", d, composed, err)
		}
		if got, err := thriftrows.DecimalFromBigInt(d.Unscaled(), d.Scale); err != nil || got != d {
			t.Errorf("from big.Int %#v: %#v, %v", d, got, err)
		}
		if got, err := thriftrows.DecimalFromRat(d.Rat()); err != nil || !got.Equal(d) || got.Scale > max(d.Scale, 0) {
			t.Errorf("from big.Rat %#v: %#v, %v", d, got, err)
		}
		text, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		r, ok := new(big.Rat).SetString(string(text))
		if !ok || r.Cmp(d.Rat()) != 0 {
			t.Errorf("%s is not %v", text, d.Rat())
		}
		quoted, err := json.Marshal(d)
		if err != nil || string(quoted) != `"`+string(text)+`"` {
			t.Errorf("JSON %s, %v", quoted, err)
		}
		value, err := d.Value()
		if err != nil || value != string(text) {
			t.Errorf("value %v, %v", value, err)
		}
		var fromText, fromString, fromNumber, scanned thriftrows.Decimal
		for _, err := range []error{fromText.UnmarshalText(text), json.Unmarshal(quoted, &fromString), json.Unmarshal(text, &fromNumber), scanned.Scan(value)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if !fromText.Equal(d) || d.Scale >= 0 && fromText != d {
			t.Errorf("%#v became %#v", d, fromText)
		}
		if fromString != fromText || fromNumber != fromText || scanned != fromText {
			t.Errorf("%v, %v, %v and %v differ", fromText, fromString, fromNumber, scanned)
		}
	}
}

func TestDecimalCmp(t *testing.T) {
	t.Parallel()
	ds := randomDecimals128(t)
	r := rand.New(rand.NewPCG(5, 6))
	check := func(a, b thriftrows.Decimal) {
		want := a.Rat().Cmp(b.Rat())
		if got := a.Cmp(b); got != want || a.Equal(b) != (want == 0) {
			t.Errorf("%v and %v: %d, want %d", a, b, got, want)
		}
	}
	for range 3000 {
		a, b := ds[r.IntN(len(ds))], ds[r.IntN(len(ds))]
		check(a, b)
		b.Scale = a.Scale + int32(r.IntN(3)) - 1
		if b.Scale >= -255 && b.Scale <= 255 {
			check(a, b)
		}
	}
	for _, pair := range [][2]string{{"1", "1.000"}, {"-1.5", "-1.50"}, {"0", "0.000"}, {"1E40", "10E39"}} {
		a, _ := thriftrows.ParseDecimal(pair[0])
		b, _ := thriftrows.ParseDecimal(pair[1])
		if a.Cmp(b) != 0 || b.Cmp(a) != 0 {
			t.Errorf("%v and %v differ", a, b)
		}
	}
	// Invalid scales take neither time nor memory.
	far, near := at(largest, math.MaxInt32), thriftrows.NewDecimal(1, math.MinInt32)
	if far.Cmp(near) != -1 || near.Cmp(far) != 1 {
		t.Error("scales at the ends of their type")
	}
}

func TestDecimalSign(t *testing.T) {
	t.Parallel()
	for _, d := range randomDecimals128(t) {
		if want := d.Unscaled().Sign(); d.Sign() != want || d.IsZero() != (want == 0) {
			t.Errorf("%v: sign %d, zero %v", d, d.Sign(), d.IsZero())
		}
	}
}

func TestDecimalOfInvalidScale(t *testing.T) {
	t.Parallel()
	for _, scale := range []int32{256, -256, math.MaxInt32, math.MinInt32} {
		d := thriftrows.NewDecimal(1, scale)
		_, value := d.Value()
		_, text := d.MarshalText()
		_, quoted := d.MarshalJSON()
		for _, err := range []error{value, text, quoted} {
			if !errors.Is(err, thriftrows.ErrDecimalRange) {
				t.Errorf("scale %d: %v", scale, err)
			}
		}
		if r := d.Rat(); r != nil {
			t.Errorf("scale %d: a fraction of %d bits", scale, r.Num().BitLen())
		}
		if _, err := thriftrows.NewVector(thriftrows.Decimal128, 0, []any{d}); !errors.Is(err, thriftrows.ErrDecimalRange) {
			t.Errorf("scale %d in a vector: %v", scale, err)
		}
	}
}

func TestDecimalCompose(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		neg   bool
		coeff *big.Int
		exp   int32
		want  thriftrows.Decimal
		err   bool
	}{
		{"nothing", false, new(big.Int), 0, thriftrows.Decimal{}, false},
		{"negative zero", true, new(big.Int), -2, thriftrows.Decimal{Scale: 2}, false},
		{"zero far off", true, new(big.Int), math.MinInt32, thriftrows.Decimal{Scale: 255}, false},
		{"zero far off the other way", true, new(big.Int), math.MaxInt32, thriftrows.Decimal{Scale: -255}, false},
		{"a price", false, big.NewInt(1230), -2, thriftrows.NewDecimal(1230, 2), false},
		{"thousands", true, big.NewInt(12), 3, thriftrows.NewDecimal(-12, -3), false},
		{"smallest", true, new(big.Int).Lsh(big.NewInt(1), 127), 0, smallest, false},
		{"largest and one", false, new(big.Int).Lsh(big.NewInt(1), 127), 0, thriftrows.Decimal{}, true},
		{"zeros that need not be there", false, bigInt(t, "25"+zeros(60)), -61, thriftrows.Decimal{}, false},
		{"too many digits", false, bigInt(t, "1"+zeros(60)+"1"), 0, thriftrows.Decimal{}, true},
		{"too small", false, big.NewInt(1), -256, thriftrows.Decimal{}, true},
		{"small with zeros", false, big.NewInt(10), -256, thriftrows.NewDecimal(1, 255), false},
		{"large", false, big.NewInt(1), 256, thriftrows.NewDecimal(10, -255), false},
		{"too large", false, big.NewInt(1), 294, thriftrows.Decimal{}, true},
		{"far too large", false, big.NewInt(1), math.MaxInt32, thriftrows.Decimal{}, true},
		{"far too small", false, big.NewInt(1), math.MinInt32, thriftrows.Decimal{}, true},
		{"a megabyte", false, new(big.Int).Lsh(big.NewInt(1), 1<<23), -1, thriftrows.Decimal{}, true},
	} {
		d := thriftrows.NewDecimal(7, 7)
		before := test.coeff.Bytes()
		err := d.Compose(0, test.neg, before, test.exp)
		switch {
		case test.err && (!errors.Is(err, thriftrows.ErrDecimalRange) || d != thriftrows.NewDecimal(7, 7) || len(err.Error()) > 250):
			t.Errorf("%s: %v, %v", test.name, d, err)
		case test.name == "zeros that need not be there":
			if err != nil || !d.Equal(thriftrows.NewDecimal(25, 1)) {
				t.Errorf("%s: %v, %v", test.name, d, err)
			}
		case !test.err && (err != nil || d != test.want):
			t.Errorf("%s: %#v, %v", test.name, d, err)
		}
		if !bytes.Equal(before, test.coeff.Bytes()) {
			t.Errorf("%s: the coefficient was changed", test.name)
		}
	}
	for _, form := range []byte{1, 2, 3} {
		d := thriftrows.NewDecimal(7, 7)
		if err := d.Compose(form, false, nil, 0); !errors.Is(err, thriftrows.ErrDecimalRange) || d != thriftrows.NewDecimal(7, 7) {
			t.Errorf("form %d: %v", form, err)
		}
	}
	_, _, coeff, _ := thriftrows.NewDecimal(0x1FF, 0).Decompose(nil)
	if !slices.Equal(coeff, []byte{1, 0xFF}) {
		t.Errorf("coefficient % x", coeff)
	}
}

func TestDecimalFromRatErrors(t *testing.T) {
	t.Parallel()
	tiny := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256))
	odd := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(5), big.NewInt(256), nil))
	giant := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1<<20))
	for _, r := range []*big.Rat{big.NewRat(1, 3), big.NewRat(-1, 70), tiny, odd, giant, new(big.Rat).Inv(giant)} {
		if d, err := thriftrows.DecimalFromRat(r); !errors.Is(err, thriftrows.ErrDecimalRange) || len(err.Error()) > 250 {
			t.Errorf("%v, %v", d, err)
		}
	}
	for r, want := range map[*big.Rat]string{big.NewRat(1, 2): "0.5", big.NewRat(-3, 40): "-0.075", big.NewRat(100, 1): "100", new(big.Rat): "0"} {
		if d, err := thriftrows.DecimalFromRat(r); err != nil || d.String() != want {
			t.Errorf("%v: %v, %v", r, d, err)
		}
	}
}

func TestDecimalScan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src  any
		want string // "" for an error
	}{
		{"12.30", "12.30"}, {[]byte("-0.5"), "-0.5"}, {int64(math.MinInt64), "-9223372036854775808"}, {int64(7), "7"},
		{0.1, "0.1"}, {-2.5, "-2.5"}, {1e22, "10000000000000000000000"}, {1e-7, "0.0000001"}, {math.Copysign(0, -1), "0"}, {1e40, "1" + zeros(40)},
		{"12,5", ""}, {[]byte{}, ""}, {math.NaN(), ""}, {math.Inf(-1), ""}, {math.MaxFloat64, ""}, {math.SmallestNonzeroFloat64, ""}, {nil, ""}, {true, ""}, {7, ""},
	} {
		d := thriftrows.NewDecimal(9, 9)
		err := d.Scan(test.src)
		if (err == nil) != (test.want != "") || err == nil && d.String() != test.want || err != nil && d != thriftrows.NewDecimal(9, 9) {
			t.Errorf("%#v: %v, %v, want %q", test.src, d, err, test.want)
		}
	}
	var d thriftrows.Decimal
	if err := d.Scan(nil); err == nil || !strings.Contains(err.Error(), "sql.Null[Decimal]") {
		t.Errorf("NULL: %v", err)
	}
	if err := (*thriftrows.Decimal)(nil).Scan("1"); err == nil {
		t.Error("a nil destination was accepted")
	}
}

func TestDecimalNull(t *testing.T) {
	t.Parallel()
	var n sql.Null[thriftrows.Decimal]
	if err := n.Scan("1.50"); err != nil || !n.Valid || n.V != thriftrows.NewDecimal(150, 2) {
		t.Errorf("%+v, %v", n, err)
	}
	if v, err := n.Value(); err != nil || fmt.Sprint(v) != "1.50" {
		t.Errorf("%v, %v", v, err)
	}
	// A driver gets the argument unchanged, because it has Decompose.
	if v, err := driver.DefaultParameterConverter.ConvertValue(n.V); err != nil || v != n.V {
		t.Errorf("%v, %v", v, err)
	}
	if err := n.Scan(nil); err != nil || n.Valid || n.V != (thriftrows.Decimal{}) {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestDecimalJSON(t *testing.T) {
	t.Parallel()
	type item struct {
		Price thriftrows.Decimal            `json:"price"`
		Tax   *thriftrows.Decimal           `json:"tax"`
		Rates map[thriftrows.Decimal]string `json:"rates,omitempty"`
	}
	var got item
	in := `{"price": 12345678901234567890.1234567890, "tax": "\u0030.10", "rates": {"1.5": "x"}}`
	if err := json.Unmarshal([]byte(in), &got); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(got)
	if want := `{"price":"12345678901234567890.1234567890","tax":"0.10","rates":{"1.5":"x"}}`; err != nil || string(out) != want {
		t.Errorf("%s, %v", out, err)
	}
	got = item{Price: thriftrows.NewDecimal(7, 0)}
	if err := json.Unmarshal([]byte(`{"price": null, "tax": null}`), &got); err != nil || got.Price != thriftrows.NewDecimal(7, 0) || got.Tax != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, in := range []string{`"x"`, `true`, `{}`, `[1]`, `""`, `1e999`, `"1`, ``} {
		var d thriftrows.Decimal
		if err := d.UnmarshalJSON([]byte(in)); err == nil {
			t.Errorf("%s: %v", in, d)
		}
	}
}

// A row's Decimal is equal to the parsed text of the row, also in a Batch.
func TestCursorDecimalsAreLikeText(t *testing.T) {
	t.Parallel()
	decimals := 0
	batch := thriftrows.NewBatch(nil, nil)
	for _, c := range loadGolden(t) {
		var chunk thriftrows.Chunk
		if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
			t.Fatal(err)
		}
		cur := thriftrows.NewCursor(nil, nil)
		cur.Reset(&chunk)
		batch.Reset(&chunk)
		for row := 0; cur.Next(); row++ {
			if row == batch.NumRows() && !batch.Next() {
				t.Fatal("too few rows")
			}
			for k := range c.Columns {
				v, err := cur.Value(k)
				if err != nil {
					t.Fatal(err)
				}
				got, ok := cur.Decimal(k)
				if isDecimal := v != nil && chunk.Type(k) == thriftrows.Decimal128; ok != isDecimal {
					t.Fatalf("%s: row %d, column %d: %v", c.Name, row, k, ok)
				}
				if !ok {
					continue
				}
				decimals++
				want, err := thriftrows.ParseDecimal(v.(string))
				if err != nil || got != want {
					t.Errorf("%s: row %d, column %d: %#v, want %#v (%v)", c.Name, row, k, got, want, err)
				}
				if columnar, _, err := batch.Column(k).Decimals(); err != nil || columnar[row] != want {
					t.Errorf("%s: row %d, column %d: %#v by column, want %#v (%v)", c.Name, row, k, columnar[row], want, err)
				}
			}
		}
	}
	if decimals < 100 {
		t.Errorf("%d decimals only", decimals)
	}
}

func TestScanDecimalDoesNotAllocate(t *testing.T) {
	for name, elems := range map[string][][]byte{
		"binary": {bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{0xF7}, 16)},
		"short":  {{1, 2}, {0xFF}},
		"text":   {[]byte("12.30"), []byte("-1234567890123456789012345678.9")},
	} {
		b, err := thriftrows.AppendChunk(nil, 2, []thriftrows.Vector{{Type: thriftrows.Decimal128, Data: thriftrows.Decimal128Data{Unscaled: elems, Scale: 2}}})
		if err != nil {
			t.Fatal(err)
		}
		var chunk thriftrows.Chunk
		if err := chunk.Decode(b, 1); err != nil {
			t.Fatal(err)
		}
		cur := thriftrows.NewCursor(nil, nil)
		var d thriftrows.Decimal
		var n sql.Null[thriftrows.Decimal]
		if n := testing.AllocsPerRun(100, func() {
			cur.Reset(&chunk)
			for cur.Next() {
				if ok, err := cur.Scan(0, &d); !ok || err != nil {
					t.Fatal(ok, err)
				}
				if ok, err := cur.Scan(0, &n); !ok || err != nil || n.V != d {
					t.Fatal(ok, err)
				}
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestNewVectorOfDecimals(t *testing.T) {
	t.Parallel()
	v, err := thriftrows.NewVector(thriftrows.Decimal128, 3, []any{thriftrows.NewDecimal(1230, 2), nil, thriftrows.NewDecimal(-7, -2)})
	if err != nil {
		t.Fatal(err)
	}
	got, nulls, err := batchOf(t, 3, v).Column(0).Decimals()
	if err != nil || got[0].String() != "12.300" || !nulls.Null(1) || got[2].String() != "-700.000" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := thriftrows.NewVector(thriftrows.Decimal128, 1, []any{thriftrows.NewDecimal(1, 2)}); err == nil {
		t.Error("a digit was lost")
	}
}
