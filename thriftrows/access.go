package thriftrows

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// SetColumns sets the names of the batch's columns, in the order of the result's
// metadata. The batch keeps the slice. [Batch.ColumnByName] needs the names.
func (b *Batch) SetColumns(columns []Column) { b.names = columns }

// ColumnByName returns the column with this name. It is valid until the next call
// of Next or Reset. If no name is equal, letter case is ignored. It is an error if
// no column or more than one has the name.
func (b *Batch) ColumnByName(name string) (*BatchColumn, error) {
	i, err := b.find(name)
	if err != nil {
		return nil, err
	}
	return b.Column(i), nil
}

func (b *Batch) find(name string) (int, error) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		found := -1
		for i := range b.names {
			if !same(b.names[i].Name, name) {
				continue
			}
			if found >= 0 {
				return 0, fmt.Errorf("thriftrows: columns %d and %d are both called %q: use Column", found, i, name)
			}
			found = i
		}
		if found >= 0 {
			return found, nil
		}
	}
	return 0, fmt.Errorf("thriftrows: no column is called %q", name)
}

// Element is the constraint for the Go types of a column's elements.
type Element interface {
	bool | int64 | float64 | string | []byte | time.Time | Decimal | *time.Location
}

// Values holds the elements of a column in a batch, and its NULLs. No method
// panics, whatever the row. Strings, times, zones and decimals may be kept. Other
// elements are valid until the batch's next call of Next or Reset. The zero value
// has no elements.
type Values[T Element] struct {
	values []T
	nulls  Nulls
}

// ColumnValues returns the elements of the column with this name (see
// [Batch.ColumnByName]). It calls the [BatchColumn] method that returns a []T:
// Int64s for int64, and likewise Float64s, Bools, Strings, Bytes, Times, Decimals
// and Zones. It is an error if T does not fit the column's type in this batch.
func ColumnValues[T Element](b *Batch, name string) (Values[T], error) {
	c, err := b.ColumnByName(name)
	if err != nil {
		return Values[T]{}, err
	}
	return ValuesOf[T](c)
}

// ValuesOf is like [ColumnValues] for a given column.
func ValuesOf[T Element](c *BatchColumn) (Values[T], error) {
	var read any
	switch any(*new(T)).(type) {
	case bool:
		read = c.Bools
	case int64:
		read = c.Int64s
	case float64:
		read = c.Float64s
	case string:
		read = c.Strings
	case []byte:
		read = c.Bytes
	case time.Time:
		read = c.Times
	case Decimal:
		read = c.Decimals
	case *time.Location:
		read = c.Zones
	}
	values, nulls, err := read.(func() ([]T, Nulls, error))()
	if err != nil {
		return Values[T]{}, err
	}
	return Values[T]{values, nulls}, nil
}

// Len returns the number of rows.
func (v Values[T]) Len() int { return len(v.values) }

// At returns the value of a row, from 0. If the row is NULL or does not exist, it
// returns the zero value and false.
func (v Values[T]) At(row int) (value T, ok bool) {
	if row < 0 || row >= len(v.values) || v.nulls.Null(row) {
		return value, false
	}
	return v.values[row], true
}

// All returns an iterator over the rows. It yields the results of [Values.At].
func (v Values[T]) All() iter.Seq2[T, bool] {
	return func(yield func(T, bool) bool) {
		for row := range v.values {
			if !yield(v.At(row)) {
				return
			}
		}
	}
}

// missing is the vector of a column that does not exist. No method of
// BatchColumn can read it.
var missing = vector{typ: -1}
