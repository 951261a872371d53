package dialect

import (
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// splitInterval reads "5 DAY".
func splitInterval(text string) (count, unit string, ok bool) {
	fields := strings.Fields(text)
	if len(fields) != 2 || len(fields[1]) > longestWord {
		return "", "", false
	}
	unit, ok = units[strings.ToLower(fields[1])]
	if _, err := strconv.ParseInt(fields[0], 10, 64); err != nil {
		ok = false
	}
	return fields[0], unit, ok
}

// intervalOf are DuckDB's functions of a number that return an interval.
var intervalOf = map[string]string{
	"millisecond": "to_milliseconds", "second": "to_seconds", "minute": "to_minutes", "hour": "to_hours", "day": "to_days",
	"week": "to_weeks", "month": "to_months", "quarter": "to_quarters", "year": "to_years",
}

// interval writes INTERVAL with a number or an expression and a unit.
func (r *rewriter) interval(i int) int {
	end, unit, ok := r.intervalEnd(i)
	if !ok {
		r.fail(i, "an interval is a number and a unit: INTERVAL 5 DAY, INTERVAL '5 DAY', INTERVAL '5' DAY or INTERVAL (n) 'day'")
		return i + 1
	}
	if r.is(end, kTo) {
		r.fail(end, "an interval of two units is not supported")
		return end
	}
	if text, isText := r.literal(span{i + 1, i + 2}); isText {
		count := text
		if end == i+2 {
			count, _, _ = splitInterval(text)
		}
		if _, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64); err != nil {
			r.fail(i+1, "the number of an interval must be an integer")
			return end
		}
		r.write(i, "INTERVAL '"+strings.TrimSpace(count)+" "+unit+"'")
		return end
	}
	if r.isKind(i+1, sqltext.KindNumber) {
		r.write(i, "INTERVAL '"+r.text(i+1)+" "+unit+"'")
		return end
	}
	number := "INTEGER"
	if fine(unit) {
		number = "BIGINT"
	}
	r.write(i, intervalOf[unit]+"(CAST(")
	r.emit(span{i + 1, end - 1})
	r.write(i, " AS "+number+"))")
	return end
}

// pathOf returns the JSON path that begins with the colon at token i, and the token
// behind it. It reports false where the path is not complete.
func (r *rewriter) pathOf(i int) (path string, end int, ok bool) {
	var b strings.Builder
	b.WriteByte('$')
	for ; ; i++ {
		switch {
		case r.isOp(i, ':') && r.isOp(i+1, '['):
		case r.isOp(i, ':') || r.isOp(i, '.'):
			i++
			switch {
			case r.isKind(i, sqltext.KindWord):
				b.WriteString(`."` + r.text(i) + `"`)
			case r.isKind(i, sqltext.KindIdentifier) && r.src[r.toks[i].start] == '"':
				b.WriteString("." + strings.ReplaceAll(r.text(i), `""`, `\"`))
			default:
				return "", i, false
			}
		case r.isOp(i, '[') && int(r.toks[i].pair) == i+2 && r.isKind(i+1, sqltext.KindNumber):
			b.WriteString("[" + r.text(i+1) + "]")
			i += 2
		case r.isOp(i, '[') && int(r.toks[i].pair) == i+2 && r.isKind(i+1, sqltext.KindText):
			b.WriteString(`."` + unquote(r.text(i+1)) + `"`)
			i += 2
		default:
			return b.String(), i, true
		}
	}
}

// path writes the path that begins with the colon at token i.
func (r *rewriter) path(i int) int {
	path, end, ok := r.pathOf(i)
	if !ok {
		r.fail(i, "a path is v:name, v:\"name\" or v:[0], and further .name and [0]")
		return i + 1
	}
	r.write(i, ", "+quote(path)+")")
	return end
}

// collate checks and drops the collation at token i.
func (r *rewriter) collate(i int) int {
	if !r.isWord(i+1, "UTF8_LCASE") {
		r.fail(i, "the collation is not supported: UTF8_LCASE is")
	}
	return i + 2
}

// likeCall writes LIKE(a, b) and ILIKE(a, b).
func (r *rewriter) likeCall(i int) int {
	c := r.open(i)
	defer r.close(&c)
	if len(c.args) != 2 {
		r.fail(i, "%s takes 2 arguments", strings.ToUpper(r.text(i)))
		return c.end
	}
	r.template(&c, "((#1) "+strings.ToUpper(r.text(i))+" (#2))")
	return c.end
}

// likeSome writes LIKE SOME (a, b) as the comparisons that it stands for.
func (r *rewriter) likeSome(i int) int {
	last, not := i-1, ""
	if r.is(last, kNot) {
		last, not = last-1, "NOT "
	}
	if !r.operandEnd(last) || !r.isOp(i+2, '(') {
		r.fail(i, "LIKE SOME takes patterns in brackets")
		return i + 1
	}
	left := span{r.sumStart(last), last + 1}
	c := r.open(i + 1)
	defer r.close(&c)
	for n, pattern := range c.args {
		if n > 0 {
			r.write(i, " OR ")
			r.emit(left)
			r.write(i, " "+not)
		}
		r.write(i, "LIKE ")
		r.emit(pattern)
	}
	return c.end
}

