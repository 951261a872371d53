package dialect

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lastFact is the number of the facts in testdata.
const lastFact = 159

// now is the time of the facts' statements.
var now = time.Date(2024, 5, 21, 10, 11, 12, 123456789, time.UTC)

// fact is a statement of testdata with what is expected.
type fact struct {
	name       string // the fact's number and title, with the line
	statements []string
	executor   Executor
	verdict    string // same, rewritten or refused
	value, typ string
	// result and column are the engine's types, or empty.
	result, column string
}

// facts reads the files of testdata.
func facts(tb testing.TB) (all []*fact) {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("%d files, %v", len(files), err)
	}
	number := 0
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			tb.Fatal(err)
		}
		defer file.Close()
		title := ""
		lines := bufio.NewScanner(file)
		for line := 1; lines.Scan(); line++ {
			text := lines.Text()
			word, rest, _ := strings.Cut(text, " ")
			switch word {
			case "#", "#\tsame", "#\trewritten", "#\trefused", "":
			case "=", ">", "native=", "native>":
				f := &fact{name: title + " line " + strconv.Itoa(line), statements: strings.Split(rest, " ;; ")}
				if strings.HasSuffix(word, "=") {
					f.statements = []string{"SELECT " + rest + " AS c"}
				}
				if strings.HasPrefix(word, "native") {
					f.executor = Native
				}
				all = append(all, f)
			case "same", "rewritten":
				f := all[len(all)-1]
				var ok bool
				f.verdict = word
				if f.value, f.typ, ok = strings.Cut(rest, " :: "); !ok {
					tb.Fatalf("%s:%d: no type in %q", path, line, text)
				}
			case "refused":
				all[len(all)-1].verdict, all[len(all)-1].value = word, rest
			case "result":
				all[len(all)-1].result = rest
			case "column":
				all[len(all)-1].column = rest
			default:
				n, err := strconv.Atoi(word)
				if err != nil || n != number+1 {
					tb.Fatalf("%s:%d: fact %d does not follow: %q", path, line, number, text)
				}
				number, title = n, text
			}
		}
		if err := lines.Err(); err != nil {
			tb.Fatal(err)
		}
	}
	if number != lastFact {
		tb.Fatalf("%d facts, want %d", number, lastFact)
	}
	for _, f := range all {
		if f.verdict == "" {
			tb.Fatalf("%s: nothing is expected", f.name)
		}
	}
	return all
}

// rewrite returns the statements in DuckDB's dialect.
func (f *fact) rewrite() (out []string, err error) {
	for _, sql := range f.statements {
		s, err := Rewrite(sql, Options{Executor: f.executor, Now: now})
		if err != nil {
			return nil, err
		}
		out = append(out, s.Text)
	}
	return out, nil
}

// TestFacts: each fact holds for the text.
func TestFacts(t *testing.T) {
	t.Parallel()
	for _, f := range facts(t) {
		last := f.statements[len(f.statements)-1]
		out, err := f.rewrite()
		switch {
		case f.verdict == "refused":
			if err != nil && !strings.Contains(err.Error(), f.value) {
				t.Errorf("%s: got error %v, want %s", f.name, err, f.value)
			}
		case err != nil:
			t.Errorf("%s: %v", f.name, err)
		case f.verdict == "same" && out[len(out)-1] != last:
			t.Errorf("%s: the text changed\n got %s\nwant %s", f.name, out[len(out)-1], last)
		case f.verdict == "rewritten" && out[len(out)-1] == last:
			t.Errorf("%s: the text is the same: %s", f.name, last)
		}
	}
}
