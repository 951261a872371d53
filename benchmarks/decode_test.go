package benchmarks_test

import (
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/naive"
	"github.com/e6data/e6data-go/internal/thriftgen"
	"github.com/e6data/e6data-go/thriftrows"
)

// thriftDecode reads a chunk into the structs of Apache Thrift's code, which
// hold columns, too.
func thriftDecode(b *testing.B, s *data.Set) func() {
	chunk := s.Chunk(0)
	var out *thriftgen.Chunk
	return func() {
		var err error
		out, err = naive.Decode(chunk)
		must(b, err)
		if int(out.Size) != data.ChunkRows {
			b.Fatalf("%d rows", out.Size)
		}
	}
}

// BenchmarkWalk decodes a chunk without reading its values.
func BenchmarkWalk(b *testing.B) {
	compareChunks(b,
		competitor{"e6data", func(b *testing.B, s *data.Set) func() {
			chunk := s.Chunk(0)
			var c thriftrows.Chunk
			return func() {
				must(b, c.Decode(chunk, len(s.Columns)))
				if c.NumRows() != data.ChunkRows {
					b.Fatalf("%d rows", c.NumRows())
				}
			}
		}},
		competitor{"thrift", thriftDecode},
	)
}

// BenchmarkNext decodes chunks into rows of driver.Value. It includes
// BenchmarkWalk's work.
func BenchmarkNext(b *testing.B) {
	compareChunks(b,
		competitor{"e6data", func(b *testing.B, s *data.Set) func() {
			chunk := s.Chunk(0)
			var c thriftrows.Chunk
			cursor := thriftrows.NewCursor(nil, nil)
			dest := make([]driver.Value, len(s.Columns))
			return func() {
				must(b, c.Decode(chunk, len(s.Columns)))
				cursor.Reset(&c)
				for cursor.Next() {
					if err := cursor.Values(dest); err != nil {
						b.Fatal(err)
					}
				}
			}
		}},
		competitor{"naive", func(b *testing.B, s *data.Set) func() {
			dest := make([]driver.Value, len(s.Columns))
			return func() {
				rows := naive.NewRows(names(s), once(s.Chunk(0)), nil)
				err := rows.Next(dest)
				for err == nil {
					err = rows.Next(dest)
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		}},
	)
}

// once returns a function that returns a chunk once, and then none.
func once(chunk []byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		b := chunk
		chunk = nil
		return b, nil
	}
}

func names(s *data.Set) []string {
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	return names
}
