package data_test

import (
	"database/sql/driver"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/thriftrows"
)

func checkRows(t *testing.T, s *data.Set, chunk *thriftrows.Chunk) {
	t.Helper()
	cursor := thriftrows.NewCursor(nil, nil)
	cursor.Reset(chunk)
	vectors := s.Vectors(0)
	dest := make([]driver.Value, len(vectors))
	for row := 0; cursor.Next(); row++ {
		if err := cursor.Values(dest); err != nil {
			t.Fatal(err)
		}
		for k, got := range dest {
			want := data.Value(vectors[k], row)
			if wt, ok := want.(time.Time); ok {
				gt, _ := got.(time.Time)
				if !gt.Equal(wt) || gt.Location().String() != wt.Location().String() {
					t.Fatalf("%s: row %d, column %d: %v, want %v", s.Name, row, k, got, want)
				}
			} else if got != want {
				t.Fatalf("%s: row %d, column %d: %v, want %v", s.Name, row, k, got, want)
			}
		}
	}
}

// TestValues compares the values that thriftrows decodes with the generated
// ones.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, s := range data.Sets() {
		var chunk thriftrows.Chunk
		if err := chunk.Decode(s.Chunk(0), len(s.Columns)); err != nil {
			t.Fatal(err)
		}
		checkRows(t, s, &chunk)
	}
}
