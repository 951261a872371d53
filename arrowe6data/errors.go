package arrowe6data

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// ColumnError means that a column of the result could not become a column of a record.
// The records before it are right.
type ColumnError struct {
	// Column is the index of the column in the result, from 0.
	Column int
	// Name and Type are those of the result's metadata.
	Name, Type string
	// Arrow is the type in the schema.
	Arrow arrow.DataType
	// Err is the cause. It is a *thriftrows.FormatError if it concerns one value; its
	// row counts from the beginning of a chunk.
	Err error
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("column %d, %q, of type %s, as %v: %v", e.Column, e.Name, e.Type, e.Arrow, e.Err)
}

// Unwrap returns Err.
func (e *ColumnError) Unwrap() error { return e.Err }
