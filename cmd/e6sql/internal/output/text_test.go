package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

// hostile are texts that break careless writers.
var hostile = []any{
	"\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\u009b31m", "a\x00b", "\u202egpj.exe", "\u2066x\u2069",
	`"`, `a"b`, `a,b`, "a\nb", "a\r\nb", "a\rb", "\t", " a", `\N`, `\.`, `\`, `\n`, "\xff\xfe", "a\xc3", "\xed\xa0\x80",
	"NULL", "'NULL'", "''NULL''", "null", "", "<script>alert(1)</script>", "&amp;", "|", "a|b", "`x`", "**b**", "_i_", "a_b",
	"\u0301", "e\u0301", "👩‍👩‍👧", "🇩🇪", "🇩", "日本", "\u200b", "\u200d", "\ufeff", "\u2028", "\ufe0f", "\U000e0041",
	strings.Repeat("x", 10_000), strings.Repeat("日", 5000), nil,
}

// hostileResult has one row for each hostile text, in the first of three columns, or
// in the only one.
func hostileResult(t testing.TB, columns int) result {
	rows := make([][]any, len(hostile))
	for i, text := range hostile {
		rows[i] = []any{text, "x", text}[:columns]
	}
	return texts(t, []string{"a\n\x1b[1m", `b,"`, "a\n\x1b[1m"}[:columns], rows...)
}

func TestHostileCSV(t *testing.T) {
	t.Parallel()
	for columns := 1; columns <= 3; columns += 2 {
		for _, o := range []Options{{}, {Null: new("NULL")}, {CRLF: true}, {Comma: ';'}, {Comma: '\t'}} {
			text := render(t, "csv", o, hostileResult(t, columns))
			r := csv.NewReader(strings.NewReader(text))
			if o.Comma != 0 {
				r.Comma = rune(o.Comma)
			}
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(hostile)+1 {
				t.Fatalf("%d rows, want %d", len(rows)-1, len(hostile))
			}
			for i, row := range rows[1:] {
				want, _ := hostile[i].(string)
				if hostile[i] == nil && o.Null != nil {
					want = *o.Null
				}
				if want = strings.ReplaceAll(want, "\r\n", "\n"); row[0] != want { // as encoding/csv reads it
					t.Errorf("%q, want %q", row[0], want)
				}
			}
		}
	}
}

// In csv a NULL differs from every text.
func TestNullInCSV(t *testing.T) {
	t.Parallel()
	r := texts(t, []string{"a", "b"}, []any{nil, ""}, []any{"NULL", nil}, []any{"", "NULL"})
	for null, want := range map[string]string{
		"":     ",\"\"\nNULL,\n\"\",NULL\n",
		"NULL": "NULL,\"\"\n\"NULL\",NULL\n\"\",\"NULL\"\n",
	} {
		if got := render(t, "csv", Options{Null: &null, NoHeader: true}, r); got != want {
			t.Errorf("NULL as %q: %q, want %q", null, got, want)
		}
	}
	numbers := typed(t, "LONG", 0, int64(0), nil, int64(1))
	if got, want := render(t, "csv", Options{Null: new("0"), NoHeader: true}, numbers), "\"0\"\n0\n1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	one := typed(t, "BINARY", 0, []byte{}, nil)
	if got, want := render(t, "csv", Options{NoHeader: true}, one), "\"\"\n\"\"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// readTSV reverses tsv. A nil is NULL.
func readTSV(t testing.TB, text, null string) [][]any {
	t.Helper()
	var rows [][]any
	for line := range strings.Lines(text) {
		var row []any
		for field := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "\t") {
			if field == null {
				row = append(row, nil)
				continue
			}
			var b []byte
			for i := 0; i < len(field); i++ {
				if field[i] != '\\' {
					b = append(b, field[i])
					continue
				}
				i++
				switch c := field[i]; c {
				case 't', 'n', 'r':
					b = append(b, map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r'}[c])
				case 'x':
					var n byte
					if _, err := fmt.Sscanf(field[i+1:i+3], "%02x", &n); err != nil {
						t.Fatal(err)
					}
					b = append(b, n)
					i += 2
				default:
					b = append(b, c)
				}
			}
			row = append(row, string(b))
		}
		rows = append(rows, row)
	}
	return rows
}

func TestHostileTSV(t *testing.T) {
	t.Parallel()
	for _, null := range []string{`\N`, "NULL", "a_b"} {
		rows := readTSV(t, render(t, "tsv", Options{Null: &null}, hostileResult(t, 3)), null)
		if len(rows) != len(hostile)+1 {
			t.Fatalf("%d rows, want %d", len(rows)-1, len(hostile))
		}
		for i, row := range rows[1:] {
			if len(row) != 3 || row[0] != hostile[i] || row[2] != hostile[i] {
				t.Errorf("NULL as %q: %q, want %q", null, row, hostile[i])
			}
		}
	}
}

func TestHostileJSON(t *testing.T) {
	t.Parallel()
	r := hostileResult(t, 3)
	var array []map[string]any
	if err := json.Unmarshal([]byte(render(t, "json", Options{}, r)), &array); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(render(t, "jsonl", Options{}, r), "\n"), "\n")
	if len(array) != len(hostile) || len(lines) != len(hostile) {
		t.Fatalf("%d objects and %d lines, want %d", len(array), len(lines), len(hostile))
	}
	for i, object := range array {
		var want any
		b, err := json.Marshal(hostile[i])
		if err == nil {
			err = json.Unmarshal(b, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		// The second column of the same name has a suffix.
		if object["a\n\x1b[1m"] != want || object["a\n\x1b[1m_2"] != want || len(object) != 3 {
			t.Errorf("%q, want %q", object, want)
		}
		var line map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil || line["a\n\x1b[1m"] != want {
			t.Errorf("%q: %v, want %q", lines[i], err, want)
		}
	}
}

// No value of a result sends a control character to a terminal, changes the direction of
// text or is invisible.
func TestNoControlCharacters(t *testing.T) {
	t.Parallel()
	for _, format := range textFormats() {
		for _, columns := range []int{1, 3} {
			for _, width := range []int{0, 40} {
				text := render(t, format, Options{Terminal: true, Width: width, MaxRows: -1}, hostileResult(t, columns))
				checkVisible(t, format, text)
			}
		}
	}
}

func checkVisible(t testing.TB, format, text string) {
	t.Helper()
	for i, r := range text {
		if r == '\n' || r == '\t' && strings.HasSuffix(format, "sv") || !mustEscape(r) && r != 0xfffd {
			continue
		}
		if r == 0xfffd && strings.HasPrefix(text[i:], "\ufffd") {
			continue
		}
		t.Fatalf("%s: character %U in %q", format, r, text[max(0, i-20):min(len(text), i+20)])
	}
}

// Text that looks like NULL differs from NULL, and two texts never look the same because
// of that.
func TestNullIsDistinct(t *testing.T) {
	t.Parallel()
	r := texts(t, []string{"v"}, []any{nil}, []any{"NULL"}, []any{"'NULL'"}, []any{"''NULL''"}, []any{"null"})
	for _, format := range []string{"table", "vertical", "markdown", "html"} {
		text := render(t, format, Options{}, r)
		for _, want := range []string{"NULL", "'NULL'", "''NULL''", "'''NULL'''"} {
			if format == "html" {
				want = strings.ReplaceAll(want, "'", "&#39;")
			}
			n := 0
			for line := range strings.Lines(text) {
				for _, edge := range []string{" " + want + "\n", " " + want + " ", ">" + want + "<"} {
					if strings.Contains(line, edge) {
						n++
						break
					}
				}
			}
			if n != 1 {
				t.Errorf("%s: %d lines with %s in\n%s", format, n, want, text)
			}
		}
	}
}

func TestNestedJSON(t *testing.T) {
	t.Parallel()
	r := typed(t, "STRUCT", 0, `{"a": 1.50, "b": [1,
 2]}`, `{a=1, b=2}`, `[1, 2]`, "12", `"x"`, "{\"a\":\"\xff\"}", `{"a":1} {}`, "", nil)
	want := `{"v":{"a": 1.50, "b": [1, 2]}}
{"v":"{a=1, b=2}"}
{"v":[1, 2]}
{"v":"12"}
{"v":"\"x\""}
{"v":"{\"a\":\"` + "\ufffd" + `\"}"}
{"v":"{\"a\":1} {}"}
{"v":""}
{"v":null}
`
	if got := render(t, "jsonl", Options{}, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := render(t, "jsonl", Options{}, typed(t, "STRING", 0, `{"a":1}`)); got != `{"v":"{\"a\":1}"}`+"\n" {
		t.Errorf("a STRING was embedded: %s", got)
	}
}

func TestJSONArrayEnds(t *testing.T) {
	t.Parallel()
	none, two := texts(t, []string{"a"}), texts(t, []string{"a"}, []any{"x"}, []any{"y"})
	for _, c := range []struct {
		r    result
		s    Summary
		want string
	}{
		{none, Summary{}, "[]\n"},
		{two, Summary{}, "[\n{\"a\":\"x\"},\n{\"a\":\"y\"}\n]\n"},
		{two, Summary{Err: io.ErrUnexpectedEOF}, "[\n{\"a\":\"x\"},\n{\"a\":\"y\"}\n"},
		{none, Summary{Err: io.ErrUnexpectedEOF}, "[\n"},
	} {
		got := renderEnd(t, "json", Options{}, c.r, c.s)
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if valid := json.Valid([]byte(got)); valid != (c.s.Err == nil) {
			t.Errorf("valid %v after error %v: %s", valid, c.s.Err, got)
		}
	}
}

func TestUniqueNames(t *testing.T) {
	t.Parallel()
	got := uniqueNames([]string{"a", "a", "a_2", "a", "b", "", "", "a_2"})
	want := []string{"a", "a_3", "a_2", "a_4", "b", "", "_2", "a_2_2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format string
		o      Options
	}{
		{"xml", Options{}}, {"", Options{}}, {"csv", Options{Comma: '"'}}, {"csv", Options{Comma: '1'}}, {"csv", Options{Comma: '.'}},
		{"csv", Options{Comma: ' '}}, {"csv", Options{Comma: '\n'}}, {"csv", Options{Comma: 0xe9}}, {"csv", Options{Null: new("a,b")}},
		{"csv", Options{Null: new("\n")}}, {"tsv", Options{Null: new("\t")}},
	} {
		if w, err := New(c.format, io.Discard, c.o); err == nil {
			t.Errorf("%s with %+v: %T", c.format, c.o, w)
		}
	}
}

// failing is a writer that fails after some bytes.
type failing struct{ left int }

var errFull = errors.New("disk is full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// An error of the destination is returned by all further calls, and nothing more is
// written.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for range 2000 {
		rows = append(rows, []any{strings.Repeat("y", 100)})
	}
	r := texts(t, []string{"a"}, rows...)
	for _, format := range textFormats() {
		for _, room := range []int{0, 100_000} {
			out := &failing{left: room}
			w, err := New(format, out, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := feed(w, r, Summary{}); !errors.Is(err, errFull) {
				t.Errorf("%s: %v, want %v", format, err, errFull)
			}
			left := out.left
			if err := w.End(Summary{}); !errors.Is(err, errFull) || out.left != left {
				t.Errorf("%s: End returned %v and wrote %d bytes", format, err, left-out.left)
			}
		}
	}
}

// A value that cannot be read, and a batch of another number of columns, are errors that
// name the column.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	chunk, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{{
		Type: thriftrows.TimestampTZ, Size: 1, Nulls: []bool{false},
		Data: thriftrows.TimeData{Micros: []int64{0}, Zones: []string{"Mars/Olympus"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	bad := result{[]thriftrows.Column{{Name: "when", Type: "TIMESTAMP_TZ"}}, chunk}
	for _, format := range textFormats() {
		w, err := New(format, io.Discard, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := feed(w, bad, Summary{}); err == nil || !strings.Contains(err.Error(), `"when"`) || !strings.Contains(err.Error(), "Mars/Olympus") {
			t.Errorf("%s: %v", format, err)
		}
		two := texts(t, []string{"a", "b"}, []any{"x", "y"})
		two.columns = two.columns[:1]
		w, _ = New(format, io.Discard, Options{})
		if err := w.Begin(two.columns); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(firstBatch(t, result{make([]thriftrows.Column, 2), two.chunk})); err == nil {
			t.Errorf("%s: a batch of two columns in a result of one", format)
		}
	}
}

// If the query failed before it had columns, there is no output.
func TestEndWithoutBegin(t *testing.T) {
	t.Parallel()
	for _, format := range textFormats() {
		var out bytes.Buffer
		w, err := New(format, &out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.End(Summary{Err: io.ErrUnexpectedEOF}); err != nil || out.Len() > 0 {
			t.Errorf("%s: %v, %q", format, err, out.String())
		}
	}
	var out bytes.Buffer
	if err := NewChart(&out, ChartOptions{X: "x", Y: "y"}).End(Summary{}); err != nil || out.Len() > 0 {
		t.Errorf("chart: %v, %q", err, out.String())
	}
}

// Rows appear at the end of their batch, and not when the buffer is full.
func TestRowsAppearWithTheirBatch(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "tsv", "json", "jsonl", "markdown", "html", "vertical"} {
		var out bytes.Buffer
		w, err := New(format, &out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := texts(t, []string{"a"}, []any{"needle"})
		if err := w.Begin(r.columns); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(firstBatch(t, r)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "needle") {
			t.Errorf("%s wrote %q", format, out.String())
		}
	}
}
