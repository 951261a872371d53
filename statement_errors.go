package e6data

import (
	"errors"
	"fmt"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// ArgumentError says what is wrong with one argument of a query, for errors.As: it
// is missing, not used, given twice, or its value cannot be sent. It names the
// argument and shows no value, unless the argument's own Value method does. The query
// was not executed.
type ArgumentError struct {
	// Name is the name of a named argument, else empty.
	Name string
	// Ordinal is the argument's place from 1, or the number of the placeholder that
	// has no argument; 0 for a placeholder's name without argument.
	Ordinal int
	// Offset is where the placeholder begins in the statement, in bytes; for an argument
	// that is not used, where something begins that only looks like its placeholder. -1
	// where there is nothing to show.
	Offset int
	// Reason says what is wrong, and where it can, what to write.
	Reason string
	// Err is the error of the argument's own Value method, or nil.
	Err error
}

// Error names the argument and the reason.
func (e *ArgumentError) Error() string { return (*sqltext.ArgumentError)(e).Error() }

// Unwrap returns Err.
func (e *ArgumentError) Unwrap() error { return e.Err }

// SyntaxError says where a statement cannot be read as far as the driver must read it,
// for errors.As: the statement is empty, a string or comment in it does not end, a
// second statement follows, or an argument would stand beside a comment of which the
// engine may see another end. Nothing was sent. All other errors in the SQL are the
// engine's.
type SyntaxError struct {
	// Offset is the place in the statement, in bytes from 0.
	Offset int
	// Line and Column are the same place, in lines and characters from 1.
	Line, Column int
	// Reason says what is wrong there. It shows nothing of the statement.
	Reason string
}

// Error names the place and the reason.
func (e *SyntaxError) Error() string { return (*sqltext.SyntaxError)(e).Error() }

// statementError is what is wrong with a statement or an argument, for the caller.
func statementError(err error) error { return fmt.Errorf("e6data: %w", ownError(err)) }

// ownError returns an error of sqltext as the type of this package.
func ownError(err error) error {
	if e, ok := errors.AsType[*sqltext.ArgumentError](err); ok {
		return (*ArgumentError)(e)
	}
	if e, ok := errors.AsType[*sqltext.SyntaxError](err); ok {
		return (*SyntaxError)(e)
	}
	return err
}
