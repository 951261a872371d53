package goosee6data

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pressly/goose/v3/database"

	"github.com/e6data/e6data-go/internal/migrations"
)

// DefaultTable is the name of the table of versions.
const DefaultTable = "goose_db_version"

const (
	applied    = "applied"
	rolledBack = "rolled back"
)

// store implements database.StoreExtender over a log.
type store struct{ log migrations.Log }

var _ database.StoreExtender = store{}

// NewStore returns goose's table of versions with this name. A dot separates a schema
// from it. An empty name is DefaultTable. It is safe for concurrent use.
func NewStore(table string) database.Store {
	return store{migrations.Log{Table: cmp.Or(table, DefaultTable)}}
}

func (s store) Tablename() string { return s.log.Table }

func (s store) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	return s.log.Create(ctx, db)
}

// TableExists creates the table with goose's version 0 if it does not exist: goose
// itself would begin a transaction for that.
func (s store) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	exists, err := s.log.Exists(ctx, db)
	if exists || err != nil {
		return exists, err
	}
	if err := s.log.Create(ctx, db); err != nil {
		return false, err
	}
	return true, s.log.Append(ctx, db, 0, applied)
}

func (s store) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	return s.log.Append(ctx, db, r.Version, applied)
}

func (s store) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	return s.log.Append(ctx, db, version, rolledBack)
}

// current returns the entries of the applied versions in the order in which they were
// applied.
func (s store) current(ctx context.Context, db database.DBTxConn) (current []migrations.Entry, err error) {
	entries, err := s.log.Entries(ctx, db)
	for _, e := range entries {
		current = slices.DeleteFunc(current, func(old migrations.Entry) bool { return old.Version == e.Version })
		switch e.State {
		case applied:
			current = append(current, e)
		case rolledBack:
		default:
			return nil, fmt.Errorf("goosee6data: the table %s has the unknown state %q of version %d", s.log.Table, e.State, e.Version)
		}
	}
	return current, err
}

func (s store) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	current, err := s.current(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, e := range current {
		if e.Version == version {
			return &database.GetMigrationResult{Timestamp: e.At, IsApplied: true}, nil
		}
	}
	return nil, database.ErrVersionNotFound
}

func (s store) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	current, err := s.current(ctx, db)
	if err != nil {
		return 0, err
	}
	if len(current) == 0 {
		return 0, database.ErrVersionNotFound
	}
	return slices.MaxFunc(current, func(a, b migrations.Entry) int { return cmp.Compare(a.Version, b.Version) }).Version, nil
}

func (s store) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	current, err := s.current(ctx, db)
	list := []*database.ListMigrationsResult{}
	for _, e := range slices.Backward(current) {
		list = append(list, &database.ListMigrationsResult{Version: e.Version, IsApplied: true})
	}
	return list, err
}
