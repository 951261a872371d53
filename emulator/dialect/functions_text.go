package dialect

import (
	"fmt"
	"strings"
)

// blanks has the characters that TRIM removes, as a literal of DuckDB's.
const blanks = "' \t\n\r\f\v'"

// text returns the rule of a function with a template, whose result is VARCHAR.
func text(least, most int, as string, more ...string) *function {
	return &function{min: least, max: most, as: as, more: more, typ: typVarchar}
}

var stringFunctions = map[string]*function{
	"concat":           text(1, -1, ""),
	"concat_ws":        {min: 1, max: -1, write: (*rewriter).concatWS, typ: typVarchar},
	"length":           {min: 1, max: 1, write: (*rewriter).length, cast: "INTEGER", typ: typInt},
	"len":              {min: 1, max: 1, write: (*rewriter).length, cast: "INTEGER", typ: typInt},
	"char_length":      {min: 1, max: 1, write: (*rewriter).length, cast: "INTEGER", typ: typInt},
	"character_length": {min: 1, max: 1, write: (*rewriter).length, cast: "INTEGER", typ: typInt},
	"lower":            text(1, 1, ""), "upper": text(1, 1, ""), "reverse": {min: 1, max: 1, write: (*rewriter).reverse}, "repeat": text(2, 2, ""),
	"ascii":     integer(1, ""),
	"initcap":   text(1, 1, "@initcap(#1)"),
	"replace":   text(2, 3, "replace(#1, #2, '')", "replace(#*)"),
	"trim":      {min: 1, max: 1, write: (*rewriter).trim, typ: typVarchar},
	"ltrim":     text(1, 2, "ltrim(#1, "+blanks+")", "ltrim(#2, #1)"),
	"rtrim":     text(1, 2, "rtrim(#1, "+blanks+")", "rtrim(#2, #1)"),
	"substring": text(1, 3, ""), // SUBSTRING(s FROM 1 FOR 2) is one argument
	"substr":    text(2, 3, ""),
	"left":      text(2, 2, `"left"(CAST(#1 AS VARCHAR), #2)`),
	"right":     text(2, 2, `"right"(CAST(#1 AS VARCHAR), #2)`),
	"lpad":      text(2, 3, "lpad(#1, #2, ' ')", "lpad(#*)"),
	"rpad":      text(2, 3, "rpad(#1, #2, ' ')", "rpad(#*)"),
	"locate":    {min: 2, max: 3, as: "instr(#2, #1)", more: []string{"@locate(#2, #1, #3)"}, cast: "INTEGER", typ: typInt},
	"charindex": {min: 2, max: 3, as: "instr(#2, #1)", more: []string{"@locate(#2, #1, #3)"}, cast: "INTEGER", typ: typInt},
	"strpos":    integer(2, "instr(#1, #2)"),
	"position":  {min: 1, max: 1, write: (*rewriter).position, cast: "INTEGER", typ: typInt},
	"instr": {min: 2, max: 4, as: "instr(#1, #2)", more: []string{"@locate(#1, #2, #3)", "@instr(#1, #2, #3, #4)"},
		cast: "INTEGER", typ: typInt},
	"contains_substr": {min: 2, max: 2, as: "contains(CAST(#1 AS VARCHAR), #2)", typ: typBoolean},
	"starts_with":     {min: 2, max: 2, as: "starts_with(#*)", typ: typBoolean},
	"startswith":      {min: 2, max: 2, as: "starts_with(#*)", typ: typBoolean},
	"ends_with":       {min: 2, max: 2, as: "ends_with(#*)", typ: typBoolean},
	"endswith":        {min: 2, max: 2, as: "ends_with(#*)", typ: typBoolean},
	"split":           {min: 2, max: 3, write: (*rewriter).split},
	"split_part":      text(3, 3, ""),
	"find_in_set":     integer(2, "coalesce(list_position(string_split(#2, ','), #1), 0)"),
	"soundex":         text(1, 1, "@soundex(#1)"),
	"md5":             text(1, 1, ""),
	"to_hex":          text(1, 1, "hex(#1)"),
	"to_utf8":         {min: 1, max: 1, as: "encode(#1)", typ: typBinary},
	"unbase64_binary": {min: 1, max: 1, as: "from_base64(#1)", typ: typBinary},
	"url_decode":      text(1, 1, ""),
	"format":          {min: 1, max: -1, write: (*rewriter).printf, typ: typVarchar},
	"translate":       text(3, 3, ""),
}

