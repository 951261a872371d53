package dialect

import (
	"errors"
	"strings"
	"testing"
)

// rewrite returns a statement's text in DuckDB's dialect, or the error's.
func rewrite(sql string) string {
	s, err := Rewrite(sql, Options{Now: now})
	if err != nil {
		return "error: " + err.Error()
	}
	return s.Text
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		// Names of columns.
		"SELECT a, t.b, t.*, 1, 'x', NULL FROM t":                        "SELECT a, t.b, t.*, 1, 'x', NULL FROM t",
		"SELECT a + 1, COUNT( * ) n, a AS b FROM t":                      `SELECT a + 1 AS "a + 1", COUNT(*) n, a AS b FROM t`,
		"SELECT a+/* c */1\n, \"x\"||'\"'":                               "SELECT a+ 1 AS \"a+ 1\"\n, \"x\"||'\"' AS \"\"\"x\"\"||'\"\"'\"",
		"SELECT -a Total, SUM(a) AS Sum FROM t":                          "SELECT -a total, SUM(a) AS sum FROM t",
		"SELECT a::INT, CASE WHEN a THEN 1 END":                          `SELECT a::INTEGER AS "a::INT", CASE WHEN a THEN 1 END AS "CASE WHEN a THEN 1 END"`,
		"SELECT a IS NULL, a IS NOT DISTINCT FROM b FROM t":              `SELECT a IS NULL AS "a IS NULL", a IS NOT DISTINCT FROM b AS "a IS NOT DISTINCT FROM b" FROM t`,
		"SELECT INTERVAL 1 DAY, DATE '2024-01-01', CURRENT_DATE d":       `SELECT INTERVAL '1 day' AS "INTERVAL 1 DAY", DATE '2024-01-01' AS "DATE '2024-01-01'", CAST(TIMESTAMPTZ '2024-05-21 10:11:12.123456+00' AT TIME ZONE 'UTC' AS DATE) d`,
		"SELECT (SELECT MAX(a) FROM t) FROM t":                           `SELECT (SELECT MAX(a) AS "MAX(a)" FROM t) AS "(SELECT MAX(a) FROM t)" FROM t`,
		"SELECT DISTINCT a+1 FROM t UNION SELECT b":                      `SELECT DISTINCT a+1 AS "a+1" FROM t UNION SELECT b`,
		"WITH T(A) AS (SELECT 1) SELECT A FROM T":                        "WITH T(a) AS (SELECT 1) SELECT A FROM T",
		"INSERT INTO t (a) SELECT b FROM u":                              "INSERT INTO t (a) SELECT b FROM u",
		"CREATE TABLE IF NOT EXISTS T (A BIGINT PRIMARY KEY, B CHAR(3))": "CREATE TABLE IF NOT EXISTS t (a BIGINT PRIMARY KEY, b VARCHAR(3))",
		"CREATE TABLE c.s.t AS SELECT 1 AS N":                            "CREATE TABLE c.s.t AS SELECT 1 AS n",
		// Placeholders keep their numbers where arguments change places.
		"SELECT DATE_ADD('day', ?, ?) AS d, ? AS e": "SELECT CAST(CAST($2 AS TIMESTAMP) + ($1) * INTERVAL 1 day AS DATE) AS d, $3 AS e",
		"SELECT x FROM t WHERE a=?AND b IN(?,?)":    "SELECT x FROM t WHERE a=$1 AND b IN($2,$3)",
		"SELECT decode(?, 1, 2) AS c":               "SELECT CASE WHEN ($1) IS NOT DISTINCT FROM (1) THEN 2 END AS c",
		"SELECT decode(?, 1, 2, 3, 4) AS c":         "SELECT CASE WHEN ($1) IS NOT DISTINCT FROM (1) THEN 2 WHEN ($1) IS NOT DISTINCT FROM (3) THEN 4 END AS c",
		// Nothing fuses.
		"SELECT E'\\\\' AS a":    `SELECT E '\' AS a`,
		"SELECT 0x1F":            `SELECT 0 x1f`,
		"SELECT a-/**/-1 AS b":   "SELECT a- -1 AS b",
		"SELECT a\u00a0, b":      "SELECT a , b",
		"SELECT a--\n, b // c\n": "SELECT a , b",
		// Casts of results are the same in all places.
		"SELECT LENGTH(a) AS n FROM t GROUP BY LENGTH(a) ORDER BY LENGTH(a)": "SELECT CAST(length(a) AS INTEGER) AS n FROM t GROUP BY CAST(length(a) AS INTEGER) ORDER BY CAST(length(a) AS INTEGER)",
		"SELECT COUNT_IF(a) OVER (PARTITION BY b) AS n FROM t":               "SELECT CAST(COUNT_IF(a) OVER (PARTITION BY b) AS BIGINT) AS n FROM t",
		// Operands of an operator behind them.
		"SELECT f.d + INTERVAL 1 DAY AS d FROM f": "SELECT cast_to_type(f.d + INTERVAL '1 day', f.d) AS d FROM f",
		"SELECT a WHERE": "error: emulator: WHERE without FROM is not supported: the engine refuses it (line 1, column 10)",
		"SELECT (a + INTERVAL 1 DAY) + INTERVAL 1 YEAR AS d":       "SELECT cast_to_type((cast_to_type(a + INTERVAL '1 day', a)) + INTERVAL '1 year', (cast_to_type(a + INTERVAL '1 day', a))) AS d",
		"SELECT MAX(d) OVER (ORDER BY x) - INTERVAL 1 DAY AS d":    "SELECT cast_to_type(MAX(d) OVER (ORDER BY x) - INTERVAL '1 day', MAX(d) OVER (ORDER BY x)) AS d",
		"SELECT a, b LIKE SOME ('x') AND v:x:y = 1 AS c FROM t":    `SELECT a, (b LIKE 'x') AND json_extract(v, '$."x"."y"') = 1 AS c FROM t`,
		"SELECT CASE a WHEN 1 THEN v END:x AS c":                   `SELECT json_extract(CASE a WHEN 1 THEN v END, '$."x"') AS c`,
		"SELECT TIMESTAMP '2024-01-01' + INTERVAL '1' DAY AS d":    "SELECT TIMESTAMP '2024-01-01' + INTERVAL '1 day' AS d",
		"SELECT x FROM t WHERE d BETWEEN e - INTERVAL 1 DAY AND f": "SELECT x FROM t WHERE d BETWEEN cast_to_type(e - INTERVAL '1 day', e) AND f",
		"SELECT t.end, t.from, v:case.select AS c FROM t":          `SELECT t.end, t.from, json_extract(v, '$."case"."select"') AS c FROM t`,
		// Unknown constructs stay.
		"SELECT a FROM t TABLESPACE x QUALIFY y FETCH FIRST 1 ROWS ONLY": "SELECT a FROM t TABLESPACE x QUALIFY y FETCH FIRST 1 ROWS ONLY",
		"SHOW TABLES":                       "SHOW TABLES",
		"DESCRIBE t":                        "DESCRIBE t",
		"EXPLAIN SELECT LEN(a) AS n FROM t": "EXPLAIN SELECT CAST(length(a) AS INTEGER) AS n FROM t",
	} {
		if got := rewrite(sql); got != want {
			t.Errorf("%q\n got %s\nwant %s", sql, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"":                                      "emulator: the statement is empty (line 1, column 1)",
		" -- a\n ":                              "emulator: the statement is empty (line 2, column 2)",
		"(":                                     "emulator: the construct that begins here does not end (line 1, column 1)",
		"SELECT (1]":                            "emulator: this ends a construct that has not begun (line 1, column 10)",
		"SELECT 'a":                             "emulator: the construct that begins here does not end (line 1, column 8)",
		"SELECT END":                            "emulator: this ends a construct that has not begun (line 1, column 8)",
		"SELECT '\xff'":                         "emulator: the statement is not valid UTF-8 (line 1, column 9)",
		"SELECT 1\x00":                          "emulator: the statement has a NUL character (line 1, column 9)",
		"SELECT é,\n  foo(1)":                   "emulator: function FOO is not supported (line 2, column 3)",
		"SELECT a FROM t WHERE x = pg_sleep(1)": "emulator: function PG_SLEEP is not supported (line 1, column 27)",
		"SELECT \"read_text\"('x')":             "emulator: function READ_TEXT is not supported (line 1, column 8)",
		"SELECT a FROM t, glob('x')":            "emulator: function GLOB is not supported (line 1, column 18)",
		"SELECT ts AT TIME ZONE f(x)":           "emulator: function F is not supported (line 1, column 24)",
		"SELECT 1 AS a, g() b":                  "emulator: function G is not supported (line 1, column 16)",
		"SELECT a.upper()":                      "emulator: a function with a period in its name is not supported (line 1, column 8)",
		"SELECT UPPER()":                        "emulator: function UPPER does not take 0 arguments (line 1, column 8)",
		"SELECT UPPER(a, )":                     "emulator: an argument is missing (line 1, column 17)",
		"SELECT UPPER(,a)":                      "emulator: an argument is missing (line 1, column 14)",
		"SELECT UPPER(DISTINCT a)":              "emulator: function UPPER does not take DISTINCT (line 1, column 8)",
		"SELECT CAST(a)":                        "emulator: a cast is CAST(x AS type) (line 1, column 8)",
		"SELECT CAST(a AS INT INT)":             "emulator: the cast has more than a type (line 1, column 22)",
		"SELECT CAST(a AS )":                    "emulator: a type is missing (line 1, column 18)",
		"SELECT a::":                            "emulator: a type is missing (line 1, column 11)",
		"SELECT a::DECIMAL(x)":                  "emulator: the size of a type is a number (line 1, column 19)",
		"SELECT v:":                             `emulator: a path is v:name, v:"name" or v:[0], and further .name and [0] (line 1, column 9)`,
		"SELECT INTERVAL x":                     "emulator: an interval is a number and a unit: INTERVAL 5 DAY, INTERVAL '5 DAY', INTERVAL '5' DAY or INTERVAL (n) 'day' (line 1, column 8)",
		"SELECT transform(a, b)":                "emulator: a lambda is x -> expression (line 1, column 21)",
		"SELECT transform(a, (b, 1) -> c)":      "emulator: a lambda is x -> expression (line 1, column 25)",
		"SELECT a ~ b":                          "emulator: the operator ~ is not supported (line 1, column 10)",
		"SELECT $$a$$":                          "emulator: the operator $ is not supported (line 1, column 8)",
		"CREATE INDEX i ON t (a)":               "emulator: CREATE is supported for tables, views and schemas (line 1, column 8)",
		"CREATE":                                "emulator: CREATE is supported for tables, views and schemas (line 1, column 7)",
		"FROM t":                                "emulator: a statement that begins with FROM is not supported (line 1, column 1)",
		strings.Repeat("(", 1001):               "emulator: brackets nest too deep (line 1, column 1001)",
	} {
		_, err := Rewrite(sql, Options{})
		e, ok := errors.AsType[*Error](err)
		if !ok || err.Error() != want {
			t.Errorf("%.50q: got %v, want %s", sql, err, want)
			continue
		}
		if e.Offset < 0 || e.Offset > len(sql) {
			t.Errorf("%.50q: byte %d", sql, e.Offset)
		}
	}
}

// A byte of the rewritten text has its place in the original one.
func TestPlaces(t *testing.T) {
	t.Parallel()
	const sql = "SELECT 'é\\n', -- a\n  LENGTH(foo) AS n,\n  DATE_ADD('day', bar, d + INTERVAL 1 DAY) AS x // b\nFROM quux WHERE v:q.r = 1"
	s, err := Rewrite(sql, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]struct {
		of           string // what stands there in sql
		line, column int
	}{
		"foo":            {"foo", 2, 10},
		"CAST(length(":   {"LENGTH", 2, 3},
		"length(":        {"LENGTH", 2, 3},
		"bar":            {"bar", 3, 19},
		"d + INTERVAL":   {"d + INTERVAL", 3, 24},
		"quux":           {"quux", 4, 6},
		"WHERE":          {"WHERE", 4, 11},
		"json_extract(v": {"v:q", 4, 17},
		"v, '":           {"v:q", 4, 17},
		`'$."q"."r"'`:    {":q", 4, 18},
		"'é":             {"'é", 1, 8},
		"SELECT":         {"SELECT", 1, 1},
	} {
		at := strings.Index(s.Text, part)
		if at < 0 {
			t.Errorf("no %q in %s", part, s.Text)
			continue
		}
		if got := s.Offset(at); !strings.HasPrefix(sql[got:], want.of) {
			t.Errorf("%q: got %.10q, want %q", part, sql[got:], want.of)
		}
		if line, column := s.Place(at); line != want.line || column != want.column {
			t.Errorf("%q: line %d, column %d, want %d, %d", part, line, column, want.line, want.column)
		}
	}
	for _, at := range []int{-1, 0, len(s.Text), len(s.Text) + 5} {
		if got := s.Offset(at); got < 0 || got > len(sql) {
			t.Errorf("byte %d: %d", at, got)
		}
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]struct {
		params  int
		keyword string
	}{
		"select ?, '?', \"?\" -- ?":            {1, "SELECT"},
		"((SELECT 1))":                         {0, "SELECT"},
		"WITH t AS (SELECT 1) SELECT ? FROM t": {1, "WITH"},
		"insert into t values (?, ?)":          {2, "INSERT"},
	} {
		s, err := Rewrite(sql, Options{})
		if err != nil || s.Params != want.params || s.Keyword != want.keyword {
			t.Errorf("%q: got %d, %s, %v, want %d, %s", sql, s.Params, s.Keyword, err, want.params, want.keyword)
		}
	}
}

// TestHuge: no statement takes long because of its shape.
func TestHuge(t *testing.T) {
	t.Parallel()
	const n = 1 << 17
	for _, part := range []string{
		"+ INTERVAL 1 DAY ", "+ a + INTERVAL 1 DAY ", "AND a LIKE SOME ('b') ", ":a ", ", v:a::INT ", "COLLATE UTF8_LCASE ", "- a ", "(", "CASE ", "[1",
		", f(", ", upper(a)", "::INT ", "UNION SELECT a+1 ", "|| decode(a, ", ", (SELECT a + 1", "?", "a.", "transform(a, x -> ", "- CURRENT_DATE ",
		"|| b LIKE SOME ('x') ", ", d + INTERVAL 1 DAY", "AND NOT ", "'a' ", "\"a\"", "x'00' ", ":a[0]", "[1] ", ".a ", "CASE a WHEN 1 THEN 2 END + INTERVAL 1 DAY ",
		"/**/", "-- \n", ",", " AS a", "FROM ", "SELECT ", "OVER () ", "IN (1) ", "WITH a(", "LATERAL VIEW EXPLODE(a) ", "CREATE TABLE ", "IGNORE NULLS ",
	} {
		sql := "SELECT a " + strings.Repeat(part, n/len(part))
		if s, err := Rewrite(sql, Options{}); err == nil && len(s.Text) > 16*len(sql)+1<<17 {
			t.Errorf("%q: %d bytes became %d", part, len(sql), len(s.Text))
		}
	}
}
