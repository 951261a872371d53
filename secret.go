package e6data

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// Secret is a text that must not be seen: an access token or a password. It
// hides itself from fmt, log/slog, encoding/json and everything else that asks
// a value for its text; string(s) is the secret itself.
type Secret string

const redacted = "[redacted]"

// String returns a placeholder, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format writes the placeholder for every verb, also for those that would
// pass by String.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// LogValue returns a placeholder for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns a placeholder for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
