package output

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// fuzzRows returns rows of two texts from fuzzed texts. Bits of nulls make some NULL.
func fuzzRows(a, b, c string, nulls uint8) [][]any {
	values := []any{a, b, c, a + b, b + c, "", c + a, "NULL"}
	for i := range values {
		if nulls>>i&1 == 1 {
			values[i] = nil
		}
	}
	return [][]any{values[0:2], values[2:4], values[4:6], values[6:8]}
}

func addSeeds(f *testing.F) {
	for i := 0; i+2 < len(hostile); i += 2 {
		a, _ := hostile[i].(string)
		b, _ := hostile[i+1].(string)
		c, _ := hostile[i+2].(string)
		f.Add(a[:min(len(a), 100)], b[:min(len(b), 100)], c[:min(len(c), 100)], uint8(i*7))
	}
}

// encoding/csv reads the same texts back.
func FuzzCSV(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, a, b, c string, nulls uint8) {
		rows := fuzzRows(a, b, c, nulls)
		for _, o := range []Options{{}, {CRLF: true, Comma: ';', Null: new("NULL")}} {
			text := render(t, "csv", o, texts(t, []string{a, b}, rows...))
			r := csv.NewReader(strings.NewReader(text))
			if o.Comma != 0 {
				r.Comma = rune(o.Comma)
			}
			got, err := r.ReadAll()
			if err != nil {
				t.Fatalf("%v: %q", err, text)
			}
			want := append([][]any{{a, b}}, rows...)
			if len(got) != len(want) {
				t.Fatalf("%d lines, want %d: %q", len(got), len(want), text)
			}
			for i, row := range want {
				for k, value := range row {
					s, ok := value.(string)
					if !ok && o.Null != nil {
						s = *o.Null
					}
					// encoding/csv reads \r\n as \n.
					if s = strings.ReplaceAll(s, "\r\n", "\n"); got[i][k] != s {
						t.Fatalf("%q, want %q, in %q", got[i][k], s, text)
					}
				}
			}
		}
	})
}

// The escapes of tsv can be reversed.
func FuzzTSV(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, a, b, c string, nulls uint8) {
		rows := fuzzRows(a, b, c, nulls)
		for _, null := range []string{`\N`, "NULL"} {
			text := render(t, "tsv", Options{NoHeader: true, Null: &null}, texts(t, []string{"a", "b"}, rows...))
			if got := readTSV(t, text, null); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", rows) {
				t.Fatalf("%q, want %q, in %q", got, rows, text)
			}
		}
	})
}

// encoding/json reads the same texts back, in lines and in an array.
func FuzzJSON(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, a, b, c string, nulls uint8) {
		rows := fuzzRows(a, b, c, nulls)
		r := texts(t, []string{"a", "b"}, rows...)
		var array []map[string]any
		if err := json.Unmarshal([]byte(render(t, "json", Options{}, r)), &array); err != nil {
			t.Fatal(err)
		}
		var lines []map[string]any
		for line := range strings.Lines(render(t, "jsonl", Options{}, r)) {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil {
				t.Fatalf("%v: %q", err, line)
			}
			lines = append(lines, object)
		}
		for _, got := range [][]map[string]any{array, lines} {
			if len(got) != len(rows) {
				t.Fatalf("%d rows, want %d", len(got), len(rows))
			}
			for i, row := range rows {
				if len(got[i]) != 2 || got[i]["a"] != throughJSON(t, row[0]) || got[i]["b"] != throughJSON(t, row[1]) {
					t.Fatalf("%q, want %q", got[i], row)
				}
			}
		}
	})
}

// throughJSON returns a value as encoding/json writes it and reads it back.
func throughJSON(t *testing.T, value any) (back any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// Nested text is always valid JSON, in one line.
func FuzzNested(f *testing.F) {
	for _, text := range []string{`{"a":[1,2]}`, "{a=1}", "[1, 2]", "{\"a\":\n1}", "[\"\u2028\xff\"]", "[1]x", strings.Repeat("[", 20000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := render(t, "jsonl", Options{}, typed(t, "ARRAY", 0, text))
		if !json.Valid([]byte(line)) || strings.Count(line, "\n") != 1 {
			t.Fatalf("%q from %q", line, text)
		}
	})
}

// The lines of a table have the same display width, fit the terminal, and have no control
// characters. The same goes for the formats that have no widths.
func FuzzTable(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, a, b, c string, nulls uint8) {
		r := texts(t, []string{a, b}, fuzzRows(a, b, c, nulls)...)
		for _, o := range []Options{{}, {Width: 30, Expand: ExpandNever}, {Width: 24, Expand: ExpandNever, ASCII: true}} {
			text := render(t, "table", o, r)
			checkVisible(t, "table", text)
			if got := checkWidths(t, text); o.Width > 0 && got > o.Width {
				t.Fatalf("%d columns in a terminal of %d:\n%s", got, o.Width, text)
			}
		}
		for _, format := range []string{"vertical", "markdown", "html"} {
			checkVisible(t, format, render(t, format, Options{}, r))
		}
		for _, format := range rawFormats {
			checkVisible(t, format, render(t, format, Options{Terminal: true}, r))
		}
	})
}

// Dates and times are those of package time.
func FuzzTimes(f *testing.F) {
	for _, micros := range []int64{0, -1, 1, 951_782_400_000_000, -62_167_219_200_000_000, -62_198_755_200_000_001, math.MaxInt64 / 2, math.MinInt64 / 2} {
		f.Add(micros, 0)
		f.Add(micros, 19_800)
		f.Add(micros, -64_800)
	}
	f.Fuzz(func(t *testing.T, micros int64, offset int) {
		offset %= 18 * 3600
		at := time.UnixMicro(micros).In(time.FixedZone("", offset))
		want := fmt.Sprintf("%04d", at.Year())
		switch {
		case at.Year() > 9999:
			want = "+" + want
		case at.Year() < 0:
			want = fmt.Sprintf("-%04d", -at.Year())
		}
		want += at.Format("-01-02 15:04:05.999999")
		if got := string(appendTime(nil, micros, offset, 0)); got != want {
			t.Errorf("%d with offset %d: %s, want %s", micros, offset, got, want)
		}
		date, _, _ := strings.Cut(want, " ")
		if got := string(appendDate(nil, floorDiv(micros, microsPerDay))); offset == 0 && got != date {
			t.Errorf("%d: %s, want %s", micros, got, date)
		}
	})
}
