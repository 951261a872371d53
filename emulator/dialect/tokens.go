package dialect

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// token is a piece of the statement that is neither white space nor a comment.
type token struct {
	kind sqltext.Kind
	word keyword // of a word; 0 for a name
	// op is the character of an operator of one character.
	op byte
	// gap is the kind of white space before the token.
	gap        gap
	before     bool // an insert stands before the token
	after      bool // an insert stands after the token
	fold       bool // a name that is written in lower case
	inList     bool // the innermost bracket around the token is [
	start, end int32
	// pair is the token's other bracket, the CASE of an END or the END of a CASE; -1
	// for none.
	pair int32
	// head is the INTERVAL of an interval's last token, or -1.
	head int32
	// ordinal is the number of a placeholder, from 1.
	ordinal int32
}

// gap is a kind of white space between two tokens.
type gap uint8

const (
	gapNone gap = iota
	gapBlank
	gapComment
)

// maxDepth is how deep brackets may nest: as deep as DuckDB allows.
const maxDepth = 1000

// tokenize fills r.toks, and pairs brackets.
func (r *rewriter) tokenize() {
	if i := invalidUTF8(r.src); i >= 0 {
		r.failAt(i, "the statement is not valid UTF-8")
		return
	}
	if i := strings.IndexByte(r.src, 0); i >= 0 {
		r.failAt(i, "the statement has a NUL character")
		return
	}
	r.toks = slices.Grow(r.toks, 8+len(r.src)/4)
	var open []int32
	var g gap
	s := sqltext.NewScanner(r.src)
	for {
		t, ok := s.Next()
		switch {
		case !ok:
			if len(open) > 0 {
				r.fail(int(open[len(open)-1]), "the construct that begins here does not end")
			}
			return
		case t.Open:
			r.failAt(t.Start, "the construct that begins here does not end")
			return
		case t.Kind == sqltext.KindBlank:
			g = max(g, gapBlank)
			continue
		case t.Kind == sqltext.KindComment:
			g = gapComment
			continue
		}
		k := token{kind: t.Kind, gap: g, start: int32(t.Start), end: int32(t.End), pair: -1, head: -1}
		g = gapNone
		k.inList = len(open) > 0 && r.toks[open[len(open)-1]].op == '['
		switch t.Kind {
		case sqltext.KindWord:
			if n := len(r.toks); n == 0 || r.toks[n-1].op != '.' && r.toks[n-1].op != ':' { // t.end is a column
				k.word = wordOf(r.src[t.Start:t.End])
			}
			switch k.word {
			case kInterval, kCollate, kLike:
				r.looksBack = true
			}
		case sqltext.KindPositional:
			r.params++
			k.ordinal = int32(r.params)
		case sqltext.KindOperator:
			if t.End == t.Start+1 {
				k.op = r.src[t.Start]
				r.looksBack = r.looksBack || k.op == ':'
			}
		}
		r.toks = append(r.toks, k)
		if open = r.pair(open); r.err != nil {
			return
		}
	}
}

// pair pairs the last token with the one that it closes.
func (r *rewriter) pair(open []int32) []int32 {
	i := len(r.toks) - 1
	t := &r.toks[i]
	switch {
	case t.op == '(' || t.op == '[' || t.word == kCase:
		if len(open) == maxDepth {
			r.fail(i, "brackets nest too deep")
		}
		return append(open, int32(i))
	case t.op == ')' || t.op == ']' || t.word == kEnd:
		n := len(open) - 1
		if n < 0 || !closes(&r.toks[open[n]], t) {
			r.fail(i, "this ends a construct that has not begun")
			return open
		}
		t.pair = open[n]
		r.toks[open[n]].pair = int32(i)
		return open[:n]
	}
	return open
}

// closes reports whether t closes what open opens.
func closes(open, t *token) bool {
	switch open.op {
	case '(':
		return t.op == ')'
	case '[':
		return t.op == ']'
	}
	return t.word == kEnd
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, c := range s {
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return -1
}

// text returns the token's text.
func (r *rewriter) text(i int) string { return r.src[r.toks[i].start:r.toks[i].end] }

// is reports whether token i is this keyword.
func (r *rewriter) is(i int, k keyword) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].word == k
}

