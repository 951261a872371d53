package dialect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// rewriter writes one statement.
type rewriter struct {
	src   string
	opts  Options
	toks  []token
	out   []byte
	marks []mark
	err   error

	// looksBack is set where an operator may change how its operand is written.
	looksBack bool
	inserts   []insert
	// starts are the sums that begin before an operand, by the operand's first token.
	starts map[int]int
	// summed are the sums whose intervals are found, by their first token.
	summed map[int]bool
	at     map[int][]int // the places in inserts, by the tokens
	// folding is set where names become those of columns.
	folding bool
	// closed is the last token behind which inserts were written, or -1.
	closed int
	params int
	verb   string
	// args are those of the calls that are open, one behind the other.
	args []span
	// scope has the clauses of the innermost query.
	scope scope
}

// reset makes a rewriter ready for a statement. It keeps the memory of the slices, unless
// a large statement made them large.
func (r *rewriter) reset(sql string, opts Options) {
	const keep = 1 << 12
	old := *r
	*r = rewriter{src: sql, opts: opts}
	if cap(old.toks) <= keep && cap(old.out) <= 16*keep && cap(old.marks) <= keep && cap(old.args) <= keep {
		r.toks, r.out, r.marks, r.args, r.inserts = old.toks[:0], old.out[:0], old.marks[:0], old.args[:0], old.inserts[:0]
	}
}

// span is the tokens from one to before another.
type span struct{ from, to int }

// scope has the clauses of a query that were written so far.
type scope struct{ selects, from bool }

// insert is the text that the rewriter writes around an operand because of a later operator.
type insert struct {
	after bool // it stands after a token, and not before one
	// around is the span between the insert and its other half. A span that has only a
	// part of it is written without them.
	around span
	text   string
	// operand is written between text and tail, unless it is empty.
	operand span
	tail    string
}

// fail reports that the statement cannot be rewritten, because of token i. The first
// report counts.
func (r *rewriter) fail(i int, format string, args ...any) {
	at := len(r.src)
	if i < len(r.toks) {
		at = int(r.toks[i].start)
	}
	r.failAt(at, format, args...)
}

func (r *rewriter) failAt(offset int, format string, args ...any) {
	if r.err == nil {
		e := &Error{Offset: offset, Reason: fmt.Sprintf(format, args...)}
		e.Line, e.Column = sqltext.Place(r.src, offset)
		r.err = e
	}
}

// write appends text that stands for the construct at token i.
func (r *rewriter) write(i int, text string) {
	r.mark(int(r.toks[i].start), false)
	r.out = append(r.out, text...)
}

// mark records the place in the source of the next output.
func (r *rewriter) mark(src int, same bool) {
	if n := len(r.marks); n > 0 {
		m := r.marks[n-1]
		if m.same == same && (same && int(m.src)+len(r.out)-int(m.out) == src || !same && int(m.src) == src) {
			return
		}
	}
	r.marks = append(r.marks, mark{out: int32(len(r.out)), src: int32(src), same: same})
}

// copy writes token i as it is.
func (r *rewriter) copy(i int) {
	t := &r.toks[i]
	r.mark(int(t.start), true)
	r.out = append(r.out, r.src[t.start:t.end]...)
}

// lead writes the white space between token i and the token before it. It writes a blank in
// the place of a comment, and where two tokens must not fuse.
func (r *rewriter) lead(i int) {
	t := &r.toks[i]
	if t.gap == gapBlank {
		from := int32(0)
		if i > 0 {
			from = r.toks[i-1].end
		}
		if white := r.src[from:t.start]; ascii(white) {
			r.mark(int(from), true)
			r.out = append(r.out, white...)
			return
		}
	}
	if t.gap != gapNone || i > 0 && r.fuses(i) {
		r.out = append(r.out, ' ')
	}
}

