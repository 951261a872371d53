package adbce6data

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go"
)

// boundRow is the first row of the records that were bound.
type boundRow struct {
	names  []string
	values []any
	rows   int64 // the number of all rows
}

// location returns the zone whose wall clock TIMESTAMP values have.
func (c *connection) location() *time.Location {
	c.database.mu.Lock()
	defer c.database.mu.Unlock()
	if loc := c.database.cfg.Loc; loc != nil {
		return loc
	}
	return time.UTC
}

// rowOf copies the first row of a record.
func rowOf(record arrow.RecordBatch, loc *time.Location) (*boundRow, error) {
	row := &boundRow{rows: record.NumRows()}
	if row.rows == 0 {
		return row, nil
	}
	for i, field := range record.Schema().Fields() {
		value, err := valueOf(record.Column(i), 0, loc)
		if err != nil {
			return nil, status(adbc.StatusInvalidArgument, "22018", "parameter %d, %q, of the Arrow type %v: %v", i+1, field.Name, field.Type, err)
		}
		row.names = append(row.names, field.Name)
		row.values = append(row.values, value)
	}
	return row, nil
}

// valueOf returns an element of an array as an argument of a query. It refers to no
// memory of the array.
func valueOf(a arrow.Array, i int, loc *time.Location) (any, error) {
	if a.IsNull(i) {
		return nil, nil
	}
	switch a := a.(type) {
	case *array.Null:
		return nil, nil
	case *array.Boolean:
		return a.Value(i), nil
	case array.ExtensionArray:
		return valueOf(a.Storage(), i, loc)
	case *array.Dictionary:
		return valueOf(a.Dictionary(), a.GetValueIndex(i), loc)
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		list := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			value, err := valueOf(a.ListValues(), int(j), loc)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	for _, convert := range []func(arrow.Array, int) (any, bool){number, decimalOf, bytesOf} {
		if value, ok := convert(a, i); ok {
			return value, nil
		}
	}
	return timeOf(a, i, loc)
}

func number(a arrow.Array, i int) (any, bool) {
	switch a := a.(type) {
	case *array.Int8:
		return int64(a.Value(i)), true
	case *array.Int16:
		return int64(a.Value(i)), true
	case *array.Int32:
		return int64(a.Value(i)), true
	case *array.Int64:
		return a.Value(i), true
	case *array.Uint8:
		return int64(a.Value(i)), true
	case *array.Uint16:
		return int64(a.Value(i)), true
	case *array.Uint32:
		return int64(a.Value(i)), true
	case *array.Uint64:
		return a.Value(i), true
	case *array.Float16:
		return float64(a.Value(i).Float32()), true
	case *array.Float32:
		return a.Value(i), true
	case *array.Float64:
		return a.Value(i), true
	}
	return nil, false
}

func decimalOf(a arrow.Array, i int) (any, bool) {
	var unscaled *big.Int
	switch a := a.(type) {
	case *array.Decimal32:
		unscaled = big.NewInt(int64(a.Value(i)))
	case *array.Decimal64:
		unscaled = big.NewInt(int64(a.Value(i)))
	case *array.Decimal128:
		unscaled = a.Value(i).BigInt()
	case *array.Decimal256:
		unscaled = a.Value(i).BigInt()
	default:
		return nil, false
	}
	scale := a.DataType().(arrow.DecimalType).GetScale()
	if d, err := e6data.DecimalFromBigInt(unscaled, scale); err == nil {
		return d, true
	}
	// The driver's error for this value names the argument.
	r := new(big.Rat).SetInt(unscaled)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	if scale < 0 {
		return r.Mul(r, new(big.Rat).SetInt(power)), true
	}
	return r.Quo(r, new(big.Rat).SetInt(power)), true
}

func bytesOf(a arrow.Array, i int) (any, bool) {
	switch a := a.(type) {
	case *array.String:
		return strings.Clone(a.Value(i)), true
	case *array.LargeString:
		return strings.Clone(a.Value(i)), true
	case *array.StringView:
		return strings.Clone(a.Value(i)), true
	case *array.Binary:
		return append([]byte{}, a.Value(i)...), true
	case *array.LargeBinary:
		return append([]byte{}, a.Value(i)...), true
	case *array.BinaryView:
		return append([]byte{}, a.Value(i)...), true
	case *array.FixedSizeBinary:
		return append([]byte{}, a.Value(i)...), true
	}
	return nil, false
}

// timeOf converts dates and timestamps. A timestamp without a zone is a wall clock, and
// becomes a TIMESTAMP with the same wall clock.
func timeOf(a arrow.Array, i int, loc *time.Location) (any, error) {
	switch a := a.(type) {
	case *array.Date32:
		return e6data.Date(a.Value(i).ToTime()), nil
	case *array.Date64:
		return e6data.Date(a.Value(i).ToTime()), nil
	case *array.Timestamp:
		typ := a.DataType().(*arrow.TimestampType)
		if typ.TimeZone != "" {
			toTime, err := typ.GetToTimeFunc()
			if err != nil {
				return nil, err
			}
			return e6data.TimestampTZ(toTime(a.Value(i))), nil
		}
		wall := a.Value(i).ToTime(typ.Unit)
		at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), loc)
		if at.Hour() != wall.Hour() || at.Minute() != wall.Minute() {
			return nil, fmt.Errorf("the clocks of %v, the zone of the option e6data.loc, skip this time", loc)
		}
		return at, nil
	}
	return nil, fmt.Errorf("a parameter cannot have this type")
}
