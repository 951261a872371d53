package complete

import (
	"slices"
	"strings"

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

// Result is the answer of [Cache.Complete].
type Result struct {
	// Start is the offset of the word that the candidates replace. It ends at the
	// cursor.
	Start int
	// Candidates are those that fit, grouped by kind.
	Candidates []Candidate
	// Loading reports that a list has not arrived yet.
	Loading bool
}

// Scope is where a statement runs. The cache uses it as part of the names of its lists,
// and passes it to the [Source].
type Scope struct{ Catalog, Schema string }

// Complete returns the continuations at the offset cursor in src, which may be a part of
// a statement or several statements. It does not wait.
func (c *Cache) Complete(src string, cursor int, scope Scope) Result {
	p := findPlace(src, cursor)
	f := finder{cache: c, scope: scope, place: p, lower: p.prefix == strings.ToLower(p.prefix)}
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

// Names returns the continuations of prefix as the name of a table. It serves the shell's own commands.
func (c *Cache) Names(prefix string, scope Scope) Result {
	const from = "FROM "
	r := c.Complete(from+prefix, len(from)+len(prefix), scope)
	r.Start -= len(from)
	return r
}

// Warm fetches the lists that the first words of a session need.
func (c *Cache) Warm(scope Scope) {
	c.lookup(key{level: levelTables, catalog: scope.Catalog, schema: scope.Schema})
	c.lookup(key{level: levelSchemas, catalog: scope.Catalog})
	c.lookup(key{level: levelCatalogs})
}

// finder collects candidates.
type finder struct {
	cache *Cache
	scope Scope
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

// names adds the names of a list.
func (f *finder) names(k key, kind Kind) {
	list, loaded := f.cache.lookup(k)
	f.loading = f.loading || !loaded
	for _, column := range list {
		f.name(column.Name, kind, column.Type)
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
		f.names(key{level: levelTables, catalog: f.scope.Catalog, schema: f.scope.Schema}, KindTable)
		f.names(key{level: levelSchemas, catalog: f.scope.Catalog}, KindSchema)
		f.names(key{level: levelCatalogs}, KindCatalog)
		if f.prefix != "" {
			f.keywords("SELECT", "LATERAL", "UNNEST", "VALUES")
		}
	case 1:
		// The name is a schema of the current catalog, or a catalog, or both.
		name := f.path[0]
		if f.has(key{level: levelCatalogs}, name) {
			f.names(key{level: levelSchemas, catalog: name}, KindSchema)
		}
		if f.has(key{level: levelSchemas, catalog: f.scope.Catalog}, name) {
			f.names(key{level: levelTables, catalog: f.scope.Catalog, schema: name}, KindTable)
		}
	case 2:
		f.names(key{level: levelTables, catalog: f.path[0], schema: f.path[1]}, KindTable)
	}
}

// has reports whether the list of k has a name.
func (f *finder) has(k key, name string) bool {
	list, loaded := f.cache.lookup(k)
	f.loading = f.loading || !loaded
	return slices.ContainsFunc(list, func(c Column) bool { return strings.EqualFold(c.Name, name) })
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
	if len(r.path) == 1 && slices.ContainsFunc(f.tables, func(name string) bool { return strings.EqualFold(name, r.path[0]) }) {
		return // WITH defines the table: the engine has no list of its columns
	}
	k := key{level: levelColumns, catalog: f.scope.Catalog, schema: f.scope.Schema}
	switch n := len(r.path); n {
	case 1:
		k.table = r.path[0]
	case 2:
		k.schema, k.table = r.path[0], r.path[1]
	case 3:
		k.catalog, k.schema, k.table = r.path[0], r.path[1], r.path[2]
	default:
		return
	}
	f.names(k, KindColumn)
}
