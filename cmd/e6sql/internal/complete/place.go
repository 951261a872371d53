package complete

import (
	"slices"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// wanted is the kind of continuation that fits a place.
type wanted uint8

const (
	wantNothing       wanted = iota
	wantStatement            // the first word of a statement
	wantExpression           // a column, function or keyword
	wantRelation             // a table
	wantAfterRelation        // a keyword after a table
	wantType                 // a type, after ::
)

// place is the place in a statement at which somebody types.
type place struct {
	want wanted
	// start is the offset of the word that is being typed.
	start int
	// prefix is the part of the word before the cursor, without quotes. quoted reports
	// that it begins with a quote.
	prefix string
	quoted bool
	// path holds the names before the word, as in catalog.schema.word.
	path []string
	// relations are the tables of the whole statement.
	relations []relation
	// tables are the names that WITH defines.
	tables []string
}

// relation is a table in a statement.
type relation struct {
	path  []string
	alias string
}

// name returns the name by which the statement's expressions call the table.
func (r relation) name() string {
	if r.alias != "" {
		return r.alias
	}
	return r.path[len(r.path)-1]
}

// word is a token that is neither white space nor a comment.
type word struct {
	sqltext.Token
	text string
}

func (w word) is(upper string) bool {
	return w.Kind == sqltext.KindWord && strings.EqualFold(w.text, upper)
}

func (w word) op(op string) bool { return w.Kind == sqltext.KindOperator && w.text == op }

// name returns the name that w stands for, and whether it is one.
func (w word) name() (string, bool) {
	switch w.Kind {
	case sqltext.KindWord:
		return w.text, true
	case sqltext.KindIdentifier:
		return unquote(w.text), true
	}
	return "", false
}

// unquote returns the content of a quoted name, which may lack the quote at its end.
func unquote(text string) string {
	quote := text[:1]
	body := text[1:]
	if strings.HasSuffix(body, quote) {
		body = body[:len(body)-1]
	}
	return strings.ReplaceAll(body, quote+quote, quote)
}

// findPlace describes the place at the offset cursor in src.
func findPlace(src string, cursor int) place {
	before, after, blocked := statementAround(src, cursor)
	if blocked {
		return place{start: cursor}
	}
	p := place{start: cursor}
	before = p.cutWord(before, cursor)
	p.want = wantedAfter(before)
	p.relations, p.tables = relationsOf(slices.Concat(before, after))
	return p
}

// statementAround returns the words of the statement around the cursor: those that
// begin before it and those behind it. blocked reports that the cursor is in a comment
// or a text.
func statementAround(src string, cursor int) (before, after []word, blocked bool) {
	scanner := sqltext.NewScanner(src)
	for {
		t, ok := scanner.Next()
		if !ok {
			return before, after, false
		}
		if t.Start >= cursor && t.Kind == sqltext.KindOperator && src[t.Start] == ';' {
			return before, after, false
		}
		inside := t.Start < cursor && (cursor < t.End || cursor == t.End && t.Open)
		switch t.Kind {
		case sqltext.KindBlank:
			continue
		case sqltext.KindComment:
			line := !strings.HasPrefix(src[t.Start:], "/*")
			if inside || line && cursor == t.End {
				return nil, nil, true
			}
			continue
		case sqltext.KindText, sqltext.KindBinary:
			if inside {
				return nil, nil, true
			}
		case sqltext.KindOperator:
			if src[t.Start] == ';' {
				before = before[:0]
				continue
			}
		}
		w := word{t, src[t.Start:t.End]}
		if t.Start < cursor {
			if inside {
				w.text, w.End = src[t.Start:cursor], cursor
			}
			before = append(before, w)
		} else {
			after = append(after, w)
		}
	}
}

// cutWord removes the word at the cursor and the path before it from the words, and
// stores them in p.
func (p *place) cutWord(before []word, cursor int) []word {
	n := len(before)
	if n > 0 && before[n-1].End == cursor {
		last := before[n-1]
		closed := last.Kind == sqltext.KindIdentifier && !last.Open && len(last.text) > 1 && last.text[len(last.text)-1] == last.text[0]
		if name, ok := last.name(); ok && !closed {
			p.start, p.prefix, p.quoted = last.Start, name, last.Kind == sqltext.KindIdentifier
			n--
		}
	}
	for n >= 2 && before[n-1].op(".") {
		name, ok := before[n-2].name()
		if !ok {
			break
		}
		p.path = append([]string{name}, p.path...)
		n -= 2
	}
	return before[:n]
}

// wantedAfter returns the kind of continuation that fits after the words.
func wantedAfter(words []word) wanted {
	if len(words) == 0 {
		return wantStatement
	}
	state := wantStatement
	var outer []wanted
	for i, w := range words {
		switch {
		case w.op("("):
			outer = append(outer, state)
			state = wantExpression
		case w.op(")"):
			state = wantExpression
			if n := len(outer); n > 0 {
				state, outer = outer[n-1], outer[:n-1]
			}
			if state == wantRelation {
				state = wantAfterRelation
			}
		case w.op("::"):
			state = wantType
		case w.op(","):
			if state == wantAfterRelation {
				state = wantRelation
			}
		case w.op("."):
		case w.Kind == sqltext.KindWord && clause(w) != wantNothing:
			state = clause(w)
		case state == wantType:
			state = wantExpression
		case state == wantRelation && (i+1 >= len(words) || !words[i+1].op(".")):
			state = wantAfterRelation
		}
	}
	if words[len(words)-1].is("AS") && state != wantRelation {
		return wantNothing // a new name
	}
	return state
}

// clause returns the kind of continuation after a keyword, or wantNothing if the keyword
// changes nothing.
func clause(w word) wanted {
	switch strings.ToUpper(w.text) {
	case "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "DESCRIBE", "VIEW":
		return wantRelation
	case "SELECT", "WHERE", "ON", "BY", "HAVING", "QUALIFY", "SET", "VALUES", "AND", "OR", "NOT", "CASE", "WHEN", "THEN",
		"ELSE", "USING", "LIMIT", "OFFSET", "DISTINCT", "WITH":
		return wantExpression
	case "EXPLAIN", "UNION", "EXCEPT", "INTERSECT", "ALL":
		return wantExpression
	}
	return wantNothing
}
