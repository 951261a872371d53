package e6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// cells stores cells of a result one by one, as ScanColumn does.
type cells struct {
	rows    *rows
	convert *sqlConverter // made when first needed
}

// Seek moves to a row of the chunk.
func (c *cells) Seek(row int) { c.rows.cursor.Seek(row) }

// IsNull reports whether a cell is NULL.
func (c *cells) IsNull(column int) bool {
	v, err := c.rows.cursor.Value(column)
	return v == nil && err == nil
}

// Store stores a cell in *dest.
func (c *cells) Store(column int, dest any) error {
	cursor := c.rows.cursor
	if d, ok := dest.(*any); ok {
		v, err := cursor.Value(column)
		if err != nil {
			return c.rows.fail(err)
		}
		*d = v
		return nil
	}
	if d, ok := dest.(*sql.RawBytes); ok {
		return c.Store(column, (*[]byte)(d)) // not the driver's memory: the row is kept
	}
	ok, err := cursor.Scan(column, dest)
	if ok {
		return nil
	}
	scanner, isScanner := dest.(sql.Scanner)
	if d, ok := dest.(decimalComposer); ok && err == nil && !isScanner {
		if v, ok := cursor.Decimal(column); ok {
			return d.Compose(v.Decompose(nil))
		}
	}
	var v driver.Value
	if err == nil {
		v, err = cursor.Value(column)
	}
	if err != nil {
		return c.rows.fail(err)
	}
	if ok, err := assign(dest, v); ok {
		return err
	}
	if isScanner {
		return scanner.Scan(v)
	}
	if c.convert == nil {
		if c.convert, err = newSQLConverter(); err != nil {
			return err
		}
	}
	return c.convert.assign(dest, v)
}

// decimalComposer is the part of database/sql's decimal interface that takes a value.
type decimalComposer interface {
	Compose(form byte, negative bool, coefficient []byte, exponent int32) error
}

// sqlConverter converts values as database/sql does, by database/sql: it scans rows of
// one value, of a driver in memory. Go 1.26 has no other way to its conversions.
type sqlConverter struct {
	db    *sql.DB
	rows  *sql.Rows
	value driver.Value
}

func newSQLConverter() (*sqlConverter, error) {
	c := &sqlConverter{}
	c.db = sql.OpenDB(valueConnector{c})
	var err error
	c.rows, err = c.db.QueryContext(context.Background(), "") //nolint:rowserrcheck // assign asks
	if err != nil {
		return nil, errors.Join(err, c.db.Close())
	}
	return c, nil
}

// assign converts a value and stores it in *dest.
func (c *sqlConverter) assign(dest any, v driver.Value) error {
	c.value = v
	if !c.rows.Next() {
		return c.rows.Err()
	}
	err := c.rows.Scan(dest)
	if cause := errors.Unwrap(err); cause != nil {
		return cause // without the place, which is another
	}
	return err
}

func (c *sqlConverter) close() {
	_ = c.rows.Close()
	_ = c.db.Close()
}

// valueConnector, valueConn and valueRows are the driver of an sqlConverter.
type valueConnector struct{ c *sqlConverter }

func (v valueConnector) Connect(context.Context) (driver.Conn, error) { return valueConn(v), nil }
func (v valueConnector) Driver() driver.Driver                        { return nil }

type valueConn struct{ c *sqlConverter }

func (v valueConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (v valueConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (v valueConn) Close() error                        { return nil }

func (v valueConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return valueRows(v), nil
}

type valueRows struct{ c *sqlConverter }

func (v valueRows) Columns() []string { return []string{"value"} }
func (v valueRows) Close() error      { return nil }

func (v valueRows) Next(dest []driver.Value) error {
	dest[0] = v.c.value
	return nil
}
