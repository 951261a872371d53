package thriftrows_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/e6data/e6data-go/thriftrows"
)

// Every prefix of a chunk is malformed. None is decoded as a shorter result.
func TestTruncatedChunks(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		if len(c.Chunk) > 2000 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var chunk thriftrows.Chunk
			for n := range c.Chunk {
				// With a copy, reading past its end fails a bounds check.
				b := bytes.Clone(c.Chunk[:n:n])
				err := chunk.Decode(b, len(c.Columns))
				if err == nil {
					t.Fatalf("the first %d of %d bytes are a chunk of %d rows", n, len(c.Chunk), chunk.NumRows())
				}
				if err := plausible(err, b, len(c.Columns)); err != nil {
					t.Fatalf("the first %d of %d bytes: %v", n, len(c.Chunk), err)
				}
			}
		})
	}
}

// The message about a value that is cut off has the value's length and the bytes that
// are left of it.
func TestTruncatedValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		vector thriftrows.Vector
		last   string // the last bytes that are left
		want   string
	}{
		{thriftrows.Vector{Type: thriftrows.String, Constant: true, Nulls: []bool{false}, Data: thriftrows.VarcharConstantData("hello")}, "hel", "text of 5 bytes with 3 left"},
		{thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{-1, -1, -1}}, strings.Repeat("\xff", 9), "list of 3 elements with 9 bytes left"},
	} {
		whole, err := thriftrows.AppendChunk(nil, 3, []thriftrows.Vector{test.vector})
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(whole, []byte(test.last))
		if at < 0 {
			t.Fatalf("%x has no %q", whole, test.last)
		}
		var chunk thriftrows.Chunk
		if err := chunk.Decode(whole[:at+len(test.last)], 1); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestTruncatedMetadata(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		for n := range c.Meta {
			_, err := thriftrows.DecodeMetadata(c.Meta[:n:n])
			if err := plausible(err, c.Meta[:n], len(c.Columns)); err != nil {
				t.Fatalf("%s: the first %d of %d bytes: %v", c.Name, n, len(c.Meta), err)
			}
		}
	}
}

