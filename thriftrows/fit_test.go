package thriftrows_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/e6data/e6data-go/thriftrows"
)

// arms holds one value for each arm of the union, by the arm's number. The
// value is not NULL.
var arms = []struct {
	data     thriftrows.Data
	constant bool
}{
	1:  {data: thriftrows.BoolData{true}},
	2:  {data: thriftrows.Int32Data{1}},
	3:  {data: thriftrows.Int64Data{1}},
	4:  {data: thriftrows.DateData{1}},
	5:  {data: thriftrows.Float32Data{1}},
	6:  {data: thriftrows.Float64Data{1}},
	7:  {data: thriftrows.VarcharData{"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"}},
	8:  {data: thriftrows.BoolConstantData(true), constant: true},
	9:  {data: thriftrows.DateConstantData(1), constant: true},
	10: {data: thriftrows.NullConstantData(1), constant: true},
	11: {data: thriftrows.NumericConstantData(1), constant: true},
	12: {data: thriftrows.NumericDecimalConstantData(1), constant: true},
	13: {data: thriftrows.TemporalIntervalConstantData(1), constant: true},
	14: {data: thriftrows.TimeConstantData{Micros: 1, Zone: "Z"}, constant: true},
	15: {data: thriftrows.VarcharConstantData("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), constant: true},
	16: {data: thriftrows.TimeData{Micros: []int64{1}, Zones: []string{"Z"}}},
	17: {data: thriftrows.Decimal128Data{Unscaled: [][]byte{{1}}}},
	18: {data: thriftrows.NumericDecimal128ConstantData{Unscaled: []byte{1}}, constant: true},
}

// fitting is the table of docs/protocol.md, section 5: the arms that fit each type.
var fitting = map[thriftrows.VectorType][]int{
	thriftrows.Boolean:     {1, 8},
	thriftrows.Integer:     {2, 11},
	thriftrows.Long:        {3, 11},
	thriftrows.Float:       {5, 12},
	thriftrows.Double:      {6, 12},
	thriftrows.String:      {7, 15},
	thriftrows.Array:       {7, 15},
	thriftrows.Map:         {7, 15},
	thriftrows.Struct:      {7, 15},
	thriftrows.Binary:      {7, 15},
	thriftrows.Date:        {4, 9},
	thriftrows.Datetime:    {14, 16},
	thriftrows.Timestamp:   {14, 16},
	thriftrows.TimestampTZ: {14, 16},
	thriftrows.Decimal128:  {17, 18},
	thriftrows.Int96:       {7, 14, 15, 16},
	// The data of a NULL vector is ignored.
	thriftrows.Null: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18},
}

func TestArmsFitTypes(t *testing.T) {
	t.Parallel()
	for typ := range thriftrows.VectorType(numTypes) {
		for id := 1; id < len(arms); id++ {
			t.Run(fmt.Sprintf("%v/%T", typ, arms[id].data), func(t *testing.T) {
				t.Parallel()
				v := thriftrows.Vector{Type: typ, Constant: arms[id].constant, Data: arms[id].data}
				b, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{v})
				if err != nil {
					t.Fatal(err)
				}
				rows, err := readAll(b, 1)
				if slices.Contains(fitting[typ], id) {
					if err != nil || len(rows) != 1 || (rows[0][0] == nil) != (typ == thriftrows.Null) {
						t.Errorf("%v, %v", rows, err)
					}
					return
				}
				var fault *thriftrows.FormatError
				if !errors.As(err, &fault) || fault.Column != 0 || fault.Row != -1 {
					t.Errorf("%v, %v", rows, err)
				}
			})
		}
	}
}

// The arm must fit the constant flag.
func TestConstantFlagAgainstArm(t *testing.T) {
	t.Parallel()
	for typ, ids := range fitting {
		for _, id := range ids {
			v := thriftrows.Vector{Type: typ, Constant: !arms[id].constant, Data: arms[id].data}
			b, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{v})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readAll(b, 1)
			var fault *thriftrows.FormatError
			if typ != thriftrows.Null && (!errors.As(err, &fault) || fault.Column != 0) {
				t.Errorf("%v with %T and the constant flag %v: %v, %v", typ, v.Data, v.Constant, rows, err)
			}
		}
	}
}

// A vector of any type may be NULL throughout: with placeholders, a
// NullConstantData, or nothing at all.
func TestNullVectors(t *testing.T) {
	t.Parallel()
	for typ := range thriftrows.VectorType(numTypes) {
		vectors := []thriftrows.Vector{
			{Type: typ, Nulls: []bool{true, true, true}},
			{Type: typ, Nulls: []bool{true}, Constant: true},
			{Type: typ, Nulls: []bool{true}, Constant: true, Data: thriftrows.NullConstantData(0)},
			{Type: typ, Nulls: []bool{true, true, true}, Data: thriftrows.NullConstantData(0)},
		}
		for _, id := range fitting[typ] {
			nulls := []bool{true, true, true}
			if arms[id].constant {
				nulls = nulls[:1]
			}
			vectors = append(vectors, thriftrows.Vector{Type: typ, Nulls: nulls, Constant: arms[id].constant, Data: arms[id].data})
		}
		b, err := thriftrows.AppendChunk(nil, 3, vectors)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(b, len(vectors))
		if err != nil || len(rows) != 3 {
			t.Errorf("%v: %d rows, %v", typ, len(rows), err)
		}
		for i, row := range rows {
			for k, got := range row {
				if got != nil {
					t.Errorf("%v, row %d, column %d: %v", typ, i, k, got)
				}
			}
		}
	}
}

// A chunk without rows is valid whatever its vectors hold or omit.
func TestNoRows(t *testing.T) {
	t.Parallel()
	for typ, ids := range fitting {
		for _, id := range ids {
			for name, b := range map[string][]byte{
				"with a value":      chunkOf(0, zeroRows(typ, id, arms[id].data)),
				"without its value": chunkOf(0, zeroRows(typ, id, nil)),
			} {
				rows, err := readAll(b, 1)
				if err != nil || len(rows) != 0 {
					t.Errorf("%v with %T %s: %d rows, %v", typ, arms[id].data, name, len(rows), err)
				}
			}
		}
		if rows, err := readAll(chunkOf(0, structOf(typeField(int32(typ)))), 1); err != nil || len(rows) != 0 {
			t.Errorf("%v without data: %d rows, %v", typ, len(rows), err)
		}
	}
	for name, b := range map[string][]byte{
		"empty struct":    structOf(),
		"only a size":     structOf(field(thrift.I32, 1, i32(0)...)),
		"only no columns": structOf(field(thrift.LIST, 2, listOf(thrift.STRUCT, 0)...)),
		"no size":         structOf(field(thrift.LIST, 2, listOf(thrift.STRUCT, 1, structOf(typeField(6)))...)),
	} {
		if rows, err := readAll(b, 1); err != nil || len(rows) != 0 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
}

// zeroRows is a vector with the given arm; the arm is empty when data is nil.
func zeroRows(typ thriftrows.VectorType, id int, data thriftrows.Data) []byte {
	if data != nil {
		v := thriftrows.Vector{Type: typ, Constant: arms[id].constant, Data: data}
		b, err := thriftrows.AppendChunk(nil, 0, []thriftrows.Vector{v})
		if err != nil {
			panic(err)
		}
		return b[len(chunkOf(0))-1 : len(b)-1]
	}
	fields := [][]byte{typeField(int32(typ)), dataField(armField(int16(id)))}
	if arms[id].constant {
		fields = append(fields, constantField())
	}
	return structOf(fields...)
}
