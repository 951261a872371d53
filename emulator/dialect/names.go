package dialect

import (
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// callable reports whether the name or word i, which an opening bracket follows, is a
// function, and not the name of a table or alias with its columns.
func (r *rewriter) callable(i int) bool {
	if r.operandEnd(i-1) && !r.beforeCall(i-1) || r.isKind(i, sqltext.KindWord) && notCalled[r.toks[i].word] {
		return false
	}
	first := i
	for r.isOp(first-1, '.') {
		first -= 2
	}
	switch {
	case r.is(first-1, kInto), r.is(first-1, kAs), r.is(first-1, kReferences), r.is(first-1, kView):
		return false
	case r.is(first-1, kTable), r.is(first-1, kExists) && r.is(first-2, kNot):
		return false
	case r.is(i-1, kWith), r.is(i-1, kRecursive), r.isOp(i-1, ','):
		after := int(r.toks[i+1].pair) + 1
		if r.is(after, kAs) && (r.isOp(after+1, '(') || r.is(after+1, kMaterialized) || r.is(after+1, kNot)) {
			return false // a common table expression
		}
	}
	if first < i {
		r.fail(first, "a function with a period in its name is not supported")
	}
	return true
}

// beforeCall reports whether token i looks like a name, but is a word after which an
// expression stands.
func (r *rewriter) beforeCall(i int) bool {
	if !r.isKind(i, sqltext.KindWord) || r.toks[i].word != 0 {
		return false
	}
	switch strings.ToLower(r.text(i)) {
	case "zone":
		return r.isWord(i-1, "time")
	case "rows", "range", "groups":
		return r.is(i-1, kBy) || r.operandEnd(i-1) || r.is(i-1, kDesc) || r.is(i-1, kAsc)
	case "first", "next":
		return r.is(i-1, kFetch)
	case "both", "leading", "trailing":
		return r.isOp(i-1, '(')
	}
	return false
}

// name writes a word that is a name: quoted where DuckDB reserves it, and in lower case
// where it names a column of a result, since DuckDB would keep its letters.
func (r *rewriter) name(i int) {
	text := r.text(i)
	var buf [longestWord]byte
	if folded := fold(&buf, text); quoted[string(folded)] && !r.spoken(i, string(folded)) {
		r.write(i, `"`+string(folded)+`"`)
		return
	}
	if lower := strings.ToLower(text); lower != text && (r.folding || r.toks[i].fold || r.is(i-1, kAs) || r.is(i-1, kView)) {
		r.write(i, lower)
		return
	}
	r.copy(i)
}

// spoken reports whether a word that could be a name is part of a clause.
func (r *rewriter) spoken(i int, word string) bool {
	switch word {
	case "at":
		return r.isWord(i+1, "time")
	case "semi", "anti":
		return r.is(i+1, kJoin)
	case "only":
		return r.isWord(i-1, "rows") || r.isWord(i-1, "row")
	case "do":
		return r.isWord(i+1, "nothing") || r.is(i+1, kUpdate)
	case "column", "foreign":
		return r.verb == "ALTER" || r.verb == "CREATE"
	case "show", "describe":
		return i == 0
	case "analyze":
		return r.isWord(i-1, "explain")
	}
	return false
}
