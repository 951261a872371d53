package thriftrows_test

import (
	"encoding/binary"
	"slices"

	"github.com/apache/thrift/lib/go/thrift"
)

// These functions write Thrift that AppendChunk would not write.

func i32(n int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func i64(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func text(s string) []byte { return append(i32(int32(len(s))), s...) }

func field(typ byte, id int16, value ...byte) []byte {
	return append([]byte{typ, byte(id >> 8), byte(id)}, value...)
}

func structOf(fields ...[]byte) []byte { return append(slices.Concat(fields...), thrift.STOP) }

// listOf returns a list whose header has a count of n, whatever elements
// follow.
func listOf(elem byte, n int32, elems ...[]byte) []byte {
	return slices.Concat([]byte{elem}, i32(n), slices.Concat(elems...))
}

// chunkOf is a chunk of one column or more.
func chunkOf(rows int32, vectors ...[]byte) []byte {
	return structOf(field(thrift.I32, 1, i32(rows)...), field(thrift.LIST, 2, listOf(thrift.STRUCT, int32(len(vectors)), vectors...)...))
}

func typeField(typ int32) []byte { return field(thrift.I32, 2, i32(typ)...) }

func nullsField(n int32, flags ...byte) []byte {
	return field(thrift.LIST, 3, listOf(thrift.BOOL, n, flags)...)
}

// dataField is a union with the given arms.
func dataField(arms ...[]byte) []byte { return field(thrift.STRUCT, 4, structOf(arms...)...) }

func armField(id int16, fields ...[]byte) []byte {
	return field(thrift.STRUCT, id, structOf(fields...)...)
}

func constantField() []byte { return field(thrift.BOOL, 5, 1) }

// longs returns the arm of a LONG vector with a count of n.
func longs(n int32, values ...int64) []byte {
	l := listOf(thrift.I64, n)
	for _, v := range values {
		l = append(l, i64(v)...)
	}
	return armField(3, field(thrift.LIST, 1, l...))
}

// texts returns the arm of a STRING vector with a count of n.
func texts(n int32, elems ...[]byte) []byte {
	return armField(7, field(thrift.LIST, 1, listOf(thrift.STRING, n, elems...)...))
}

// nested is a struct within a struct, depth deep.
func nested(depth int) []byte {
	b := []byte{thrift.STOP}
	for range depth {
		b = structOf(field(thrift.STRUCT, 1, b...))
	}
	return b
}

// nestedLists is a list within a list, depth deep.
func nestedLists(depth int) []byte {
	b := listOf(thrift.BYTE, 0)
	for range depth {
		b = listOf(thrift.LIST, 1, b)
	}
	return b
}
