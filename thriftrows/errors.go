package thriftrows

import "fmt"

// FormatError means that bytes from the engine violate docs/protocol.md, sections 4 and
// 5. The message may quote the wrong value, such as an unknown zone name. It quotes no
// other value.
type FormatError struct {
	// Column is the index of the column with the fault, from 0. It is -1 if the
	// fault is not in a column.
	Column int
	// Row is the chunk's row with the wrong value, from 0. It is -1 if the
	// fault is not in a single value.
	Row int
	// Offset is the position of the fault in the input, in bytes from 0.
	Offset int
	// Msg describes the fault.
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
