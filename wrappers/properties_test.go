package wrappers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// property is a feature of the driver that a wrapper may lose.
type property struct {
	name string
	// check returns the reason why the property is lost, or nil if it is kept.
	check func(ctx context.Context, f *fixture) error
}

var properties = []property{
	{"options among the arguments", optionsAmongArguments},
	{"options among those of a prepared statement", optionsOfStatements},
	{"options in the context", optionsInContext},
	{"arguments of all types", argumentTypes},
	{"named arguments", namedArguments},
	{"`UseConn`", useConn},
	{"`FetchRows`", fetchRows},
	{"`ColumnTypes`: names and sizes", columnTypes},
	{"`ColumnTypes`: `ScanType`", scanType},
	{"NULLs", nulls},
	{"the end of a context", cancellation},
	{"`errors.As` with `*Error`", typedErrors},
	{"`ErrTransactions`", transactions},
	{"`Ping`", ping},
	{"connections share channels and sessions", sharing},
	{"a refused connection leaves the pool", validity},
	{"`db.Close` ends the channels", closing},
}

const (
	where = "SELECT where"
	typed = "SELECT typed"
	slow  = "SELECT slow"
	wrong = "SELECT nothing FROM nowhere"
)

// handle scripts the engine's results. For other statements the engine returns
// their literals.
func handle(srv *enginetest.Server) {
	srv.Handle(typed, enginetest.NewResult().Column("id", "LONG").Column("name", "VARCHAR(20)").Column("price", "DECIMAL(10,2)").
		Row(1, "bolt", "0.10").Row(nil, nil, nil))
	srv.Handle(slow, enginetest.NewResult().Column("id", "LONG").Row(1))
	srv.Handle(wrong, enginetest.NewResult().Fail(enginetest.PhasePrepare, errors.New("no table nowhere")))
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		if strings.Contains(q.SQL, where) {
			return enginetest.NewResult().Column("schema", "STRING").Row(q.Schema), nil
		}
		return enginetest.EchoLiterals(q)
	})
}

// is returns an error if got is not want.
func is(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

func optionsAmongArguments(ctx context.Context, f *fixture) error {
	var schema, kind, value string
	if err := f.db.QueryRowContext(ctx, where, e6data.InSchema("other")).Scan(&schema); err != nil {
		return err
	}
	if err := f.db.QueryRowContext(ctx, "SELECT ?", e6data.NoCache(), 7).Scan(&kind, &value); err != nil {
		return err
	}
	var info e6data.QueryInfo
	if _, err := f.db.ExecContext(ctx, "SELECT ?", 7, e6data.CaptureQuery(&info)); err != nil {
		return err
	}
	if info.State().ID == "" {
		return errors.New("CaptureQuery captured nothing")
	}
	return is([]string{schema, value}, []string{"other", "7"})
}

func optionsOfStatements(ctx context.Context, f *fixture) error {
	st, err := f.db.PrepareContext(ctx, "SELECT ?")
	if err != nil {
		return err
	}
	defer st.Close()
	var info e6data.QueryInfo
	var kind, value string
	if err := st.QueryRowContext(ctx, e6data.CaptureQuery(&info), 7).Scan(&kind, &value); err != nil {
		return err
	}
	if info.State().ID == "" {
		return errors.New("CaptureQuery captured nothing")
	}
	return is(value, "7")
}

func optionsInContext(ctx context.Context, f *fixture) error {
	var info e6data.QueryInfo
	ctx = e6data.ContextWithOptions(ctx, e6data.InSchema("other"), e6data.QueryTag("report"), e6data.CaptureQuery(&info))
	captured := func(err error, what string) error {
		if s := info.State(); err != nil || s.ID == "" || s.Tag != "report" {
			return fmt.Errorf("%s: %w, captured %+v", what, err, s)
		}
		info = e6data.QueryInfo{}
		return nil
	}
	var schema, fromStatement string
	if err := captured(f.db.QueryRowContext(ctx, where).Scan(&schema), "query"); err != nil {
		return err
	}
	_, err := f.db.ExecContext(ctx, where)
	if err := captured(err, "exec"); err != nil {
		return err
	}
	st, err := f.db.PrepareContext(ctx, where)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := captured(st.QueryRowContext(ctx).Scan(&fromStatement), "prepared"); err != nil {
		return err
	}
	return is([]string{schema, fromStatement}, []string{"other", "other"})
}

func argumentTypes(ctx context.Context, f *fixture) error {
	day := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
	rows, err := f.db.QueryContext(ctx, "SELECT ?, ?, ?, x IN (?)", "it's", e6data.NewDecimal(10, 2), e6data.Date(day), []int{1, 2})
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var kind, value string
		if err := rows.Scan(&kind, &value); err != nil {
			return err
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return is(values, []string{"it's", "0.10", "2", "2", "2024-01-31", "1", "2"}) // 2, 2: of the type's
}

func namedArguments(ctx context.Context, f *fixture) error {
	var kind, value string
	if err := f.db.QueryRowContext(ctx, "SELECT :id", sql.Named("id", 7)).Scan(&kind, &value); err != nil {
		return err
	}
	if _, err := f.db.ExecContext(ctx, "SELECT :id", sql.Named("id", 7)); err != nil {
		return err
	}
	return is(value, "7")
}

func useConn(ctx context.Context, f *fixture) error {
	columns := 0
	err := e6data.UseConn(ctx, f.db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, typed)
		if err != nil {
			return err
		}
		columns = len(result.Columns())
		return result.Close()
	})
	if err != nil {
		return err
	}
	return is([]int{columns, f.srv.Count("healthCheck")}, []int{3, 0})
}

