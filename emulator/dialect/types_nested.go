package dialect

import "strings"

// openTypes returns how many brackets < of a column's type are not closed in a span.
func (r *rewriter) openTypes(s span) (n int) {
	for i := s.from; i < s.to; i++ {
		n += r.angles(i)
	}
	return n
}

// angles returns 1 for <, -1 for > and -2 for >>.
func (r *rewriter) angles(i int) int {
	switch {
	case r.isOp(i, '<'):
		return 1
	case r.isOp(i, '>'):
		return -1
	case r.isOperator(i, ">>"):
		return -2
	}
	return 0
}

// nestedColumn writes the definition of a column of type ARRAY<T>, MAP<K, V> or
// STRUCT<name T, ...>.
func (r *rewriter) nestedColumn(s span) {
	end := s.from + 3
	for depth := 1; depth > 0 && end < s.to; end++ {
		depth += r.angles(end)
	}
	written := r.src[r.toks[s.from+1].start:r.toks[end-1].end]
	duck, rest, ok := columnType(written, 0)
	if !ok || rest != "" {
		r.fail(s.from+1, "a column of type %s is not supported", written)
		return
	}
	r.toks[s.from].fold = true
	r.emit(span{s.from, s.from + 1})
	r.write(s.from+1, " "+duck)
	if end < s.to {
		r.emitAll(span{end, s.to})
	}
}

const maxTypeDepth = 32

// columnType returns the DuckDB type for the type that text begins with, and the rest of the
// text.
func columnType(text string, depth int) (duck, rest string, ok bool) {
	word, rest := cutWord(text)
	name := typ(strings.ToUpper(word))
	inner, nested := strings.CutPrefix(rest, "<")
	if !nested {
		return scalarType(name, rest)
	}
	if depth == maxTypeDepth {
		return "", rest, false
	}
	var members []string
	for {
		field := ""
		if name == "STRUCT" {
			if field, inner = cutWord(inner); field == "" {
				return "", inner, false
			}
			inner = strings.TrimPrefix(inner, ":")
			field = `"` + strings.ToLower(field) + `" `
		}
		member, after, ok := columnType(inner, depth+1)
		if !ok {
			return "", after, false
		}
		members = append(members, field+member)
		if inner, ok = strings.CutPrefix(after, ","); !ok {
			break
		}
	}
	rest, closed := strings.CutPrefix(inner, ">")
	rest = strings.TrimLeft(rest, " \t\r\n")
	switch {
	case !closed:
	case name == "ARRAY" && len(members) == 1:
		return members[0] + "[]", rest, true
	case name == "MAP" && len(members) == 2:
		return "MAP(" + strings.Join(members, ", ") + ")", rest, true
	case name == "STRUCT":
		return "STRUCT(" + strings.Join(members, ", ") + ")", rest, true
	}
	return "", rest, false
}

// cutWord cuts letters, digits and underscores off the beginning of text, and the white space
// around them.
func cutWord(text string) (word, rest string) {
	const white = " \t\r\n"
	text = strings.TrimLeft(text, white)
	end := 0
	for end < len(text) && (text[end] == '_' || text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' || text[end] >= '0' && text[end] <= '9') {
		end++
	}
	return text[:end], strings.TrimLeft(text[end:], white)
}

// scalarType returns the DuckDB type for a type without members, whose size may stand at the
// beginning of rest.
func scalarType(name typ, rest string) (duck, after string, ok bool) {
	if other, found := synonyms[name]; found {
		name = other
	}
	duck, ok = castTypes[name]
	size, after, found := strings.Cut(rest, ")")
	if !ok || !found || !strings.HasPrefix(size, "(") {
		return duck, rest, ok
	}
	if strings.Trim(size[1:], "0123456789, ") != "" {
		return "", rest, false
	}
	if sized[name] {
		duck += size + ")"
	}
	return duck, strings.TrimLeft(after, " \t\r\n"), true
}
