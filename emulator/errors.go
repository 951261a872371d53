//go:build cgo

package emulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// rawError is DuckDB's text of an error.
type rawError struct{ text string }

func (e *rawError) Error() string { return e.text }

// exception is DuckDB's error as JSON, which errors_as_json sets.
type exception struct {
	Type     string `json:"exception_type"`
	Message  string `json:"exception_message"`
	Position string `json:"position"` // in bytes, from 0
}

// exceptionOf reads the text of an error. It returns the zero value for another text.
func exceptionOf(text string) (e exception) {
	at := strings.IndexByte(text, '{')
	if at < 0 || json.Unmarshal([]byte(text[at:]), &e) != nil || e.Message == "" {
		return exception{}
	}
	return e
}

// engineError returns the engine's error for an error of DuckDB's about a statement. The line
// and the column stand in front if DuckDB reports the position.
func engineError(sql *rewritten, text string) error {
	e := exceptionOf(text)
	if e.Message == "" {
		return internal(text)
	}
	message := e.Message
	if e.Type != "" {
		message = e.Type + " Error: " + e.Message
	}
	if n, err := strconv.Atoi(e.Position); err == nil && n >= 0 && n <= len(sql.text) {
		return placed(sql, n, message)
	}
	return internal(message)
}

// plainError is engineError for a statement of the emulator's own.
func plainError(text string) error {
	sql, _ := unchanged("")
	return engineError(&sql, text)
}

// placed is an error at a byte of a statement.
func placed(sql *rewritten, at int, message string) error {
	line, column := sql.place(at)
	return internal(fmt.Sprintf("line %d:%d: %s", line, column, message))
}
