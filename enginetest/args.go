package enginetest

import (
	"regexp"
	"slices"
	"strings"
)

// HandleArgs is [Server.Handle] for a statement with placeholders: ?, ?1, $1, :1, :name
// or @name. The server plays r for the statement with any arguments. An argument may be a
// literal in the text, or a list of literals where the placeholder is a member of an IN
// list. It may also be a parameter of the engine: the text then has a ? or the
// placeholder itself:
//
//	srv.HandleArgs("SELECT name FROM users WHERE id = ? AND seen > ?", result)
//
// White space and comments are not compared. Letters are compared, with their case. A
// statement of Handle takes precedence over one of HandleArgs, and a later statement of
// HandleArgs over an earlier one. [Literals] returns the literals of a recorded call's
// statement. A text that cannot be split into tokens is compared as Handle does. With a
// nil r the server forgets the statement.
func (s *Server) HandleArgs(sql string, r *Result) {
	tokens, ok := tokenize(sql)
	if !ok {
		s.Handle(sql, r)
		return
	}
	var p *program
	if r != nil {
		p = r.compile()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	patterns := slices.DeleteFunc(slices.Clone(s.script.patterns), func(x pattern) bool { return slices.Equal(x.tokens, tokens) })
	if p != nil {
		patterns = append(patterns, pattern{tokens, p})
	}
	s.script.patterns = patterns
}

// pattern is a statement with placeholders, and the program that is played for it. A
// pattern never changes.
type pattern struct {
	tokens  []token
	program *program
}

// token is a piece of a statement that is neither white space nor a comment.
type token struct {
	text string
	kind tokenKind
	// list is set on a placeholder that is a member of an IN list.
	list bool
}

type tokenKind int

const (
	tokenOther       tokenKind = iota
	tokenWord                  // a name or keyword
	tokenLiteral               // a string, binary literal or number
	tokenPlaceholder           // see HandleArgs
)

var sqlPlaceholder = regexp.MustCompile(`\A(?:\?\d*|\$\d+|[:@](?:\d+|[\pL_][\pL\pM\p{Nd}_]*))`)

// tokenize splits a statement into tokens. It is not ok when a string, a quoted name or
// a comment has no end.
func tokenize(sql string) (out []token, ok bool) {
	var inList []bool // for each open bracket
	for pos := 0; pos < len(sql); {
		rest := sql[pos:]
		if two := rest[:min(2, len(rest))]; two == "::" || two == "@@" {
			out = append(out, token{text: two})
			pos += 2
			continue
		}
		if p := sqlPlaceholder.FindString(rest); p != "" {
			out = append(out, token{text: p, kind: tokenPlaceholder, list: len(inList) > 0 && inList[len(inList)-1]})
			pos += len(p)
			continue
		}
		m := sqlToken.FindStringSubmatch(rest)
		if unended(m, rest) {
			return nil, false
		}
		switch {
		case m[1] != "" && (m[1][0] == '-' || m[1][0] == '/'), strings.TrimSpace(m[0]) == "":
		case m[2] != "":
			out = append(out, token{text: strings.ToUpper(m[2]) + " " + m[3], kind: tokenLiteral})
		case m[3] != "" || m[4] != "" || m[5] != "":
			out = append(out, token{text: m[0], kind: tokenLiteral})
		case m[6] != "":
			out = append(out, token{text: m[0], kind: tokenWord})
		default:
			switch m[0] {
			case "(":
				inList = append(inList, len(out) > 0 && out[len(out)-1].is("IN"))
			case ")":
				inList = inList[:max(len(inList)-1, 0)]
			}
			out = append(out, token{text: m[0]})
		}
		pos += len(m[0])
	}
	return out, true
}

// is reports whether t is this word, in any case.
func (t token) is(upper string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, upper)
}

// match reports whether a statement is the pattern with arguments.
func (p *pattern) match(statement []token) bool {
	ends := []int{0} // where the tokens of the pattern so far may have ended, ascending
	for _, t := range p.tokens {
		var next []int
		lists := map[int]bool{}
		for _, at := range ends {
			switch {
			case at < len(statement) && (statement[at] == t || t.kind == tokenPlaceholder && statement[at].text == "?"):
				next = append(next, at+1)
			case t.kind == tokenPlaceholder:
				next = append(next, values(statement, at, t.list, lists)...)
			}
		}
		slices.Sort(next)
		if ends = slices.Compact(next); len(ends) == 0 {
			return false
		}
	}
	return ends[len(ends)-1] == len(statement)
}

// values returns the positions at which a literal that begins at a token may end: one
// position, or, for a list of literals, the end of each literal. It stops at a literal
// whose beginning is in seen, and adds the beginnings of the others to seen.
func values(tokens []token, at int, list bool, seen map[int]bool) (ends []int) {
	for !seen[at] {
		seen[at] = true
		end := value(tokens, at)
		if end < 0 {
			return ends
		}
		ends = append(ends, end)
		if !list || end >= len(tokens) || tokens[end].text != "," {
			return ends
		}
		at = end + 1
	}
	return ends
}

// value returns the position after the literal that begins at a token, or -1 when none
// begins there. A literal is one token, a number with a sign, CAST(literal AS type), or
// one of these in parentheses. Parentheses may also hold a difference of two literals,
// which is how the least BIGINT is written.
func value(tokens []token, at int) int {
	text := func(i int) string {
		if i < len(tokens) && tokens[i].kind == tokenOther {
			return tokens[i].text
		}
		return ""
	}
	if at >= len(tokens) {
		return -1
	}
	switch t := tokens[at]; {
	case t.kind == tokenLiteral, t.is("TRUE"), t.is("FALSE"), t.is("NULL"):
		return at + 1
	case text(at) == "-" || text(at) == "+":
		if at+1 < len(tokens) && tokens[at+1].kind == tokenLiteral {
			return at + 2
		}
	case text(at) == "(":
		end := value(tokens, at+1)
		if end >= 0 && text(end) == "-" {
			end = value(tokens, end+1)
		}
		if end >= 0 && text(end) == ")" {
			return end + 1
		}
	case t.is("CAST") && text(at+1) == "(":
		end := value(tokens, at+2)
		if end < 0 || end >= len(tokens) || !tokens[end].is("AS") {
			return -1
		}
		for depth := 1; end < len(tokens); end++ {
			switch text(end) {
			case "(":
				depth++
			case ")":
				if depth--; depth == 0 {
					return end + 1
				}
			}
		}
	}
	return -1
}

// untagged returns a normal statement without the comment that a QueryTag puts before it.
func untagged(sql string) string {
	if rest, ok := strings.CutPrefix(sql, "/*"); ok {
		if _, after, ok := strings.Cut(rest, "*/"); ok {
			return normal(after)
		}
	}
	return sql
}

// sameSQL reports whether two statements are equal. White space around them and a
// QueryTag do not count.
func sameSQL(a, b string) bool {
	a, b = normal(a), normal(b)
	return a == b || untagged(a) == untagged(b)
}
