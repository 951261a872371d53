package e6data

import (
	"errors"
	"fmt"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// ArgumentError is the error for one argument of a query, for errors.As. The
// argument is missing, unused or given twice, or its value cannot be sent. The error
// names the argument, and does not contain its value unless the argument's own Value
// method puts it there. The query was not executed.
type ArgumentError struct {
	// Name is the name of a named argument, else empty.
	Name string
	// Ordinal is the position of the argument, from 1, or the number of the
	// placeholder that has no argument. It is 0 for a named placeholder without an
	// argument.
	Ordinal int
	// Offset is the position of the placeholder in the statement, in bytes. For an
	// unused argument it is the position of a text that only looks like its
	// placeholder. It is -1 if there is no such place.
	Offset int
	// Reason is the fault and, if it is known, the cure.
	Reason string
	// Err is the error of the argument's own Value method, or nil.
	Err error
}

// Error names the argument and the reason.
func (e *ArgumentError) Error() string { return (*sqltext.ArgumentError)(e).Error() }

// Unwrap returns Err.
func (e *ArgumentError) Unwrap() error { return e.Err }

// SyntaxError is the error for a statement that the driver cannot parse, for
// errors.As. The statement is empty, has a string or comment without an end, or has
// a second statement behind it. Or an argument is next to a comment that the engine
// may end at another place. Nothing was sent. The engine reports all other errors in
// SQL.
type SyntaxError struct {
	// Offset is the position in the statement, in bytes from 0.
	Offset int
	// Line and Column are the same position, in lines and characters from 1.
	Line, Column int
	// Reason is the fault. It contains no text of the statement.
	Reason string
}

// Error returns the position and the reason.
func (e *SyntaxError) Error() string { return (*sqltext.SyntaxError)(e).Error() }

// statementError returns the error for the caller about a statement or an argument.
func statementError(err error) error { return fmt.Errorf("e6data: %w", ownError(err)) }

// ownError converts an error of sqltext to the type of this package.
func ownError(err error) error {
	if e, ok := errors.AsType[*sqltext.ArgumentError](err); ok {
		return (*ArgumentError)(e)
	}
	if e, ok := errors.AsType[*sqltext.SyntaxError](err); ok {
		return (*SyntaxError)(e)
	}
	return err
}
