package e6data

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unique"
)

// Secret is a text that must not be shown, such as an access token or a password.
// Its formatting methods return a placeholder to fmt, log/slog, encoding/json and
// other encoders. [Secret.Reveal] returns the text. Secrets are equal (==) if their
// texts are. The zero value is the empty text. A Secret is safe for concurrent use.
//
// A Secret is not a string, because fmt shows strings in some cases without a call
// of the value's methods: for the verbs %w and %p, and in unexported fields of other
// structs. In these cases fmt shows an address for a Secret.
type Secret struct{ text unique.Handle[string] }

// NewSecret returns a secret with the given text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: unique.Make(text)}
}

// Reveal returns the secret text.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// IsZero reports whether the text is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

const redacted = "[redacted]"

// String returns a placeholder, or "" for an empty secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format writes the placeholder for every verb, including the verbs for which fmt
// does not call String.
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

// UnmarshalText sets the text. It is for decoders such as encoding/json, and for
// [flag.TextVar].
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// minRedacted is the smallest length of a secret that is replaced in messages. A
// shorter text protects nothing, and occurs in many messages.
const minRedacted = 6

// redactor returns a Replacer that replaces each secret by the placeholder. It also
// replaces secrets that were quoted once or twice: gRPC quotes a proxy's text, and
// the proxy may have quoted the secret before.
func redactor(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if len(s) >= minRedacted {
			once := quoted(s)
			// The longest form comes first, because it may begin with a shorter one.
			pairs = append(pairs, quoted(once), redacted, once, redacted, s, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// quoted returns s in the form in which %q writes it inside a longer text.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
