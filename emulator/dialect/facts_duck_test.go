//go:build cgo

package dialect

import (
	"strings"
	"testing"
)

// Each fact holds for DuckDB's answer.
func TestFactsInDuckDB(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	for _, f := range facts(t) {
		out, err := f.rewrite()
		for _, sql := range out[:max(len(out)-1, 0)] {
			if _, err := d.query(sql); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
		if f.verdict == "refused" {
			if err == nil {
				_, _, err = d.value(out[len(out)-1])
			}
			if err == nil || !strings.Contains(err.Error(), f.value) {
				t.Errorf("%s: got error %v, want %s", f.name, err, f.value)
			}
			continue
		}
		if err != nil {
			continue // TestFacts reports it
		}
		value, typ, err := d.value(out[len(out)-1])
		if err != nil || value != f.value || typ != f.typ {
			t.Errorf("%s: got %s :: %s, %v, want %s :: %s\n%s", f.name, value, typ, err, f.value, f.typ, out[len(out)-1])
		}
		f.types(t, typ)
	}
}

// types compares the engine's types.
func (f *fact) types(t *testing.T, duck string) {
	if f.result != "" {
		if got, err := ResultType(duck); got != f.result && (f.result != "error" || err == nil) {
			t.Errorf("%s: the result's type is %s, %v, want %s", f.name, got, err, f.result)
		}
	}
	if f.column != "" {
		if got, err := ColumnType(duck); got != f.column || err != nil {
			t.Errorf("%s: the column's type is %s, %v, want %s", f.name, got, err, f.column)
		}
	}
}
