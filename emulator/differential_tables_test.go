//go:build cgo

package emulator_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// randomTable is a table with the column i, which numbers the rows, and random ones.
type randomTable struct {
	name    string
	rows    int
	columns []*generated
	texts   []string // of c0, c1 and so on
}

// output is a column of a generated SELECT: its expression, the text of it for the reference, and
// what it is.
type output struct {
	expr, text string
	of         *generated
}

// Numbers and texts that a SELECT computes.
var computed = &generated{name: "computed", of: text}

// orderly are the columns that DuckDB and e6data order in the same way.
var orderly = []string{
	"tinyint", "smallint", "int", "bigint", "utinyint", "usmallint", "uint", "ubigint", "hugeint",
	"decimal4", "decimal9", "decimal18", "decimal38", "varchar", "date", "timestamp", "timestamptz",
}

// column returns a random column, one of the orderly ones where there is any and orderly is asked for.
func (t *randomTable) column(r *rand.Rand, ordered bool) (output, bool) {
	all := r.Perm(len(t.columns))
	for _, c := range all {
		if !ordered || slices.Contains(orderly, t.columns[c].name) {
			name := fmt.Sprintf("c%d", c)
			return output{name, strings.ReplaceAll(t.texts[c], name, "%s"), t.columns[c]}, true
		}
	}
	return output{}, false
}

// compute returns a computed column.
func (t *randomTable) compute(r *rand.Rand) output {
	k := r.IntN(50)
	expr := []string{
		"i * %[1]d + 3", "MOD(i, %[1]d + 1)", "COUNT(*) OVER (PARTITION BY MOD(i, %[1]d + 1))", "CASE WHEN i < %[1]d THEN 'less' ELSE 'more' END",
		"ROW_NUMBER() OVER (ORDER BY i DESC)", "UPPER('x' || 'ü%[1]d')", "LENGTH('größer') + i", "ABS(i - %[1]d)", "GREATEST(i, %[1]d)",
		"COALESCE(NULLIF(MOD(i, 3), 0), %[1]d)", "'it''s'", "%[1]d",
	}[r.IntN(12)]
	if strings.Contains(expr, "%[1]d") {
		expr = fmt.Sprintf(expr, k)
	}
	return output{expr, plain, computed}
}

// condition returns a random condition.
func (t *randomTable) condition(r *rand.Rand, deep int) string {
	if deep > 0 && r.IntN(3) == 0 {
		word := []string{"AND", "OR", "AND NOT"}[r.IntN(3)]
		return "(" + t.condition(r, deep-1) + " " + word + " " + t.condition(r, deep-1) + ")"
	}
	k := r.IntN(t.rows + 2)
	switch r.IntN(8) {
	case 0:
		c, _ := t.column(r, false)
		return c.expr + []string{" IS NULL", " IS NOT NULL"}[r.IntN(2)]
	case 1:
		if c, ok := t.column(r, true); ok {
			return fmt.Sprintf("%[1]s %[2]s (SELECT %[3]s(%[1]s) FROM %[4]s)", c.expr, []string{"=", "<", ">="}[r.IntN(3)], []string{"MIN", "MAX"}[r.IntN(2)], t.name)
		}
	case 2:
		return fmt.Sprintf("i IN (%d, %d, %d)", k, r.IntN(t.rows+2), r.IntN(t.rows+2))
	case 3:
		return fmt.Sprintf("i IN (SELECT i + 1 FROM %s WHERE i < %d)", t.name, k)
	case 4:
		return fmt.Sprintf("i BETWEEN %d AND %d", k/2, k)
	case 5:
		return fmt.Sprintf("EXISTS (SELECT 1 FROM %s x WHERE x.i = %s.i - %d)", t.name, t.name, r.IntN(3))
	}
	return fmt.Sprintf("MOD(i, %d) <> %d", 1+r.IntN(9), r.IntN(3))
}

