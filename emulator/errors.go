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

// engineError makes an error of DuckDB's about a statement one of the engine's: with the line and
// column in front where DuckDB knows them.
func engineError(sql *rewritten, text string) error {
	at := strings.IndexByte(text, '{')
	var e struct {
		Type     string `json:"exception_type"`
		Message  string `json:"exception_message"`
		Position string `json:"position"`
	}
	if at < 0 || json.Unmarshal([]byte(text[at:]), &e) != nil || e.Message == "" {
		return internal(text)
	}
	message := e.Message
	if e.Type != "" {
		message = e.Type + " Error: " + e.Message
	}
	// DuckDB counts bytes from 0.
	if n, err := strconv.Atoi(e.Position); err == nil && n >= 0 && n <= len(sql.text) {
		return placed(sql, n, message)
	}
	return internal(message)
}

// plainError is engineError for a statement that nobody has written.
func plainError(text string) error {
	sql, _ := unchanged("")
	return engineError(&sql, text)
}

// placed is an error at a byte of a statement.
func placed(sql *rewritten, at int, message string) error {
	line, column := sql.place(at)
	return internal(fmt.Sprintf("line %d:%d: %s", line, column, message))
}
