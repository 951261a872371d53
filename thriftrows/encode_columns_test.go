package thriftrows_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

// kinds are the columns that a ChunkBuilder writes: build writes one of n random rows, and
// returns what NewVector makes of the same values.
var kinds = map[string]func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector{
	"BOOLEAN": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() bool { return r.IntN(2) == 1 })
		b.Bools(v, valid)
		return vector(thriftrows.BoolData(kept(v, valid)), thriftrows.Boolean, n, valid)
	},
	"INTEGER of int8": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		return ints(b, fill(n, func() int8 { return int8(r.Uint32()) }), valid)
	},
	"INTEGER of uint16": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		return ints(b, fill(n, func() uint16 { return uint16(r.Uint32()) }), valid)
	},
	"INTEGER": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		return ints(b, fill(n, func() int32 { return int32(r.Uint32()) }), valid)
	},
	"LONG": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int64 { return int64(r.Uint64()) })
		thriftrows.Longs(b, v, valid)
		return vector(thriftrows.Int64Data(kept(v, valid)), thriftrows.Long, n, valid)
	},
	"LONG of uint32": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() uint32 { return r.Uint32() })
		thriftrows.Longs(b, v, valid)
		return vector(thriftrows.Int64Data(converted[int64](kept(v, valid))), thriftrows.Long, n, valid)
	},
	"DATE": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int64 { return int64(r.Uint64()) })
		b.Dates(v, valid)
		return vector(thriftrows.DateData(kept(v, valid)), thriftrows.Date, n, valid)
	},
	"TIMESTAMP": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int64 { return int64(r.Uint64()) })
		b.Times(thriftrows.Timestamp, v, "", valid)
		return vector(thriftrows.TimeData{Micros: kept(v, valid)}, thriftrows.Timestamp, n, valid)
	},
	"TIMESTAMP_TZ": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int64 { return int64(r.Uint64()) })
		b.Times(thriftrows.TimestampTZ, v, "Asia/Kolkata", valid)
		zones := fill(n, func() string { return "Asia/Kolkata" })
		return vector(thriftrows.TimeData{Micros: kept(v, valid), Zones: zones}, thriftrows.TimestampTZ, n, valid)
	},
	"FLOAT": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, r.Float32)
		b.Floats(v, valid)
		return vector(thriftrows.Float32Data(converted[float64](kept(v, valid))), thriftrows.Float, n, valid)
	},
	"DOUBLE": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, r.NormFloat64)
		b.Doubles(v, valid)
		return vector(thriftrows.Float64Data(kept(v, valid)), thriftrows.Double, n, valid)
	},
	"DECIMAL of int16": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int16 { return int16(r.Uint32()) })
		thriftrows.Decimals(b, v, 2, valid)
		return decimalVector(fill128(converted[int64](v)), 2, valid)
	},
	"DECIMAL of int64": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() int64 { return int64(r.Uint64()) })
		thriftrows.Decimals(b, v, 4, valid)
		return decimalVector(fill128(v), 4, valid)
	},
	"DECIMAL": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() thriftrows.Int128 { return thriftrows.Int128{Lo: r.Uint64(), Hi: int64(r.Uint64())} })
		b.Decimals128(v, 0, valid)
		return decimalVector(v, 0, valid)
	},
	"STRING": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() string { return string(make([]byte, r.IntN(40))) })
		b.Texts(thriftrows.String, poisoned(v, valid), valid)
		return vector(thriftrows.VarcharData(kept(v, valid)), thriftrows.String, n, valid)
	},
	"BINARY": func(b *thriftrows.ChunkBuilder, r *rand.Rand, n int, valid thriftrows.Validity) thriftrows.Vector {
		v := fill(n, func() string { return string([]byte{byte(r.Uint32()), 0xff}) })
		b.Texts(thriftrows.Binary, poisoned(v, valid), valid)
		return vector(thriftrows.VarcharData(kept(v, valid)), thriftrows.Binary, n, valid)
	},
	"NULL": func(b *thriftrows.ChunkBuilder, _ *rand.Rand, n int, _ thriftrows.Validity) thriftrows.Vector {
		b.AllNull()
		v, _ := thriftrows.NewVector(thriftrows.Null, 0, make([]any, n))
		return v
	},
}

func fill[T any](n int, f func() T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f()
	}
	return out
}

func isNull(i int, valid thriftrows.Validity) bool { return valid != nil && valid[i/64]>>(i%64)&1 == 0 }

// kept returns the values with NULLs' placeholders as the builder must write them.
func kept[T any](values []T, valid thriftrows.Validity) []T {
	out := make([]T, len(values))
	for i, v := range values {
		if !isNull(i, valid) {
			out[i] = v
		}
	}
	return out
}

func converted[To, From int8 | uint16 | int16 | int32 | uint32 | int64 | float32 | float64](values []From) []To {
	out := make([]To, len(values))
	for i, v := range values {
		out[i] = To(v)
	}
	return out
}

