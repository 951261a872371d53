package sqltext

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Statement is one parsed statement of the engine's dialect. It never changes
// and may be used concurrently.
type Statement struct {
	text  string
	marks []mark
	// names holds the names of :name and @name, in the order of their first
	// occurrence. index maps a name to its place in names.
	names []string
	index map[string]int
	// positional is the number of ?.
	positional int
	// numbered is the highest number of $1, :1 or ?1. gap is the lowest number below
	// it that does not occur, or 0.
	numbered, gap int
	// mixed is the index in marks of the first placeholder whose style is not the
	// first one's, or 0.
	mixed int
	// keyword is the statement's verb in upper case, or empty.
	keyword string
	// nested is the offset of the first comment with a /* in it, or -1.
	nested int
	// unsure is the offset of the first line comment with an unsure end, or -1.
	unsure int
}

// mark is a placeholder.
type mark struct {
	start, end int
	// arg is the argument's index: the place among the ?, the number from 0, or the
	// index in names.
	arg int
	// style is the way in which the placeholder is written.
	style style
	// list reports that the placeholder is a member of an IN list.
	list bool
	// padLeft and padRight report that a blank must separate a literal from its
	// neighbour.
	padLeft, padRight bool
}

// style is a way to write placeholders. A statement uses one style only.
type style uint8

const (
	styleQuestion       style = iota // ?
	styleQuestionNumber              // ?1
	styleDollar                      // $1
	styleColon                       // :1
	styleName                        // :name or @name
)

// Parse parses a statement. It returns a [SyntaxError] if the text is empty or not
// valid UTF-8, if a literal, quoted name or comment does not end, and if a second
// statement follows. After the first semicolon only white space, comments and
// semicolons are allowed.
func Parse(src string) (*Statement, error) {
	if i := invalid(src); i >= 0 {
		return nil, syntaxError(src, i, "the statement is not valid UTF-8")
	}
	p := parser{s: &Statement{nested: -1, unsure: -1}, src: src, end: -1}
	l := lexer{src: src}
	for {
		t, ok := l.next()
		if !ok {
			break
		}
		if err := p.take(t); err != nil {
			return nil, err
		}
	}
	if p.prev.kind == tokBlank {
		return nil, syntaxError(src, 0, "the statement is empty")
	}
	s := p.s
	if p.end < 0 {
		p.end = len(src)
	}
	p.settle(nil)
	s.findGap()
	s.text = strings.TrimRightFunc(src[:p.end], func(r rune) bool { return r == ';' || unicode.IsSpace(r) })
	for i := range s.marks {
		m := &s.marks[i]
		m.padLeft = m.start > 0 && !strings.ContainsRune(" \t\r\n([,", rune(s.text[m.start-1]))
		m.padRight = m.end < len(s.text) && !strings.ContainsRune(" \t\r\n)],", rune(s.text[m.end]))
	}
	return s, nil
}

