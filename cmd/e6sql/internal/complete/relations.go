package complete

import (
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/words"
)

// relationsOf returns the tables that the words of a statement name after FROM, JOIN,
// INTO and UPDATE, and the names that WITH defines.
func relationsOf(all []word) (relations []relation, tables []string) {
	with := len(all) > 0 && all[0].is("WITH")
	depth, listDepth := 0, -1 // listDepth is the depth of a FROM whose list goes on
	for i := 0; i < len(all); i++ {
		w := all[i]
		switch {
		case w.op("("):
			depth++
		case w.op(")"):
			depth--
		case with && w.is("AS") && i > 0 && i+1 < len(all) && all[i+1].op("("):
			if name, ok := all[i-1].name(); ok {
				tables = append(tables, name)
			}
		}
		switch {
		case w.is("FROM"), w.is("JOIN"), w.is("INTO"), w.is("UPDATE"):
			listDepth = depth
		case w.op(",") && depth == listDepth:
		case depth == listDepth && endsList(w):
			listDepth = -1
			continue
		default:
			continue
		}
		if r, n := relationAt(all[i+1:]); n > 0 {
			relations = append(relations, r)
			i += n
		}
	}
	return relations, tables
}

// endsList reports whether a keyword ends the list of tables.
func endsList(w word) bool {
	switch strings.ToUpper(w.text) {
	case "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "SELECT", "SET", "VALUES", "ON", "USING", "QUALIFY":
		return true
	}
	return false
}

// relationAt returns the table at the start of the words, and the number of its words.
func relationAt(all []word) (r relation, n int) {
	for n < len(all) {
		name, ok := all[n].name()
		if !ok || words.IsKeyword(all[n].text) {
			return relation{}, 0
		}
		r.path = append(r.path, name)
		n++
		if n >= len(all) || !all[n].op(".") {
			break
		}
		n++
	}
	if len(r.path) == 0 {
		return r, 0
	}
	at := n
	if at < len(all) && all[at].is("AS") {
		at++
	}
	if at < len(all) {
		if name, ok := all[at].name(); ok && !words.IsKeyword(all[at].text) {
			r.alias, n = name, at+1
		}
	}
	return r, n
}
