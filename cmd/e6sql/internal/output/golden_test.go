package output

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// longest is the length of an output that a golden file holds. Of a longer one it holds
// the length and the hash.
const longest = 4 << 10

// Each format's output of all shared chunks, one after the other, is compared with a file.
// TestValues checks that the values are right.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	cases := loadGolden(t)
	for _, format := range textFormats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			for i := range cases {
				c := &cases[i]
				text := render(t, format, Options{Width: 100}, result{columnsOf(c), c.Chunk})
				fmt.Fprintf(&got, "=== %s\n", c.Name)
				if len(text) > longest {
					text = fmt.Sprintf("%d bytes, sha256 %x\n", len(text), sha256.Sum256([]byte(text)))
				}
				got.WriteString(text)
			}
			compare(t, format, got.Bytes())
		})
	}
}

// compare compares an output with a golden file, or writes it with -update.
func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i, line := range gotLines {
		if i >= len(wantLines) || line != wantLines[i] {
			t.Fatalf("%s, line %d:\n%q, want\n%q\n(go test -update writes the file)", file, i+1, line, wantLines[min(i, len(wantLines)-1)])
		}
	}
	t.Fatalf("%s has %d lines, want %d", file, len(gotLines), len(wantLines))
}

// isNull is a text of NULL that no golden value has.
const isNull = "<null>"

// The values of all shared chunks are those that their encoder was given.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		if len(c.Columns) == 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			text := render(t, "csv", Options{Null: new(isNull)}, result{columnsOf(&c), c.Chunk})
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != c.RowCount+1 {
				t.Fatalf("%d rows, want %d", len(rows)-1, c.RowCount)
			}
			for i, row := range rows[1:] {
				for k, got := range row {
					single := c.Columns[k].VectorType == "FLOAT"
					if err := checkText(c.Intended[i][k], got, single); err != nil {
						t.Errorf("row %d, column %s: %v", i, c.Columns[k].Name, err)
					}
				}
			}
		})
	}
}

// checkText compares the text of a value with the value that the encoder was given.
func checkText(intended json.RawMessage, got string, single bool) error {
	var value any
	if err := json.Unmarshal(intended, &value); err != nil {
		return err
	}
	want := ""
	switch v := value.(type) {
	case nil:
		want = isNull
	case bool:
		want = strconv.FormatBool(v)
	case string:
		want = strings.ReplaceAll(v, "\r\n", "\n") // as encoding/csv reads it
	case map[string]any:
		var err error
		if want, err = objectText(v, got, single); err != nil {
			return err
		}
	}
	if got != want {
		return fmt.Errorf("%q, want %q", got, want)
	}
	return nil
}

// objectText returns the text of a value that the golden files describe with an object.
func objectText(v map[string]any, got string, single bool) (string, error) {
	text := v["value"].(string)
	switch v["type"] {
	case "float":
		bits, err := strconv.ParseUint(v["bits"].(string), 16, 64)
		if err != nil {
			return "", err
		}
		return floatText(math.Float64frombits(bits), got, single)
	case "bytes":
		b, err := base64.StdEncoding.DecodeString(text)
		return hex.EncodeToString(b), err
	case "datetime":
		date, clock, _ := strings.Cut(text, "T")
		return date + " " + trimFraction(clock), nil
	case "timestamp_tz":
		date, rest, _ := strings.Cut(text, "T")
		at := strings.IndexAny(rest, "+-Z")
		clock, offset := rest[:at], rest[at:]
		zone, sent := v["zone"].(string)
		if !sent { // only the instant is known
			at, err := time.Parse("2006-01-02 15:04:05.999999Z07:00", got)
			if err == nil && strconv.FormatInt(at.UnixMicro(), 10) == v["epoch_micros"] {
				return got, nil
			}
		}
		switch {
		case offset == "+00:00" && (zone == "" || zone == "Z" || zone == "UTC" || strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-")):
			offset = "Z"
		case strings.Contains(zone, "/") || zone == "GMT" || zone == "EST":
			offset += "[" + zone + "]"
		}
		return date + " " + trimFraction(clock) + offset, nil
	}
	return text, nil // int, decimal, date
}

// floatText returns got if it is the shortest text of f, and the text of f if it is not.
func floatText(f float64, got string, single bool) (string, error) {
	switch {
	case math.IsNaN(f):
		return "NaN", nil
	case math.IsInf(f, 1):
		return "Infinity", nil
	case math.IsInf(f, -1):
		return "-Infinity", nil
	}
	bits := 64
	if single && float64(float32(f)) == f {
		bits = 32
	}
	back, err := strconv.ParseFloat(got, bits)
	if err != nil {
		return "", err
	}
	if math.Float64bits(back) == math.Float64bits(f) && len(got) <= len(strconv.FormatFloat(f, 'f', -1, bits)) {
		return got, nil
	}
	return strconv.FormatFloat(f, 'g', -1, bits), nil
}

// trimFraction removes zeros at the end of a fraction of a second.
func trimFraction(clock string) string {
	seconds, fraction, _ := strings.Cut(clock, ".")
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		return seconds + "." + fraction
	}
	return seconds
}

// The golden cases hold every vector type.
func TestGoldenCoversTypes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range loadGolden(t) {
		for _, col := range c.Columns {
			seen[col.VectorType] = true
		}
	}
	for _, typ := range strings.Fields("BINARY BOOLEAN DOUBLE FLOAT INT96 INTEGER LONG STRING DATE DATETIME TIMESTAMP STRUCT MAP ARRAY NULL TIMESTAMP_TZ DECIMAL128") {
		if !seen[typ] {
			t.Errorf("no golden case has a vector of type %s", typ)
		}
	}
}
