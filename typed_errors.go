package e6data

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"github.com/e6data/e6data-go/internal/typed"
)

// AllowMissing permits fields of T that no column goes into, with [Select] and its
// like: they have their zero value.
func AllowMissing() QueryOption {
	return QueryOption{func(o *queryOptions) { o.fit.AllowMissing = true }}
}

// AllowExtra permits columns that no field of T is for, with [Select] and its like: they
// are not read.
func AllowExtra() QueryOption {
	return QueryOption{func(o *queryOptions) { o.fit.AllowExtra = true }}
}

// ShapeError says why the columns of a result do not fit the type of [Select] and its
// like, for errors.As. The query was executed, and no row was read.
type ShapeError struct {
	// Type is the type of a row.
	Type reflect.Type
	// Columns are the names of those without a field.
	Columns []string
	// Fields are the Go names of those without a column, such as Base.ID.
	Fields []string
	// Reason says what else is wrong, such as a column that fits two fields; it is
	// empty where Columns and Fields tell.
	Reason string
}

// Error names both sides, and the cure.
func (e *ShapeError) Error() string { return (*typed.ShapeError)(e).Error() }

// FieldError says which cell of a result could not be stored by [Select] and its
// like, for errors.As. The rows before it were right.
type FieldError struct {
	// Type is the type of a row.
	Type reflect.Type
	// Column is the column's name, and Index its place from 0.
	Column string
	Index  int
	// Row is the row in the result, from 0.
	Row int64
	// Field is the Go name of the field, such as Base.ID; empty where Type has no fields.
	Field string
	// FieldType is the type of what the cell was to be stored in.
	FieldType reflect.Type
	// Null: the cell is NULL.
	Null bool
	// Err is the error that Rows.Scan would have returned for the cell, without the
	// place; an *[Error] where the engine sent what is no value.
	Err error
}

// Error names the row, the column, the field and the cause. As the errors of
// database/sql do, it may show the value.
func (e *FieldError) Error() string { return (*typed.FieldError)(e).Error() }

// Unwrap returns Err.
func (e *FieldError) Unwrap() error { return e.Err }

// ErrMultipleRows says, for errors.Is, that the result has more than the one row that
// [One] wants.
var ErrMultipleRows = errors.New("the query returned more than one row")

// RowCountError says that a result does not have the one row that [One] wants, for
// errors.As. It is [database/sql.ErrNoRows] or [ErrMultipleRows] for errors.Is.
type RowCountError struct {
	// QueryID is the engine's id of the query.
	QueryID string
	// Many: there is more than one row. Else there is none.
	Many bool
}

func (e *RowCountError) Error() string {
	if e.Many {
		return fmt.Sprintf("e6data: %v, want one (query %s)", ErrMultipleRows, e.QueryID)
	}
	return fmt.Sprintf("e6data: the query returned no row, want one (query %s)", e.QueryID)
}

// Unwrap returns [database/sql.ErrNoRows] or [ErrMultipleRows].
func (e *RowCountError) Unwrap() error {
	if e.Many {
		return ErrMultipleRows
	}
	return sql.ErrNoRows
}

// DuplicateKeyError says that [CollectMap] found a key that an earlier row has, for
// errors.As.
type DuplicateKeyError struct {
	// Row is the row in the result, from 0.
	Row int64
}

func (e *DuplicateKeyError) Error() string {
	return fmt.Sprintf("e6data: row %d has the key of an earlier row", e.Row)
}
