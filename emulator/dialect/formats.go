package dialect

import "strings"

// percent maps the specifiers of MySQL's DATE_FORMAT to DuckDB's.
var percent = map[byte]string{
	'Y': "%Y", 'y': "%y", 'm': "%m", 'c': "%-m", 'M': "%B", 'b': "%b", 'd': "%d", 'e': "%-d", 'j': "%j", 'a': "%a", 'W': "%A",
	'H': "%H", 'k': "%-H", 'h': "%I", 'I': "%I", 'l': "%-I", 'i': "%M", 's': "%S", 'S': "%S", 'p': "%p", 'f': "%f",
	'T': "%H:%M:%S", 'r': "%I:%M:%S %p", 'v': "%V", 'x': "%G", '%': "%%",
}

// percentFormat makes an argument's format with percent signs the call's literal. It
// reports whether the format has a fraction of seconds.
func (r *rewriter) percentFormat(c *call, n int) (fraction bool) {
	text, _ := r.format(c, n, "format")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if i == len(text) || percent[text[i]] == "" {
			r.fail(c.args[n].from, "the specifier %s is not supported", text[i-1:min(i+1, len(text))])
			return false
		}
		fraction = fraction || text[i] == 'f'
		b.WriteString(percent[text[i]])
	}
	c.literal = quote(b.String())
	return fraction
}

// javaTokens are those of Java's date formats with DuckDB's specifiers, the longest of
// a letter first.
var javaTokens = [...]struct{ token, spec string }{
	{"yyyy", "%Y"}, {"yy", "%y"}, {"y", "%Y"}, {"YYYY", "%Y"}, {"YY", "%y"}, {"MMMM", "%B"}, {"MMM", "%b"}, {"MM", "%m"}, {"M", "%-m"},
	{"dd", "%d"}, {"d", "%-d"}, {"HH", "%H"}, {"H", "%-H"}, {"hh", "%I"}, {"h", "%-I"}, {"mm", "%M"}, {"m", "%-M"},
	{"ss", "%S"}, {"s", "%-S"}, {"SSSSSS", "%f"}, {"SSS", "%g"}, {"a", "%p"}, {"EEEE", "%A"}, {"EEE", "%a"}, {"E", "%a"}, {"D", "%-j"},
}

// javaFormat makes an argument's format with Java's letters the call's literal.
func (r *rewriter) javaFormat(c *call, n int) {
	text, _ := r.format(c, n, "format")
	var b strings.Builder
	for text != "" {
		switch {
		case text[0] == '\'':
			rest := text[1:]
			end := strings.IndexByte(rest, '\'')
			if end < 0 {
				r.fail(c.args[n].from, "the format has a quote that does not end")
				return
			}
			if end == 0 {
				b.WriteByte('\'')
			}
			b.WriteString(strings.ReplaceAll(rest[:end], "%", "%%"))
			text = rest[end+1:]
			continue
		case text[0] == '%':
			b.WriteString("%%")
			text = text[1:]
			continue
		case 'A' > text[0]&^0x20 || text[0]&^0x20 > 'Z':
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		run := 1
		for run < len(text) && text[run] == text[0] {
			run++
		}
		spec := javaSpec(text[:run])
		if spec == "" {
			r.fail(c.args[n].from, "the letters %s of the format are not supported", text[:run])
			return
		}
		b.WriteString(spec)
		text = text[run:]
	}
	c.literal = quote(b.String())
}

// javaSpec returns DuckDB's specifier for letters of Java's, or nothing.
func javaSpec(letters string) string {
	for _, t := range javaTokens {
		if t.token == letters {
			return t.spec
		}
	}
	return ""
}