// isOp reports whether token i is this operator of one character.
func (r *rewriter) isOp(i int, op byte) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].op == op
}

// isOperator reports whether token i is this operator.
func (r *rewriter) isOperator(i int, op string) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].kind == sqltext.KindOperator && r.text(i) == op
}

// isKind reports whether token i is of this kind.
func (r *rewriter) isKind(i int, k sqltext.Kind) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].kind == k
}

// isWord reports whether token i is this word, which no keyword stands for.
func (r *rewriter) isWord(i int, word string) bool {
	return r.isKind(i, sqltext.KindWord) && strings.EqualFold(r.text(i), word)
}

// next returns the token after the bracket or the token i.
func (r *rewriter) next(i int) int {
	if p := int(r.toks[i].pair); p > i {
		return p + 1
	}
	return i + 1
}

// operandEnd reports whether token i may be the last one of an operand.
func (r *rewriter) operandEnd(i int) bool {
	if i < 0 {
		return false
	}
	t := &r.toks[i]
	switch t.kind {
	case sqltext.KindOperator:
		return t.op == ')' || t.op == ']'
	case sqltext.KindWord:
		switch t.word {
		case kEnd, kNull, kTrue, kFalse:
			return true
		}
		return t.word == 0 || t.word >= firstSoft
	}
	return true
}

// primaryStart returns the first token of the operand that ends with token i: a
// literal, a name with its periods, a call with its clauses, a CASE, and the casts and
// brackets that follow one of these.
func (r *rewriter) primaryStart(i int) int {
	for i > 0 {
		t := &r.toks[i]
		switch {
		case t.head >= 0:
			return int(t.head)
		case t.op == ')' || t.op == ']' || t.word == kEnd:
			open := int(t.pair)
			switch {
			case t.word == kEnd:
				return open
			case r.is(open-1, kOver) || r.is(open-1, kFilter):
				i = open - 2
				continue
			case t.op == ')' && r.isKind(open-1, sqltext.KindIdentifier), t.op == ')' && r.called(open-1):
				i = open - 1
			case t.op == ']' && (r.operandEnd(open-1) && !r.is(open-1, kMap) && !r.is(open-1, kArray)):
				i = open - 1
				continue
			case t.op == ']' && open > 0 && (r.is(open-1, kMap) || r.is(open-1, kArray)):
				i = open - 1
			default:
				i = open
			}
		case t.kind == sqltext.KindText && r.isKind(i-1, sqltext.KindWord) && r.toks[i-1].word >= firstSoft:
			i-- // DATE 'text'
		}
		if !r.isOp(i-1, '.') && !r.isOperator(i-1, "::") || i < 2 {
			return i
		}
		i -= 2
	}
	return max(i, 0)
}

// called reports whether word i is the name of a call, and not a keyword before a
// bracket.
func (r *rewriter) called(i int) bool {
	if !r.isKind(i, sqltext.KindWord) {
		return false
	}
	w := r.toks[i].word
	return w == 0 || w >= firstSoft || callable[w]
}

// sumStart returns the first token of the sum, product or concatenation that ends with
// token i.
func (r *rewriter) sumStart(i int) int {
	first := 0
	for n := 0; ; n++ {
		i = r.primaryStart(i)
		if (r.isOp(i-1, '-') || r.isOp(i-1, '+')) && !r.operandEnd(i-2) {
			i-- // a sign
		}
		if n == 0 {
			first = i
		}
		if start, ok := r.starts[i]; ok {
			i = start
			break
		}
		if i < 2 || !r.sumOperator(i-1) || !r.operandEnd(i-2) {
			break
		}
		i -= 2
	}
	if i < first { // a long sum is not gone through again
		if r.starts == nil {
			r.starts = map[int]int{}
		}
		r.starts[first] = i
	}
	return i
}

func (r *rewriter) sumOperator(i int) bool {
	switch r.toks[i].op {
	case '+', '-', '*', '/', '%':
		return true
	}
	return r.isOperator(i, "||")
}
