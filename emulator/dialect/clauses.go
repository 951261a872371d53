package dialect

import (
	"slices"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// verbs are the words with which a statement may begin.
var verbs = map[string]string{
	"select": "SELECT", "with": "WITH", "values": "VALUES", "table": "TABLE", "insert": "INSERT", "update": "UPDATE", "delete": "DELETE",
	"merge": "MERGE", "create": "CREATE", "alter": "ALTER", "drop": "DROP", "explain": "EXPLAIN", "show": "SHOW", "describe": "DESCRIBE",
	"desc": "DESC",
}

// statement writes all tokens.
func (r *rewriter) statement() {
	first := 0
	for r.isOp(first, '(') {
		first++
	}
	if first == len(r.toks) {
		r.fail(first, "the statement is empty")
		return
	}
	if r.isKind(first, sqltext.KindWord) {
		var buf [longestWord]byte
		r.verb = verbs[string(fold(&buf, r.text(first)))]
	}
	if r.verb == "" {
		r.fail(first, "a statement that begins with %s is not supported", r.text(first))
		return
	}
	r.out = slices.Grow(r.out, len(r.src)+len(r.src)/2+32)
	switch r.verb {
	case "CREATE", "ALTER", "DROP":
		r.definition(first)
	}
	r.emit(span{0, len(r.toks)})
}

// definition refuses to create, alter or drop anything but tables, views and schemas.
func (r *rewriter) definition(i int) {
	for i++; i < len(r.toks); i++ {
		switch strings.ToUpper(r.text(i)) {
		case "OR", "REPLACE", "TEMP", "TEMPORARY":
			continue
		case "TABLE", "VIEW", "SCHEMA":
			return
		}
		break
	}
	r.fail(i, "%s is supported for tables, views and schemas", r.verb)
}

// keyword writes the construct that begins with the keyword i.
func (r *rewriter) keyword(i, end int) int {
	switch w := r.toks[i].word; w {
	case kSelect:
		return r.selects(i, end)
	case kFrom:
		if !r.is(i-1, kDistinct) || !r.is(i-2, kIs) && !r.is(i-2, kNot) {
			r.scope.from = true
			return r.table(i)
		}
	case kJoin:
		return r.table(i)
	case kWhere:
		if r.scope.selects && !r.scope.from {
			r.fail(i, "WHERE without FROM is not supported: the engine refuses it")
		}
	case kUnion, kExcept, kIntersect:
		r.scope = scope{}
	case kCast, kTryCast:
		if r.isOp(i+1, '(') {
			return r.cast(i)
		}
	case kInterval:
		return r.interval(i)
	case kCollate:
		return r.collate(i)
	case kLike, kIlike:
		if r.isOp(i+1, '(') && !r.operandEnd(i-1) && !r.is(i-1, kNot) {
			return r.likeCall(i)
		}
		if w == kLike && (r.is(i+1, kSome) || r.is(i+1, kAny)) {
			return r.likeSome(i)
		}
	case kLateral:
		if r.is(i+1, kView) {
			return r.lateralView(i)
		}
	case kTable:
		if r.isOp(i+1, '(') && !r.is(i-1, kCreate) {
			return r.flatten(i)
		}
		if r.verb == "CREATE" {
			return r.createTable(i)
		}
	case kLeft, kRight:
		if r.isOp(i+1, '(') {
			return r.call(i, end)
		}
	default:
		if w > firstSoft {
			return r.soft(i, end)
		}
	}
	r.copy(i)
	return i + 1
}

// soft writes the construct that begins with a keyword that may be a name.
func (r *rewriter) soft(i, end int) int {
	switch w := r.toks[i].word; w {
	case kDate, kTimestamp, kTimestampTZ:
		if r.isKind(i+1, sqltext.KindText) && !r.operandEnd(i-1) {
			r.write(i, typedLiteral[w])
			r.space()
			r.string(i + 1)
			return i + 2
		}
	case kArray:
		if r.isOp(i+1, '[') {
			r.copy(i)
			return i + 1
		}
	case kMap:
		if r.isOp(i+1, '[') && !r.operandEnd(i-1) {
			return r.mapOf(i)
		}
	case kCurrentDate, kCurrentTimestamp:
		if !r.isOp(i+1, '(') && !r.isOp(i-1, '.') && !r.isOp(i+1, '.') && !r.is(i-1, kAs) {
			r.write(i, r.now("'UTC'", w == kCurrentDate))
			return i + 1
		}
	}
	return r.word(i, end)
}

var typedLiteral = map[keyword]string{kDate: "DATE", kTimestamp: "TIMESTAMP", kTimestampTZ: "TIMESTAMPTZ"}

// table refuses a string in the place of a table, which DuckDB reads as a file's name.
func (r *rewriter) table(i int) int {
	if r.isKind(i+1, sqltext.KindText) {
		r.fail(i+1, "a string is no table")
	}
	r.copy(i)
	return i + 1
}

// selects writes SELECT and its projection.
func (r *rewriter) selects(i, end int) int {
	r.scope = scope{selects: true}
	r.copy(i)
	i++
	for r.is(i, kDistinct) || r.is(i, kAll) {
		r.lead(i)
		r.copy(i)
		i++
	}
	for i < end {
		stop := i
		for stop < end && !r.isOp(stop, ',') && !r.endsProjection(stop) {
			stop = r.next(stop)
		}
		if stop > end || stop == i {
			return i
		}
		r.lead(i)
		r.item(span{i, stop})
		if i = stop; !r.isOp(i, ',') {
			break
		}
		r.lead(i)
		r.copy(i)
		i++
	}
	return i
}

// endsProjection reports whether token i begins a clause behind a projection.
func (r *rewriter) endsProjection(i int) bool {
	switch r.toks[i].word {
	case kFrom:
		return !r.is(i-1, kDistinct) || !r.is(i-2, kIs) && !r.is(i-2, kNot)
	case kGroup:
		return !r.is(i-1, kWithin)
	case kSelect, kWhere, kHaving, kOrder, kLimit, kOffset, kFetch, kUnion, kExcept, kIntersect, kQualify, kWindow, kInto, kLateral:
		return true
	}
	return r.isOp(i, ';')
}

// item writes an item of a projection. An expression without an alias gets its own text
// as the alias.
func (r *rewriter) item(s span) {
	aliased := r.aliased(s)
	if aliased {
		r.toks[s.to-1].fold = true
	}
	r.emit(s)
	if r.err != nil || aliased || r.plain(s) {
		return
	}
	r.write(s.from, ` AS "`)
	for i := s.from; i < s.to; i++ {
		if i > s.from && r.toks[i].gap != gapNone {
			r.out = append(r.out, ' ')
		}
		r.out = append(r.out, strings.ReplaceAll(r.text(i), `"`, `""`)...)
	}
	r.out = append(r.out, '"')
}

// plain reports whether DuckDB names an item by itself as it is written: a column, a
// literal of one token, or columns.
func (r *rewriter) plain(s span) bool {
	if s.to-s.from == 1 && !r.is(s.from, kCurrentDate) && !r.is(s.from, kCurrentTimestamp) && !r.isKind(s.from, sqltext.KindBinary) {
		return true
	}
	if r.isOp(s.to-1, '*') {
		return true
	}
	for i := s.from; i < s.to; i++ {
		if dot := (i-s.from)%2 == 1; dot != r.isOp(i, '.') || !dot && !r.isKind(i, sqltext.KindWord) && !r.isKind(i, sqltext.KindIdentifier) {
			return false
		}
	}
	return true
}

// aliased reports whether an item ends with an alias.
func (r *rewriter) aliased(s span) bool {
	last := s.to - 1
	t := &r.toks[last]
	if t.kind != sqltext.KindIdentifier && t.kind != sqltext.KindWord || t.head >= 0 || last == s.from {
		return r.is(last-1, kAs) && last > s.from
	}
	if r.is(last-1, kAs) {
		return true
	}
	return r.operandEnd(last-1) && (t.kind == sqltext.KindIdentifier || t.word == 0 || t.word > firstSoft)
}
