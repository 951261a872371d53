package thriftrows_test

import (
	"database/sql/driver"
	"slices"
	"testing"

	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

const goldenDir = "../testdata/golden"

func loadGolden(t testing.TB) []golden.Case {
	t.Helper()
	cases, err := golden.Load(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// rowsOf reads a whole chunk through a Cursor.
func rowsOf(t testing.TB, chunk []byte, columns int) [][]driver.Value {
	t.Helper()
	rows, err := readAll(chunk, columns)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func readAll(chunk []byte, columns int) ([][]driver.Value, error) {
	var c thriftrows.Chunk
	if err := c.Decode(chunk, columns); err != nil {
		return nil, err
	}
	cur := thriftrows.NewCursor(nil, nil)
	cur.Reset(&c)
	var rows [][]driver.Value
	for cur.Next() {
		row := make([]driver.Value, columns)
		if err := cur.Values(row); err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestGoldenChunks(t *testing.T) {
	for _, c := range loadGolden(t) {
		t.Run(c.Name, func(t *testing.T) {
			rows := rowsOf(t, c.Chunk, len(c.Columns))
			if len(rows) != c.RowCount {
				t.Fatalf("%d rows, want %d", len(rows), c.RowCount)
			}
			for i, row := range rows {
				for k, got := range row {
					if err := golden.Check(c.Intended[i][k], got); err != nil {
						t.Errorf("row %d, column %d: %v", i, k, err)
					}
				}
			}
		})
	}
}

// One Chunk and one Cursor read all cases one after the other. A case must not
// affect the next.
func TestGoldenChunksReused(t *testing.T) {
	cases := loadGolden(t)
	slices.Reverse(cases)
	var chunk thriftrows.Chunk
	cur := thriftrows.NewCursor(nil, nil)
	for range 2 {
		for _, c := range cases {
			if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			cur.Reset(&chunk)
			row := make([]driver.Value, len(c.Columns))
			n := 0
			for ; cur.Next(); n++ {
				if err := cur.Values(row); err != nil {
					t.Fatalf("%s: %v", c.Name, err)
				}
				for k, got := range row {
					if err := golden.Check(c.Intended[n][k], got); err != nil {
						t.Fatalf("%s: row %d, column %d: %v", c.Name, n, k, err)
					}
				}
			}
			if n != c.RowCount {
				t.Fatalf("%s: %d rows, want %d", c.Name, n, c.RowCount)
			}
		}
	}
}

func TestGoldenMetadata(t *testing.T) {
	for _, c := range loadGolden(t) {
		t.Run(c.Name, func(t *testing.T) {
			m, err := thriftrows.DecodeMetadata(c.Meta)
			if err != nil {
				t.Fatal(err)
			}
			if m.RowCount != c.MetadataRowCount {
				t.Errorf("row count %d, want %d", m.RowCount, c.MetadataRowCount)
			}
			if len(m.Columns) != len(c.Columns) {
				t.Fatalf("%d columns, want %d", len(m.Columns), len(c.Columns))
			}
			for i, got := range m.Columns {
				want := thriftrows.Column{Name: c.Columns[i].Name, Type: c.Columns[i].FieldType, Zone: c.Columns[i].Zone, Format: c.Columns[i].Format}
				if got != want {
					t.Errorf("column %d: %+q, want %+q", i, got, want)
				}
			}
		})
	}
}

// AppendMetadata writes the same bytes as the independent encoder, except for
// the case in modified UTF-8.
func TestMetadataBytes(t *testing.T) {
	for _, c := range loadGolden(t) {
		if c.Name == "meta_names_modified_utf8" {
			continue
		}
		m, err := thriftrows.DecodeMetadata(c.Meta)
		if err != nil {
			t.Fatal(err)
		}
		b, err := thriftrows.AppendMetadata(nil, m)
		if err != nil || !slices.Equal(b, c.Meta) {
			t.Errorf("%s: wrote %x (%v), want %x", c.Name, b, err, c.Meta)
		}
	}
}
