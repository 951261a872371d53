//go:build cgo

package emulator_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
)

// generated is a kind of column: an expression of i, the row's number, and of %[1]d, a seed; what
// DuckDB makes of it for the comparison; and the text that the driver's value is.
type generated struct {
	name, expr, text string
	of               func(v any) string
}

const plain = "CAST(%s AS VARCHAR)"

var generators = []generated{
	{"bool", "hash(i, %[1]d) %% 2 = 0", plain, func(v any) string { return strconv.FormatBool(v.(bool)) }},
	{"tinyint", "((hash(i, %[1]d) >> 1)::BIGINT %% 256 - 128)::TINYINT", plain, integer},
	{"smallint", "((hash(i, %[1]d) >> 1)::BIGINT %% 65536 - 32768)::SMALLINT", plain, integer},
	{"int", "((hash(i, %[1]d) >> 1)::BIGINT %% 4294967296 - 2147483648)::INTEGER", plain, integer},
	{"bigint", "(hash(i, %[1]d)::HUGEINT - 9223372036854775808)::BIGINT", plain, integer},
	{"utinyint", "(hash(i, %[1]d) %% 256)::UTINYINT", plain, integer},
	{"usmallint", "(hash(i, %[1]d) %% 65536)::USMALLINT", plain, integer},
	{"uint", "(hash(i, %[1]d) %% 4294967296)::UINTEGER", plain, integer},
	{"ubigint", "hash(i, %[1]d)", plain, text},
	{"hugeint", "hash(i, %[1]d)::HUGEINT * (hash(i, 7) %% 1000000)::HUGEINT - 5000000000000", plain, text},
	{"float", "((hash(i, %[1]d) %% 1000000)::FLOAT / 7 - 1000)::FLOAT", plain, floating},
	{"double", "(hash(i, %[1]d)::DOUBLE / 7919 - 1e9) * 1e-3", plain, floating},
	{"decimal4", "((hash(i, %[1]d) %% 19999)::INTEGER - 9999)::DECIMAL(4,0)", plain, text},
	{"decimal9", "(((hash(i, %[1]d) %% 1999999999)::BIGINT - 999999999)::DECIMAL(12,2) / 100)::DECIMAL(9,2)", plain, text},
	{"decimal18", "((hash(i, %[1]d) %% 1999999999999)::BIGINT - 999999999999)::DECIMAL(18,5)", plain, text},
	{"decimal38", "((hash(i, %[1]d)::HUGEINT - 9223372036854775808)::DECIMAL(38,0) * 1234567)::DECIMAL(38,10)", plain, text},
	{"varchar", "repeat(chr((33 + hash(i, %[1]d) %% 90)::INTEGER), (hash(i, 3, %[1]d) %% 40)::INTEGER) || 'ü🙂'", plain, text},
	{"empty", "''", plain, text},
	{"blob", "encode(chr((1 + hash(i, %[1]d) %% 500)::INTEGER))", "hex(%s)", func(v any) string { return strings.ToUpper(hex.EncodeToString(v.([]byte))) }},
	{"date", "DATE '1970-01-01' + (hash(i, %[1]d) %% 60000)::INTEGER - 20000", plain, moment("2006-01-02")},
	{"timestamp", "make_timestamp((hash(i, %[1]d) %% 4000000000000000)::BIGINT - 1000000000000000)", plain, moment("2006-01-02 15:04:05.999999")},
	{"timestamp_s", "make_timestamp((hash(i, %[1]d) %% 4000000000000000)::BIGINT)::TIMESTAMP_S", plain, moment("2006-01-02 15:04:05")},
	{"timestamp_ms", "make_timestamp((hash(i, %[1]d) %% 4000000000000000)::BIGINT)::TIMESTAMP_MS", plain, moment("2006-01-02 15:04:05.999")},
	{"timestamptz", "make_timestamptz((hash(i, %[1]d) %% 4000000000000000)::BIGINT)", plain, moment("2006-01-02 15:04:05.999999-07")},
	{"uuid", "md5(i::VARCHAR || '%[1]d')::UUID", plain, text},
	{"enum", "(['red', 'green', 'blue'][(1 + hash(i, %[1]d) %% 3)::INTEGER])::ENUM('red', 'green', 'blue')", plain, text},
	{"list", "range((hash(i, %[1]d) %% 5)::BIGINT)", plain, text},
	{"lists", "[range((hash(i, %[1]d) %% 3)::BIGINT), NULL, [i]]", "replace(CAST(%s AS VARCHAR), 'NULL', 'null')", text},
	{"array", "[i, i + 1, %[1]d]", plain, text}, // DuckDB has no CASE of the type itself
	{"map", "MAP {'k' || i: i, 'n': NULL}", "replace(CAST(%s AS VARCHAR), 'NULL', 'null')", text},
	{"struct", "{'a': i, 'b': 'x' || i}", `replace(replace(CAST(%s AS VARCHAR), '''', ''), ': ', '=')`, text},
	{"null", "NULL", plain, text},
}

