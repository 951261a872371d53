package dialect

import (
	"bufio"
	"fmt"
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

// fact is a statement of testdata with the expected answer.
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
			place := path + ":" + strconv.Itoa(line)
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch {
			case word == "" || word[0] == '#':
			case strings.HasSuffix(word, "=") || strings.HasSuffix(word, ">"):
				all = append(all, newFact(title+" ("+place+")", word, rest))
			case '0' <= word[0] && word[0] <= '9':
				n, err := strconv.Atoi(word)
				if err != nil || n != number+1 {
					tb.Fatalf("%s: fact %d does not follow: %q", place, number, lines.Text())
				}
				number, title = n, lines.Text()
			default:
				if err := all[len(all)-1].expect(word, rest); err != nil {
					tb.Fatalf("%s: %v", place, err)
				}
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

// newFact returns the fact of a line that begins with = or >, with native before it or
// not.
func newFact(name, word, rest string) *fact {
	f := &fact{name: name, statements: strings.Split(rest, " ;; ")}
	if strings.HasSuffix(word, "=") {
		f.statements = []string{"SELECT " + rest + " AS c"}
	}
	if strings.HasPrefix(word, "native") {
		f.executor = Native
	}
	return f
}

// expect reads a line with an expected answer.
func (f *fact) expect(word, rest string) error {
	switch word {
	case "same", "rewritten":
		var ok bool
		f.verdict = word
		if f.value, f.typ, ok = strings.Cut(rest, " :: "); !ok {
			return fmt.Errorf("no type in %q", rest)
		}
	case "refused":
		f.verdict, f.value = word, rest
	case "result":
		f.result = rest
	case "column":
		f.column = rest
	default:
		return fmt.Errorf("%q says nothing", word)
	}
	return nil
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

// Each fact holds for the text.
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
