package benchmarks_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/thriftrows"
)

// arrowCompetitors make Arrow records of a chunk: e6data from the bytes of the chunk,
// record from the decoded chunk, e6dataZones with the zones of the rows. ipc and ipcZones
// read the same records from a stream in Arrow's format, and ipcDocument reads a document
// with one of them, as a chunk is one. memcpyNew copies the bytes of
// the chunk to new memory, and converts the decimals; the names with Pool do the same
// with memory that is reused, as an allocator of the caller may do.
var arrowCompetitors = []competitor{
	{"e6data", arrowRecords(true, false)},
	{"record", arrowRecords(false, false)},
	{"memcpyNew", copyBytes(true)},
	{"ipc", readRecords(false, 32)},
	{"ipcDocument", readRecords(false, 1)},
	{"e6dataZones", arrowRecords(true, false, arrowe6data.WithZones())},
	{"ipcZones", readRecords(false, 32, arrowe6data.WithZones())},
	{"e6dataPool", arrowRecords(true, true)},
	{"recordPool", arrowRecords(false, true)},
	{"memcpyPool", copyBytes(false)},
	{"ipcPool", readRecords(true, 32)},
	{"e6dataZonesPool", arrowRecords(true, true, arrowe6data.WithZones())},
	{"ipcZonesPool", readRecords(true, 32, arrowe6data.WithZones())},
}

// BenchmarkArrow compares the arrowCompetitors one after the other. Memory that nothing
// uses makes the garbage collector run as often for all.
func BenchmarkArrow(b *testing.B) {
	ballast := make([]byte, 64<<20)
	warmUp()
	compareChunks(b, arrowCompetitors...)
	runtime.KeepAlive(ballast)
}

// BenchmarkArrowTurns lets each of the arrowCompetitors make one chunk in turn, and
// reports the time of each in nanoseconds a row: a low one of many (the tenth in a
// hundred), because other programs and the garbage collector only add to it. It is for a
// machine that is busy.
func BenchmarkArrowTurns(b *testing.B) {
	ballast := make([]byte, 64<<20)
	warmUp()
	for _, s := range data.Sets() {
		b.Run(s.Name, func(b *testing.B) {
			turns := make([]func(), len(arrowCompetitors))
			times := make([][]time.Duration, len(turns))
			for i, c := range arrowCompetitors {
				turns[i] = c.setup(b, s)
				turns[i]()
			}
			for b.Loop() {
				for i, turn := range turns {
					start := time.Now()
					turn()
					times[i] = append(times[i], time.Since(start))
				}
			}
			for i, c := range arrowCompetitors {
				slices.Sort(times[i])
				b.ReportMetric(float64(times[i][len(times[i])/10])/float64(s.RowsIn(0)), c.name)
			}
		})
	}
	runtime.KeepAlive(ballast)
}

// warmUp makes the heap as large as it becomes, so that the first competitor does not pay
// for that.
func warmUp() {
	const size = 1 << 20
	for range 256 {
		for b := range slices.Chunk(make([]byte, size), 4096) {
			b[0] = 1
		}
	}
}

func allocator(pooled bool) memory.Allocator {
	if pooled {
		return new(pool)
	}
	return memory.DefaultAllocator
}

// readRecords reads the next record of a stream with so many records of arrowRecords.
func readRecords(pooled bool, records int, opts ...arrowe6data.Option) func(b *testing.B, s *data.Set) func() {
	return func(b *testing.B, s *data.Set) func() {
		var chunk thriftrows.Chunk
		must(b, chunk.Decode(s.Chunk(0), len(s.Columns)))
		batch := thriftrows.NewBatch(nil, nil)
		batch.Reset(&chunk)
		c, err := arrowe6data.NewConverter(s.Columns, opts...)
		must(b, err)
		defer c.Release()
		batch.Next()
		rec, err := c.Record(batch)
		must(b, err)
		var stream bytes.Buffer
		w := ipc.NewWriter(&stream, ipc.WithSchema(c.Schema()))
		for range records {
			must(b, w.Write(rec))
		}
		must(b, w.Close())
		mem := allocator(pooled)
		var r *ipc.Reader
		return func() {
			if r == nil || !r.Next() {
				if r != nil {
					must(b, r.Err())
					r.Release()
				}
				r, err = ipc.NewReader(bytes.NewReader(stream.Bytes()), ipc.WithAllocator(mem))
				must(b, err)
				if !r.Next() {
					b.Fatal(r.Err())
				}
			}
			if n := touch(r.RecordBatch()); n < data.ChunkRows {
				b.Fatalf("%d values", n)
			}
		}
	}
}

// arrowRecords makes a record of a chunk, which it decodes each time or once.
func arrowRecords(decode, pooled bool, opts ...arrowe6data.Option) func(b *testing.B, s *data.Set) func() {
	return func(b *testing.B, s *data.Set) func() {
		raw := s.Chunk(0)
		var chunk thriftrows.Chunk
		must(b, chunk.Decode(raw, len(s.Columns)))
		batch := thriftrows.NewBatch(nil, nil)
		c, err := arrowe6data.NewConverter(s.Columns, append(opts, arrowe6data.WithAllocator(allocator(pooled)))...)
		must(b, err)
		b.Cleanup(c.Release)
		return func() {
			if decode {
				must(b, chunk.Decode(raw, len(s.Columns)))
			}
			batch.Reset(&chunk)
			n := 0
			for batch.Next() {
				rec, err := c.Record(batch)
				must(b, err)
				n += touch(rec)
				rec.Release()
			}
			if n < data.ChunkRows {
				b.Fatalf("%d values", n)
			}
		}
	}
}

// copyBytes copies the bytes of a chunk, and converts its decimals to those of Arrow.
func copyBytes(fresh bool) func(b *testing.B, s *data.Set) func() {
	return func(b *testing.B, s *data.Set) func() {
		raw := s.Chunk(0)
		var decimals [][]byte
		for _, v := range s.Vectors(0) {
			if d, ok := v.Data.(thriftrows.Decimal128Data); ok {
				decimals = append(decimals, d.Unscaled...)
			}
		}
		dst, numbers := make([]byte, len(raw)), make([]uint64, 2*len(decimals))
		return func() {
			if fresh {
				dst, numbers = make([]byte, len(raw)), make([]uint64, 2*len(decimals))
			}
			copy(dst, raw)
			for i, d := range decimals {
				numbers[2*i] = binary.BigEndian.Uint64(d[8:])
				numbers[2*i+1] = binary.BigEndian.Uint64(d)
			}
		}
	}
}

// pool is an allocator that keeps freed memory by its size, in powers of two. It is not
// safe for concurrent use.
type pool struct{ free [64][][]byte }

func class(size int) int { return bits.Len(uint(max(size, 64) - 1)) }

func (p *pool) Allocate(size int) []byte {
	k := class(size)
	if n := len(p.free[k]); n > 0 {
		b := p.free[k][n-1]
		p.free[k] = p.free[k][:n-1]
		return b[:size]
	}
	return memory.DefaultAllocator.Allocate(1 << k)[:size]
}

func (p *pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	grown := p.Allocate(size)
	copy(grown, b)
	p.Free(b)
	return grown
}

func (p *pool) Free(b []byte) {
	if cap(b) > 0 {
		k := class(cap(b))
		p.free[k] = append(p.free[k], b)
	}
}