// poisoned has texts in place of NULLs, which must not be written.
func poisoned(values []string, valid thriftrows.Validity) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		if isNull(i, valid) {
			out[i] = "not a value"
		}
	}
	return out
}

func vector(d thriftrows.Data, typ thriftrows.VectorType, n int, valid thriftrows.Validity) thriftrows.Vector {
	v := thriftrows.Vector{Type: typ, Nulls: make([]bool, n), Data: d, Size: n}
	for i := range v.Nulls {
		v.Nulls[i] = isNull(i, valid)
	}
	return v
}

func ints[T int8 | uint16 | int32](b *thriftrows.ChunkBuilder, values []T, valid thriftrows.Validity) thriftrows.Vector {
	thriftrows.Ints(b, values, valid)
	return vector(thriftrows.Int32Data(converted[int32](kept(values, valid))), thriftrows.Integer, len(values), valid)
}

func fill128(values []int64) []thriftrows.Int128 {
	out := make([]thriftrows.Int128, len(values))
	for i, v := range values {
		out[i].Lo = uint64(v)
		if v < 0 {
			out[i].Hi = -1
		}
	}
	return out
}

func decimalVector(values []thriftrows.Int128, scale int32, valid thriftrows.Validity) thriftrows.Vector {
	d := thriftrows.Decimal128Data{Scale: scale}
	for _, v := range kept(values, valid) {
		d.Unscaled = append(d.Unscaled, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(v.Hi)), v.Lo))
	}
	return vector(d, thriftrows.Decimal128, len(values), valid)
}

// A ChunkBuilder writes the same bytes as AppendChunk.
func TestChunkBuilderWritesWhatAppendChunkWrites(t *testing.T) {
	t.Parallel()
	var b thriftrows.ChunkBuilder // used again and again
	buf := []byte("kept")
	for name, build := range kinds {
		for _, n := range []int{0, 1, 63, 64, 65, 200} {
			for _, share := range []int{0, 1, 2, 3} { // no bitmap, no NULL, half NULL, all NULL
				r := rand.New(rand.NewPCG(uint64(n), uint64(share)))
				var valid thriftrows.Validity
				if share > 0 {
					valid = make(thriftrows.Validity, (n+63)/64)
					for i := range valid {
						valid[i] = [...]uint64{1: math.MaxUint64, 2: r.Uint64(), 3: 0}[share]
					}
				}
				b.Begin(buf[:4], n, 1)
				v := build(&b, r, n, valid)
				got, err := b.Finish()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				want, err := thriftrows.AppendChunk([]byte("kept"), n, []thriftrows.Vector{v})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s, %d rows, NULLs %d:\n%x\nwant\n%x", name, n, share, got, want)
				}
				buf = got
			}
		}
	}
}

func TestChunkBuilderRefusesWhatIsNoChunk(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(b *thriftrows.ChunkBuilder){
		"a column too few":  func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 1, 2); b.AllNull() },
		"a column too many": func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 1, 0); b.AllNull() },
		"a value too few":   func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 2, 1); b.Bools(make([]bool, 1), nil) },
		"a value too many":  func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 0, 1); b.Floats(make([]float32, 1), nil) },
		"a short validity": func(b *thriftrows.ChunkBuilder) {
			b.Begin(nil, 65, 1)
			b.Doubles(make([]float64, 65), make(thriftrows.Validity, 1))
		},
		"a text of LONG":     func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 1, 1); b.Texts(thriftrows.Long, []string{"1"}, nil) },
		"a time of DATE":     func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 1, 1); b.Times(thriftrows.Date, []int64{1}, "", nil) },
		"fewer than no rows": func(b *thriftrows.ChunkBuilder) { b.Begin(nil, -1, 0) },
		"too many columns":   func(b *thriftrows.ChunkBuilder) { b.Begin(nil, 1, 1<<16+1); b.AllNull() },
	} {
		var b thriftrows.ChunkBuilder
		build(&b)
		if got, err := b.Finish(); err == nil || len(got) > 0 {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

func BenchmarkChunkBuilder(b *testing.B) {
	const rows = 2048
	longs, doubles, texts := make([]int64, rows), make([]float64, rows), make([]string, rows)
	dates, decimals := make([]int64, rows), make([]int64, rows)
	bools, ints := make([]bool, rows), make([]int32, rows)
	for i := range rows {
		texts[i] = fmt.Sprintf("customer %d", i)
	}
	valid := make(thriftrows.Validity, rows/64)
	for i := range valid {
		valid[i] = 0xfffffffffffffffe
	}
	var c thriftrows.ChunkBuilder
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		c.Begin(buf[:0], rows, 7)
		thriftrows.Longs(&c, longs, nil)
		c.Doubles(doubles, valid)
		c.Texts(thriftrows.String, texts, valid)
		c.Dates(dates, nil)
		thriftrows.Decimals(&c, decimals, 2, nil)
		c.Bools(bools, valid)
		thriftrows.Ints(&c, ints, nil)
		var err error
		if buf, err = c.Finish(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(buf)))
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
