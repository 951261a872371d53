package typed

import (
	"encoding/json"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// Each of these reads columns of some types, and those that are NULL throughout a
// batch. What the elements of NULL rows are does not matter.

type (
	column        = *thriftrows.BatchColumn
	reader[V any] = func(c column) ([]V, thriftrows.Nulls, error)
	writer[V any] = func(c column, dst []*V) (thriftrows.Nulls, error)
)

// direct is a source of what the batch's methods read and write.
func direct[V any](read reader[V], write writer[V]) source[V] {
	return source[V]{
		read: func(c column) ([]V, thriftrows.Nulls, bool) {
			values, nulls, err := read(c)
			return values, nulls, err == nil
		},
		write: func(c column, dst []*V) (thriftrows.Nulls, bool) {
			nulls, err := write(c, dst)
			return nulls, err == nil
		},
	}
}

func longs() source[int64] { return direct(column.Int64s, column.ScatterInt64s) }

func decimals() source[thriftrows.Decimal] { return direct(column.Decimals, column.ScatterDecimals) }

func times() source[time.Time] { return direct(column.Times, column.ScatterTimes) }

// dates reads columns of type DATE, whose times are midnights.
func dates() source[time.Time] {
	all := times()
	return source[time.Time]{
		read: func(c column) ([]time.Time, thriftrows.Nulls, bool) {
			values, nulls, ok := all.read(c)
			return values, nulls, ok && (c.Type() == thriftrows.Date || nulls.All())
		},
		write: func(c column, dst []*time.Time) (thriftrows.Nulls, bool) {
			nulls, ok := all.write(c, dst)
			return nulls, ok && (c.Type() == thriftrows.Date || nulls.All())
		},
	}
}

func bools() source[bool] { return direct(column.Bools, column.ScatterBools) }

// integers reads integers that all fit V.
func integers[V int | int8 | int16 | int32 | uint | uint8 | uint16 | uint32 | uint64]() source[V] {
	var out []V
	read := func(c column) ([]V, thriftrows.Nulls, bool) {
		values, nulls, err := c.Int64s()
		if err != nil {
			return nil, nulls, false
		}
		out = resized(out, len(values))
		for i, n := range values {
			v := V(n)
			if !same(v, n) && !nulls.Null(i) {
				return nil, nulls, false
			}
			out[i] = v
		}
		return out, nulls, true
	}
	write := func(c column, dst []*V) (thriftrows.Nulls, bool) {
		values, nulls, err := c.Int64s()
		if err != nil {
			return nulls, false
		}
		dst = dst[:len(values)]
		for i, n := range values {
			v := V(n)
			if !same(v, n) && !nulls.Null(i) {
				return nulls, false
			}
			*dst[i] = v
		}
		return nulls, true
	}
	return source[V]{read, write}
}

// int32s is integers for int32, which INTEGER columns have.
func int32s() source[int32] {
	s := integers[int32]()
	write := s.write
	s.write = func(c column, dst []*int32) (thriftrows.Nulls, bool) {
		if c.Type() != thriftrows.Integer {
			return write(c, dst)
		}
		nulls, err := c.ScatterInt32s(dst)
		return nulls, err == nil
	}
	return s
}

// same reports whether v, which was made of n, is n.
func same[V int | int8 | int16 | int32 | uint | uint8 | uint16 | uint32 | uint64](v V, n int64) bool {
	return int64(v) == n && (v < 0) == (n < 0)
}

// resized returns a slice of n elements, with the memory of s where that suffices.
func resized[V any](s []V, n int) []V {
	if cap(s) < n {
		return make([]V, n)
	}
	return s[:n]
}

// doubles reads integers, too.
func doubles() source[float64] {
	s := direct(column.Float64s, column.ScatterFloat64s)
	floats := s
	var out []float64
	s.read = func(c column) ([]float64, thriftrows.Nulls, bool) {
		if !isInteger(c) {
			return floats.read(c)
		}
		values, nulls, err := c.Int64s()
		out = resized(out, len(values))
		for i, n := range values {
			out[i] = float64(n)
		}
		return out, nulls, err == nil
	}
	s.write = func(c column, dst []*float64) (thriftrows.Nulls, bool) {
		if !isInteger(c) {
			return floats.write(c, dst)
		}
		return copied(s.read, c, dst)
	}
	return s
}

func isInteger(c column) bool {
	t := c.Type()
	return t == thriftrows.Integer || t == thriftrows.Long
}

// floats reads numbers that a float32 holds exactly: others are rounded by way of
// their text.
func floats() source[float32] {
	var out []float32
	return source[float32]{read: func(c column) ([]float32, thriftrows.Nulls, bool) {
		values, nulls, err := c.Float64s()
		if err != nil {
			return nil, nulls, false
		}
		out = resized(out, len(values))
		for i, f := range values {
			out[i] = float32(f)
			if float64(out[i]) != f && !nulls.Null(i) {
				return nil, nulls, false
			}
		}
		return out, nulls, true
	}}
}

// maxArena bounds, in bytes, the texts of a block that share an allocation: a longer
// text has its own, so that keeping one does not pin many.
const maxArena = 64 << 10

// texts reads texts and bytes.
func texts() source[string] {
	shared := direct(column.Strings, column.ScatterStrings)
	shares := func(c column) bool { return c.Type() != thriftrows.Binary && c.TextBytes() <= maxArena }
	read := func(c column) ([]string, thriftrows.Nulls, bool) {
		if shares(c) {
			return shared.read(c)
		}
		values, nulls, err := c.Bytes()
		out := make([]string, len(values)) // which is not kept, since it holds long texts
		for i, b := range values {
			if !nulls.Null(i) {
				out[i] = string(b)
			}
		}
		return out, nulls, err == nil
	}
	write := func(c column, dst []*string) (thriftrows.Nulls, bool) {
		if shares(c) {
			return shared.write(c, dst)
		}
		return copied(read, c, dst)
	}
	return source[string]{read, write}
}

// byteSlices reads texts and bytes. NULL is nil.
func byteSlices() source[[]byte] {
	return source[[]byte]{read: func(c column) ([][]byte, thriftrows.Nulls, bool) {
		values, nulls, err := c.Bytes()
		if err != nil {
			return nil, nulls, false
		}
		out := make([][]byte, len(values))
		copyBytes(out, values, nulls)
		return out, nulls, true
	}}
}

func rawJSON() source[json.RawMessage] {
	read := byteSlices().read
	return source[json.RawMessage]{read: func(c column) ([]json.RawMessage, thriftrows.Nulls, bool) {
		values, nulls, ok := read(c)
		out := make([]json.RawMessage, len(values))
		for i, b := range values {
			out[i] = b
		}
		return out, nulls, ok
	}}
}

// copyBytes sets dst to copies of src, which share an allocation unless they are long.
func copyBytes(dst, src [][]byte, nulls thriftrows.Nulls) {
	total := 0
	for i, b := range src {
		if !nulls.Null(i) {
			total += len(b)
		}
	}
	var arena []byte
	if total <= maxArena {
		arena = make([]byte, 0, total)
	}
	for i, b := range src {
		switch {
		case nulls.Null(i):
			dst[i] = nil
		case total > maxArena:
			dst[i] = append([]byte{}, b...)
		default:
			from := len(arena)
			arena = append(arena, b...)
			dst[i] = arena[from:len(arena):len(arena)]
		}
	}
}
