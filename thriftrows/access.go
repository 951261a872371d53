package thriftrows

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// SetColumns sets the names of the batch's columns: they are those of the result's
// metadata, in its order. It keeps the slice. [Batch.ColumnByName] needs it.
func (b *Batch) SetColumns(columns []Column) { b.names = columns }

// ColumnByName returns the column with this name, valid until the batch moves on.
// A name that is written in other letter case fits where none fits exactly. A name
// that no column has, or more than one, is an error.
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

// Element is a type that the elements of a column may have in Go.
type Element interface {
	bool | int64 | float64 | string | []byte | time.Time | Decimal | *time.Location
}

// Values are the elements of a column in a batch, with its NULLs. No method panics,
// whatever the row. Strings, times, zones and decimals may be kept;
// the rest is valid until the batch moves on. The zero value has no elements.
type Values[T Element] struct {
	values []T
	nulls  Nulls
}

// ColumnValues returns the elements of the column with this name (see
// [Batch.ColumnByName]), as the [BatchColumn] method that returns a []T does:
// Int64s for int64, and likewise Float64s, Bools, Strings, Bytes, Times, Decimals
// and Zones. A T that does not fit the column's type in this batch is an error.
func ColumnValues[T Element](b *Batch, name string) (Values[T], error) {
	c, err := b.ColumnByName(name)
	if err != nil {
		return Values[T]{}, err
	}
	return ValuesOf[T](c)
}

// ValuesOf is [ColumnValues] for a column at hand.
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

// At returns the value of a row, from 0. ok is false, and value the zero value, where
// the row is NULL and where there is no such row.
func (v Values[T]) At(row int) (value T, ok bool) {
	if row < 0 || row >= len(v.values) || v.nulls.Null(row) {
		return value, false
	}
	return v.values[row], true
}

// All iterates over the rows: each value as [Values.At] returns it.
func (v Values[T]) All() iter.Seq2[T, bool] {
	return func(yield func(T, bool) bool) {
		for row := range v.values {
			if !yield(v.At(row)) {
				return
			}
		}
	}
}

// missing is the vector of a column that a batch does not have: no method of
// BatchColumn reads it.
var missing = vector{typ: -1}
