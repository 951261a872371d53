package shell_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	csv, json, table, old := filepath.Join(dir, "a b.csv"), filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "t"), filepath.Join(dir, "old.csv")
	if err := os.WriteFile(old, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := run(t, newEngine(t),
		`\copy (SELECT * FROM orders) to '`+csv+`'`, `\copy (SELECT 1) TO `+json, `\copy sales.orders to `+table+` tsv`,
		`\copy (SELECT 'cut') to `+old, `\copy (SELECT 1`, `\copy orders`, `\copy orders to x y z`, `\copy orders to x xls`, `\copy orders from x`)
	if got, want := readFile(t, csv), "id,customer,amount\n1,Zoë,12.30\n2,東京,1200.00\n3,,\n"; got != want {
		t.Errorf("the csv file has %q", got)
	}
	if got := readFile(t, json); got != "{\"n\":1}\n" {
		t.Errorf("the jsonl file has %q", got)
	}
	if got := readFile(t, table); !strings.HasPrefix(got, "id\tcustomer\tamount\n") {
		t.Errorf("the tsv file has %q", got)
	}
	if got := readFile(t, old); got != "as it was" {
		t.Errorf("a failed statement has replaced the file: %q", got)
	}
	for _, want := range []string{"3 rows written to " + csv + " as csv", "a disk is full", "the bracket before the query is not closed", `write \copy`, "there is no format xls"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second, cut := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")
	if err := os.WriteFile(cut, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := run(t, newEngine(t), `\format csv`, `\o `+first, "SELECT 1;", "SELECT 9;", "SELECT 2;", `\o`, `\o `+cut, "SELECT 1;", "SELECT 'cut';", `\o `+second, "SELECT 2;")
	if got := readFile(t, first); got != "n\n1\nn\n2\n" {
		t.Errorf("the first file has %q", got)
	}
	if got := readFile(t, second); got != "n\n2\n" {
		t.Errorf("the file that is open at the end has %q", got)
	}
	if got := readFile(t, cut); got != "as it was" {
		t.Errorf("an incomplete result is in the file: %q", got)
	}
	if !strings.Contains(got, first+" was written") || !strings.Contains(got, "was not written, because a result in it is incomplete") {
		t.Errorf("the output is\n%s", got)
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inner := file("inner.sql", "SELECT 2")
	good := file("good.sql", "\ufeff-- numbers\n\\timing on\nSELECT 1;\n\\i "+inner+"\nSELECT 'cut\n;';")
	bad := file("bad.sql", "SELECT 1;\n\nSELECT 9;\nSELECT 2;")
	loop := filepath.Join(dir, "loop.sql")
	file("loop.sql", `\i `+loop)
	got, _ := run(t, newEngine(t), `\i `+good, `\i `+bad, `\i `+loop, `\i `+filepath.Join(dir, "none"), `\i`)
	for _, want := range []string{
		"timing is on", "│ 1 │", "│ 2 │", good + ", line 5:", bad + ", line 3:", "16 files include each other", "no such file", `write \i file`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "│ 2 │"); n != 1 {
		t.Errorf("a statement ran after a mistake:\n%s", got)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	history, err := shell.OpenHistory("")
	if err != nil {
		t.Fatal(err)
	}
	edits := []string{"SELECT 2;\n", "SELECT 1", "", "SELECT 1; SELECT 2;\n"}
	var seen []string
	s := shell.New(shell.Config{
		Session: openSession(t, newEngine(t)), Out: &out, Err: &out, History: history,
		Reader: &reader{inputs: []string{"SELECT 1;", `\e`, `\e`, `\e`, "SELECT 2\n\\e"}},
		Edit: func(_ context.Context, path string) error {
			content, err := os.ReadFile(path)
			seen = append(seen, string(content))
			if err != nil || edits[0] == "" {
				edits = edits[1:]
				return err
			}
			edit := edits[0]
			edits = edits[1:]
			return os.WriteFile(path, []byte(edit), 0o600)
		},
	})
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(seen, "|"), "SELECT 1;\n|SELECT 2;\n|SELECT 2;\n|SELECT 2"; got != want {
		t.Errorf("the editor got %q", got)
	}
	for _, want := range []string{"│ 2 │", "does not end with a semicolon", "nothing was changed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing:\n%s", want, out.String())
		}
	}
	if got := strings.Join(history.Inputs(), "|"); got != "SELECT 2;|SELECT 1|SELECT 2;|SELECT 1; SELECT 2;" {
		t.Errorf("the history has %q", got)
	}
}
