package goosee6data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/e6data/e6data-go/internal/migrations"
)

// NewProvider returns a provider of the migrations in the directory fsys, with the
// table of versions DefaultTable. Options are those of goose; goose.WithStore is
// NewProvider's own, and [NewProviderWithStore] takes another table.
func NewProvider(db *sql.DB, fsys fs.FS, opts ...goose.ProviderOption) (*goose.Provider, error) {
	return NewProviderWithStore(db, fsys, NewStore(""), opts...)
}

// NewProviderWithStore is like NewProvider, with a table of versions of [NewStore].
func NewProviderWithStore(db *sql.DB, fsys fs.FS, s database.Store, opts ...goose.ProviderOption) (*goose.Provider, error) {
	list, err := Migrations(fsys)
	if err != nil {
		return nil, err
	}
	opts = append([]goose.ProviderOption{goose.WithStore(s), goose.WithGoMigrations(list...), goose.WithDisableGlobalRegistry(true)}, opts...)
	return goose.NewProvider(goose.DialectCustom, db, nil, opts...)
}

// Migrations reads the files NUMBER_NAME.sql of a directory. Each is a migration that
// executes its statements one by one, without a transaction. For goose they are
// migrations in Go, so that its status has their versions and no paths.
func Migrations(fsys fs.FS) ([]*goose.Migration, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("goosee6data: %s: %w", name, err)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		up, down, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("goosee6data: %s: %w", name, err)
		}
		all = append(all, goose.NewGoMigration(version, run(name, up), run(name, down)))
	}
	return all, nil
}

// run returns a function that executes statements.
func run(name string, statements []migrations.Statement) *goose.GoFunc {
	return &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
		for _, st := range statements {
			if _, err := db.ExecContext(ctx, st.Text); err != nil {
				return fmt.Errorf("%s: the statement in line %d: %w", name, st.Line, err)
			}
		}
		return nil
	}}
}

// parse returns the statements of both directions of a file.
func parse(text string) (up, down []migrations.Statement, err error) {
	const prefix = "-- +goose"
	var sections [3]strings.Builder // before any annotation, up, down
	seen := [3]bool{}
	now := 0
	for line := range strings.Lines(text) {
		after, annotated := strings.CutPrefix(strings.TrimSpace(line), prefix)
		kept := line
		if annotated {
			kept = "\n" // line numbers remain
			switch what := strings.ToUpper(strings.TrimSpace(after)); what {
			case "UP", "DOWN":
				now = 1
				if what == "DOWN" {
					now = 2
				}
				if seen[now] {
					return nil, nil, fmt.Errorf("there are two annotations %s", strings.TrimSpace(line))
				}
				seen[now] = true
			case "STATEMENTBEGIN", "STATEMENTEND", "NO TRANSACTION":
			default:
				return nil, nil, fmt.Errorf("the annotation %q is not supported", strings.TrimSpace(line))
			}
		}
		for i := range sections {
			if i == now {
				sections[i].WriteString(kept)
			} else if strings.HasSuffix(line, "\n") {
				sections[i].WriteByte('\n')
			}
		}
	}
	if !seen[1] {
		return nil, nil, errors.New("there is no annotation -- +goose Up")
	}
	before, err := migrations.Statements(sections[0].String())
	if err == nil && len(before) > 0 {
		err = fmt.Errorf("the statement in line %d stands before -- +goose Up", before[0].Line)
	}
	if err == nil {
		up, err = migrations.Statements(sections[1].String())
	}
	if err == nil {
		down, err = migrations.Statements(sections[2].String())
	}
	return up, down, err
}
