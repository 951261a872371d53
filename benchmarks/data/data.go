// Package data generates the benchmarks' result sets. Their bytes are the same
// on every machine and in every run.
package data

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// ChunkRows is the number of rows of every chunk but a set's last.
const ChunkRows = 8192

// Set is a result set. Its chunks are generated on first use and then kept. It
// is safe for concurrent use.
type Set struct {
	// Name is the set's name in the benchmarks.
	Name string
	// Rows is the number of rows of the whole result.
	Rows int
	// Columns describes the columns, as the result's metadata does.
	Columns []thriftrows.Column

	seed   uint64
	fill   []func(r *rand.Rand, rows int) thriftrows.Vector // one function for each column
	mu     sync.Mutex
	chunks [][]byte
}

// The data sets of the benchmarks.
var (
	// Mixed has eight columns of different types. price and name are NULL in
	// three of a hundred rows.
	Mixed = newSet("mixed", 64*ChunkRows,
		column{"id", "LONG", longs},
		column{"quantity", "INTEGER", integers},
		column{"price", "DOUBLE", withNulls(doubles)},
		column{"name", "STRING", withNulls(texts(12))},
		column{"day", "DATE", days},
		column{"at", "TIMESTAMP_TZ", instants},
		column{"amount", "DECIMAL(18,2)", decimals},
		column{"active", "BOOLEAN", bools},
	)
	// Wide has four long texts.
	Wide = newSet("wide", 64*ChunkRows,
		column{"a", "STRING", texts(64)},
		column{"b", "STRING", texts(64)},
		column{"c", "STRING", texts(64)},
		column{"d", "STRING", texts(64)},
	)
	// Ints has four integers.
	Ints = newSet("ints", 1_000_000,
		column{"a", "LONG", longs},
		column{"b", "LONG", longs},
		column{"c", "LONG", longs},
		column{"d", "LONG", longs},
	)
)

// Sets returns all data sets.
func Sets() []*Set { return []*Set{Mixed, Wide, Ints} }

type column struct {
	name, word string
	fill       func(r *rand.Rand, rows int) thriftrows.Vector
}

func newSet(name string, rows int, columns ...column) *Set {
	s := &Set{Name: name, Rows: rows}
	for _, b := range []byte(name) {
		s.seed = s.seed*31 + uint64(b)
	}
	for _, c := range columns {
		s.Columns = append(s.Columns, thriftrows.Column{Name: c.name, Type: c.word})
		s.fill = append(s.fill, c.fill)
	}
	s.chunks = make([][]byte, s.NumChunks())
	return s
}

// NumChunks returns the number of chunks of the result.
func (s *Set) NumChunks() int { return (s.Rows + ChunkRows - 1) / ChunkRows }

// RowsIn returns the number of rows of chunk i.
func (s *Set) RowsIn(i int) int { return min(ChunkRows, s.Rows-i*ChunkRows) }

// Vectors generates the columns of chunk i with each call. NULL rows hold
// placeholders.
func (s *Set) Vectors(i int) []thriftrows.Vector {
	vectors := make([]thriftrows.Vector, len(s.fill))
	for k, fill := range s.fill {
		v := fill(rand.New(rand.NewPCG(s.seed, uint64(i)<<8|uint64(k))), s.RowsIn(i))
		v.Size = s.RowsIn(i)
		if v.Nulls == nil {
			v.Nulls = make([]bool, v.Size)
		}
		vectors[k] = v
	}
	return vectors
}

// Chunk returns the encoded chunk i. If possible, the bytes are not on Go's
// heap, so that the engine's data does not affect the client's garbage
// collection. They must not be changed.
func (s *Set) Chunk(i int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chunks[i] == nil {
		b, err := thriftrows.AppendChunk(nil, s.RowsIn(i), s.Vectors(i))
		if err != nil {
			panic(fmt.Sprintf("data: chunk %d of %s: %v", i, s.Name, err)) // a fault of this package
		}
		s.chunks[i] = offHeap(b)
	}
	return s.chunks[i]
}

// Bytes returns the total size of all chunks. It generates them.
func (s *Set) Bytes() int64 {
	var n int64
	for i := range s.NumChunks() {
		n += int64(len(s.Chunk(i)))
	}
	return n
}

// Metadata returns the encoded metadata of the result.
func (s *Set) Metadata() []byte {
	b, err := thriftrows.AppendMetadata(nil, &thriftrows.Metadata{RowCount: int64(s.Rows), Columns: s.Columns})
	if err != nil {
		panic(fmt.Sprintf("data: metadata of %s: %v", s.Name, err))
	}
	return b
}

// Value returns the driver's value for a row of a vector of Vectors: int64,
// float64, string, time.Time, bool or nil. Instants are in the zone of their
// offset or name.
func Value(v thriftrows.Vector, row int) any {
	if v.Nulls[row] {
		return nil
	}
	switch d := v.Data.(type) {
	case thriftrows.BoolData:
		return d[row]
	case thriftrows.Int32Data:
		return int64(d[row])
	case thriftrows.Int64Data:
		return d[row]
	case thriftrows.Float64Data:
		return d[row]
	case thriftrows.VarcharData:
		return d[row]
	case thriftrows.DateData:
		return time.UnixMicro(d[row]).UTC()
	case thriftrows.TimeData:
		return time.UnixMicro(d.Micros[row]).In(locations[d.Zones[row]])
	case thriftrows.Decimal128Data:
		n := int64(binary.BigEndian.Uint64(d.Unscaled[row][8:]))
		sign := ""
		if n < 0 {
			sign, n = "-", -n
		}
		return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
	}
	panic(fmt.Sprintf("data: no values of %T", v.Data))
}
