package e6data_test

import (
	"testing"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// RowsAffected returns the engine's count. It returns an error if the engine has no count.
func TestRowsAffected(t *testing.T) {
	t.Parallel()
	one := func(typ string, v any) *enginetest.Result {
		return enginetest.NewResult().Column("ROWCOUNT", typ).Row(v)
	}
	const unknown = -1
	for _, test := range []struct {
		name  string
		query string
		with  *enginetest.Result
		want  int64
	}{
		{"a count", "INSERT INTO t SELECT 1", one("LONG", 42), 42},
		{"an INTEGER", "update t set a = 1", one("INTEGER", 7), 7},
		{"no rows", "DELETE FROM t", one("LONG", 0), 0},
		{"after WITH", "/* x */ WITH a AS (SELECT 1) MERGE INTO t", one("LONG", 5), 5},
		{"the row count unknown", "INSERT INTO t SELECT 2", one("LONG", 42).RowCount(-1), 42},
		{"the row count 0 is not announced", "INSERT INTO t SELECT 3", one("LONG", 42).RowCount(0), 42},
		{"NULL", "INSERT INTO t SELECT 4", one("LONG", nil), unknown},
		{"a negative count", "INSERT INTO t SELECT 5", one("LONG", -1), unknown},
		{"a text", "INSERT INTO t SELECT 6", one("STRING", "42 rows"), unknown},
		{"a decimal", "INSERT INTO t SELECT 7", one("DECIMAL(10,0)", "42"), unknown},
		{"a time in no zone", "INSERT INTO t SELECT 8", enginetest.NewResult().Column("t", "TIMESTAMP_TZ").Vectors(1, thriftrows.Vector{
			Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{0}, Zones: []string{"Nowhere/Land"}},
		}), unknown},
		{"two columns", "MERGE INTO t USING u", enginetest.NewResult().Column("inserted", "LONG").Column("updated", "LONG").Row(3, 4), unknown},
		{"several rows", "DELETE FROM t WHERE a", ids(42, 10), 42},
		{"several rows, unknown count", "DELETE FROM t WHERE b", ids(42, 10).RowCount(-1), unknown},
		{"an empty answer", "DELETE FROM t WHERE c", ids(0, 1), 0},
		{"an empty answer without columns", "DELETE FROM t WHERE d", enginetest.NewResult(), 0},
		{"an empty answer, unknown count", "DELETE FROM t WHERE e", ids(0, 1).RowCount(-1), unknown},
		{"a query of one number", "SELECT 42", one("LONG", 42), 1},
		{"a query of nothing", "SELECT 1 FROM t", ids(0, 1), 0},
		{"a query, unannounced", "SELECT 2 FROM t", ids(3, 1).RowCount(0), unknown},
		{"another statement", "CREATE TABLE t AS SELECT 1", one("LONG", 42), 1},
		{"a plan", "EXPLAIN DELETE FROM t", one("LONG", 42), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle(test.query, test.with)
			db := openDB(t, srv)
			r, err := db.Exec(test.query)
			if err != nil {
				t.Fatal(err)
			}
			n, err := r.RowsAffected()
			if test.want == unknown {
				if err == nil {
					t.Errorf("%d, of an engine that did not say", n)
				}
			} else if err != nil || n != test.want {
				t.Errorf("%d, %v, want %d", n, err, test.want)
			}
		})
	}
}
