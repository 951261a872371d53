//go:build cgo

package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
)

// endless is a query that runs until it is interrupted.
const endless = "SELECT SUM(a.i * b.i % 7) FROM range(100000000) a(i), range(100000000) b(i)"

func TestStatementsChangeData(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	r, err := db.Exec("CREATE TABLE items (id BIGINT, name VARCHAR, price DECIMAL(10,2))")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); n != 0 || err != nil {
		t.Errorf("CREATE affected %d rows, %v", n, err)
	}
	for _, c := range []struct {
		sql  string
		want int64
	}{
		{"INSERT INTO items VALUES (1, 'tea', 2.50), (2, NULL, 3.25), (3, 'pot', 40)", 3},
		{"UPDATE items SET price = price + 1 WHERE id < 3", 2},
		{"DELETE FROM items WHERE id = 3", 1},
	} {
		r, err := db.Exec(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.RowsAffected(); n != c.want || err != nil {
			t.Errorf("%s affected %d rows, %v", c.sql, n, err)
		}
	}
	var n int
	var sum string
	if err := db.QueryRow("SELECT COUNT(*), SUM(price) FROM items").Scan(&n, &sum); err != nil || n != 2 || sum != "7.75" {
		t.Errorf("%d, %q, %v", n, sum, err)
	}
}

// Each server has a database of its own.
func TestServersShareNothing(t *testing.T) {
	t.Parallel()
	_, one := start(t, emulator.Config{})
	_, other := start(t, emulator.Config{})
	exec(t, one, "CREATE TABLE mine (id INT)")
	if _, err := other.Exec("SELECT * FROM mine"); err == nil {
		t.Error("the other server has the table")
	}
}

func TestErrorsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Demo: true}, "catalog=demo")
	for _, c := range []struct {
		sql          string
		line, column int
		text         string
	}{
		{"SELECT nope FROM events", 1, 8, `"nope" not found`},
		{"SELECT 'ü🙂',\n  nope FROM events", 2, 3, `"nope" not found`},
		{"SELECT 'ü🙂', nope FROM events", 1, 14, `"nope" not found`},
		{"SELECT *\nFROM nowhere", 2, 6, "nowhere does not exist"},
		{"SELECT *\n\n  FORM events", 3, 8, "syntax error"},
	} {
		_, err := db.Query(c.sql)
		e, ok := errors.AsType[*e6data.Error](err)
		if !ok || e.Line != c.line || e.Column != c.column || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.sql, err)
		}
	}
}

// A thread that fails interrupts DuckDB's other threads. If one of those has the next rows,
// DuckDB reports its interrupt. The emulator finds the error, whose chance to be hidden grows with
// the number of threads.
func TestErrorsWhileRowsAreRead(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Raw: true, Threads: 4})
	for range 3 {
		rows, err := db.Query("SELECT CASE WHEN i < 1000000 THEN '1' ELSE 'x' END::INT FROM range(1100000) t(i)")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err == nil || !strings.Contains(err.Error(), "Could not convert string 'x' to INT32") || n == 0 || n > 1000000 {
			t.Errorf("%d rows, %v", n, err)
		}
		_ = rows.Close()
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Demo: true}, "catalog=demo", "params=server")
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	instant := time.Date(2024, 2, 29, 18, 29, 58, 123456000, time.UTC)
	for _, c := range []struct {
		where string
		arg   any
	}{
		{"flag = ?", true}, {"tiny = ?", 7}, {"large = ?", int64(5000000000)}, {"huge = ?", "170141183460469231731"},
		{"single = ?", 1.5}, {"precise = ?", 2.25}, {"money = ?", "12.3"}, {"wide = ?", "1234567890.0123456789"},
		{"text = ?", "Grüße 🙂"}, {"raw = ?", []byte{0xca, 0xfe}}, {"day = ?", day}, {"moment = ?", day.Add(24*time.Hour - 2*time.Second + 123456*time.Microsecond)},
		{"instant = ?", instant}, {"feeling = ?", "happy"}, {"uid = ?", "8d6f1a52-4b7d-4f0e-9d0c-6d1b1f0b7a11"},
		{"id + ? = 5 AND id = 1", 4}, {"length(?) = 2 AND id = 1", "ab"},
	} {
		var id int
		if err := db.QueryRow("SELECT id FROM types WHERE "+c.where, c.arg).Scan(&id); err != nil || id != 1 {
			t.Errorf("%s: %d, %v", c.where, id, err)
		}
	}
	if _, err := db.Query("SELECT ? + ?", 1); err == nil {
		t.Error("an argument too few")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Demo: true}, "catalog=demo")
	native(t, db, func(ctx context.Context, c *e6data.Conn) error {
		b, err := c.Query(ctx, "SELECT kind, COUNT(*) FROM events GROUP BY kind")
		if err != nil {
			return err
		}
		defer b.Close()
		plan, err := c.Explain(ctx, b.Handle())
		if err != nil || !strings.Contains(plan, "SEQ_SCAN") || !json.Valid([]byte(plan)) {
			t.Errorf("%q, %v", plan, err)
		}
		return b.Err()
	})
}

