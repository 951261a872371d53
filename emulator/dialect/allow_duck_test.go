//go:build cgo

package dialect

import (
	"strings"
	"testing"
)

// TestDuckDBsFunctions: a function of DuckDB's that is not on the list is refused.
func TestDuckDBsFunctions(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	rows, err := d.query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE regexp_full_match(function_name, '[a-z_][a-z_0-9]*') AND database_name <> 'e6dialect'")
	if err != nil || len(rows) < 500 {
		t.Fatalf("%d functions, %v", len(rows), err)
	}
	for _, row := range rows {
		name := row[0]
		if functions[name] != nil {
			continue
		}
		for _, sql := range []string{"SELECT " + name + "(a)", "SELECT a FROM " + name + "('a')", `SELECT "` + name + `"(a, b)`} {
			if s, err := Rewrite(sql, Options{}); err == nil {
				t.Errorf("%s became %s", sql, s.Text)
			} else if !strings.Contains(err.Error(), "function "+strings.ToUpper(name)+" is not supported") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}
