package session

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/e6data/e6data-go"
)

// Variable is a named argument of the statements that follow.
type Variable struct {
	// Text is the text that the user wrote.
	Text string
	// Value is the argument: nil, bool, int64, e6data.Decimal, string, e6data.Date or
	// time.Time.
	Value any
}

// VariableError is the error for a variable that cannot be set. It does not contain the
// value.
type VariableError struct{ Name, Reason string }

func (e *VariableError) Error() string { return fmt.Sprintf("variable %s: %s", e.Name, e.Reason) }

// ParseValue returns the value of a variable's text:
//
//	42, -7               an integer; with leading zeros it is a string
//	12.30                an exact decimal
//	true, false, null    a BOOLEAN, NULL; letter case does not count
//	'text'               a string, in which '' stands for '
//	DATE '2024-01-31'    a DATE
//	TIMESTAMP '2024-01-31 23:59:58.5'    a TIMESTAMP
//
// Any other text is a string as it is. Quotes make a string of any text, such as '42'.
func ParseValue(text string) (any, error) {
	switch strings.ToLower(text) {
	case "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if v, ok := parseNumber(text); ok {
		return v, nil
	}
	if rest, ok := cutWord(text, "TIMESTAMP"); ok {
		return parseTime(rest)
	}
	if rest, ok := cutWord(text, "DATE"); ok {
		t, err := time.Parse(time.DateOnly, rest)
		if err != nil {
			return nil, errors.New("a date has the form DATE '2024-01-31'")
		}
		return e6data.Date(t), nil
	}
	if s, ok := unquote(text); ok {
		return s, nil
	}
	return text, nil
}

// parseNumber parses an integer or a decimal without leading zeros.
func parseNumber(text string) (any, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789.") != "" || strings.HasPrefix(digits, ".") || strings.HasSuffix(digits, ".") {
		return nil, false
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return nil, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	d, err := e6data.ParseDecimal(text)
	if err != nil {
		return nil, false
	}
	_, err = e6data.Literal(d) // a literal has 38 digits at most
	return d, err == nil
}

// parseTime parses the text of a TIMESTAMP literal.
func parseTime(text string) (any, error) {
	for _, layout := range [...]string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return nil, errors.New("a timestamp has the form TIMESTAMP '2024-01-31 23:59:58.5'")
}

// cutWord returns the text in quotes behind a word, in any letter case.
func cutWord(text, word string) (string, bool) {
	if len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
		return "", false
	}
	return unquote(strings.TrimSpace(text[len(word):]))
}

// unquote returns the text in single quotes.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return "", false
	}
	inner := text[1 : len(text)-1]
	if strings.Contains(strings.ReplaceAll(inner, "''", ""), "'") {
		return "", false
	}
	return strings.ReplaceAll(inner, "''", "'"), true
}

// validName reports whether :name can be a placeholder.
func validName(name string) bool {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != ""
}
