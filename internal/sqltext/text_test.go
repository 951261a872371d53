package sqltext

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

func arg(v any) driver.NamedValue { return driver.NamedValue{Ordinal: 3, Value: v} }

func TestParameterText(t *testing.T) {
	t.Parallel()
	ist := time.FixedZone("IST", 19800)
	at := time.Date(2024, 1, 31, 23, 59, 58, 123456789, ist)
	tests := []struct {
		v    any
		typ  string
		want string
	}{
		{true, "BOOLEAN", "TRUE"}, {ptr(false), "boolean", "FALSE"}, {"true", "BOOL", "TRUE"}, {flag(true), "BOOLEAN", "TRUE"},
		{42, "INTEGER", "42"}, {int64(math.MinInt64), "LONG", "-9223372036854775808"}, {uint64(math.MaxInt64), "BIGINT", "9223372036854775807"},
		{math.MinInt32, "INT", "-2147483648"}, {int8(-128), "TINYINT", "-128"}, {32767, "SHORT", "32767"}, {3.0, "LONG", "3"}, {"-7", "INTEGER", "-7"}, {"1e3", "LONG", "1000"},
		{bigOf("-12"), "LONG", "-12"}, {ratOf("24/2"), "LONG", "12"}, {thriftrows.NewDecimal(1200, 2), "INTEGER", "12"}, {id(9), "LONG", "9"},
		{1.5, "DOUBLE", "1.5E0"}, {-0.1, "FLOAT", "-1E-1"}, {math.Copysign(0, -1), "DOUBLE", "-0E0"}, {int64(1 << 53), "DOUBLE", "9.007199254740992E15"}, {float32(0.5), "FLOAT", "5E-1"},
		{"0.1", "FLOAT", "1E-1"}, {ratOf("1/8"), "DOUBLE", "1.25E-1"}, {1e300, "DOUBLE", "1E300"}, {"1e-300", "DOUBLE", "1E-300"}, {"-0.0", "DOUBLE", "0E0"}, {math.Copysign(0, -1), "FLOAT", "-0E0"}, {1e20, "FLOAT", "1E20"}, {1e-45, "FLOAT", "1E-45"},
		{thriftrows.NewDecimal(1230, 2), "DECIMAL(10,2)", "12.30"}, {ratOf("-123/10"), "DECIMAL(4,2)", "-12.30"}, {decPtr{15}, "DECIMAL(4,2)", "1.50"}, {0.1, "DECIMAL(10,2)", "0.10"}, {7, "DECIMAL(3)", "7"}, {"1.500", "DECIMAL", "1.5"}, {7, "DECIMAL(900000000,900000000)", "7"}, {7.5, "DECIMAL(5,-2)", "7.5"}, {7, "DECIMAL(2,9)", "7"},
		{bigOf(strings.Repeat("9", 38)), "DECIMAL128", strings.Repeat("9", 38)}, {0, "DECIMAL(2,2)", "0.00"}, {"-.5", "DECIMAL(2,2)", "-0.50"}, {uint64(math.MaxUint64), "DECIMAL(20,0)", "18446744073709551615"},
		{"it's \\ \n", "STRING", "it's \\ \n"}, {status("on"), "VARCHAR(10)", "on"}, {json.RawMessage(`{"a":1}`), "JSON", `{"a":1}`}, {42, "STRING", "42"}, {true, "CHAR", "TRUE"},
		{ratOf("5/2"), "STRING", "2.5"}, {1.5, "STRING", "1.5E0"}, {Date(at), "STRING", "2024-01-31"}, {at, "STRING", "2024-01-31 18:29:58.123456"}, {TimestampTZ(at), "STRING", "2024-01-31 23:59:58.123456+05:30"},
		{sql.NullString{String: "x", Valid: true}, "STRING", "x"}, {sql.Null[Date]{V: Date(at), Valid: true}, "DATE", "2024-01-31"}, {&sql.Null[Date]{V: Date(at), Valid: true}, "DATE", "2024-01-31"},
		{"[1]", "ARRAY", "[1]"}, {"{}", "MAP", "{}"}, {`{"a":1}`, "STRUCT", `{"a":1}`},
		{[]byte{0xCA, 0xFE}, "BINARY", "CAFE"}, {[2]byte{1, 2}, "VARBINARY", "0102"}, {[]byte{}, "BINARY", ""},
		{Date(at), "DATE", "2024-01-31"}, {time.Date(2024, 2, 1, 5, 30, 0, 0, ist), "DATE", "2024-02-01"}, {"2024-01-31", "DATE", "2024-01-31"}, {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "DATE", "0001-01-01"},
		{at, "TIMESTAMP", "2024-01-31 18:29:58.123456"}, {TimestampTZ(at), "DATETIME", "2024-01-31 18:29:58.123456"}, {Date(at), "TIMESTAMP", "2024-01-31 00:00:00.000000"}, {at, "INT96", "2024-01-31 18:29:58.123456"},
		{"2024-01-31 23:59:58.5", "TIMESTAMP", "2024-01-31 23:59:58.500000"}, {"2024-01-31T23:59:58", "TIMESTAMP", "2024-01-31 23:59:58.000000"}, {"2024-01-31", "TIMESTAMP", "2024-01-31 00:00:00.000000"},
		{at, "TIMESTAMP_TZ", "2024-01-31 18:29:58.123456+00:00"}, {TimestampTZ(at), "TIMESTAMP_TZ", "2024-01-31 23:59:58.123456+05:30"},
		{"2024-01-31 23:59:58.5+05:30", "TIMESTAMP_TZ", "2024-01-31 23:59:58.500000+05:30"}, {"2024-01-31T23:59:58Z", "TIMESTAMP_TZ", "2024-01-31 23:59:58.000000+00:00"},
	}
	for _, tt := range tests {
		if got, err := Text(arg(tt.v), tt.typ, nil); err != nil || got != tt.want {
			t.Errorf("%v (%T) as %s: %q, %v; want %q", tt.v, tt.v, tt.typ, got, err, tt.want)
		}
	}
}

func TestParameterTextErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		v    any
		typ  string
		want string
	}{
		{nil, "LONG", "NULL cannot be sent"}, {(*int)(nil), "LONG", "NULL cannot be sent"}, {[]byte(nil), "BINARY", "NULL cannot be sent"}, {sql.NullString{}, "STRING", "NULL cannot be sent"},
		{(*big.Int)(nil), "LONG", "NULL"}, {(*big.Rat)(nil), "LONG", "NULL"}, {json.RawMessage(nil), "STRING", "NULL"}, {(*thriftrows.Decimal)(nil), "DECIMAL", "NULL"},
		{1, "BOOLEAN", "a value of type int does not fit: the engine expects BOOLEAN here"}, {"secret", "BOOLEAN", "neither TRUE nor FALSE"},
		{int64(1 << 31), "INTEGER", "out of range: the engine expects one of 32 bits"}, {uint64(1 << 63), "LONG", "out of range"}, {-129, "BYTE", "of 8 bits"}, {1 << 15, "SMALLINT", "of 16 bits"},
		{1.5, "LONG", "has a fraction"}, {"secret", "LONG", "not a number"}, {"0x10", "LONG", "not a number"}, {"1/2", "DOUBLE", "not a number"}, {true, "LONG", "type bool"}, {[]byte{1}, "LONG", "type []uint8"}, {time.Time{}, "LONG", "type time.Time"},
		{strings.Repeat("9", 401), "LONG", "not a number"}, {"1e9999", "DOUBLE", "not a number"},
		{int64(1<<53 + 1), "DOUBLE", "more digits"}, {1<<24 + 1, "FLOAT", "more digits"}, {1e39, "FLOAT", "out of the range"}, {-1e-60, "FLOAT", "out of the range"}, {"1e-60", "FLOAT", "out of the range"}, {"1e-400", "DOUBLE", "out of the range"}, {"1e39", "FLOAT", "out of the range"}, {"1e400", "DOUBLE", "out of the range"}, {math.NaN(), "DOUBLE", "NaN"}, {float32(math.Inf(1)), "DOUBLE", "infinities"},
		{1.234, "DECIMAL(10,2)", "3 digits after the point, and the engine expects DECIMAL(10,2)"}, {100, "DECIMAL(4,2)", "too many digits for DECIMAL(4,2)"}, {1e38, "DECIMAL", "too many digits"}, {1e-39, "DECIMAL", "too many digits"}, {1, "DECIMAL(2,2)", "too many digits"},
		{bigOf(strings.Repeat("9", 39)), "DECIMAL", "more than 38 digits"}, {ratOf("1/3"), "DOUBLE", "no finite decimal form"}, {true, "DECIMAL", "type bool"},
		{"secret\xff", "STRING", "not valid UTF-8"}, {[]byte{1}, "STRING", "type []uint8"}, {1, "ARRAY", "type int"}, {"CAFE", "BINARY", "type string"},
		{time.Date(2024, 1, 31, 1, 0, 0, 0, time.UTC), "DATE", "e6data.Date(t)"}, {"secret", "DATE", "not a time of the form 2006-01-02"}, {1, "DATE", "type int"}, {TimestampTZ{}, "DATE", "type e6data.TimestampTZ does not fit"},
		{"secret", "TIMESTAMP", "not a time"}, {1, "TIMESTAMP", "type int"}, {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "TIMESTAMP", "year 10000"},
		{Date{}, "TIMESTAMP_TZ", "type e6data.Date does not fit"}, {"2024-01-31", "TIMESTAMP_TZ", "not a time"},
		{1, "NULL", "has no type for the parameter"}, {1, "GEOMETRY", `does not support the type "GEOMETRY"`},
		{[]int{1}, "LONG", "a placeholder for each element"}, {struct{}{}, "LONG", "type struct {} cannot be sent"}, {make(chan int), "LONG", "chan int cannot be sent"},
	}
	for _, tt := range tests {
		got, err := Text(arg(tt.v), tt.typ, nil)
		var e *ArgumentError
		if !errors.As(err, &e) || e.Ordinal != 3 || !strings.Contains(err.Error(), tt.want) || got != "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v (%T) as %s: %q, %v; want %q", tt.v, tt.v, tt.typ, got, err, tt.want)
		}
	}
	if _, err := Text(driver.NamedValue{Name: "day", Ordinal: 2, Value: nil}, "DATE", nil); err == nil || !strings.HasPrefix(err.Error(), "argument :day: ") {
		t.Errorf("%v", err)
	}
}

// numericForm is a regular expression for the strings that numeric accepts.
const numericForm = `\A[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?\z`

func TestNumeric(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(numericForm)
	parts := []string{"", "+", "-", ".", "e", "E", "0", "7", "12", "007", strings.Repeat("9", 399), strings.Repeat("9", 400), strings.Repeat("9", 401), "x", " ", "_", "\n", "٣"}
	rnd := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 50_000 {
		var b strings.Builder
		for range rnd.IntN(7) {
			b.WriteString(parts[rnd.IntN(len(parts))])
		}
		s := b.String()
		want := form.MatchString(s)
		if numeric(s) != want {
			t.Fatalf("%q: %v", s, !want)
		}
		if want {
			taken++
		}
	}
	if taken < 1000 {
		t.Errorf("only %d numbers were tried", taken)
	}
}

func FuzzNumeric(f *testing.F) {
	for _, s := range []string{"", "1", "-1.", "+.5e-7", "1e1000", ".", "--1", strings.Repeat("9", 401)} {
		f.Add(s)
	}
	form := regexp.MustCompile(numericForm)
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := numeric(s), form.MatchString(s); got != want {
			t.Fatalf("%q: %v", s, got)
		}
	})
}
