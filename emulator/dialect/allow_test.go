package dialect

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryFunctionHasAFact: a function is on the list only if a fact shows what it does
// in DuckDB.
func TestEveryFunctionHasAFact(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, f := range facts(t) {
		if f.verdict != "refused" {
			all.WriteString(strings.ToLower(strings.Join(f.statements, "\n")) + "\n")
		}
	}
	text := all.String()
	for name := range functions {
		shown := slices.ContainsFunc([]string{" ", "(", ",", "-", "\n"}, func(before string) bool { return strings.Contains(text, before+name+"(") }) ||
			strings.Contains(text, `"`+name+`"(`)
		if !shown {
			t.Errorf("no fact shows %s", strings.ToUpper(name))
		}
		if len(name) > longestWord {
			t.Errorf("%s is longer than longestWord", name)
		}
	}
	for word := range keywords {
		if len(word) > longestWord {
			t.Errorf("%s is longer than longestWord", word)
		}
	}
	for name := range refusedFunctions {
		if functions[strings.ToLower(name)] != nil {
			t.Errorf("%s is on the list, and refused", name)
		}
	}
}

// places are where a call of F may stand.
var places = []string{
	"SELECT F", "SELECT a, F AS b", "SELECT DISTINCT F", "SELECT -F", "SELECT a FROM F", "SELECT a FROM t, F", "SELECT a FROM t JOIN F ON 1 = 1", "SELECT a FROM LATERAL F",
	"SELECT a FROM t CROSS JOIN F", "SELECT a FROM t NATURAL JOIN F", "SELECT a FROM (F)", "SELECT a FROM t WHERE F", "SELECT a FROM t WHERE b = F", "SELECT a FROM t WHERE NOT F",
	"SELECT a FROM t WHERE a BETWEEN F AND 1", "SELECT a FROM t WHERE a BETWEEN 1 AND F", "SELECT a FROM t WHERE a IN (1, F)", "SELECT a FROM t WHERE a IN F", "SELECT a FROM t WHERE a LIKE F",
	"SELECT a FROM t WHERE a LIKE 'x' ESCAPE F", "SELECT a FROM t WHERE a IS DISTINCT FROM F", "SELECT a FROM t GROUP BY F", "SELECT a FROM t GROUP BY ROLLUP(F)", "SELECT a FROM t HAVING F",
	"SELECT a FROM t QUALIFY F", "SELECT a FROM t ORDER BY F", "SELECT a FROM t LIMIT F", "SELECT a FROM t LIMIT 1 OFFSET F", "SELECT a FROM t FETCH FIRST F ROWS ONLY",
	"SELECT SUM(a) FILTER (WHERE F) FROM t", "SELECT SUM(a) OVER (PARTITION BY F) FROM t", "SELECT SUM(a) OVER (ORDER BY a ROWS F PRECEDING) FROM t", "SELECT UPPER(F)", "SELECT SUM(DISTINCT F)",
	"SELECT CASE F WHEN 1 THEN 2 END", "SELECT CASE WHEN F THEN 2 END", "SELECT CASE WHEN 1 THEN F END", "SELECT CASE WHEN 1 THEN 2 ELSE F END", "SELECT CAST(F AS INT)", "SELECT F::INT",
	"SELECT ARRAY[F]", "SELECT a[F]", "SELECT MAP[F, ARRAY[1]]", "SELECT INTERVAL (F) 'day'", "SELECT ts AT TIME ZONE F", "SELECT EXTRACT(DAY FROM F)", "SELECT POSITION('a' IN F)",
	"SELECT TRIM(BOTH F FROM a)", "SELECT TRIM(F)", "SELECT TRANSFORM(a, x -> F)", "SELECT STRUCT(F AS a)", "SELECT a || F", "SELECT F || a", "SELECT 1 UNION SELECT F", "WITH t AS (SELECT F) SELECT 1",
	"VALUES (F)", "INSERT INTO t VALUES (F)", "INSERT INTO t SELECT F", "UPDATE t SET a = F", "UPDATE t SET a = 1 WHERE F", "DELETE FROM t WHERE F", "CREATE TABLE t AS SELECT F",
	"CREATE TABLE t (a INT DEFAULT F)", "CREATE TABLE t (a INT CHECK (F))", "CREATE VIEW v AS SELECT F", "CREATE VIEW v AS FROM F", "EXPLAIN SELECT F", "DESCRIBE SELECT F", "SELECT v:a[F]",
	"SELECT LISTAGG(a, F)", "SELECT LISTAGG(a) WITHIN GROUP (ORDER BY F) FROM t", "SELECT 'a' LIKE SOME (F)", "SELECT a FROM s LATERAL VIEW EXPLODE(F) t AS a", "SELECT DECODE(a, 1, F)", "(SELECT F)",
	"SELECT a, F, b FROM t", "SELECT F OVER ()", "SELECT (F).a", "SELECT a FROM t PIVOT (F FOR b IN ('x'))", "MERGE INTO t USING u ON F WHEN MATCHED THEN DELETE", "SELECT EXISTS (SELECT F)",
}

// TestNoOtherFunction: no place takes a function that is not on the list.
func TestNoOtherFunction(t *testing.T) {
	t.Parallel()
	for _, place := range places {
		for _, call := range []string{"zzz(1)", "zzz (a, 'b')", `"zzz"()`, "Zzz(DISTINCT a)", "a.zzz(1)", `main."zzz"(1)`} {
			sql := strings.Replace(place, "F", "\x00", 1)
			for i := 0; i < len(place); i++ { // the F that stands alone
				if place[i] == 'F' && (i == 0 || !letter(place[i-1])) && (i+1 == len(place) || !letter(place[i+1])) {
					sql = place[:i] + call + place[i+1:]
				}
			}
			s, err := Rewrite(sql, Options{})
			if err == nil {
				t.Errorf("%s became %s", sql, s.Text)
				continue
			}
			if text := err.Error(); !strings.Contains(text, "ZZZ is not supported") && !strings.Contains(text, "a period in its name") && !strings.Contains(text, "a path is") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
