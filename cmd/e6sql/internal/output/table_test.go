package output

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/e6data/e6data-go/thriftrows"
)

// checkWidths checks that the lines of a table have the same width, and returns it.
func checkWidths(t testing.TB, text string) int {
	t.Helper()
	width := -1
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "(") {
			continue // the last line
		}
		n := displaywidth.String(strings.TrimSuffix(line, "\n"))
		if width >= 0 && n != width {
			t.Fatalf("a line of width %d after lines of %d:\n%s", n, width, text)
		}
		width = n
	}
	return width
}

// Tables fit every width if they are not vertical, and all lines have the same width.
func TestTableFits(t *testing.T) {
	t.Parallel()
	results := map[string]result{
		"hostile 1": hostileResult(t, 1), "hostile 3": hostileResult(t, 3),
		"narrow": texts(t, []string{"a", "b"}, []any{"x", nil}),
		"long":   texts(t, []string{"a", "b"}, []any{strings.Repeat("ab ", 100), strings.Repeat("日本", 100)}),
		"wide":   texts(t, strings.Fields("aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj"), slicesOf("0123456789", 10)),
	}
	for name, r := range results {
		for _, ascii := range []bool{false, true} {
			for _, expand := range []Expand{ExpandAuto, ExpandNever} {
				for width := 9; width < 140; width += 13 {
					text := render(t, "table", Options{Width: width, Expand: expand, ASCII: ascii}, r)
					if strings.HasPrefix(text, "-[ RECORD") {
						if expand == ExpandNever {
							t.Fatalf("%s, width %d: vertical", name, width)
						}
						continue
					}
					if got := checkWidths(t, text); got > width {
						t.Fatalf("%s: %d columns in a terminal of %d:\n%s", name, got, width, text)
					}
					if ascii {
						checkASCIIFrame(t, text)
					}
				}
			}
		}
	}
}

func slicesOf(text string, n int) []any {
	row := make([]any, n)
	for i := range row {
		row[i] = text
	}
	return row
}

func checkASCIIFrame(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "│─┌…") {
		t.Fatalf("box characters in\n%s", text)
	}
}

// Colours do not change the text of a table.
func TestTableColors(t *testing.T) {
	t.Parallel()
	sgr := regexp.MustCompile("\x1b\\[[0-9]m")
	for _, o := range []Options{{Width: 100}, {Width: 100, Expand: ExpandAlways}} {
		plain := render(t, "table", o, hostileResult(t, 3))
		o.Color = true
		colored := render(t, "table", o, hostileResult(t, 3))
		if colored == plain || !strings.Contains(colored, dim+"NULL"+normal) || !strings.Contains(colored, bold) {
			t.Errorf("no colours in\n%.300s", colored)
		}
		if got := sgr.ReplaceAllString(colored, ""); got != plain {
			t.Errorf("with colours:\n%s\nwithout:\n%s", got, plain)
		}
	}
}

