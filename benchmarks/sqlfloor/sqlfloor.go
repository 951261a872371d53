// Package sqlfloor measures database/sql itself. It is a driver in memory whose
// rows are always the same constants.
//
// There are two floors. [NewConnector] boxes each constant for each row, as a driver
// must with values that it does not have before. [NewBoxedConnector] boxes each constant
// once for all rows, which takes about half the time.
package sqlfloor

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// NewConnector returns a connector for [database/sql.OpenDB]. Each query
// returns n rows of constants with these columns and without NULL. database/sql
// reads them with Next, which boxes them.
func NewConnector(columns []thriftrows.Column, n int) (driver.Connector, error) {
	return newConnector(columns, n, func(r rows) driver.Rows { return &boxingRows{r} })
}

// NewBoxedConnector is like [NewConnector], but all rows use the same boxes.
func NewBoxedConnector(columns []thriftrows.Column, n int) (driver.Connector, error) {
	return newConnector(columns, n, func(r rows) driver.Rows { return &r })
}

func newConnector(columns []thriftrows.Column, n int, open func(rows) driver.Rows) (driver.Connector, error) {
	r := rows{left: n}
	for _, c := range columns {
		v, err := constant(c.Type)
		if err != nil {
			return nil, err
		}
		r.columns = append(r.columns, c.Name)
		r.values = append(r.values, v)
	}
	return connector(func() driver.Rows { return open(r) }), nil
}

func constant(word string) (driver.Value, error) {
	t, _ := thriftrows.ParseType(word)
	switch t {
	case thriftrows.Long:
		return int64(1234567890123456789), nil
	case thriftrows.Integer:
		return int64(1234567890), nil
	case thriftrows.Double:
		return 1234567.890123, nil
	case thriftrows.String:
		return "twelve chars", nil
	case thriftrows.Date:
		return time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), nil
	case thriftrows.TimestampTZ:
		return time.Date(2024, 1, 31, 23, 59, 58, 123456000, time.FixedZone("+05:30", 5*3600+30*60)), nil
	case thriftrows.Decimal128:
		return "1234567890.12", nil
	case thriftrows.Boolean:
		return true, nil
	}
	return nil, fmt.Errorf("sqlfloor: no constant of type %s", word)
}

// rows has left more rows.
type rows struct {
	columns []string
	values  []driver.Value
	left    int
}

func (r *rows) Columns() []string { return r.columns }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	copy(dest, r.values)
	return nil
}

type boxingRows struct{ rows }

func (r *boxingRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	for i, v := range r.values {
		switch v := v.(type) {
		case int64:
			dest[i] = v
		case float64:
			dest[i] = v
		case string:
			dest[i] = v
		case time.Time:
			dest[i] = v
		default:
			dest[i] = v // boxing a bool does not allocate
		}
	}
	return nil
}

// connector opens rows. All its connections are the same.
type connector func() driver.Rows

func (c connector) Connect(context.Context) (driver.Conn, error) { return conn{c}, nil }
func (c connector) Driver() driver.Driver                        { return nil }

type conn struct{ open func() driver.Rows }

var _ driver.QueryerContext = conn{}

var errQueryOnly = errors.New("sqlfloor: only queries")

func (c conn) Prepare(string) (driver.Stmt, error) { return nil, errQueryOnly }
func (c conn) Begin() (driver.Tx, error)           { return nil, errQueryOnly }
func (c conn) Close() error                        { return nil }

func (c conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return c.open(), nil
}
