package shell_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]bool{
		"":                            true,
		"  \n":                        true,
		"SELECT 1":                    false,
		"SELECT 1;":                   true,
		"SELECT 1; -- done":           true,
		"SELECT ';":                   false,
		"SELECT ';'":                  false,
		"SELECT 1 -- ;":               false,
		"SELECT 1 /* ;":               false,
		"SELECT 1; SELECT 2":          false,
		"SELECT 1; SELECT 2;":         true,
		`\dt`:                         true,
		`  \dt`:                       true,
		"SELECT 1\n\\g":               true,
		"SELECT '\n\\g":               false,
		"SELECT 1 /* \n\\g":           false,
		"-- only a comment":           true,
		"/* a comment that goes on":   false,
		"/* a comment that ends */":   true,
		"SELECT \";\n":                false,
		"SELECT 'it\\'s; not ended":   false,
		"SELECT 'it''s ended' ;":      true,
		"SELECT 1;\n\\x\nSELECT 2":    false,
		"SELECT 1;\n\\x\nSELECT 2;":   true,
		"SELECT 1 \\g":                false,
		"SELECT 1\n-- a comment\n\\g": true,
	} {
		if got := shell.Complete(input); got != want {
			t.Errorf("%q: %v", input, got)
		}
	}
}

func TestCutCommand(t *testing.T) {
	t.Parallel()
	for input, want := range map[string][2]string{
		"SELECT 1\n\\g":          {"SELECT 1\n", `\g`},
		"SELECT 1\n  \\x on  \n": {"SELECT 1\n", `\x on`},
		`\dt`:                    {"", `\dt`},
		"SELECT 1":               {"SELECT 1", ""},
		"SELECT '\n\\g":          {"SELECT '\n\\g", ""},
		"/* \n\\g */":            {"/* \n\\g */", ""},
		"SELECT 'a\\'\n\\g":      {"SELECT 'a\\'\n\\g", ""},
	} {
		before, command := shell.CutCommand(input)
		if before != want[0] || command != want[1] {
			t.Errorf("%q: %q and %q", input, before, command)
		}
	}
}

func TestInputsOfAScript(t *testing.T) {
	t.Parallel()
	const script = "-- first\nSELECT 1; SELECT\n 2 ;;\n\\x on\n-- before a command\n\\timing\n/* note */ SELECT ';' AS x;\n// end\nSELECT 3"
	texts, starts := shell.Inputs(script)
	want := []string{"-- first\nSELECT 1", "SELECT\n 2", `\x on`, `\timing`, "/* note */ SELECT ';' AS x", "// end\nSELECT 3"}
	if !slices.Equal(texts, want) {
		t.Errorf("the inputs are %q", texts)
	}
	for i, start := range starts {
		if !strings.HasPrefix(script[start:], texts[i]) {
			t.Errorf("input %d begins at %d", i, start)
		}
	}
}

// FuzzInputs checks that the inputs of a script lie in it in their order, and that the text
// between them holds nothing but white space, semicolons and comments.
func FuzzInputs(f *testing.F) {
	f.Add("SELECT 1;\n\\x\nSELECT ';' -- c\n;")
	f.Add("-- a\n\\d \"x\n/* ; */;'")
	f.Add(";;\\;\n;")
	f.Fuzz(func(t *testing.T, script string) {
		texts, starts := shell.Inputs(script)
		end := 0
		for i, text := range texts {
			if starts[i] < end || !strings.HasPrefix(script[starts[i]:], text) {
				t.Fatalf("%q: input %d, %q, begins at %d, and the one before ends at %d", script, i, text, starts[i], end)
			}
			if gap := strings.Trim(script[end:starts[i]], "; \t\r\n\v\f\u0085\u00a0\ufeff"); gap != "" && !strings.Contains(gap, "--") && !strings.Contains(gap, "//") && !strings.Contains(gap, "/*") && strings.IndexFunc(gap, isText) >= 0 {
				t.Errorf("%q: the text %q is lost", script, gap)
			}
			end = starts[i] + len(text)
		}
		shell.Complete(script)
		before, command := shell.CutCommand(script)
		if command != "" && !strings.HasPrefix(script[len(before):], command) && !strings.Contains(script[len(before):], command) {
			t.Errorf("%q: the command %q is not at its place", script, command)
		}
	})
}

// isText reports whether a character may be a part of a statement that must not be lost.
func isText(r rune) bool { return r > ' ' && r < 0x7f && r != ';' }

func TestIsQuery(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]bool{
		"SELECT 1":                             true,
		"(SELECT 1)":                           true,
		"WITH x AS (SELECT 1) SELECT * FROM x": true,
		"SELECT 'INSERT INTO t'":               true,
		`SELECT "update" FROM t`:               true,
		"SELECT 1 -- DELETE":                   true,
		"VALUES (1)":                           true,
		"SHOW TABLES":                          true,
		"DESCRIBE t":                           true,
		"INSERT INTO t VALUES (1)":             false,
		"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x":    false,
		"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x": false,
		"SELECT * INTO t FROM s":                                false,
		"EXPLAIN SELECT 1":                                      false,
		"EXPLAIN ANALYZE DELETE FROM t":                         false,
		"CREATE TABLE t AS SELECT 1":                            false,
		"UPDATE t SET a = 1":                                    false,
		"MERGE INTO t USING s ON 1 = 1":                         false,
		"CALL p()":                                              false,
		"WITH x AS (SELECT 1)":                                  false,
		"SELECT 1; DELETE FROM t":                               false,
		"SELECT '":                                              false,
		"":                                                      false,
	} {
		if got := shell.IsQuery(statement); got != want {
			t.Errorf("%s: %v", statement, got)
		}
	}
}
