package sqltext

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/hostile"
	"github.com/e6data/e6data-go/thriftrows"
)

// enclosedName reports whether a parser finds the whole quoted name in its quotes.
// backslash means that the parser reads a backslash as an escape.
func enclosedName(quoted string, backslash bool) bool {
	if len(quoted) < 2 || quoted[0] != '"' {
		return false
	}
	for i := 1; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '\\' && backslash:
			i++
		case c == '"' && i+1 < len(quoted) && quoted[i+1] == '"':
			i++
		case c == '"':
			return i == len(quoted)-1
		}
	}
	return false
}

func testIdentifier(t *testing.T, name string) {
	t.Helper()
	got := Identifier(name)
	if tokens := lex(got); len(tokens) != 1 || tokens[0].kind != tokIdentifier || tokens[0].open {
		t.Fatalf("%q: %q is read as %+v", name, got, tokens)
	}
	if !enclosedName(got, true) || !enclosedName(got, false) || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
		t.Fatalf("%q: %q leaves its quotes", name, got)
	}
	if values, err := oracle("select " + got + ", 'x'"); err != nil || len(values) != 1 {
		t.Fatalf("%q: %q is read by the other reader as %q, %v", name, got, values, err)
	}
	if plain := strings.ReplaceAll(got[1:len(got)-1], `""`, `"`); !strings.ContainsAny(name, "\\\x00") && utf8.ValidString(name) && plain != name {
		t.Fatalf("%q: %q is another name", name, got)
	}
}

func TestIdentifier(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": `""`, "a": `"a"`, "Größe 7": `"Größe 7"`, `a"b`: `"a""b"`, `"`: `""""`, `a\`: `"a\\"`, `\" OR 1=1 -- `: `"\\"" OR 1=1 -- "`,
		"a.b": `"a.b"`, "a'b`c": "\"a'b`c\"", "a\x00b\xff": "\"a\ufffdb\ufffd\"", "a\nb": "\"a\nb\"",
	} {
		if got := Identifier(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for _, name := range hostile.Texts() {
		testIdentifier(t, name)
		testIdentifier(t, strings.ReplaceAll(name, "'", `"`))
	}
	if enclosedName(`"a\"`, true) || enclosedName(`"a" or "`, false) || !enclosedName(`"a\"`, false) {
		t.Error("enclosedName returned a wrong result")
	}
}

type refusing struct{ err error }

func (r refusing) Value() (driver.Value, error) { return nil, r.err }

// The error of Literal wraps the error of the value's own method.
func TestLiteralWraps(t *testing.T) {
	t.Parallel()
	cause := errors.New("no value today")
	if _, err := Literal(refusing{cause}); !errors.Is(err, cause) {
		t.Error(err)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	ist := time.FixedZone("IST", 19800)
	at := time.Date(2024, 1, 31, 23, 59, 58, 123456789, ist)
	for _, test := range []struct{ v, want any }{
		{nil, nil}, {true, true}, {flag(false), false}, {7, int64(7)}, {int8(-7), int64(-7)}, {uint32(7), int64(7)}, {uint64(math.MaxInt64), int64(math.MaxInt64)}, {int64(math.MinInt64), int64(math.MinInt64)},
		{uint64(math.MaxUint64), "CAST('18446744073709551615' AS DECIMAL(20,0))"}, {1.5, 1.5}, {float32(0.5), 0.5}, {"it's", "it's"}, {status("on"), "on"}, {[]byte{1}, []byte{1}}, {[2]byte{1, 2}, []byte{1, 2}}, {[]byte(nil), nil},
		{json.RawMessage("{}"), "{}"}, {at, time.Date(2024, 1, 31, 18, 29, 58, 123456000, time.UTC)}, {Date(at), "DATE '2024-01-31'"}, {TimestampTZ(at), "TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30'"},
		{thriftrows.NewDecimal(1200, 2), "CAST('12.00' AS DECIMAL(4,2))"}, {big.NewInt(7), int64(7)}, {shopOf("15", -1), "CAST('1.5' AS DECIMAL(2,1))"},
		{ptr(5), int64(5)}, {(*int)(nil), nil}, {sql.NullString{}, nil}, {sql.Null[int]{V: 3, Valid: true}, int64(3)}, {byValue{int64(3)}, int64(3)},
		{[]string{"a", "b"}, "'a', 'b'"}, {[]any{1, nil}, "1, NULL"},
	} {
		got, err := Value(test.v)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%T %v: %T %v, %v; want %v", test.v, test.v, got, got, err, test.want)
		}
	}
	for _, v := range []any{math.NaN(), "\xff", struct{}{}, []int{}, [][]int{{1}}} {
		if got, err := Value(v); err == nil {
			t.Errorf("%v: %v", v, got)
		}
	}
}

func FuzzIdentifier(f *testing.F) {
	for _, name := range hostile.Texts() {
		f.Add(strings.ReplaceAll(name, "'", `"`))
	}
	f.Fuzz(testIdentifier)
}
