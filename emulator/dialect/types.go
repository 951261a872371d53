package dialect

import (
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// typ is a type that the tokens of an expression show.
type typ string

// The types; typUnknown is that of a column, for example.
const (
	typUnknown   typ = ""
	typBoolean   typ = "BOOLEAN"
	typInt       typ = "INT"
	typBigint    typ = "BIGINT"
	typFloat     typ = "FLOAT"
	typDouble    typ = "DOUBLE"
	typDecimal   typ = "DECIMAL"
	typVarchar   typ = "VARCHAR"
	typBinary    typ = "VARBINARY"
	typDate      typ = "DATE"
	typTimestamp typ = "TIMESTAMP"
	typTZ        typ = "TIMESTAMP_TZ"
	typJSON      typ = "JSON"
	typInterval  typ = "INTERVAL"
	typParameter typ = "a parameter's"
	typNull      typ = "NULL"
)

// castTypes are the types that a cast may name, in DuckDB's words.
var castTypes = map[typ]string{
	typBoolean: "BOOLEAN", typInt: "INTEGER", typBigint: "BIGINT", typFloat: "FLOAT", typDouble: "DOUBLE", typDecimal: "DECIMAL",
	typVarchar: "VARCHAR", "CHAR": "VARCHAR", typBinary: "BLOB", typDate: "DATE", typTimestamp: "TIMESTAMP",
	typTZ: "TIMESTAMPTZ", typJSON: "JSON",
}

// synonyms are the types that only the columns of a table may have, with those that they
// become.
var synonyms = map[typ]typ{
	"TINYINT": typInt, "SMALLINT": typInt, "INTEGER": typInt, "TEXT": typVarchar, "STRING": typVarchar, "BINARY": typBinary,
	"NUMERIC": typDecimal, "LONG": typBigint, "BOOL": typBoolean, "REAL": typFloat,
}

// sized has the types that keep their size in DuckDB.
var sized = map[typ]bool{typDecimal: true, typVarchar: true, "CHAR": true}

// refusedCasts are casts that the engine's documentation rules out, from one type to
// another.
var refusedCasts = map[[2]typ]bool{
	{typInt, typDate}: true, {typBigint, typDouble}: true, {typFloat, typBigint}: true, {typBoolean, typInt}: true,
}

// castType writes the type that begins with token i and returns the token behind it.
func (r *rewriter) castType(i int) int {
	if !r.isKind(i, sqltext.KindWord) {
		r.fail(i, "a type is missing")
		return i
	}
	name := typ(strings.ToUpper(r.text(i)))
	duck, ok := castTypes[name]
	if !ok {
		if hint, ok := synonyms[name]; ok {
			r.fail(i, "a cast to %s is not supported: the engine's type is %s", name, hint)
		} else {
			r.fail(i, "a cast to %s is not supported", name)
		}
		return i + 1
	}
	return r.typeArguments(i, name, duck)
}

// typeArguments writes a type and its size, and returns the token behind them.
func (r *rewriter) typeArguments(i int, name typ, duck string) int {
	r.write(i, duck)
	if !r.isOp(i+1, '(') {
		return i + 1
	}
	end := int(r.toks[i+1].pair)
	for n := i + 2; n < end; n++ {
		if !r.isKind(n, sqltext.KindNumber) && !r.isOp(n, ',') {
			r.fail(n, "the size of a type is a number")
		}
	}
	if sized[name] {
		r.write(i+1, r.src[r.toks[i+1].start:r.toks[end].end])
	}
	return end + 1
}

// cast writes CAST(x AS type).
func (r *rewriter) cast(i int) int {
	end := int(r.toks[i+1].pair)
	as := i + 2
	for as < end && !r.is(as, kAs) {
		as = r.next(as)
	}
	if as >= end {
		r.fail(i, "a cast is CAST(x AS type)")
		return end + 1
	}
	value := span{i + 2, as}
	if as+1 < end && r.isKind(as+1, sqltext.KindWord) {
		if from, to := r.declared(value), typ(strings.ToUpper(r.text(as+1))); refusedCasts[[2]typ{from, to}] {
			r.fail(i, "a cast from %s to %s is not supported: the engine refuses it", from, to)
		}
	}
	r.copy(i)
	r.copy(i + 1)
	r.emit(value)
	r.write(as, " AS ")
	if n := r.castType(as + 1); n != end {
		r.fail(min(n, end), "the cast has more than a type")
	}
	r.copy(end)
	return end + 1
}

// createTable writes the columns of a CREATE TABLE. Their types have more names than those of
// a cast.
func (r *rewriter) createTable(i int) int {
	r.copy(i)
	for i++; i < len(r.toks) && r.err == nil && !r.isOp(i, '(') && !r.is(i, kAs); {
		r.lead(i)
		r.toks[i].fold = !r.is(i, kIf)
		i = r.one(i, len(r.toks))
	}
	if r.err != nil {
		return i
	}
	if !r.isOp(i, '(') || r.is(i+1, kSelect) || r.is(i+1, kWith) {
		return i
	}
	c := r.open(i - 1)
	defer r.close(&c)
	r.write(i, " (")
	for n := 0; n < len(c.args); n++ {
		if n > 0 {
			r.write(i, ", ")
		}
		column := c.args[n]
		for r.openTypes(column) > 0 && n+1 < len(c.args) { // MAP<INT, INT> has a comma
			n++
			column.to = c.args[n].to
		}
		r.column(column)
	}
	r.write(i, ")")
	return c.end
}

// column writes the definition of a column.
func (r *rewriter) column(s span) {
	if !r.isName(s.from) && r.toks[s.from].word < firstSoft || s.to-s.from < 2 || !r.isKind(s.from+1, sqltext.KindWord) {
		r.emit(s)
		return
	}
	if r.isOp(s.from+2, '<') {
		r.nestedColumn(s)
		return
	}
	name := typ(strings.ToUpper(r.text(s.from + 1)))
	if other, ok := synonyms[name]; ok {
		name = other
	}
	duck, ok := castTypes[name]
	if !ok {
		r.fail(s.from+1, "a column of type %s is not supported", name)
		return
	}
	r.toks[s.from].fold = true
	r.emit(span{s.from, s.from + 1})
	r.write(s.from, " ")
	if rest := r.typeArguments(s.from+1, name, duck); rest < s.to {
		r.emitAll(span{rest, s.to})
	}
}

// typeOf returns the type of an expression where its tokens show it.
func (r *rewriter) typeOf(s span) typ {
	if s.to <= s.from {
		return typUnknown
	}
	first, last := &r.toks[s.from], s.to-1
	if first.op == '(' && int(first.pair) == last {
		return r.typeOf(span{s.from + 1, last})
	}
	if s.to-s.from > 2 && r.isOperator(last-1, "::") && r.isKind(last, sqltext.KindWord) {
		return r.named(last)
	}
	if s.to-s.from == 1 {
		return r.typeOfOne(s.from)
	}
	if s.to-s.from == 2 && r.isKind(last, sqltext.KindText) {
		switch first.word {
		case kDate, kTimestamp, kTimestampTZ:
			return r.named(s.from)
		}
	}
	if r.toks[last].head == int32(s.from) {
		return typInterval
	}
	if !r.isOp(s.from+1, '(') || int(r.toks[s.from+1].pair) != last || first.kind != sqltext.KindWord {
		return typUnknown
	}
	if first.word == kCast || first.word == kTryCast {
		for as := s.from + 2; as < last; as = r.next(as) {
			if r.is(as, kAs) {
				return r.named(as + 1)
			}
		}
		return typUnknown
	}
	var buf [longestWord]byte
	if f := functions[string(fold(&buf, r.text(s.from)))]; f != nil {
		return f.typ
	}
	return typUnknown
}

// declared returns the type of a literal or a cast. The type of a function may be this
// package's choice, so declared returns typUnknown for it.
func (r *rewriter) declared(s span) typ {
	if r.isOp(s.from+1, '(') && !r.is(s.from, kCast) && !r.is(s.from, kTryCast) {
		return typUnknown
	}
	return r.typeOf(s)
}

// named returns the type that a word names.
func (r *rewriter) named(i int) typ {
	name := typ(strings.ToUpper(r.text(i)))
	if _, ok := castTypes[name]; !ok {
		return typUnknown
	}
	return name
}

// typeOfOne returns the type of an expression of one token.
func (r *rewriter) typeOfOne(i int) typ {
	switch r.toks[i].kind {
	case sqltext.KindText:
		return typVarchar
	case sqltext.KindBinary:
		return typBinary
	case sqltext.KindPositional:
		return typParameter
	case sqltext.KindNumber:
		switch text := r.text(i); {
		case strings.ContainsAny(text, "eE"):
			return typDouble
		case strings.Contains(text, "."):
			return typDecimal
		case len(text) > 9:
			return typBigint
		}
		return typInt
	}
	switch r.toks[i].word {
	case kTrue, kFalse:
		return typBoolean
	case kNull:
		return typNull
	case kCurrentDate:
		return typDate
	case kCurrentTimestamp:
		return typTimestamp
	}
	return typUnknown
}