// malformed holds chunks for a result of two columns. The first column is
// valid.
var malformed = []struct {
	name   string
	chunk  []byte
	column int
	msg    string // part of the message
}{
	// The chunk's own struct.
	{"no bytes", nil, -1, "wanted"},
	{"trailing byte", append(chunkOf(1, good, good), 0), -1, "after the end"},
	{"two chunks in a row", bytes.Repeat(chunkOf(1, good, good), 2), -1, "after the end"},
	{"negative rows", chunkOf(-1, good, good), -1, "chunk of -1 rows"},
	{"no row count", structOf(field(thrift.LIST, 2, listOf(thrift.STRUCT, 2, good, good)...)), -1, "without a row count"},
	{"row count of another type", structOf(field(thrift.I64, 1, i64(1)...), field(thrift.LIST, 2, listOf(thrift.STRUCT, 2, good, good)...)), -1, "without a row count"},
	{"row count twice", structOf(field(thrift.I32, 1, i32(1)...), chunkOf(1, good, good)[:len(chunkOf(1, good, good))-1]), -1, "field 1 occurs twice"},
	{"rows without columns", chunkOf(1), -1, "without its 2 columns"},
	{"rows without a list of columns", structOf(field(thrift.I32, 1, i32(1)...)), -1, "without its 2 columns"},
	{"a column too few", chunkOf(1, good), -1, "1 columns in a result of 2"},
	{"a column too many", chunkOf(1, good, good, good), -1, "3 columns in a result of 2"},
	{"negative number of columns", structOf(field(thrift.I32, 1, i32(1)...), field(thrift.LIST, 2, listOf(thrift.STRUCT, -1)...)), -1, "list of -1"},
	{"columns of another type", structOf(field(thrift.I32, 1, i32(1)...), field(thrift.LIST, 2, listOf(thrift.I64, 2, i64(1), i64(2))...)), -1, "Thrift type 10 instead of 12"},

	// The second column's vector.
	{"no type", bad(dataField(longs(1, 5))), 1, "without a type"},
	{"type of another Thrift type", bad(field(thrift.I64, 2, i64(6)...), dataField(longs(1, 5))), 1, "without a type"},
	{"unknown type", bad(typeField(17), dataField(longs(1, 5))), 1, "unknown vector type 17"},
	{"negative type", bad(typeField(-1), dataField(longs(1, 5))), 1, "unknown vector type -1"},
	{"type twice", bad(typeField(6), typeField(6), dataField(longs(1, 5))), 1, "field 2 occurs twice"},
	{"fewer rows than the chunk", bad(field(thrift.I32, 1, i32(0)...), typeField(6), dataField(longs(1, 5))), 1, "0 rows in a chunk of 1"},
	{"null flags of another type", bad(typeField(6), field(thrift.LIST, 3, listOf(thrift.I32, 1, i32(0))...), dataField(longs(1, 5))), 1, "Thrift type 8 instead of 2"},
	{"more null flags than bytes", bad(typeField(6), nullsField(100, 0)), 1, "list of 100"},
	{"negative number of null flags", bad(typeField(6), nullsField(-1)), 1, "list of -1"},
	{"zone longer than the rest", bad(typeField(15), field(thrift.STRING, 6, i32(1000)...)), 1, "text of 1000 bytes"},
	{"zone of negative length", bad(typeField(15), field(thrift.STRING, 6, i32(-1)...)), 1, "text of -1 bytes"},

	// Its data.
	{"no data", bad(typeField(6)), 1, "without data"},
	{"empty union", bad(typeField(6), dataField()), 1, "without data"},
	{"unknown arm", bad(typeField(6), dataField(armField(19))), 1, "without data"},
	{"arm 0", bad(typeField(6), dataField(armField(0))), 1, "without data"},
	{"negative arm", bad(typeField(6), dataField(armField(-3))), 1, "without data"},
	{"arm that is no struct", bad(typeField(6), dataField(field(thrift.I64, 3, i64(5)...))), 1, "without data"},
	{"two arms", bad(typeField(6), dataField(longs(1, 5), texts(1, text("x")))), 1, "both Int64Data and VarcharData"},
	{"the same arm twice", bad(typeField(6), dataField(longs(1, 5), longs(1, 5))), 1, "both Int64Data and Int64Data"},
	{"data twice", bad(typeField(6), dataField(longs(1, 5)), dataField(longs(1, 5))), 1, "both Int64Data and Int64Data"},
	{"empty arm", bad(typeField(6), dataField(armField(3))), 1, "0 values for 1 rows"},
	{"list twice", bad(typeField(6), dataField(armField(3, field(thrift.LIST, 1, listOf(thrift.I64, 0)...), field(thrift.LIST, 1, listOf(thrift.I64, 0)...)))), 1, "field 1 occurs twice"},
	{"set instead of a list", bad(typeField(6), dataField(armField(3, field(thrift.SET, 1, listOf(thrift.I64, 1, i64(5))...)))), 1, "0 values for 1 rows"},
	{"integers of another width", bad(typeField(6), dataField(armField(3, field(thrift.LIST, 1, listOf(thrift.I32, 1, i32(5))...)))), 1, "Thrift type 8 instead of 10"},
	{"more integers than bytes", bad(typeField(6), dataField(longs(100, 5))), 1, "list of 100"},
	{"most integers", bad(typeField(6), dataField(longs(math.MaxInt32, 5))), 1, "list of 2147483647"},
	{"negative number of integers", bad(typeField(6), dataField(longs(-1))), 1, "list of -1"},
	{"most negative number of integers", bad(typeField(6), dataField(longs(math.MinInt32))), 1, "list of -2147483648"},
	{"more texts than bytes", bad(typeField(7), dataField(texts(100, text("x")))), 1, "list of 100"},
	{"fewer texts than promised", bad(typeField(7), dataField(texts(2, text("some text")))), 1, "wanted"},
	{"text longer than the rest", bad(typeField(7), dataField(texts(1, i32(100), []byte("x")))), 1, "text of 100 bytes"},
	{"second text longer than the rest", bad(typeField(7), dataField(texts(2, text("x"), i32(100), []byte("x")))), 1, "text of 100 bytes"},
	{"text of negative length", bad(typeField(7), dataField(texts(1, i32(-1)))), 1, "text of -1 bytes"},
	{"text of length -4", bad(typeField(7), dataField(texts(1, i32(-4)))), 1, "text of -4 bytes"},
	{"second text of negative length", bad(typeField(7), dataField(texts(2, text("x"), i32(math.MinInt32)))), 1, "text of -2147483648 bytes"},
	{"constant text longer than the rest", bad(typeField(7), dataField(armField(15, field(thrift.STRING, 1, i32(100)...))), constantField()), 1, "text of 100 bytes"},
	{"constant without its value", bad(typeField(6), dataField(armField(11)), constantField()), 1, "without its value"},
	{"constant of another Thrift type", bad(typeField(6), dataField(armField(11, field(thrift.I32, 1, i32(5)...))), constantField()), 1, "without its value"},
	{"constant decimal without its value", bad(typeField(16), dataField(armField(18, field(thrift.I32, 2, i32(0)...))), constantField()), 1, "without its value"},
	{"constant without the flag", bad(typeField(6), dataField(armField(11, field(thrift.I64, 1, i64(5)...)))), 1, "constant flag false"},
	{"constant flag on a list", bad(typeField(6), dataField(longs(1, 5)), constantField()), 1, "constant flag true"},
	{"constant out of range", bad(typeField(5), dataField(armField(11, field(thrift.I64, 1, i64(1<<31)...))), constantField()), 1, "out of the range of INTEGER"},
	{"fewer zones than rows", bad2(typeField(15), dataField(armField(16, field(thrift.LIST, 1, listOf(thrift.I64, 2, i64(1), i64(2))...), field(thrift.LIST, 2, listOf(thrift.STRING, 1, text("Z"))...)))), 1, "1 zones for 2 rows"},
	{"fewer null flags than rows", bad2(typeField(6), nullsField(1, 0), dataField(longs(2, 5, 6))), 1, "1 null flags for 2 rows"},
	{"fewer values than rows", bad2(typeField(6), dataField(longs(1, 5))), 1, "1 values for 2 rows"},
	{"scale of 256", bad(typeField(16), decimals(256)), 1, "scale of 256"},
	{"scale of -256", bad(typeField(16), decimals(-256)), 1, "scale of -256"},
	{"largest scale", bad(typeField(16), decimals(math.MaxInt32)), 1, "scale of 2147483647"},
	{"smallest scale", bad(typeField(16), decimals(math.MinInt32)), 1, "scale of -2147483648"},
	{"INT96 of 11 bytes", bad(typeField(4), dataField(texts(1, text("12345678901")))), 1, "INT96 value of 11 bytes"},
	{"INT96 of no bytes", bad(typeField(4), dataField(texts(1, text("")))), 1, "INT96 value of 0 bytes"},
	{"second INT96 of 5 bytes", bad2(typeField(4), dataField(texts(2, text("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x25\x3d\x8c"), text("12345")))), 1, "INT96 value of 5 bytes in row 1"},
	{"constant INT96 of 13 bytes", bad(typeField(4), dataField(armField(15, field(thrift.STRING, 1, text("1234567890123")...))), constantField()), 1, "INT96 value of 13 bytes"},

	// Unknown fields.
	{"unknown Thrift type", bad(field(5, 100, 0)), 1, "no Thrift type 5"},
	{"Thrift's void", bad(field(1, 100)), 1, "no Thrift type 1"},
	{"Thrift type past the last", bad(field(17, 100)), 1, "no Thrift type 17"},
	{"largest Thrift type", bad(field(255, 100)), 1, "no Thrift type 255"},
	{"deep structs", bad(field(thrift.STRUCT, 100, nested(10_000)...)), 1, "nest deeper"},
	{"deep lists", bad(field(thrift.LIST, 100, nestedLists(10_000)...)), 1, "nest deeper"},
	{"open structs", structOf(bytes.Repeat(field(thrift.STRUCT, 9), 100_000)), -1, "nest deeper"},
	{"huge map", bad(field(thrift.MAP, 100, append([]byte{thrift.I64, thrift.I64}, i32(math.MaxInt32)...)...)), 1, "container of 2147483647"},
	{"map of negative size", bad(field(thrift.MAP, 100, append([]byte{thrift.I64, thrift.I64}, i32(-1)...)...)), 1, "container of -1"},
	{"huge map of nothing", bad(field(thrift.MAP, 100, append([]byte{0, 0}, i32(math.MaxInt32)...)...)), 1, "no Thrift type 0"},
	{"huge list of structs", bad(field(thrift.LIST, 100, listOf(thrift.STRUCT, math.MaxInt32)...)), 1, "container of 2147483647"},
	{"huge set of bytes", bad(field(thrift.SET, 100, listOf(thrift.BYTE, math.MaxInt32)...)), 1, "container of 2147483647"},
	{"list of an unknown type", bad(field(thrift.LIST, 100, listOf(5, 1)...)), 1, "no Thrift type 5"},
}

