package main

import (
	"bufio"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/e6data/e6data-go"
)

// Side runs statements: the driver, or the connector. One statement at a time.
type Side interface {
	// Execute sends a statement. The answer is nil where the statement was executed; then
	// Fetch must follow.
	Execute(ctx context.Context, s Statement) (*Answer, error)
	// Fetch reads the rows. size is for the connector: see Step.
	Fetch(ctx context.Context, size int) (*Answer, error)
	// Close ends what belongs to the side.
	Close() error
}

// Statement is a statement of a case.
type Statement struct {
	SQL string
	// Go and Python are the statement with its placeholder, where a value is bound.
	Go, Python string
	Value      any
	// Browse, where it is set, asks for the names of schemas, tables or columns in place of a
	// statement: the kind, and the names of what they are in.
	Browse []string
}

// driverSide is this driver.
type driverSide struct {
	db   *sql.DB
	rows *sql.Rows
	info *e6data.QueryInfo
}

// newDriver opens a pool of one connection.
func newDriver(dsn string) (*driverSide, error) {
	db, err := sql.Open("e6data", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &driverSide{db: db}, nil
}

func (d *driverSide) Close() error { return d.db.Close() }

func (d *driverSide) Execute(ctx context.Context, s Statement) (*Answer, error) {
	if s.Browse != nil {
		return d.browse(ctx, s.Browse), nil
	}
	d.info = new(e6data.QueryInfo)
	text, args := s.SQL, []any{e6data.CaptureQuery(d.info)}
	if s.Go != "" {
		text, args = s.Go, append(args, s.Value)
	}
	rows, err := d.db.QueryContext(ctx, text, args...) //nolint:rowserrcheck // Fetch does
	if err != nil {
		return &Answer{Error: failureOf(err)}, nil
	}
	d.rows = rows
	return nil, nil
}

func (d *driverSide) Fetch(context.Context, int) (*Answer, error) {
	defer func() { _ = d.rows.Close() }() // the end of the rows has closed them
	types, err := d.rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	a := &Answer{RowCount: d.info.State().RowsPromised}
	values, dest := make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		a.Columns = append(a.Columns, Column{t.Name(), t.DatabaseTypeName()})
		dest[i] = &values[i]
	}
	for d.rows.Next() {
		if err := d.rows.Scan(dest...); err != nil {
			return nil, err
		}
		row := make([]Cell, len(values))
		for i, v := range values {
			row[i] = cellOf(a.Columns[i].Type, v)
		}
		a.Rows = append(a.Rows, row)
	}
	if err := d.rows.Err(); err != nil {
		a.Error = failureOf(err)
	}
	return a, nil
}

// browse returns names, and the types of columns, as rows.
func (d *driverSide) browse(ctx context.Context, path []string) *Answer {
	a := new(Answer)
	add := func(texts ...string) {
		row := make([]Cell, len(texts))
		for i, text := range texts {
			row[i] = Cell{"text", text}
		}
		a.Rows = append(a.Rows, row)
	}
	err := e6data.UseConn(ctx, d.db, func(c *e6data.Conn) error {
		if path[0] == "columns" {
			columns, err := c.Columns(ctx, path[1], path[2], path[3])
			for _, column := range columns {
				add(column.Name, column.Type)
			}
			return err
		}
		var names []string
		var err error
		if path[0] == "schemas" {
			names, err = c.Schemas(ctx, path[1])
		} else {
			names, err = c.Tables(ctx, path[1], path[2])
		}
		for _, name := range names {
			add(name)
		}
		return err
	})
	if err != nil {
		return &Answer{Error: failureOf(err)}
	}
	return a
}

// connectorSide is the vendor's connector in a process of Python.
type connectorSide struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors strings.Builder
}

//go:embed connector.py
var connectorScript string

// errNoConnector means that Python or the connector is not there. The text has the reason.
var errNoConnector = errors.New("the Python connector is not installed")

// notInstalled is the exit status of connector.py for errNoConnector.
const notInstalled = 3

// newConnector starts Python and waits until it has imported the connector.
func newConnector(python string) (*connectorSide, error) {
	c := &connectorSide{cmd: exec.Command(python, "-c", connectorScript)} //nolint:gosec // the caller names the Python
	c.cmd.Stderr = &c.errors
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConnector, err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if _, err := c.out.ReadString('\n'); err != nil {
		ended := c.Close()
		var exit *exec.ExitError
		if errors.As(ended, &exit) && exit.ExitCode() == notInstalled {
			return nil, fmt.Errorf("%w: %s: %s", errNoConnector, python, strings.TrimSpace(c.errors.String()))
		}
		return nil, fmt.Errorf("%s: %w: %s", python, errors.Join(err, ended), strings.TrimSpace(c.errors.String()))
	}
	return c, nil
}

// Close ends the process by the end of its input.
func (c *connectorSide) Close() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// connect opens a connection with the settings of a DSN. The connector calls the engine
// later.
func (c *connectorSide) connect(dsn string) error {
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		return err
	}
	a, err := c.ask(map[string]any{
		"op": "connect", "host": cfg.Host, "port": cfg.Port, "user": cfg.User, "password": cfg.Token.Reveal(),
		"database": cfg.Database, "catalog": cfg.Catalog,
	})
	if err == nil && a.Error != nil {
		err = fmt.Errorf("connecting: %v", a.Error)
	}
	return err
}

func (c *connectorSide) Execute(_ context.Context, s Statement) (*Answer, error) {
	if s.Browse != nil {
		return c.ask(map[string]any{"op": "browse", "path": s.Browse})
	}
	command := map[string]any{"op": "execute", "sql": s.SQL}
	if s.Python != "" {
		command["sql"], command["parameters"] = s.Python, map[string]any{"value": s.Value}
	}
	a, err := c.ask(command)
	if err != nil || a.Error == nil {
		return nil, err
	}
	return a, nil
}

func (c *connectorSide) Fetch(_ context.Context, size int) (*Answer, error) {
	return c.ask(map[string]any{"op": "fetch", "size": size})
}

// ask sends a command and reads its answer.
func (c *connectorSide) ask(command map[string]any) (*Answer, error) {
	text, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	if _, err := c.in.Write(append(text, '\n')); err != nil {
		return nil, err
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the connector's process ended: %w: %s", err, strings.TrimSpace(c.errors.String()))
	}
	a := new(Answer)
	return a, json.Unmarshal(line, a)
}
