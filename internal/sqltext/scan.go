package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a [Token] is.
type Kind = kind

// The kinds of tokens.
const (
	KindBlank      = tokBlank
	KindComment    = tokComment
	KindText       = tokText
	KindBinary     = tokBinary
	KindIdentifier = tokIdentifier
	KindWord       = tokWord
	KindNumber     = tokNumber
	KindOperator   = tokOperator
	KindPositional = tokPositional
	KindNamed      = tokNamed
	KindNumbered   = tokNumbered
)

// Token is a piece of a statement. The tokens of a text tile it.
type Token struct {
	Kind       Kind
	Start, End int // in bytes
	// Open is set for a literal, quoted name or comment that the text ends within.
	Open bool
}

// Scanner splits a text into tokens. It accepts any bytes and does not allocate.
type Scanner struct{ l lexer }

// NewScanner returns a scanner at the start of src.
func NewScanner(src string) Scanner { return Scanner{l: lexer{src: src}} }

// Next returns the next token. It returns false at the end of the text.
func (s *Scanner) Next() (Token, bool) {
	t, ok := s.l.next()
	return Token{Kind: t.kind, Start: t.start, End: t.end, Open: t.open}, ok
}

// Place returns the line and the column, in characters and from 1, of the byte at
// offset in src.
func Place(src string, offset int) (line, column int) {
	before := src[:offset]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[1+strings.LastIndexByte(before, '\n'):])
}
