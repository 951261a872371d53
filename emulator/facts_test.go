//go:build cgo

package emulator_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
)

// clocked finds statements whose result depends on the time.
var clocked = regexp.MustCompile(`(?i)\b(current_(date|timestamp)|now|getdate)\b`)

// drivers has the statements that the driver itself refuses or changes.
var drivers = []string{"SELECT ? + 1", "SELECT 1;"}

// duckText returns a value of the driver's as DuckDB writes a value of that type.
func duckText(v any, typ string) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		switch typ {
		case "DATE":
			return v.Format(time.DateOnly)
		case "TIMESTAMP WITH TIME ZONE":
			return v.Format("2006-01-02 15:04:05.999999-07")
		}
		return v.Format("2006-01-02 15:04:05.999999")
	case []byte:
		var b strings.Builder
		for _, c := range v {
			if c < ' ' || c > '~' || strings.IndexByte(`\'"`, c) >= 0 {
				fmt.Fprintf(&b, `\x%02X`, c)
			} else {
				b.WriteByte(c)
			}
		}
		return b.String()
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// normal converts DuckDB's text of a value to the driver's: floats have several texts, and nested
// values have the form of Java's collections.
func normal(text, typ string) string {
	switch {
	case text == "NULL":
	case typ == "DOUBLE":
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	case strings.HasSuffix(typ, "]"), strings.HasPrefix(typ, "MAP("), strings.HasPrefix(typ, "STRUCT("):
		return strings.NewReplacer("'", "", ": ", "=", "NULL", "null", `\x`, "").Replace(text)
	}
	return text
}

// The facts about the dialect hold for the values that an application reads. Among them are the
// examples of the vendor's documentation. The tests of package dialect hold them for DuckDB's texts.
func TestFactsReachApplications(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	files, err := filepath.Glob("dialect/testdata/[0-9]-*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	values, refusals := 0, 0
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var statements []string
		lines := bufio.NewScanner(file)
		for n := 1; lines.Scan(); n++ {
			place := fmt.Sprintf("%s:%d", path, n)
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "=":
				statements = []string{"SELECT " + rest + " AS c"}
			case ">":
				statements = strings.Split(rest, " ;; ")
			case "same", "rewritten":
				if value, typ, ok := strings.Cut(rest, " :: "); ok && statements != nil {
					checkFact(t, db, place, statements, value, typ)
					values++
				}
			case "refused":
				if statements != nil && !slices.Contains(drivers, statements[0]) {
					checkRefusal(t, db, place, statements, rest)
					refusals++
				}
			default:
				if strings.HasPrefix(word, "native") {
					statements = nil // the emulator is the other executor
				}
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if values < 300 || refusals < 40 {
		t.Errorf("%d values and %d refusals", values, refusals)
	}
}

func checkFact(t *testing.T, db *sql.DB, place string, statements []string, value, typ string) {
	t.Helper()
	last := statements[len(statements)-1]
	for _, s := range statements[:len(statements)-1] {
		exec(t, db, s)
	}
	got, err := cells(db, last)
	switch {
	case typ == "INTERVAL":
		if err == nil || !strings.Contains(err.Error(), "has no place in the protocol") {
			t.Errorf("%s: %v", place, err)
		}
	case err != nil:
		t.Errorf("%s: %v", place, err)
	case clocked.MatchString(last): // its value is that of another time
	case len(got) == 0:
		t.Errorf("%s: no rows", place)
	default:
		var texts, want []string
		for _, row := range got {
			texts = append(texts, normal(duckText(row[0], typ), typ))
		}
		for _, v := range strings.SplitN(value, "; ", len(got)) {
			want = append(want, normal(v, typ))
		}
		if !slices.Equal(texts, want) {
			t.Errorf("%s: %s: %q, want %q", place, last, texts, want)
		}
	}
}

func checkRefusal(t *testing.T, db *sql.DB, place string, statements []string, text string) {
	t.Helper()
	for i, s := range statements {
		_, err := cells(db, s)
		if i < len(statements)-1 {
			if err != nil {
				t.Errorf("%s: %v", place, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %s: %v, want an error with %q", place, s, err, text)
		}
	}
}