// analyzed is the document of explainAnalyze.
type analyzed struct {
	Rows int64       `json:"row_count_out"`
	Plan []*operator `json:"plan"`
}

// operator is an operator of a plan. Rows and Time are nil in a plan that has not run.
type operator struct {
	Name     string      `json:"name"`
	Rows     *int64      `json:"row_count_out"`
	Time     *float64    `json:"operator_time"`
	Children []*operator `json:"children"`
}

// counts adds the row counts of operators to out, by their names.
func counts(plan []*operator, out map[string][]int64) map[string][]int64 {
	for _, o := range plan {
		if o.Rows != nil && o.Time != nil {
			out[o.Name] = append(out[o.Name], *o.Rows)
		}
		counts(o.Children, out)
	}
	return out
}

func analyze(ctx context.Context, t *testing.T, c *e6data.Conn, h e6data.QueryHandle) (*e6data.ExplainAnalysis, analyzed) {
	t.Helper()
	a, err := c.ExplainAnalyze(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	var doc analyzed
	if err := json.Unmarshal(a.Raw, &doc); err != nil {
		t.Fatalf("%v in %s", err, a.Raw)
	}
	return a, doc
}

func TestExplainAnalyzeCountsRowsOfEachOperator(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Demo: true, Shuffle: 3}, "catalog=demo")
	exec(t, db, "CREATE TABLE kinds AS SELECT DISTINCT kind FROM events")
	native(t, db, func(ctx context.Context, c *e6data.Conn) error {
		b, err := c.Query(ctx, "SELECT e.id FROM events AS e JOIN kinds AS k ON e.kind = k.kind WHERE e.id <= 30000")
		if err != nil {
			return err
		}
		defer b.Close()
		// The plan has no counts before the statement has ended.
		if _, doc := analyze(ctx, t, c, b.Handle()); len(doc.Plan) == 0 || len(counts(doc.Plan, map[string][]int64{})) > 0 {
			t.Errorf("before the end: %+v", doc)
		}
		n := int64(0)
		for b.Next() {
			n += int64(b.Batch().NumRows())
		}
		a, doc := analyze(ctx, t, c, b.Handle())
		if n != 30000 || doc.Rows != n || a.Total <= 0 || a.Parsing <= 0 || a.Parsing > a.Total {
			t.Errorf("%d rows, %+v, %+v", n, a, doc)
		}
		rows := counts(doc.Plan, map[string][]int64{})
		scans := rows["SEQ_SCAN"]
		slices.Sort(scans)
		if !slices.Equal(rows["HASH_JOIN"], []int64{30000}) || !slices.Equal(scans, []int64{3, 30000}) {
			t.Errorf("%v in %s", rows, a.Raw)
		}
		return b.Err()
	})
	var info e6data.QueryInfo
	info.Analyze = true
	exec(t, db, "INSERT INTO kinds VALUES ('a'), ('b')", e6data.CaptureQuery(&info))
	var doc analyzed
	if a := info.State().Analysis; a == nil || json.Unmarshal(a.Raw, &doc) != nil || !slices.Equal(counts(doc.Plan, map[string][]int64{})["INSERT"], []int64{1}) {
		t.Errorf("%+v", info.State().Analysis)
	}
}

func TestStatusCountsRows(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Raw: true})
	native(t, db, func(ctx context.Context, c *e6data.Conn) error {
		h, err := c.Submit(ctx, "SELECT i FROM range(100000) t(i)")
		if err != nil {
			return err
		}
		if s, err := c.Status(ctx, h); err != nil || !s.Done || s.Rows > 0 {
			t.Errorf("%+v, %v", s, err)
		}
		b, err := c.Fetch(ctx, h)
		if err != nil {
			return err
		}
		defer b.Close()
		n := 0
		for n < 50000 && b.Next() {
			n += b.Batch().NumRows()
		}
		if s, err := c.Status(ctx, h); err != nil || !s.Done || s.Rows < int64(n) || s.Rows > 100000 {
			t.Errorf("%+v after %d rows, %v", s, n, err)
		}
		return b.Err()
	})
}

