package output

import (
	"bytes"
	"flag"
	"slices"
	"testing"

	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

var update = flag.Bool("update", false, "write the golden files")

// goldenDir holds the chunks that the packages of the repository share.
const goldenDir = "../../../../testdata/golden"

func loadGolden(t testing.TB) []golden.Case {
	t.Helper()
	cases, err := golden.Load(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// textFormats returns the formats that are text.
func textFormats() []string {
	return slices.DeleteFunc(Formats(), func(name string) bool { return arrowFormats[name] != nil })
}

// columnsOf returns the columns of a golden case.
func columnsOf(c *golden.Case) []thriftrows.Column {
	columns := make([]thriftrows.Column, len(c.Columns))
	for i, col := range c.Columns {
		columns[i] = thriftrows.Column{Name: col.Name, Type: col.FieldType, Zone: col.Zone, Format: col.Format}
	}
	return columns
}

// result is a result of one chunk.
type result struct {
	columns []thriftrows.Column
	chunk   []byte
}

// texts returns a result of STRING columns. A nil is NULL.
func texts(t testing.TB, names []string, rows ...[]any) result {
	t.Helper()
	r := result{}
	vectors := make([]thriftrows.Vector, len(names))
	for i, name := range names {
		r.columns = append(r.columns, thriftrows.Column{Name: name, Type: "STRING"})
		values := make([]any, len(rows))
		for k, row := range rows {
			values[k] = row[i]
		}
		v, err := thriftrows.NewVector(thriftrows.String, 0, values)
		if err != nil {
			t.Fatal(err)
		}
		vectors[i] = v
	}
	var err error
	if r.chunk, err = thriftrows.AppendChunk(nil, len(rows), vectors); err != nil {
		t.Fatal(err)
	}
	return r
}

// typed returns a result of one column of a type.
func typed(t testing.TB, word string, scale int32, values ...any) result {
	t.Helper()
	typ, ok := thriftrows.ParseType(word)
	if !ok {
		t.Fatalf("unknown type %s", word)
	}
	v, err := thriftrows.NewVector(typ, scale, values)
	if err != nil {
		t.Fatal(err)
	}
	chunk, err := thriftrows.AppendChunk(nil, len(values), []thriftrows.Vector{v})
	if err != nil {
		t.Fatal(err)
	}
	return result{columns: []thriftrows.Column{{Name: "v", Type: word}}, chunk: chunk}
}

// firstBatch returns the first batch of a result.
func firstBatch(t testing.TB, r result) *thriftrows.Batch {
	t.Helper()
	chunk := new(thriftrows.Chunk)
	if err := chunk.Decode(r.chunk, len(r.columns)); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(chunk)
	batch.Next()
	return batch
}

// feed writes a result to a writer.
func feed(w Writer, r result, s Summary) error {
	if err := w.Begin(r.columns); err != nil {
		return err
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(r.chunk, len(r.columns)); err != nil {
		return err
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	for batch.Next() {
		if err := w.Write(batch); err != nil {
			return err
		}
	}
	return w.End(s)
}

// render returns a result in a format.
func render(t testing.TB, format string, o Options, r result) string {
	t.Helper()
	return renderEnd(t, format, o, r, Summary{})
}

func renderEnd(t testing.TB, format string, o Options, r result, s Summary) string {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := feed(w, r, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
