package thriftrows

import "fmt"

// FormatError says that bytes from the engine are not what docs/protocol.md, sections 4
// and 5 describe. The message may quote the value that is at fault, such as the
// name of a zone that nobody knows, but no other.
type FormatError struct {
	// Column is the index of the column in which the fault was found, from 0;
	// -1 when it lies outside any column.
	Column int
	// Row is the row in the chunk at which a single value is at fault, from 0;
	// -1 when the fault is not one value's.
	Row int
	// Offset is the position in the input, in bytes from 0.
	Offset int
	// Msg says what is wrong.
	Msg string
}

func (e *FormatError) Error() string {
	where := fmt.Sprintf("byte %d", e.Offset)
	if e.Row >= 0 {
		where = fmt.Sprintf("row %d, %s", e.Row, where)
	}
	if e.Column >= 0 {
		where = fmt.Sprintf("column %d, %s", e.Column, where)
	}
	return "malformed result: " + e.Msg + " (" + where + ")"
}