// good is a LONG vector of two rows. It also fits a chunk of fewer rows.
var good = structOf(typeField(6), dataField(longs(2, 5, 6)))

// bad returns a chunk of one row whose second vector has the given fields. bad2
// returns one of two rows.
func bad(fields ...[]byte) []byte  { return chunkOf(1, good, structOf(fields...)) }
func bad2(fields ...[]byte) []byte { return chunkOf(2, good, structOf(fields...)) }

func decimals(scale int32) []byte {
	return dataField(armField(17, field(thrift.LIST, 1, listOf(thrift.STRING, 1, text("\x05"))...), field(thrift.I32, 2, i32(scale)...)))
}

func TestMalformedChunks(t *testing.T) {
	t.Parallel()
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var chunk thriftrows.Chunk
			if err := chunk.Decode(chunkOf(1, good, good), 2); err != nil {
				t.Fatal(err) // the table needs a valid chunk
			}
			err := chunk.Decode(test.chunk, 2)
			if err := plausible(err, test.chunk, 2); err != nil {
				t.Fatal(err)
			}
			var fault *thriftrows.FormatError
			errors.As(err, &fault)
			if fault.Column != test.column || fault.Row != -1 || !strings.Contains(fault.Msg, test.msg) {
				t.Errorf("%+v, want column %d and %q", *fault, test.column, test.msg)
			}
			if chunk.NumRows() != 0 || chunk.NumColumns() != 0 {
				t.Errorf("%d rows, %d columns left", chunk.NumRows(), chunk.NumColumns())
			}
		})
	}
}