func TestTableScreens(t *testing.T) {
	t.Parallel()
	numbers := typed(t, "DECIMAL(10,2)", 2, "1.50", nil, "-1234.00")
	long := texts(t, []string{"id", "text"}, []any{"1", strings.Repeat("word ", 10)}, []any{"日本語", nil})
	for _, c := range []struct {
		name string
		o    Options
		r    result
		s    Summary
		want string
	}{
		{"numbers", Options{}, numbers, Summary{}, `
┌──────────┐
│        v │
├──────────┤
│     1.50 │
│     NULL │
│ -1234.00 │
└──────────┘
(3 rows)
`},
		{"first rows", Options{MaxRows: 2, ASCII: true}, numbers, Summary{}, `
+------+
|    v |
+------+
| 1.50 |
| NULL |
+------+
(2 rows shown, 1 more)
`},
		{"more rows", Options{MaxRows: 1, NoHeader: true}, numbers, Summary{Rows: -1}, `
┌──────┐
│ 1.50 │
└──────┘
(1 row shown, and there are more)
`},
		{"error", Options{MaxRows: 1, NoFooter: true}, numbers, Summary{Err: io.ErrUnexpectedEOF}, `
┌──────┐
│    v │
├──────┤
│ 1.50 │
└──────┘
(incomplete: the result ended with an error after 3 rows)
`},
		{"no footer", Options{NoFooter: true}, texts(t, []string{"a"}), Summary{}, `
┌───┐
│ a │
├───┤
└───┘
`},
		{"cut", Options{Width: 30}, long, Summary{}, `
┌────────┬───────────────────┐
│ id     │ text              │
├────────┼───────────────────┤
│ 1      │ word word word w… │
│ 日本語 │ NULL              │
└────────┴───────────────────┘
(2 rows)
`},
		{"vertical", Options{Width: 20}, long, Summary{}, `
-[ RECORD 1 ]-------------------
id   | 1
text | word word word word word word word word word word ` + `
-[ RECORD 2 ]-------------------
id   | 日本語
text | NULL
(2 rows)
`},
		{"never vertical", Options{Width: 21, Expand: ExpandNever}, long, Summary{}, `
┌────────┬──────────┐
│ id     │ text     │
├────────┼──────────┤
│ 1      │ word wo… │
│ 日本語 │ NULL     │
└────────┴──────────┘
(2 rows)
`},
		{"left out", Options{Width: 16, Expand: ExpandNever}, long, Summary{}, `
┌────────┬───┐
│ id     │ … │
├────────┼───┤
│ 1      │ … │
│ 日本語 │ … │
└────────┴───┘
(2 rows, 1 of 2 columns)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := "\n" + renderEnd(t, "table", c.o, c.r, c.s); got != c.want {
				t.Errorf("got%s\nwant%s", got, c.want)
			}
		})
	}
}

// A table keeps and shows only the first rows of many batches, and counts the others.
func TestTableLimit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := New("table", &out, Options{MaxRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := texts(t, []string{"a"}, []any{"first"}, []any{"second"})
	if err := w.Begin(r.columns); err != nil {
		t.Fatal(err)
	}
	full := w.(Limited).Full
	for i, want := range []bool{false, true, true, true} {
		if err := w.Write(firstBatch(t, r)); err != nil {
			t.Fatal(err)
		}
		if full() != want {
			t.Errorf("after batch %d: full is %v", i+1, full())
		}
		if shown := strings.Contains(out.String(), "first"); shown != want {
			t.Errorf("after batch %d: shown is %v", i+1, shown)
		}
	}
	if err := w.End(Summary{Rows: 100}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, "first") != 2 || strings.Count(text, "second") != 1 || !strings.Contains(text, "(3 rows shown, 97 more)") {
		t.Error(text)
	}
}

// A column whose type word is unknown is aligned by its values, and a table cuts very long
// values.
func TestTableValues(t *testing.T) {
	t.Parallel()
	r := typed(t, "LONG", 0, int64(1), int64(1000))
	r.columns = []thriftrows.Column{{Name: "a", Type: "NEWTYPE"}}
	if text := render(t, "table", Options{}, r); !strings.Contains(text, "│    1 │") {
		t.Error(text)
	}
	long := texts(t, []string{"a"}, []any{strings.Repeat("é", maxCell)})
	text := render(t, "table", Options{Expand: ExpandAlways}, long)
	if n := strings.Count(text, "é"); n != maxCell/2 || !strings.Contains(text, "é…\n") {
		t.Errorf("%d characters of %d", n, maxCell)
	}
	none := result{columns: nil, chunk: noColumns(t, 5)}
	if text := render(t, "table", Options{}, none); text != "(5 rows)\n" {
		t.Errorf("without columns: %q", text)
	}
}

// noColumns returns a chunk of rows without columns.
func noColumns(t testing.TB, rows int) []byte {
	t.Helper()
	chunk, err := thriftrows.AppendChunk(nil, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return chunk
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		natural, floors []int
		room            int
		want            string
	}{
		{[]int{5, 100, 100}, []int{5, 10, 10}, 65, "[5 30 30]"},
		{[]int{5, 100, 100}, []int{5, 10, 10}, 66, "[5 31 30]"},
		{[]int{50, 100}, []int{50, 10}, 61, "[50 11]"},
		{[]int{100, 12}, []int{10, 10}, 60, "[48 12]"},
	} {
		if got := fmt.Sprint(share(c.natural, c.floors, c.room)); got != c.want {
			t.Errorf("%v in %d: %s, want %s", c.natural, c.room, got, c.want)
		}
	}
}
