package e6data

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unique"
)

// Secret is a text that must not be seen: an access token or a password. It
// hides itself from fmt, log/slog, encoding/json and everything else that asks
// a value for its text; [Secret.Reveal] returns the secret itself. Secrets are equal
// (==) where their texts are. The zero value is the empty text.
//
// It is no string, because fmt shows what a string holds wherever it does not ask
// the value: for the verbs %w and %p, and in unexported fields of other structs. What
// it shows of a Secret there is an address.
type Secret struct{ text unique.Handle[string] }

// NewSecret returns the secret with the given text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: unique.Make(text)}
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

const redacted = "[redacted]"

// String returns a placeholder, or "" for an empty secret.
func (s Secret) String() string {
	if s.IsZero() {
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

// UnmarshalText takes the secret's text from a decoder, such as encoding/json, or
// from [flag.TextVar].
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// minRedacted is the length from which on a secret is replaced in messages. A shorter
// one guards nothing, and its letters stand in every text.
const minRedacted = 6

// redactor puts the placeholder in the place of each secret in what others
// wrote. gRPC quotes what a proxy wrote, and the proxy may have quoted before.
func redactor(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if len(s) >= minRedacted {
			once := quoted(s)
			// The longest first, as it may begin with a shorter one.
			pairs = append(pairs, quoted(once), redacted, once, redacted, s, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}
