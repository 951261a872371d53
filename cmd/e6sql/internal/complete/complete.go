package complete

import (
	"slices"
	"strings"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/words"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// Kind is the kind of a [Candidate].
type Kind string

// The kinds of candidates.
const (
	KindCatalog  Kind = "catalogs"
	KindSchema   Kind = "schemas"
	KindTable    Kind = "tables"
	KindColumn   Kind = "columns"
	KindFunction Kind = "functions"
	KindType     Kind = "types"
	KindKeyword  Kind = "keywords"
)

// Candidate is a possible continuation.
type Candidate struct {
	// Text replaces the word at the cursor. A name that needs quotes has them.
	Text string
	Kind Kind
	// Detail describes the candidate, such as a column's type. It may be empty.
	Detail string
}

// Lists are the known names of the engine. The methods do not wait: they return what is
// known, report whether that is the whole list, and may request the list in the
// background. An empty catalog or schema means the current one. The methods of
// *session.Metadata do that.
type Lists interface {
	KnownCatalogs() ([]e6data.Catalog, bool)
	KnownSchemas(catalog string) ([]string, bool)
	KnownTables(catalog, schema string) ([]string, bool)
	KnownColumns(catalog, schema, table string) ([]e6data.Column, bool)
}

// Result is the answer of [SQL].
type Result struct {
	// Start is the offset of the word that the candidates replace. It ends at the
	// cursor.
	Start int
	// Candidates are those that fit, grouped by kind.
	Candidates []Candidate
	// Loading reports that a list has not arrived yet.
	Loading bool
}

// SQL returns the continuations at the offset cursor in src, which may be a part of a
// statement or several statements. It does not wait.
func SQL(src string, cursor int, lists Lists) Result {
	p := findPlace(src, cursor)
	f := finder{lists: lists, place: p, lower: p.prefix == strings.ToLower(p.prefix)}
	switch p.want {
	case wantStatement:
		f.keywords("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "DESCRIBE", "EXPLAIN", "SHOW", "VALUES", "TABLE")
	case wantRelation:
		f.relations()
	case wantAfterRelation:
		f.keywords("JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "ON", "USING", "WHERE", "GROUP", "ORDER", "HAVING",
			"LIMIT", "UNION", "EXCEPT", "INTERSECT", "QUALIFY", "LATERAL", "SET", "VALUES", "SELECT", "AS")
	case wantExpression:
		f.expression()
	case wantType:
		for _, name := range words.Types() {
			f.word(name, KindType, "")
		}
	case wantNothing:
	}
	return Result{Start: p.start, Candidates: f.found, Loading: f.loading}
}

// Tables returns the continuations at the end of text as the name of a table, with its
// schema and catalog if they are there. It serves the shell's own commands.
func Tables(text string, lists Lists) Result {
	const from = "FROM "
	r := SQL(from+text, len(from)+len(text), lists)
	r.Start -= len(from)
	r.Candidates = slices.DeleteFunc(r.Candidates, func(c Candidate) bool { return c.Kind == KindKeyword })
	return r
}

// finder collects candidates.
type finder struct {
	lists Lists
	place
	// lower reports that keywords are written in lower case.
	lower   bool
	found   []Candidate
	loading bool
}

// matches reports whether the word at the cursor may become name.
func (f *finder) matches(name string) bool {
	return len(name) >= len(f.prefix) && strings.EqualFold(name[:len(f.prefix)], f.prefix)
}

func (f *finder) add(c Candidate) {
	if !slices.ContainsFunc(f.found, func(o Candidate) bool { return o.Text == c.Text }) {
		f.found = append(f.found, c)
	}
}

// catalogs returns the names of the catalogs.
func (f *finder) catalogs() []string {
	list, ok := f.lists.KnownCatalogs()
	f.loading = f.loading || !ok
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	return names
}

// schemas returns the schemas of a catalog.
func (f *finder) schemas(catalog string) []string {
	list, ok := f.lists.KnownSchemas(catalog)
	f.loading = f.loading || !ok
	return list
}

// tablesOf adds the tables of a schema.
func (f *finder) tablesOf(catalog, schema string) {
	list, ok := f.lists.KnownTables(catalog, schema)
	f.loading = f.loading || !ok
	f.names(list, KindTable)
}

func (f *finder) names(list []string, kind Kind) {
	for _, name := range list {
		f.name(name, kind, "")
	}
}

// name adds a name of the engine.
func (f *finder) name(name string, kind Kind, detail string) {
	if !f.matches(name) {
		return
	}
	text := name
	if f.quoted || !plain(name) {
		text = sqltext.Identifier(name)
	}
	f.add(Candidate{Text: text, Kind: kind, Detail: detail})
}

// plain reports whether a name needs no quotes.
func plain(name string) bool {
	for i, r := range name {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		case i > 0 && r >= '0' && r <= '9':
		default:
			return false
		}
	}
	return name != "" && !words.IsKeyword(name)
}

// word adds a word of the language, in the letter case of the word at the cursor.
func (f *finder) word(name string, kind Kind, detail string) {
	if f.quoted || len(f.path) > 0 || !f.matches(name) {
		return
	}
	if f.lower && f.prefix != "" {
		name = strings.ToLower(name)
	}
	f.add(Candidate{Text: name, Kind: kind, Detail: detail})
}

func (f *finder) keywords(list ...string) {
	for _, name := range list {
		f.word(name, KindKeyword, "")
	}
}

// relations adds the tables, schemas and catalogs that fit.
func (f *finder) relations() {
	switch len(f.path) {
	case 0:
		for _, name := range f.tables {
			f.name(name, KindTable, "with")
		}
		f.tablesOf("", "")
		f.names(f.schemas(""), KindSchema)
		f.names(f.catalogs(), KindCatalog)
		if f.prefix != "" {
			f.keywords("SELECT", "LATERAL", "UNNEST", "VALUES")
		}
	case 1:
		// The name is a schema of the current catalog, or a catalog, or both.
		name := f.path[0]
		if contains(f.catalogs(), name) {
			f.names(f.schemas(name), KindSchema)
		}
		if contains(f.schemas(""), name) {
			f.tablesOf("", name)
		}
	case 2:
		f.tablesOf(f.path[0], f.path[1])
	}
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) })
}