// fuses reports whether DuckDB would read token i and the one before it as one: a||-1
// has an operator ||- there, E'x' is another string, and 0x1 another number.
func (r *rewriter) fuses(i int) bool {
	before, t := &r.toks[i-1], &r.toks[i]
	if t.kind == sqltext.KindOperator {
		return symbol(before) && symbol(t)
	}
	return before.kind != sqltext.KindOperator || before.op == '&'
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// symbol reports whether a token is an operator of signs that could fuse with another.
func symbol(t *token) bool {
	return t.kind == sqltext.KindOperator && strings.IndexByte("()[],.:;", t.op) < 0
}

// space writes a blank unless one stands there.
func (r *rewriter) space() {
	if n := len(r.out); n > 0 && r.out[n-1] != ' ' && r.out[n-1] != '(' {
		r.out = append(r.out, ' ')
	}
}

// emit writes the tokens of a span, without the white space before the first one.
func (r *rewriter) emit(s span) {
	for i := s.from; i < s.to && r.err == nil; {
		if i > s.from {
			r.lead(i)
		}
		if r.toks[i].before {
			r.insertBefore(i, s)
		}
		r.closed = -1
		i = r.one(i, s.to)
		if i > s.to { // a construct that its brackets cut off
			r.fail(s.to, "the construct before this is not complete")
			return
		}
		if r.toks[i-1].after && r.closed != i-1 {
			r.insertAfter(i-1, s)
			r.closed = i - 1
		}
		if len(r.out) > 16*len(r.src)+1<<16 {
			r.fail(i-1, "the statement repeats too much in DuckDB's dialect")
		}
	}
}

// emitAll writes a span as emit does, after a blank.
func (r *rewriter) emitAll(s span) {
	r.space()
	r.emit(s)
}

func (r *rewriter) insertBefore(i int, s span) {
	at := r.at[i]
	for n := len(at) - 1; n >= 0; n-- {
		if in := &r.inserts[at[n]]; !in.after && in.around.to <= s.to {
			r.write(i, in.text)
		}
	}
}

func (r *rewriter) insertAfter(i int, s span) {
	for _, n := range r.at[i] {
		in := r.inserts[n]
		if !in.after || in.around.from < s.from {
			continue
		}
		r.write(i, in.text)
		if in.operand.to > in.operand.from {
			r.emit(in.operand)
			r.write(i, in.tail)
		}
	}
}

// around inserts text around the tokens of a span.
func (r *rewriter) around(s span, text string, after insert) {
	after.after, after.around = true, s
	n := len(r.inserts)
	r.inserts = append(r.inserts, insert{around: s, text: text}, after)
	if r.at == nil {
		r.at = map[int][]int{}
	}
	r.at[s.from] = append(r.at[s.from], n)
	r.at[s.to-1] = append(r.at[s.to-1], n+1)
	r.toks[s.from].before, r.toks[s.to-1].after = true, true
}

// one writes the construct that begins with token i and returns the token after it. The
// span ends before token end.
func (r *rewriter) one(i, end int) int {
	t := &r.toks[i]
	switch t.kind {
	case sqltext.KindText:
		r.string(i)
	case sqltext.KindBinary:
		r.binary(i)
	case sqltext.KindPositional:
		r.placeholder(i)
	case sqltext.KindNamed, sqltext.KindNumbered:
		r.fail(i, "the placeholder %s is not supported: the engine takes ?", r.text(i))
	case sqltext.KindOperator:
		return r.operator(i)
	case sqltext.KindIdentifier:
		if r.src[t.start] == '`' {
			r.fail(i, "a name in backticks is not supported: quote it with \"")
		} else if r.isOp(i+1, '(') && r.callable(i) {
			return r.call(i, end)
		}
		r.copy(i)
	case sqltext.KindWord:
		if t.word != 0 {
			return r.keyword(i, end)
		}
		return r.word(i, end)
	default:
		r.copy(i)
	}
	return i + 1
}

// placeholder writes a ? with its number: DuckDB's text may have the placeholders in
// another order, or twice.
func (r *rewriter) placeholder(i int) {
	r.write(i, "$")
	r.out = strconv.AppendInt(r.out, int64(r.toks[i].ordinal), 10)
}

// word writes a word that is no keyword: a call or a name.
func (r *rewriter) word(i, end int) int {
	if r.isOp(i+1, '(') && r.callable(i) {
		return r.call(i, end)
	}
	r.name(i)
	return i + 1
}

// operator writes an operator or a bracket.
func (r *rewriter) operator(i int) int {
	switch t := &r.toks[i]; t.op {
	case '(':
		outer, folding := r.scope, r.folding
		r.scope = scope{}
		r.folding = folding || r.operandEnd(i-1) && !clauses[r.toks[i-1].word] // an alias with columns
		r.copy(i)
		r.inside(i)
		r.scope, r.folding = outer, folding
		return int(t.pair) + 1
	case '[':
		if !r.operandEnd(i-1) && !r.is(i-1, kArray) {
			r.fail(i, "a list in brackets is not supported: write ARRAY[...]")
		}
		r.copy(i)
		r.inside(i)
		return int(t.pair) + 1
	case ':':
		if !t.inList && r.operandEnd(i-1) {
			return r.path(i)
		}
		r.fail(i, "the operator : is not supported here")
	case ';':
		r.fail(i, "a semicolon is not supported: a call takes one statement, without one at its end")
	case '-':
		r.difference(i)
		r.copy(i)
	case ')', ']', ',', '.', '+', '*', '/', '%', '=', '<', '>', '&', '|':
		if t.op == '*' && r.isOp(i-1, '*') {
			r.fail(i, "the operator ** is not supported: use POWER")
		}
		r.copy(i)
	default:
		return r.longOperator(i)
	}
	return i + 1
}

// inside writes the tokens in the brackets that token i opens, and the closing bracket.
func (r *rewriter) inside(i int) {
	end := int(r.toks[i].pair)
	if i+1 < end {
		r.lead(i + 1)
	}
	r.emit(span{i + 1, end})
	r.lead(end)
	r.copy(end)
}

// longOperator writes an operator of more than one character.
func (r *rewriter) longOperator(i int) int {
	switch op := r.text(i); op {
	case "::":
		r.copy(i)
		return r.castType(i + 1)
	case "||", "<=", ">=", "<>", "!=", "<<", ">>", "=>":
		r.copy(i)
	case "->", "->>":
		r.fail(i, "the operator %s is not supported outside a lambda", op)
	default:
		r.fail(i, "the operator %s is not supported", op)
	}
	return i + 1
}
