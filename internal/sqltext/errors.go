package sqltext

import (
	"fmt"
	"strings"
)

// SyntaxError says where a statement cannot be read.
type SyntaxError struct {
	Offset       int // in bytes, from 0
	Line, Column int // in characters, from 1
	Reason       string
}

// Error names the place and the reason, and nothing of the text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d:%d (byte %d): %s", e.Line, e.Column, e.Offset, e.Reason)
}

func syntaxError(src string, offset int, reason string) *SyntaxError {
	line, column := Place(src, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Reason: reason}
}

// ArgumentError says what is wrong with one argument: it is missing, not used,
// or no literal can be made of it. It never shows the argument's value.
type ArgumentError struct {
	Name    string // of a named argument, else empty
	Ordinal int    // of the argument, or of the placeholder that has none; from 1. 0 for a missing named one
	Offset  int    // of the placeholder, in bytes; -1 when there is none
	Reason  string
	Err     error // what the argument's own methods returned, or nil
}

// Error names the argument and the reason.
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

// valueError is why a value has no literal; [Statement.Render] says for which
// argument.
type valueError struct {
	reason string
	err    error
}

func (e *valueError) Error() string { return e.reason }

func refuse(format string, args ...any) error {
	return &valueError{reason: fmt.Sprintf(format, args...)}
}