func text(v any) string     { return fmt.Sprint(v) }
func integer(v any) string  { return strconv.FormatInt(v.(int64), 10) }
func floating(v any) string { return strconv.FormatFloat(v.(float64), 'g', -1, 64) }

func moment(layout string) func(v any) string {
	return func(v any) string { return v.(time.Time).Format(layout) }
}

// number makes equal numbers equal texts: DuckDB and Go write floats in different ways.
func (g *generated) number(s string) string {
	bits := 64
	switch g.name {
	case "float":
		bits = 32
	case "double":
	default:
		return s
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// differ returns an error if a value of the driver's is not the value of DuckDB's text. nil is NULL.
func (g *generated) differ(v any, want *string) error {
	switch {
	case v == nil && want == nil:
		return nil
	case v == nil || want == nil:
		return fmt.Errorf("%s: %v, want %v", g.name, v, want)
	}
	if got, exp := g.number(g.of(v)), g.number(*want); got != exp {
		return fmt.Errorf("%s: %q, want %q", g.name, got, exp)
	}
	return nil
}

// columns returns random columns: their expressions, what makes texts of c0, c1 and so on for the
// reference, and what they are.
func columns(r *rand.Rand, n int) (exprs, texts []string, chosen []*generated) {
	for c := range n {
		g := &generators[(c+r.IntN(2))%len(generators)]
		if n < len(generators) {
			g = &generators[r.IntN(len(generators))]
		}
		chosen = append(chosen, g)
		seed := r.IntN(1 << 20)
		expr := fmt.Sprintf(g.expr, seed)
		if !strings.Contains(g.expr, "%[1]d") {
			expr = g.expr
		}
		switch r.IntN(3) { // no NULL, few, or only NULLs every now and then
		case 0:
			expr = fmt.Sprintf("CASE WHEN hash(i, %d) %% %d <> 0 THEN %s END", seed+1, 2+r.IntN(30), expr)
		case 1:
			if r.IntN(10) == 0 {
				expr = "CASE WHEN i < 0 THEN " + expr + " END"
			}
		}
		if g.name == "array" {
			expr = "(" + expr + ")::BIGINT[3]"
		}
		exprs = append(exprs, fmt.Sprintf("%s AS c%d", expr, c))
		texts = append(texts, fmt.Sprintf(g.text, fmt.Sprintf("c%d", c)))
	}
	return exprs, texts, chosen
}

// generate returns a query with random columns, the columns, and the query for the reference.
func generate(r *rand.Rand, rows, n int) (query, reference string, chosen []*generated) {
	exprs, texts, chosen := columns(r, n)
	query = fmt.Sprintf("SELECT %s FROM range(%d) t(i) ORDER BY i", strings.Join(exprs, ", "), rows)
	return query, fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(texts, ", "), query), chosen
}

// compare runs a query through the driver and holds each cell against the reference. It returns the
// number of rows.
func compare(t *testing.T, db *sql.DB, ref *reference, query, reference string, columns []*generated) int {
	t.Helper()
	want, err := ref.rows(reference)
	if err != nil {
		t.Fatalf("%v\n%s", err, reference)
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	values, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(pointers...); err != nil {
			t.Fatal(err)
		}
		if n >= len(want) {
			continue
		}
		for i, v := range values {
			if err := columns[i].differ(v, want[n][i]); err != nil {
				t.Fatalf("row %d, column %d: %v\n%s", n, i, err, query)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	if n != len(want) {
		t.Fatalf("%d rows, want %d\n%s", n, len(want), query)
	}
	return n
}

// Random results of every type, with and without NULLs, equal DuckDB's own.
func TestRandomResultsEqualDuckDB(t *testing.T) {
	t.Parallel()
	tables := 40
	if testing.Short() {
		tables = 10
	}
	ref := newReference(t)
	for i, cfg := range []emulator.Config{{Raw: true}, {Raw: true, BatchRows: 100}, {Raw: true, BatchRows: 2048}} {
		_, db := start(t, cfg)
		r := rand.New(rand.NewPCG(15, uint64(i)))
		for range tables {
			query, reference, columns := generate(r, r.IntN(300), 1+r.IntN(12))
			compare(t, db, ref, query, reference, columns)
		}
	}
}

// Results end where chunks do, before, and after.
func TestResultsOfManySizesEqualDuckDB(t *testing.T) {
	t.Parallel()
	ref := newReference(t)
	_, db := start(t, emulator.Config{Raw: true})
	sizes := []int{0, 1, 2, 63, 64, 65, 2046, 2047, 2048, 2049, 4096, 20000}
	if testing.Short() {
		sizes = sizes[:10]
	}
	for _, rows := range sizes {
		r := rand.New(rand.NewPCG(15, uint64(rows)))
		query, reference, columns := generate(r, rows, len(generators))
		compare(t, db, ref, query, reference, columns)
	}
}

func TestResultOfManyColumnsEqualsDuckDB(t *testing.T) {
	t.Parallel()
	ref := newReference(t)
	_, db := start(t, emulator.Config{Raw: true})
	query, reference, columns := generate(rand.New(rand.NewPCG(15, 1000)), 50, 1000)
	compare(t, db, ref, query, reference, columns)
}