// expression adds columns, names of tables, functions and keywords.
func (f *finder) expression() {
	for _, r := range f.place.relations {
		if f.means(r) {
			f.columns(r)
		}
	}
	if len(f.path) > 0 {
		return
	}
	for _, r := range f.place.relations {
		f.name(r.name(), KindTable, strings.Join(r.path, "."))
	}
	if f.prefix == "" {
		return // hundreds of words would hide the columns
	}
	for _, fn := range words.Functions() {
		f.word(fn.Name, KindFunction, "("+fn.Args+")")
	}
	f.keywords(words.Keywords()...)
	for _, name := range words.Types() {
		f.word(name, KindType, "")
	}
}

// means reports whether the path before the word may stand for a table: it is empty, or
// the end of the table's path, or its alias.
func (f *finder) means(r relation) bool {
	switch {
	case len(f.path) == 0:
		return true
	case r.alias != "":
		return len(f.path) == 1 && strings.EqualFold(f.path[0], r.alias)
	case len(f.path) > len(r.path):
		return false
	}
	return slices.EqualFunc(f.path, r.path[len(r.path)-len(f.path):], strings.EqualFold)
}

// columns adds the columns of a table.
func (f *finder) columns(r relation) {
	if len(r.path) > 3 || len(r.path) == 1 && contains(f.tables, r.path[0]) {
		return // of a table that WITH defines the engine has no list of columns
	}
	path := append(make([]string, 3-len(r.path), 3), r.path...)
	list, ok := f.lists.KnownColumns(path[0], path[1], path[2])
	f.loading = f.loading || !ok
	for _, c := range list {
		f.name(c.Name, KindColumn, c.DatabaseTypeName())
	}
}
