package sqltext

import (
	"fmt"
	"strings"
)

// SyntaxError is the place and the reason of a fault in a statement.
type SyntaxError struct {
	Offset       int // in bytes, from 0
	Line, Column int // in characters, from 1
	Reason       string
}

// Error returns the place and the reason. It does not quote the statement.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d:%d (byte %d): %s", e.Line, e.Column, e.Offset, e.Reason)
}

func syntaxError(src string, offset int, reason string) *SyntaxError {
	line, column := Place(src, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Reason: reason}
}

// ArgumentError is a fault of one argument: it is missing, not used, or has no
// literal. The error never shows the argument's value.
type ArgumentError struct {
	Name    string // name of a named argument, else empty
	Ordinal int    // number of the argument, or of the placeholder without one, from 1; 0 if a named argument is missing
	Offset  int    // place of the placeholder, in bytes; -1 if there is none
	Reason  string
	Err     error // error of the argument's own method, or nil
}

// Error returns the argument's name or number and the reason.
func (e *ArgumentError) Error() string {
	var b strings.Builder
	if e.Name != "" {
		fmt.Fprintf(&b, "argument :%s: ", e.Name)
	} else {
		fmt.Fprintf(&b, "argument %d: ", e.Ordinal)
	}
	b.WriteString(e.Reason)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

// valueError is the reason why a value has no literal. [Statement.Render] adds
// the argument.
type valueError struct {
	reason string
	err    error
}

func (e *valueError) Error() string { return e.reason }

func refuse(format string, args ...any) error {
	return &valueError{reason: fmt.Sprintf(format, args...)}
}