// invalid returns the offset of the first byte in s that is not UTF-8, or -1.
func invalid(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	i := 0
	for {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

// parser is the state of Parse.
type parser struct {
	s   *Statement
	src string
	// prev is the latest token that is not trivia. At first it is a blank.
	prev token
	// brackets has an element for each open bracket, which is true if it begins
	// an IN list.
	brackets []bool
	// open is set while the latest mark may still be a member of an IN list.
	open bool
	// end is the offset of the first semicolon, or -1.
	end int
	// verb is the state of the search for the statement's verb.
	verb verbState
	// depth is the number of open brackets around WITH.
	depth int
}

type verbState uint8

const (
	verbWanted verbState = iota
	verbWith             // WITH was read: the verb comes after the common table expressions
	verbKnown
)

// take processes the next token.
func (p *parser) take(t token) error {
	if t.open {
		return syntaxError(p.src, t.start, unterminated(t.kind))
	}
	if t.nested && p.s.nested < 0 && p.end < 0 { // the text after the semicolon is not sent
		p.s.nested = t.start
	}
	if t.unsure && p.s.unsure < 0 && p.end < 0 {
		p.s.unsure = t.start
	}
	if t.trivia() {
		return nil
	}
	semicolon := t.kind == tokOperator && p.src[t.start] == ';'
	switch {
	case semicolon && p.prev.kind == tokBlank:
		return syntaxError(p.src, t.start, "a semicolon without a statement before it")
	case semicolon:
		if p.end < 0 {
			p.end = t.start
		}
		return nil
	case p.end >= 0:
		return syntaxError(p.src, t.start, "a second statement begins here: a call takes one statement")
	}
	p.settle(&t)
	p.findVerb(t)
	switch t.kind {
	case tokPositional, tokNamed, tokNumbered:
		p.mark(t)
	case tokOperator:
		p.bracket(t)
	case tokWord:
		// The brackets may hold a subquery instead of a list.
		if n := len(p.brackets); n > 0 && (p.is(t, "SELECT") || p.is(t, "VALUES")) {
			p.brackets[n-1] = false
		}
	}
	p.prev = t
	return nil
}

func unterminated(k kind) string {
	switch k {
	case tokText, tokBinary:
		return "the string that begins here does not end"
	case tokIdentifier:
		return "the quoted name that begins here does not end"
	default:
		return "the comment that begins here does not end"
	}
}

// is reports whether t is the word upper, in any letter case.
func (p *parser) is(t token, upper string) bool {
	return t.kind == tokWord && strings.EqualFold(p.src[t.start:t.end], upper)
}

// bracket updates the open brackets.
func (p *parser) bracket(t token) {
	switch p.src[t.start] {
	case '(':
		p.brackets = append(p.brackets, p.is(p.prev, "IN"))
	case '[':
		p.brackets = append(p.brackets, false)
	case ')', ']':
		if n := len(p.brackets); n > 0 {
			p.brackets = p.brackets[:n-1]
		}
	}
}

// mark records a placeholder.
func (p *parser) mark(t token) {
	s := p.s
	m := mark{start: t.start, end: t.end}
	switch t.kind {
	case tokPositional:
		m.style, m.arg = styleQuestion, s.positional
		s.positional++
	case tokNumbered:
		m.style = numberStyle(p.src[t.start])
		n, _ := strconv.Atoi(p.src[t.start+1 : t.end]) // a few digits
		m.arg = n - 1
		s.numbered = max(s.numbered, n)
	default:
		m.style, m.arg = styleName, s.name(p.src[t.start+1:t.end])
	}
	if len(s.marks) > 0 && s.mixed == 0 && m.style != s.marks[0].style {
		s.mixed = len(s.marks)
	}
	n := len(p.brackets)
	c := p.src[p.prev.start]
	p.open = n > 0 && p.brackets[n-1] && p.prev.kind == tokOperator && (c == '(' || c == ',')
	s.marks = append(s.marks, m)
}

// numberStyle returns the style of a numbered placeholder that begins with c.
func numberStyle(c byte) style {
	switch c {
	case '$':
		return styleDollar
	case ':':
		return styleColon
	default:
		return styleQuestionNumber
	}
}

// name returns the index of a placeholder's name in s.names. It adds the name if it
// is new.
func (s *Statement) name(name string) int {
	i, ok := s.index[name]
	if !ok {
		if s.index == nil {
			s.index = map[string]int{}
		}
		i = len(s.names)
		s.index[name] = i
		s.names = append(s.names, name)
	}
	return i
}

// findGap sets gap.
func (s *Statement) findGap() {
	if s.numbered == 0 {
		return
	}
	seen := make([]bool, len(s.marks)+1) // one more than marks, so that at least one is not seen
	for i := range s.marks {
		if arg := s.marks[i].arg; arg < len(seen) {
			seen[arg] = true
		}
	}
	if gap := 1 + slices.Index(seen, false); gap < s.numbered {
		s.gap = gap
	}
}

// settle decides whether the latest mark is a member of an IN list. t is the
// token after it; nil is the end of the text.
func (p *parser) settle(t *token) {
	if p.open && t != nil && t.kind == tokOperator && (p.src[t.start] == ')' || p.src[t.start] == ',') {
		p.s.marks[len(p.s.marks)-1].list = true
	}
	p.open = false
}

// findVerb looks for the statement's verb. It is the first word or, after WITH,
// the first verb that is not in further brackets.
func (p *parser) findVerb(t token) {
	switch {
	case p.verb == verbKnown || t.kind == tokOperator && p.src[t.start] == '(':
	case p.verb == verbWith:
		if t.kind != tokWord || len(p.brackets) != p.depth {
			return
		}
		switch word := strings.ToUpper(p.src[t.start:t.end]); word {
		case "SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE":
			p.verb, p.s.keyword = verbKnown, word
		}
	case t.kind != tokWord:
		p.verb = verbKnown
	default:
		p.verb, p.s.keyword = verbKnown, strings.ToUpper(p.src[t.start:t.end])
		if p.s.keyword == "WITH" {
			// If no verb follows, WITH remains the keyword.
			p.verb, p.depth = verbWith, len(p.brackets)
		}
	}
}

// Text returns the text to send if there are no arguments. It is the original text
// without the first semicolon and the text after it, and without white space at the
// end.
func (s *Statement) Text() string { return s.text }

// Keyword returns the statement's verb in upper case. It is the first word, in
// parentheses or not. After WITH it is the verb that follows the common table
// expressions, or WITH if no verb follows. Keyword returns "" for a statement that
// does not begin with a word.
func (s *Statement) Keyword() string { return s.keyword }

// ReturnsRows reports whether the statement returns rows: its keyword is SELECT, WITH,
// VALUES, TABLE, SHOW, DESCRIBE, DESC or EXPLAIN.
func (s *Statement) ReturnsRows() bool {
	switch s.keyword {
	case "SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN":
		return true
	}
	return false
}

// DML reports whether the statement changes rows: its keyword is INSERT, UPDATE, DELETE or
// MERGE.
func (s *Statement) DML() bool {
	switch s.keyword {
	case "INSERT", "UPDATE", "DELETE", "MERGE":
		return true
	}
	return false
}

// NumInput returns the number of arguments that the statement takes: the number of ?,
// the highest number, or the number of different names. It returns -1 if the statement
// has placeholders of two styles, because then no arguments are valid.
func (s *Statement) NumInput() int {
	if s.mixed > 0 {
		return -1
	}
	return s.positional + s.numbered + len(s.names)
}

// Bare reports whether the statement is valid without arguments: it has no ? and no
// ?1. The other placeholders may be syntax of the engine, so the text of a statement
// without arguments may contain them.
func (s *Statement) Bare() bool {
	return !slices.ContainsFunc(s.marks, func(m mark) bool { return m.style <= styleQuestionNumber })
}
