//go:build cgo

package emulator

import (
	"testing"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
)

// A parameter's text is a value that DuckDB writes in the same way, or is refused.
func FuzzParameter(f *testing.F) {
	for _, seed := range [][2]string{
		{"LONG", "-42"}, {"INTEGER", "2147483648"}, {"BOOLEAN", "TRUE"}, {"DOUBLE", "1.5E0"}, {"FLOAT", "NaN"},
		{"DECIMAL(10,2)", "12.30"}, {"DECIMAL(38,38)", "-0.00000000000000000000000000000000000001"}, {"DECIMAL(38,0)", "1e40"},
		{"DECIMAL", "1"}, {"STRING", "a\x00b"}, {"BINARY", "CAFE"}, {"DATE", "2024-02-29"}, {"TIMESTAMP", "0001-01-01 00:00:00.000001"},
		{"TIMESTAMP_TZ", "2024-02-29 23:59:58.123456+05:30"}, {"ARRAY", "[1]"}, {"", ""}, {"WORD", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, word, text string) {
		v, err := valueOf(word, text)
		if err != nil {
			return
		}
		defer duckdb.DestroyValue(&v)
		if v.Ptr == nil {
			t.Fatalf("%s %q: no value", word, text)
		}
		if typ, _ := thriftrows.ParseType(word); typ != thriftrows.Decimal128 {
			return
		}
		want, err := thriftrows.ParseRat(text)
		if err != nil {
			t.Fatalf("%q was taken: %v", text, err)
		}
		if got, err := thriftrows.ParseRat(duckdb.GetVarchar(v)); err != nil || got.Cmp(want) != 0 {
			t.Errorf("%s %q is %s, %v", word, text, duckdb.GetVarchar(v), err)
		}
	})
}
