package sqltext

import (
	"iter"
	"slices"
)

// Piece is one statement of a script.
type Piece struct {
	// Start and End are the statement's place in the script, in bytes. The white space
	// around the statement and its semicolon lie outside. A comment before the statement
	// belongs to it.
	Start, End int
	// Terminated reports that a semicolon ends the statement.
	Terminated bool
	// Open reports that the script ends within a literal, a quoted name or a comment of
	// this statement.
	Open bool
}

// Split splits a script into statements at its semicolons, and not at those in
// literals, quoted names and comments. Semicolons without a statement before them, and
// comments behind the last semicolon, are left out. It accepts any bytes. Only the last
// piece may be unterminated.
func Split(script string) iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		var p Piece
		begun, found := false, false // whether p has a token, and one that is no comment
		sc := NewScanner(script)
		for {
			t, ok := sc.Next()
			if !ok {
				break
			}
			if t.Kind == KindBlank {
				continue
			}
			if t.Kind == KindOperator && script[t.Start] == ';' {
				p.Terminated = true
				if found && !yield(p) {
					return
				}
				p, begun, found = Piece{}, false, false
				continue
			}
			if !begun {
				p.Start, begun = t.Start, true
			}
			p.End, p.Open = t.End, t.Open
			found = found || t.Kind != KindComment || t.Open
		}
		if found {
			yield(p)
		}
	}
}

// Names returns the names of the placeholders :name and @name in the order of their
// first occurrence. It returns nil for a statement without such placeholders.
func (s *Statement) Names() []string { return slices.Clone(s.names) }
