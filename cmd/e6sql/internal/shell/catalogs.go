package shell

import (
	"context"
	"fmt"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/words"
	"github.com/e6data/e6data-go/thriftrows"
)

// list shows rows of texts in the format of results.
func (s *Shell) list(names []string, rows [][]string) error {
	columns := make([]thriftrows.Column, len(names))
	vectors := make([]thriftrows.Vector, len(names))
	for i, name := range names {
		columns[i] = thriftrows.Column{Name: name, Type: "STRING"}
		values := make([]any, len(rows))
		for j, row := range rows {
			values[j] = row[i]
		}
		var err error
		if vectors[i], err = thriftrows.NewVector(thriftrows.String, 0, values); err != nil {
			return err
		}
	}
	encoded, err := thriftrows.AppendChunk(nil, len(rows), vectors)
	if err != nil {
		return err
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(encoded, len(columns)); err != nil {
		return err
	}
	to := s.screen()
	writer, err := to.writer(to.to)
	if err != nil {
		return err
	}
	if err := writer.Begin(columns); err != nil {
		return err
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.SetColumns(columns)
	for batch.Reset(&chunk); batch.Next(); {
		if err := writer.Write(batch); err != nil {
			return err
		}
	}
	return writer.End(output.Summary{Rows: int64(len(rows))})
}

// listCatalogs lists the catalogs.
func (s *Shell) listCatalogs(ctx context.Context, _ invocation) error {
	catalogs, err := s.Session.Metadata().Catalogs(ctx)
	if err != nil {
		return err
	}
	rows := make([][]string, len(catalogs))
	for i, c := range catalogs {
		rows[i] = []string{c.Name}
		if c.Name == s.Session.Catalog() {
			rows[i] = []string{c.Name + " (current)"}
		}
	}
	return s.list([]string{"catalog"}, rows)
}

// listSchemas lists the schemas of a catalog.
func (s *Shell) listSchemas(ctx context.Context, in invocation) error {
	schemas, err := s.Session.Metadata().Schemas(ctx, in.arg(0))
	if err != nil {
		return err
	}
	return s.list([]string{"schema"}, single(schemas))
}

// listTables lists the tables of a schema.
func (s *Shell) listTables(ctx context.Context, in invocation) error {
	var catalog, schema string
	if len(in.Args) > 0 {
		switch path := in.Args[0].Path; len(path) {
		case 1:
			schema = path[0]
		case 2:
			catalog, schema = path[0], path[1]
		default:
			return in.self.usage()
		}
	}
	tables, err := s.Session.Metadata().Tables(ctx, catalog, schema)
	if err != nil {
		return err
	}
	return s.list([]string{"table"}, single(tables))
}

func single(names []string) [][]string {
	rows := make([][]string, len(names))
	for i, name := range names {
		rows[i] = []string{name}
	}
	return rows
}

// describe lists the columns of a table, or the tables.
func (s *Shell) describe(ctx context.Context, in invocation) error {
	if len(in.Args) == 0 {
		return s.listTables(ctx, in)
	}
	path := in.Args[0].Path
	if len(path) > 3 {
		return in.self.usage()
	}
	path = append(make([]string, 3-len(path), 3), path...)
	columns, err := s.Session.Metadata().Columns(ctx, path[0], path[1], path[2])
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return &CommandError{fmt.Sprintf("there is no table %s, or it has no columns", in.Args[0].Text)}
	}
	rows := make([][]string, len(columns))
	for i, c := range columns {
		rows[i] = []string{c.Name, c.Type}
	}
	return s.list([]string{"column", "type"}, rows)
}

// listFunctions lists the functions whose names contain a text.
func (s *Shell) listFunctions(_ context.Context, in invocation) error {
	part := strings.ToUpper(in.arg(0))
	var rows [][]string
	for _, f := range words.Functions() {
		if strings.Contains(f.Name, part) {
			rows = append(rows, []string{f.Name, "(" + f.Args + ")"})
		}
	}
	return s.list([]string{"function", "arguments"}, rows)
}

// use changes the current catalog and schema. The engine is asked first, so that a
// mistake shows at once. If it does not know, the change is made.
func (s *Shell) use(ctx context.Context, in invocation) error {
	path := in.Args[0].Path
	if len(in.Args) == 2 && len(path) == 1 && len(in.Args[1].Path) == 1 {
		path = append(path, in.Args[1].Path[0])
	} else if len(in.Args) == 2 {
		return in.self.usage()
	}
	var catalog, schema string
	switch len(path) {
	case 1:
		schema = path[0]
	case 2:
		catalog, schema = path[0], path[1]
	default:
		return in.self.usage()
	}
	schemas, err := s.Session.Metadata().Schemas(ctx, catalog)
	if err == nil && len(schemas) > 0 && !containsFold(schemas, schema) {
		return &CommandError{fmt.Sprintf("there is no schema %s: \\dn lists the schemas", strings.Join(path, "."))}
	}
	if ctx.Err() != nil {
		return err
	}
	s.Session.Use(catalog, schema)
	s.Session.Metadata().Prefetch()
	return nil
}

func containsFold(names []string, name string) bool {
	for _, other := range names {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// refresh forgets the lists of names.
func (s *Shell) refresh(context.Context, invocation) error {
	s.Session.Metadata().Refresh()
	s.Session.Metadata().Prefetch()
	return nil
}