// mapOf writes MAP[keys, values].
func (r *rewriter) mapOf(i int) int {
	c := r.open(i)
	defer r.close(&c)
	if len(c.args) != 2 {
		r.fail(i, "a map is MAP[ARRAY[keys], ARRAY[values]]")
		return c.end
	}
	r.template(&c, "MAP(#1, #2)")
	return c.end
}

// difference refuses the difference of two dates, where the tokens show that they are.
func (r *rewriter) difference(i int) {
	if !r.operandEnd(i-1) || r.typeOf(span{r.primaryStart(i - 1), i}) != typDate {
		return
	}
	end := i + 1
	switch {
	case r.isKind(i+1, sqltext.KindWord) && r.isKind(i+2, sqltext.KindText):
		end = i + 3
	case r.is(i+1, kInterval):
		return
	case r.isOp(i+2, '('):
		end = r.next(i + 2)
	default:
		end++
	}
	if r.typeOf(span{i + 1, min(end, len(r.toks))}) == typDate {
		r.fail(i, "the difference of two dates is not supported: use DATE_DIFF")
	}
}

// lateralView writes LATERAL VIEW as a join with the array's elements.
func (r *rewriter) lateralView(i int) int {
	at := i
	i += 2
	outer := r.is(i, kOuter)
	if outer {
		i++
	}
	positions := r.isWord(i, "POSEXPLODE")
	if !positions && !r.isWord(i, "EXPLODE") || !r.isOp(i+1, '(') {
		r.fail(i, "LATERAL VIEW is supported with EXPLODE and POSEXPLODE")
		return i
	}
	array := r.unnamed(span{i + 2, int(r.toks[i+1].pair)})
	i = array.to + 1
	alias := span{i, i}
	if r.isName(i) {
		i++
		alias.to = i
	}
	columns := span{i, i}
	if r.is(i, kAs) {
		i++
		columns = span{i, i + 1}
		for i++; r.isOp(i, ',') && r.isName(i+1); i += 2 {
			columns.to = i + 2
		}
	}
	if columns.to > len(r.toks) || columns.to-columns.from > 3 {
		r.fail(at, "LATERAL VIEW EXPLODE has one column, or a map's two")
		return i
	}
	if outer {
		r.write(at, "LEFT JOIN LATERAL (SELECT ")
	} else {
		r.write(at, ", LATERAL (SELECT ")
	}
	if positions {
		r.positions(array, columns)
	} else {
		r.exploded(array, columns)
	}
	r.write(at, ")")
	r.emitAll(alias)
	if outer {
		r.write(at, " ON TRUE")
	}
	return i
}

// unnamed returns an argument without the name in input => x.
func (r *rewriter) unnamed(s span) span {
	if r.isWord(s.from, "INPUT") && r.isOperator(s.from+1, "=>") && s.from+2 < s.to {
		s.from += 2
	}
	return s
}

// exploded writes the projection of an array's elements, or of a map's keys and values.
func (r *rewriter) exploded(array, columns span) {
	at := array.from - 1
	column := func(function string, n int) {
		r.write(at, "UNNEST("+function)
		r.emit(array)
		r.write(at, ")"+strings.Repeat(")", strings.Count(function, "("))+" AS ")
		r.emit(span{n, n + 1})
	}
	switch columns.to - columns.from {
	case 0:
		r.write(at, "UNNEST(")
		r.emit(array)
		r.write(at, ") AS col")
	case 1:
		column("", columns.from)
	default:
		column("map_keys(", columns.from)
		r.write(at, ", ")
		column("map_values(", columns.to-1)
	}
}

// positions writes the projection of an array's elements and their positions, from 0.
func (r *rewriter) positions(array, columns span) {
	at := array.from - 1
	position, element := span{}, span{}
	if columns.to-columns.from == 3 {
		position, element = span{columns.from, columns.from + 1}, span{columns.to - 1, columns.to}
	} else if columns.to > columns.from {
		r.fail(columns.from, "LATERAL VIEW POSEXPLODE has two columns: the position and the element")
		return
	}
	alias := func(name span, unnamed string) {
		if name.to == name.from {
			r.write(at, unnamed)
			return
		}
		r.emit(name)
	}
	r.write(at, "CAST(UNNEST(range(length(")
	r.emit(array)
	r.write(at, "))) AS INTEGER) AS ")
	alias(position, "pos")
	r.write(at, ", UNNEST(")
	r.emit(array)
	r.write(at, ") AS ")
	alias(element, "col")
}

// isName reports whether token i is a name.
func (r *rewriter) isName(i int) bool {
	return r.isKind(i, sqltext.KindIdentifier) || r.isKind(i, sqltext.KindWord) && r.toks[i].word == 0
}

// flatten writes TABLE(FLATTEN(input => x)). Its column is "value".
func (r *rewriter) flatten(i int) int {
	end := int(r.toks[i+1].pair) + 1
	if !r.isWord(i+2, "FLATTEN") || !r.isOp(i+3, '(') || int(r.toks[i+3].pair)+2 != end {
		r.fail(i, "TABLE(...) is supported with FLATTEN")
		return end
	}
	array := r.unnamed(span{i + 4, end - 2})
	r.write(i, "LATERAL (SELECT UNNEST(")
	r.emit(array)
	r.write(i, `) AS "value")`)
	return end
}