// These chunks are unusual, and not malformed.
func TestUnusualChunks(t *testing.T) {
	t.Parallel()
	decimal := func(scale int32) []byte {
		return structOf(typeField(16), dataField(armField(17,
			field(thrift.LIST, 1, listOf(thrift.STRING, 1, text(strings.Repeat("\x00", 16)))...), field(thrift.I32, 2, i32(scale)...))))
	}
	for name, chunk := range map[string][]byte{
		"the largest scale":             chunkOf(1, decimal(255)),
		"the smallest scale":            chunkOf(1, decimal(-255)),
		"an empty list of another type": chunkOf(0, structOf(typeField(6), dataField(armField(3, field(thrift.LIST, 1, listOf(thrift.I32, 0)...))))),
	} {
		var c thriftrows.Chunk
		if err := c.Decode(chunk, 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The offset of the error is that of the wrong length, type or value.
func TestFormatErrorOffset(t *testing.T) {
	t.Parallel()
	marked := func(mark []byte, chunk []byte) (int, []byte) { return bytes.Index(chunk, mark), chunk }
	for name, build := range map[string]func() (int, []byte){
		"text length": func() (int, []byte) {
			return marked(i32(0x01020304), bad(typeField(7), dataField(texts(2, text("x"), i32(0x01020304)))))
		},
		"list": func() (int, []byte) {
			return marked(listOf(thrift.I64, 0x01020304), bad(typeField(6), dataField(longs(0x01020304, 5))))
		},
		"type":  func() (int, []byte) { return marked(i32(0x01020304), bad(typeField(0x01020304))) },
		"scale": func() (int, []byte) { return marked(i32(0x01020304), bad(typeField(16), decimals(0x01020304))) },
		"rows":  func() (int, []byte) { return marked(i32(-0x01020304), chunkOf(-0x01020304, good, good)) },
		"trailing bytes": func() (int, []byte) {
			return marked([]byte("trail"), append(chunkOf(1, good, good), "trail"...))
		},
	} {
		want, b := build()
		var fault *thriftrows.FormatError
		if err := new(thriftrows.Chunk).Decode(b, 2); !errors.As(err, &fault) || fault.Offset != want {
			t.Errorf("%s: %v, want byte %d", name, err, want)
		}
	}
}

// A few bytes with a large count allocate only memory for the bytes that are
// there.
func TestMalformedInputAllocations(t *testing.T) {
	const limit = 4 << 10
	check := func(name string, size int, decode func() error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := decode()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > limit {
			t.Errorf("%s: %d bytes made it allocate %d (%v)", name, size, n, err)
		}
	}
	for _, test := range malformed {
		if len(test.chunk) <= 300 {
			check(test.name, len(test.chunk), func() error { return new(thriftrows.Chunk).Decode(test.chunk, 2) })
		}
	}
	huge := chunkOf(math.MaxInt32, good)
	check("most columns", len(huge), func() error { return new(thriftrows.Chunk).Decode(huge, math.MaxInt32) })
	for _, n := range []int32{-1, 1 << 20, math.MaxInt32} {
		meta := append(i64(1), append(i32(n), make([]byte, 48)...)...)
		check("metadata", len(meta), func() error { _, err := thriftrows.DecodeMetadata(meta); return err })
	}
}

func TestMalformedMetadata(t *testing.T) {
	t.Parallel()
	head := func(columns int32) []byte { return append(i64(7), i32(columns)...) }
	for _, test := range []struct {
		name   string
		meta   []byte
		column int
		offset int
	}{
		{"no bytes", nil, -1, 0},
		{"half a head", head(0)[:11], -1, 11},
		{"negative number of columns", head(-1), -1, 8},
		{"more columns than bytes", append(head(3), make([]byte, 2*8+7)...), -1, 8},
		{"too many columns", append(head(1<<16+1), make([]byte, 8*(1<<16+1))...), -1, 8},
		{"text longer than the rest", append(head(1), 0, 0, 0, 9, 0, 0, 0, 0), 0, 14},
		{"longest text", append(head(1), 0xFF, 0xFF, 0, 0, 0, 0, 0, 0), 0, 12},
		{"second column cut off", append(head(2), 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0), 1, 28},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := thriftrows.DecodeMetadata(test.meta)
			var fault *thriftrows.FormatError
			if !errors.As(err, &fault) || fault.Column != test.column || fault.Offset != test.offset {
				t.Errorf("%v, want column %d, byte %d", err, test.column, test.offset)
			}
		})
	}
}

func TestFormatErrorText(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]thriftrows.FormatError{
		"malformed result: wrong (byte 7)":                  {Column: -1, Row: -1, Offset: 7, Msg: "wrong"},
		"malformed result: wrong (column 0, byte 7)":        {Column: 0, Row: -1, Offset: 7, Msg: "wrong"},
		"malformed result: wrong (column 2, row 0, byte 7)": {Column: 2, Row: 0, Offset: 7, Msg: "wrong"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
