package e6data

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusals are the codes with which an engine refuses a statement (docs/protocol.md,
// section 6).
var refusals = [...]codes.Code{
	codes.Internal, codes.InvalidArgument, codes.Unknown, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied,
	codes.FailedPrecondition, codes.OutOfRange, codes.ResourceExhausted,
}

// ownPrefixes begin grpc-go's texts about a request that it could not send.
var ownPrefixes = [...]string{"grpc: ", "trying to send message larger than max"}

// refused reports whether the engine itself refused the statement of a call: the
// engine answered, and the answer has no other condition.
func (v *verdict) refused(k *call, s *status.Status, sent bool) bool {
	switch k.phase {
	case PhasePrepare, PhaseExecute, PhaseMetadata, PhaseFetch, PhaseCatalog:
	default:
		return false
	}
	return sent && v.kind == nil && (v.condition == noCondition || v.condition == denied) &&
		slices.Contains(refusals[:], s.Code()) && !tooLarge(s) &&
		!slices.ContainsFunc(ownPrefixes[:], func(p string) bool { return strings.HasPrefix(s.Message(), p) })
}

// placeIn returns the first place in a statement that an engine's message names
// outside quotes, from 1, or zeros. The forms are `At line 1, column 8`, `From line
// 1, column 8 to line 1, column 12` and `line 1:8`.
func placeIn(msg string) (line, column int) {
	inWord := false
	for i := 0; i < len(msg); i++ {
		switch c := msg[i]; {
		case inWord:
		case c == '\'' || c == '"' || c == '`':
			// A quote without an end does not count.
			i += 1 + strings.IndexByte(msg[i+1:], c)
		case c|0x20 == 'l':
			if line, column = placeAt(msg[i:]); line > 0 {
				return line, column
			}
		}
		inWord = wordByte(msg[i])
	}
	return 0, 0
}

// placeAt returns the place at the beginning of msg, or zeros.
func placeAt(msg string) (line, column int) {
	rest, ok := cutFold(msg, "line ")
	if !ok {
		return 0, 0
	}
	line, rest = leadingNumber(rest)
	after, ok := cutFold(rest, ", column ")
	if !ok {
		after, ok = strings.CutPrefix(rest, ":")
	}
	column, rest = leadingNumber(after)
	if !ok || line == 0 || column == 0 || rest != "" && wordByte(rest[0]) {
		return 0, 0
	}
	return line, column
}

// cutFold is strings.CutPrefix that ignores letter case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// leadingNumber returns the number at the beginning of s, and the text behind it. It
// returns 0 if there is no number, or if the number has more than nine digits.
func leadingNumber(s string) (n int, rest string) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		if digits == 9 {
			return 0, s
		}
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	return n, s[digits:]
}

// wordByte reports whether c may be part of a word.
func wordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c >= 0x80
}