func TestCatalogs(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Demo: true})
	exec(t, db, "CREATE SCHEMA shop")
	exec(t, db, `CREATE TABLE shop.items (id BIGINT, "Big Name" VARCHAR)`)
	exec(t, db, "CREATE VIEW shop.cheap AS SELECT id FROM shop.items")
	native(t, db, func(ctx context.Context, c *e6data.Conn) error {
		catalogs, err := c.Catalogs(ctx)
		if want := []e6data.Catalog{{Name: "demo"}, {Name: "local", Default: true}}; !slices.Equal(catalogs, want) || err != nil {
			t.Errorf("%v, %v", catalogs, err)
		}
		schemas, err := c.Schemas(ctx, "")
		if !slices.Equal(schemas, []string{"db", "shop"}) || err != nil {
			t.Errorf("%v, %v", schemas, err)
		}
		tables, err := c.Tables(ctx, "local", "shop")
		if !slices.Equal(tables, []string{"cheap", "items"}) || err != nil {
			t.Errorf("%v, %v", tables, err)
		}
		columns, err := c.Columns(ctx, "", "shop", "items")
		if !slices.Equal(columns, []e6data.Column{{Name: "id", Type: "long"}, {Name: "Big Name", Type: "string"}}) || err != nil {
			t.Errorf("%v, %v", columns, err)
		}
		columns, err = c.Columns(ctx, "demo", "db", "types")
		var types []string
		for _, col := range columns {
			types = append(types, col.Type)
		}
		if want := "int bool byte short int long decimal(38,0) float double decimal(10,2) decimal(38,10) string binary date timestamp" +
			" timestamp_tz string string array<int> array<string> map<string,int> struct<a:int,b:string>"; strings.Join(types, " ") != want {
			t.Errorf("%v, %v", types, err)
		}
		for _, f := range []func() error{
			func() error { _, err := c.Schemas(ctx, "nowhere"); return err },
			func() error { _, err := c.Tables(ctx, "demo", "nowhere"); return err },
			func() error { _, err := c.Columns(ctx, "demo", "db", "nothing"); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "does not exist") {
				t.Errorf("%v", err)
			}
		}
		return nil
	})
	srv, _ := start(t, emulator.Config{})
	if _, err := open(t, srv, "catalog=nowhere").Query("SELECT 1"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, db := start(t, emulator.Config{Raw: true})
	for sql, text := range map[string]string{
		"SET threads = 1":                                 "not supported",
		"PRAGMA version":                                  "not supported",
		"ATTACH ':memory:' AS x":                          "not supported",
		"USE local.main":                                  "not supported",
		"BEGIN TRANSACTION":                               "not supported",
		"COPY (SELECT 1) TO '" + dir + "/x.csv'":          "", // refused by DuckDB already
		"LOAD tpch":                                       "not supported",
		"CALL pragma_version()":                           "not supported",
		"SELECT * FROM '" + dir + "/x.csv'":               "disabled by configuration",
		"SELECT * FROM read_text('/etc/hostname')":        "disabled by configuration",
		"SELECT TIME '10:00:00' AS t":                     `column "t": emulator: type TIME has no place in the protocol`,
		"SELECT INTERVAL 1 DAY AS d":                      `column "d": emulator: type INTERVAL has no place`,
		"SELECT {'a': [TIME '10:00:00']} AS s":            `column "s": emulator: type TIME has no place`,
		"SELECT 'infinity'::DATE AS d":                    `column "d": infinity has no place`,
		"SELECT ['-infinity'::TIMESTAMP] AS l":            `column "l": infinity has no place`,
		"SELECT 170141183460469231731687303715884105727":  "more than 38 digits",
		"SELECT '5877641-06-24'::DATE AS far":             `column "far": a value is beyond the years`,
		"SELECT 340282366920938463463374607431768211455 ": "more than 38 digits",
		"SELECT 1 \x00 FROM nowhere":                      "U+0000",
	} {
		rows, err := db.Query(sql)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			_ = rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// The operator - has no meaning for two dates, also where only the types of columns show that they
// are dates. It has one for other operands.
func TestDifferenceOfDates(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	exec(t, db, "CREATE TABLE days (a DATE, b DATE, n BIGINT)")
	exec(t, db, "INSERT INTO days VALUES (DATE '2024-03-01', DATE '2024-02-28', 2)")
	if _, err := db.Query("SELECT a - b FROM days"); !errors.Is(err, e6data.ErrSQL) || !strings.Contains(err.Error(), "DATE_DIFF") {
		t.Errorf("%v", err)
	}
	var between, difference int
	if err := db.QueryRow("SELECT DATE_DIFF(a, b), n - 1 FROM days").Scan(&between, &difference); err != nil || between != 2 || difference != 1 {
		t.Errorf("%d, %d, %v", between, difference, err)
	}
}

// A dry run answers with the plan, and is no query.
func TestDryRunHasAPlan(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{})
	exec(t, db, "CREATE TABLE items (id BIGINT)")
	prepared := srv.Stats().Prepared
	err := e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		plan, err := c.DryRun(t.Context(), "SELECT COUNT(*) FROM items")
		if !json.Valid([]byte(plan)) || !strings.Contains(plan, "items") {
			t.Errorf("%s", plan)
		}
		if _, err := c.DryRun(t.Context(), "SELECT nothing FROM items"); !errors.Is(err, e6data.ErrSQL) {
			t.Errorf("%v", err)
		}
		return err
	})
	if n := srv.Stats().Prepared; err != nil || n != prepared {
		t.Errorf("%v; %d queries were prepared, %d before", err, n, prepared)
	}
}

func TestLargestIntegersOfTheProtocol(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Raw: true})
	var least, most string
	err := db.QueryRow("SELECT -99999999999999999999999999999999999999::HUGEINT, 99999999999999999999999999999999999999::UHUGEINT").Scan(&least, &most)
	nines := strings.Repeat("9", 38)
	if err != nil || least != "-"+nines || most != nines {
		t.Errorf("%s, %s, %v", least, most, err)
	}
}
