package adbce6data

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/thriftrows"
)

// connection is a catalog and a schema over the database's pool. Its statements may
// run at the same time. Its methods are safe for concurrent use.
type connection struct {
	typedOptions
	database *database
	db       *sql.DB

	mu     sync.Mutex
	place  place
	closed bool
	// statements are those that are not closed.
	statements map[*statement]struct{}
}

var (
	_ adbc.Connection    = (*connection)(nil)
	_ adbc.GetSetOptions = (*connection)(nil)
)

// at returns the current catalog and schema, and an error if the connection is closed.
func (c *connection) at() (place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return place{}, invalidState("the connection is closed")
	}
	return c.place, nil
}

// SetOption sets the catalog, the schema or another option of connections.
func (c *connection) SetOption(key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return invalidState("the connection is closed")
	}
	return c.place.set(key, value)
}

// GetOption returns the value of an option of connections.
func (c *connection) GetOption(key string) (string, error) {
	at, err := c.at()
	if err != nil {
		return "", err
	}
	return at.get(key)
}

// Commit returns an error: the engine commits each statement.
func (c *connection) Commit(context.Context) error {
	return invalidState("there is nothing to commit: the engine has no transactions")
}

// Rollback returns an error: the engine commits each statement.
func (c *connection) Rollback(context.Context) error {
	return invalidState("there is nothing to roll back: the engine has no transactions")
}

// NewStatement returns a statement.
func (c *connection) NewStatement() (adbc.Statement, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, invalidState("the connection is closed")
	}
	s := &statement{conn: c}
	s.typedOptions = typedOptions{get: s.GetOption, set: s.SetOption}
	c.statements[s] = struct{}{}
	return s, nil
}

// forget removes a statement that is closed.
func (c *connection) forget(s *statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.statements, s)
}

// Close closes the connection and its statements, and ends their results.
func (c *connection) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return invalidState("the connection is closed already")
	}
	c.closed = true
	open := c.statements
	c.statements = nil
	c.mu.Unlock()
	for s := range open {
		s.end(errConnectionClosed)
	}
	return nil
}

var errConnectionClosed = errors.New("the ADBC connection was closed")

// ReadPartition returns an error: results have no partitions.
func (c *connection) ReadPartition(context.Context, []byte) (array.RecordReader, error) {
	return nil, notImplemented("results have no partitions")
}

// GetTableTypes returns the one type of a table that the engine reports.
func (c *connection) GetTableTypes(context.Context) (array.RecordReader, error) {
	if _, err := c.at(); err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(c.database.alloc, adbc.TableTypesSchema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).Append(tableType)
	return oneRecord(b)
}

// oneRecord returns a reader of the record in b.
func oneRecord(b *array.RecordBuilder) (array.RecordReader, error) {
	record := b.NewRecordBatch()
	defer record.Release()
	reader, err := array.NewRecordReader(record.Schema(), []arrow.RecordBatch{record})
	return reader, failed(err)
}

// GetTableSchema returns the schema that a result with all columns of the table has.
// A nil catalog or schema means that of the connection.
func (c *connection) GetTableSchema(ctx context.Context, catalog, dbSchema *string, tableName string) (*arrow.Schema, error) {
	at, err := c.at()
	if err != nil {
		return nil, err
	}
	if catalog != nil {
		at.catalog = *catalog
	}
	if dbSchema != nil {
		at.schema = *dbSchema
	}
	var columns []thriftrows.Column
	err = e6data.UseConn(ctx, c.db, func(nc *e6data.Conn) error {
		list, err := nc.Columns(ctx, at.catalog, at.schema, tableName)
		if (err != nil || len(list) == 0) && ctx.Err() == nil && !hasTable(ctx, nc, at, tableName) {
			return notFound("there is no table %q in the schema %q of the catalog %q", tableName, at.schema, at.catalog)
		}
		for _, col := range list {
			columns = append(columns, thriftrows.Column{Name: col.Name, Type: col.Type})
		}
		return err
	})
	if err != nil {
		return nil, failed(err)
	}
	schema, err := arrowe6data.Schema(columns)
	return schema, failed(err)
}

// hasTable reports whether a table is in the list of its schema's tables, or the list
// cannot be read.
func hasTable(ctx context.Context, nc *e6data.Conn, at place, table string) bool {
	tables, err := nc.Tables(ctx, at.catalog, at.schema)
	return err != nil || slices.Contains(tables, table)
}