var regexpFunctions = map[string]*function{
	"regexp_like":        {min: 2, max: 2, write: pattern("regexp_matches(#*)"), typ: typBoolean},
	"regexp_contains":    {min: 2, max: 2, write: pattern("regexp_matches(#*)"), typ: typBoolean},
	"regexp_extract":     {min: 2, max: 3, write: pattern("regexp_extract(#1, #2, 1)", "regexp_extract(#*)"), typ: typVarchar},
	"regexp_extract_all": {min: 2, max: 3, write: pattern("regexp_extract_all(#1, #2, 1)", "regexp_extract_all(#*)")},
	"regexp_replace":     {min: 2, max: 4, write: (*rewriter).regexpReplace, typ: typVarchar},
	"regexp_count": {min: 2, max: 4, write: pattern("length(regexp_extract_all(#1, #2))", "length(regexp_extract_all(substr(#1, #3), #2))",
		"length(regexp_extract_all(substr(#1, #3), #2, 0, #4))"),
		cast: "INTEGER", typ: typInt},
}

// length writes LENGTH(x): of a string in characters, of bytes in bytes.
func (r *rewriter) length(c *call) {
	if r.typeOf(c.args[0]) == typBinary {
		r.template(c, "octet_length(#1)")
		return
	}
	r.template(c, "length(#1)")
}

// reverse writes REVERSE(x) of a string or an array.
func (r *rewriter) reverse(c *call) {
	if r.is(c.args[0].from, kArray) {
		r.template(c, "list_reverse(#1)")
		return
	}
	r.copy(c.at)
	r.template(c, "(#1)")
}

// concatWS writes CONCAT_WS(sep, ...). An array counts as its elements.
func (r *rewriter) concatWS(c *call) {
	r.write(c.at, "concat_ws(")
	for n, a := range c.args {
		if n > 0 {
			r.write(c.at, ", ")
		}
		if n > 0 && r.is(a.from, kArray) && r.isOp(a.from+1, '[') && r.next(a.from+1) == a.to {
			r.write(c.at, "array_to_string(")
			r.emit(a)
			r.write(c.at, ", ")
			r.emit(c.args[0])
			r.write(c.at, ")")
			continue
		}
		r.emit(a)
	}
	r.write(c.at, ")")
}

// trim writes TRIM(s) and TRIM([BOTH | LEADING | TRAILING] [chars] FROM s).
func (r *rewriter) trim(c *call) {
	a := c.args[0]
	side := ""
	for _, word := range []string{"BOTH", "LEADING", "TRAILING"} {
		if a.to-a.from > 1 && r.isWord(a.from, word) {
			side = word
			a.from++
			break
		}
	}
	from := a.from
	for from < a.to && !r.is(from, kFrom) {
		from = r.next(from)
	}
	if from >= a.to {
		if side != "" {
			r.fail(c.at, "TRIM(%s ...) takes FROM and a string", side)
		}
		r.template(c, "trim(#1, "+blanks+")")
		return
	}
	name := map[string]string{"LEADING": "ltrim(", "TRAILING": "rtrim("}[side]
	if name == "" {
		name = "trim("
	}
	r.write(c.at, name)
	r.emit(span{from + 1, a.to})
	r.write(c.at, ", ")
	if from > a.from {
		r.emit(span{a.from, from})
	} else {
		r.write(c.at, blanks)
	}
	r.write(c.at, ")")
}

// position writes POSITION(a IN b [FROM n]).
func (r *rewriter) position(c *call) {
	a := c.args[0]
	in, from := a.from, a.to
	for in < a.to && !r.is(in, kIn) {
		in = r.next(in)
	}
	for n := in; n < a.to; n = r.next(n) {
		if r.is(n, kFrom) {
			from = n
		}
	}
	if in <= a.from || in+1 >= from || from+1 == a.to {
		r.fail(c.at, "POSITION takes a string, IN and a string")
		return
	}
	function, tail := "instr(", span{}
	if from < a.to {
		function, tail = macroCatalog+"locate(", span{from + 1, a.to}
	}
	r.write(c.at, function)
	r.emit(span{in + 1, from})
	r.write(c.at, ", ")
	r.emit(span{a.from, in})
	if tail.to > 0 {
		r.write(c.at, ", ")
		r.emit(tail)
	}
	r.write(c.at, ")")
}