func fetchRows(ctx context.Context, f *fixture) error {
	var h e6data.QueryHandle
	err := f.connector.UseConn(ctx, func(c *e6data.Conn) (err error) {
		h, err = c.Submit(ctx, where)
		return err
	})
	if err != nil {
		return err
	}
	rows, err := e6data.FetchRows(ctx, f.db, h)
	if err != nil {
		return errors.Join(err, f.connector.UseConn(ctx, func(c *e6data.Conn) error { return c.Clear(ctx, h) }))
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return is(n, 1)
}

func columnTypes(ctx context.Context, f *fixture) error {
	rows, err := f.db.QueryContext(ctx, typed)
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	precision, scale, decimal := types[2].DecimalSize()
	length, lengthOK := types[1].Length()
	nullable, nullableOK := types[0].Nullable()
	return is(
		[]any{types[0].DatabaseTypeName(), precision, scale, decimal, length, lengthOK, nullable, nullableOK},
		[]any{"LONG", int64(10), int64(2), true, int64(20), true, true, true})
}

func scanType(ctx context.Context, f *fixture) error {
	rows, err := f.db.QueryContext(ctx, typed)
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	return is(types[0].ScanType(), reflect.TypeFor[sql.NullInt64]())
}

func nulls(ctx context.Context, f *fixture) error {
	rows, err := f.db.QueryContext(ctx, typed)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []sql.NullInt64
	for rows.Next() {
		var id sql.NullInt64
		var name *string
		var price any
		if err := rows.Scan(&id, &name, &price); err != nil {
			return err
		}
		if id.Valid != (name != nil) || id.Valid != (price != nil) {
			return fmt.Errorf("%v %v %v", id, name, price)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return is(ids, []sql.NullInt64{{Int64: 1, Valid: true}, {}})
}

// The context ends while the engine executes the statement.
func cancellation(ctx context.Context, f *fixture) error {
	if err := f.db.PingContext(ctx); err != nil {
		return err
	}
	hang := f.srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	ending, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-hang.Struck()
		cancel()
	}()
	rows, err := f.db.QueryContext(ending, slow)
	if err == nil {
		defer rows.Close()
		for rows.Next() {
		}
		err = rows.Err()
	}
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("error %w", err)
	}
	hang.Release()
	var id int
	return f.db.QueryRowContext(ctx, slow).Scan(&id) // the pool still works
}

func typedErrors(ctx context.Context, f *fixture) error {
	_, queried := f.db.QueryContext(ctx, wrong)
	_, executed := f.db.ExecContext(ctx, wrong)
	for _, err := range []error{queried, executed} {
		e, ok := errors.AsType[*e6data.Error](err)
		if !ok || e.Phase != e6data.PhasePrepare {
			return fmt.Errorf("%T: %w", err, err)
		}
	}
	_, err := f.db.ExecContext(ctx, "SELECT ?", make(chan int))
	if _, ok := errors.AsType[*e6data.ArgumentError](err); !ok {
		return fmt.Errorf("%T: %w", err, err)
	}
	return nil
}

func transactions(ctx context.Context, f *fixture) error {
	if _, err := f.db.BeginTx(ctx, nil); !errors.Is(err, e6data.ErrTransactions) {
		return fmt.Errorf("%T: %w", err, err)
	}
	return nil
}

func ping(ctx context.Context, f *fixture) error {
	if err := f.db.PingContext(ctx); err != nil {
		return err
	}
	return is(f.srv.Count("healthCheck"), 1)
}

// Several connections, one after the other, use one session.
func sharing(ctx context.Context, f *fixture) error {
	f.db.SetMaxIdleConns(-1)
	var schema string
	for range 3 {
		if err := f.db.QueryRowContext(ctx, where).Scan(&schema); err != nil {
			return err
		}
	}
	return is(f.srv.Count("authenticate"), 1)
}

// database/sql calls one of the two methods before it reuses a connection.
func validity(ctx context.Context, f *fixture) error {
	sc, err := f.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer sc.Close()
	return sc.Raw(func(raw any) error {
		_, validator := raw.(driver.Validator)
		_, resetter := raw.(driver.SessionResetter)
		if !validator && !resetter {
			return fmt.Errorf("%T has neither IsValid nor ResetSession", raw)
		}
		return nil
	})
}

// An open connector keeps its channel for the next connection.
func closing(ctx context.Context, f *fixture) error {
	if err := f.db.PingContext(ctx); err != nil {
		return err
	}
	if err := f.db.Close(); err != nil {
		return err
	}
	return is(len(f.connector.Stats().Channels), 0)
}