// query returns a random SELECT and its columns. Its text means the same in both dialects.
func (t *randomTable) query(r *rand.Rand) (string, []output) {
	where := ""
	if r.IntN(4) > 0 {
		where = " WHERE " + t.condition(r, 2)
	}
	list := func(columns []output) string {
		var out []string
		for i, c := range columns {
			out = append(out, fmt.Sprintf("%s AS o%d", c.expr, i))
		}
		return strings.Join(out, ", ")
	}
	if key, ok := t.column(r, true); ok && r.IntN(4) == 0 {
		columns := []output{key, {"COUNT(*)", plain, computed}, {"SUM(i)", plain, computed}}
		for range r.IntN(3) {
			c, _ := t.column(r, true)
			c.expr = []string{"MIN", "MAX"}[r.IntN(2)] + "(" + c.expr + ")"
			columns = append(columns, c)
		}
		having := []string{"", " HAVING COUNT(*) > 1"}[r.IntN(2)]
		return fmt.Sprintf("SELECT %s FROM %s%s GROUP BY %s%s ORDER BY MIN(i)", list(columns), t.name, where, key.expr, having), columns
	}
	var columns []output
	for range 1 + r.IntN(6) {
		if r.IntN(3) == 0 {
			columns = append(columns, t.compute(r))
		} else {
			c, _ := t.column(r, false)
			columns = append(columns, c)
		}
	}
	from := t.name
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("WITH part AS (SELECT * FROM %s%s) SELECT %s FROM part ORDER BY i", t.name, where, list(columns)), columns
	case 1:
		from = fmt.Sprintf("%s JOIN (SELECT i AS j FROM %s) other ON i = j + %d", t.name, t.name, r.IntN(4))
	case 2:
		from = fmt.Sprintf("%s LEFT JOIN (SELECT i AS j FROM %s WHERE MOD(i, 2) = 0) other ON i = j", t.name, t.name)
	}
	query := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY i", list(columns), from, where)
	if r.IntN(5) == 0 {
		query += fmt.Sprintf(" LIMIT %d OFFSET %d", r.IntN(20), r.IntN(10))
	}
	return query, columns
}

// SELECTs from random tables of every type, in e6data's dialect through driver and emulator, are
// what the bindings read with DuckDB's own.
func TestRandomTablesEqualDuckDB(t *testing.T) {
	t.Parallel()
	tables, selects := 1000, 5
	if testing.Short() {
		tables = 60
	}
	const servers = 4
	for s := range servers {
		t.Run(strconv.Itoa(s), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1500, uint64(s)))
			ref := newReference(t)
			var script []string
			var all []*randomTable
			for n := range tables / servers {
				table := &randomTable{name: fmt.Sprintf("t%d", n), rows: r.IntN(120)}
				if n%25 == 0 {
					table.rows = []int{0, 1, 2047, 2048, 2049}[n/25%5]
				}
				var exprs []string
				exprs, table.texts, table.columns = columns(r, 1+r.IntN(10))
				create := fmt.Sprintf("CREATE TABLE %s AS SELECT i, %s FROM range(%d) t(i)", table.name, strings.Join(exprs, ", "), table.rows)
				if _, err := ref.rows(create); err != nil {
					t.Fatal(err)
				}
				script, all = append(script, create), append(all, table)
			}
			_, db := start(t, emulator.Config{Init: strings.Join(script, ";\n"), BatchRows: []int{2047, 2048, 100, 7}[s]},
				[]string{"", "result_batch_v2=off", "prefetch_bytes=0", "params=server"}[s])
			cells := 0
			for _, table := range all {
				for range selects {
					query, outputs := table.query(r)
					var texts []string
					var of []*generated
					for i, o := range outputs {
						texts = append(texts, fmt.Sprintf(o.text, fmt.Sprintf("o%d", i)))
						of = append(of, o.of)
					}
					cells += len(of) * compare(t, db, ref, query, fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(texts, ", "), query), of)
				}
			}
			t.Logf("%d cells", cells)
			if cells < 20*len(all)*selects {
				t.Errorf("%d SELECTs have %d cells in all", len(all)*selects, cells)
			}
		})
	}
}

// resident returns the process's resident memory in bytes, 0 where the system does not say.
func resident() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseUint(strings.Fields(string(b))[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

// Five million rows, some 300 MB on the wire, take no more memory than one million. It is not
// parallel: other tests would count.
func TestFiveMillionRowsInConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	// Recorded calls would count, too: up to 10,000 are kept.
	_, db := start(t, emulator.Config{Raw: true, MemoryMB: 64, Engine: enginetest.Config{MaxCalls: -1}})
	rows, err := db.Query("SELECT i, repeat('x', 50) AS text, i * 0.5 AS d FROM range(5000000) t(i)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n, sum int64
	var text string
	var d float64
	var heap, memory [6]uint64 // after so many million rows
	for ; rows.Next(); n++ {
		var i int64
		if err := rows.Scan(&i, &text, &d); err != nil {
			t.Fatal(err)
		}
		sum += i
		if million := (n + 1) / 1_000_000; million > 0 && (n+1)%1_000_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap[million], memory[million] = m.HeapAlloc, resident()
		}
	}
	if err := rows.Err(); err != nil || n != 5_000_000 || sum != n*(n-1)/2 {
		t.Fatalf("%d rows, sum %d: %v", n, sum, err)
	}
	t.Logf("heap %v, resident %v", heap[1:], memory[1:])
	const slack = 32 << 20
	for million := 2; million <= 5; million++ {
		if heap[million] > heap[1]+slack || memory[million] > memory[1]+slack {
			t.Errorf("after %d million rows: heap %d MiB, resident %d MiB; after one: %d and %d",
				million, heap[million]>>20, memory[million]>>20, heap[1]>>20, memory[1]>>20)
		}
	}
}