// printf writes FORMAT(text, ...): %s takes a value of any type.
func (r *rewriter) printf(c *call) {
	text, _ := r.format(c, 0, "format")
	var kinds []byte
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		for i++; i < len(text)-1 && strings.IndexByte("-+ #0123456789.", text[i]) >= 0; i++ {
		}
		if text[i] != '%' {
			kinds = append(kinds, text[i])
		}
	}
	if len(kinds) != len(c.args)-1 {
		r.fail(c.args[0].from, "FORMAT has %d arguments for %d specifiers", len(c.args)-1, len(kinds))
		return
	}
	r.write(c.at, "printf("+quote(text))
	for n, kind := range kinds {
		if kind == 's' {
			r.template(c, fmt.Sprintf(", CAST(#%d AS VARCHAR)", n+2))
			continue
		}
		r.write(c.at, ", ")
		r.emit(c.args[n+1])
	}
	r.write(c.at, ")")
}

// pattern returns the writer of a function whose second argument is a regular
// expression: with the template for the fewest arguments, and for one more.
func pattern(templates ...string) func(r *rewriter, c *call) {
	return func(r *rewriter, c *call) {
		r.checkPattern(c)
		r.template(c, templates[min(len(c.args)-2, len(templates)-1)])
	}
}

// checkPattern refuses the forms of Java's regular expressions that RE2 does not have.
func (r *rewriter) checkPattern(c *call) {
	text, ok := r.literal(c.args[1])
	if !ok {
		return
	}
	inClass := false
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case text[i] == '\\':
			i++
		case inClass:
			inClass = text[i] != ']' || i > 0 && text[i-1] == '[' && text[i] == ']'
		case text[i] == '[':
			inClass = true
		case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") || strings.HasPrefix(rest, "(?<=") ||
			strings.HasPrefix(rest, "(?<!") || strings.HasPrefix(rest, "(?>"):
			r.fail(c.args[1].from, "a regular expression with %s is not supported: DuckDB has RE2's", rest[:3])
		case len(rest) > 1 && rest[1] == '+' && strings.IndexByte("*+?}", rest[0]) >= 0:
			r.fail(c.args[1].from, "a possessive quantifier is not supported: DuckDB has RE2's regular expressions")
		}
	}
}

// regexpReplace writes REGEXP_REPLACE(s, re[, replacement[, position]]), which replaces all
// matches from a position on. Java's $1 stands for a group.
func (r *rewriter) regexpReplace(c *call) {
	r.checkPattern(c)
	subject, before := "#1", ""
	if len(c.args) == 4 {
		subject, before = "substr(#1, #4)", "(substr(#1, 1, (#4) - 1) || "
	}
	r.template(c, before+"regexp_replace("+subject+", #2, ")
	r.replacement(c)
	r.template(c, ", 'g')"+strings.Repeat(")", min(len(before), 1)))
}

// replacement writes the replacement of REGEXP_REPLACE with DuckDB's \1 for Java's $1.
func (r *rewriter) replacement(c *call) {
	if len(c.args) == 2 {
		r.write(c.at, "''")
		return
	}
	text, ok := r.literal(c.args[2])
	if !ok {
		r.template(c, `regexp_replace(#3, '\$(\d)', '\\\1', 'g')`)
		return
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text): // \$ is a dollar
			i++
			if text[i] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(text[i])
		case text[i] == '$' && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9':
			b.WriteByte('\\')
		default:
			b.WriteByte(text[i])
		}
	}
	r.write(c.at, quote(b.String()))
}

// split writes SPLIT(s, re[, limit]).
func (r *rewriter) split(c *call) {
	r.checkPattern(c)
	if len(c.args) == 2 {
		r.template(c, "regexp_split_to_array(#1, #2)")
		return
	}
	r.template(c, "@split(#1, #2, #3)")
}
