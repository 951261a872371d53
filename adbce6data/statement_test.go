package adbce6data_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/enginetest"
)

const manyRows = 20

// newNumbers starts an engine with the statement SELECT n, which has a batch for each of
// manyRows rows.
func newNumbers(t testing.TB) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	r := enginetest.NewResult().Column("n", "LONG").BatchRows(1)
	for i := range manyRows {
		r.Row(i)
	}
	srv.Handle("SELECT n", r)
	return srv
}

// readInts reads a result to its end.
func readInts(reader array.RecordReader) (all []int64, err error) {
	for reader.Next() {
		all = append(all, reader.RecordBatch().Column(0).(*array.Int64).Int64Values()...)
	}
	return all, reader.Err()
}

func TestExecuteQuery(t *testing.T) {
	s := newStatement(t, openConnection(t, newNumbers(t)), "SELECT n")
	for range 2 {
		reader, n, err := s.ExecuteQuery(within(t))
		if err != nil || n != -1 {
			t.Fatalf("%d, %v", n, err)
		}
		reader.Retain()
		reader.Release()
		all, err := readInts(reader)
		if err != nil || len(all) != manyRows || all[manyRows-1] != manyRows-1 {
			t.Errorf("%d, %v", all, err)
		}
		if reader.Schema().Field(0).Name != "n" || reader.Next() {
			t.Errorf("after the end: %v", reader.Schema())
		}
		reader.Release()
	}
}

func TestExecuteUpdate(t *testing.T) {
	srv := newNumbers(t)
	srv.Handle("UPDATE t SET n = 0", enginetest.NewResult().Column("rows", "LONG").Row(7))
	srv.Handle("DELETE FROM t", enginetest.NewResult().Column("message", "STRING").Row("done"))
	c := openConnection(t, srv)
	for query, want := range map[string]int64{"UPDATE t SET n = 0": 7, "DELETE FROM t": -1, "SELECT n": manyRows} {
		s := newStatement(t, c, query)
		if n, err := s.ExecuteUpdate(within(t)); err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", query, n, err, want)
		}
		id, err := s.(adbc.GetSetOptions).GetOption(adbce6data.OptionQueryID)
		if err != nil || !strings.HasPrefix(id, "query-") {
			t.Errorf("the id of the query is %q, %v", id, err)
		}
	}
}

// The options of connections and statements reach the engine.
func TestStatementOptions(t *testing.T) {
	srv := engineOfTexts(t)
	c := openConnection(t, srv, adbc.OptionKeyCurrentCatalog, "lake")
	s := newStatement(t, c, "SELECT 1")
	options := s.(adbc.GetSetOptions)
	for key, value := range map[string]string{adbce6data.OptionQueryTag: "nightly", adbce6data.OptionCache: "false"} {
		if _, err := options.GetOption(key); key == adbce6data.OptionCache && adbcError(t, err).Code != adbc.StatusNotFound {
			t.Errorf("%s before it is set: %v", key, err)
		}
		if err := options.SetOption(key, value); err != nil {
			t.Fatal(err)
		}
		if got, err := options.GetOption(key); err != nil || got != value {
			t.Errorf("%s is %q, %v", key, got, err)
		}
	}
	if got, err := sent(t, s); err != nil || got != [3]string{"SELECT 1", "lake", "db"} && got != [3]string{"/* nightly */ SELECT 1", "lake", "db"} {
		t.Errorf("%q, %v", got, err)
	}
	calls := srv.Calls()
	if !strings.Contains(calls[1].SQL, "nightly") {
		t.Errorf("the tag is not in %q", calls[1].SQL)
	}
	if err := c.(adbc.GetSetOptions).SetOption(adbc.OptionKeyCurrentDbSchema, "other"); err != nil {
		t.Fatal(err)
	}
	if got, err := sent(t, s); err != nil || got[2] != "other" {
		t.Errorf("%q, %v", got, err)
	}
	if err := options.SetOption(adbce6data.OptionCache, "perhaps"); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
	if err := options.SetOption(adbce6data.OptionQueryID, "x"); adbcError(t, err).Code != adbc.StatusNotImplemented {
		t.Error(err)
	}
	if _, err := options.GetOption("other"); adbcError(t, err).Code != adbc.StatusNotFound {
		t.Error(err)
	}
}

// Each of these ends a result that was not read to its end: the reader returns an error,
// and no query is left on the engine, which the cleanup function of the server checks.
func TestResultsEnd(t *testing.T) {
	tests := map[string]struct {
		end    func(context.CancelFunc, adbc.Connection, adbc.Statement) error
		status adbc.Status
		text   string
	}{
		"the context ends":         {func(cancel context.CancelFunc, _ adbc.Connection, _ adbc.Statement) error { cancel(); return nil }, adbc.StatusCancelled, ""},
		"the statement is closed":  {func(_ context.CancelFunc, _ adbc.Connection, s adbc.Statement) error { return s.Close() }, adbc.StatusCancelled, "statement was closed"},
		"the connection is closed": {func(_ context.CancelFunc, c adbc.Connection, _ adbc.Statement) error { return c.Close() }, adbc.StatusCancelled, "connection was closed"},
		"the statement runs again": {func(_ context.CancelFunc, _ adbc.Connection, s adbc.Statement) error {
			_, err := s.ExecuteUpdate(context.Background())
			return err
		}, adbc.StatusCancelled, "executed again"},
		"the statement is prepared": {func(_ context.CancelFunc, _ adbc.Connection, s adbc.Statement) error {
			return s.Prepare(context.Background())
		}, adbc.StatusOK, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := openConnection(t, newNumbers(t))
			s := newStatement(t, c, "SELECT n")
			ctx, cancel := context.WithCancel(within(t))
			defer cancel()
			reader, _, err := s.ExecuteQuery(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Release()
			if !reader.Next() {
				t.Fatal(reader.Err())
			}
			if err := test.end(cancel, c, s); err != nil {
				t.Fatal(err)
			}
			rest, err := readInts(reader)
			if test.status == adbc.StatusOK {
				if err != nil || len(rest) != manyRows-1 {
					t.Errorf("%d, %v", rest, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("%d rows without an error", len(rest)+1)
			}
			if e := adbcError(t, err); e.Code != test.status || !strings.Contains(e.Msg, test.text) || !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want the status %v", err, test.status)
			}
		})
	}
}

// A result that is released without having been read is cleared on the engine.
func TestReleaseUnread(t *testing.T) {
	srv := newNumbers(t)
	s := newStatement(t, openConnection(t, srv), "SELECT n")
	reader, _, err := s.ExecuteQuery(within(t))
	if err != nil {
		t.Fatal(err)
	}
	reader.Release()
	if err := srv.WaitBalanced(within(t)); err != nil {
		t.Error(err)
	}
}

// Cancelling a statement that the engine executes ends it there.
func TestCancelExecution(t *testing.T) {
	for name, execute := range map[string]func(context.Context, adbc.Statement) error{
		"ExecuteQuery":  func(ctx context.Context, s adbc.Statement) error { _, _, err := s.ExecuteQuery(ctx); return err },
		"ExecuteUpdate": func(ctx context.Context, s adbc.Statement) error { _, err := s.ExecuteUpdate(ctx); return err },
	} {
		t.Run(name, func(t *testing.T) {
			srv := newNumbers(t)
			held := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
			s := newStatement(t, openConnection(t, srv), "SELECT n")
			ctx, cancel := context.WithCancel(within(t))
			defer cancel()
			go func() {
				<-held.Struck()
				cancel()
			}()
			err := execute(ctx, s)
			e := adbcError(t, err)
			if e.Code != adbc.StatusCancelled || string(e.SqlState[:]) != "08007" || !errors.Is(err, e6data.ErrAmbiguousExecution) {
				t.Errorf("%v", err)
			}
			if err := srv.WaitBalanced(within(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Two statements of a connection have results at the same time.
func TestConcurrentResults(t *testing.T) {
	c := openConnection(t, newNumbers(t))
	var readers [2]array.RecordReader
	for i := range readers {
		reader, _, err := newStatement(t, c, "SELECT n").ExecuteQuery(within(t))
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Release()
		readers[i] = reader
	}
	for range manyRows {
		for _, reader := range readers {
			if !reader.Next() {
				t.Fatal(reader.Err())
			}
		}
	}
	for _, reader := range readers {
		if reader.Next() || reader.Err() != nil {
			t.Errorf("no end: %v", reader.Err())
		}
	}
}

func TestNotImplemented(t *testing.T) {
	ctx := within(t)
	c := openConnection(t, newNumbers(t))
	s := newStatement(t, c, "SELECT n")
	for name, f := range map[string]func() error{
		"ExecuteSchema": func() error { _, err := s.(adbc.StatementExecuteSchema).ExecuteSchema(ctx); return err },
		"partitions":    func() error { _, _, _, err := s.ExecutePartitions(ctx); return err },
		"ReadPartition": func() error { _, err := c.ReadPartition(ctx, nil); return err },
		"Substrait":     func() error { return s.SetSubstraitPlan(nil) },
		"ingestion":     func() error { return s.SetOption(adbc.OptionKeyIngestTargetTable, "t") },
		"an option":     func() error { return s.SetOption(adbc.OptionKeyIncremental, "true") },
	} {
		if err := f(); adbcError(t, err).Code != adbc.StatusNotImplemented {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is closed, or not ready, is an error with the status InvalidState.
func TestInvalidState(t *testing.T) {
	ctx := within(t)
	db := openDSN(t, newNumbers(t).DSN())
	other, err := adbce6data.NewDriver(nil).NewDatabase(map[string]string{adbc.OptionKeyURI: "e6data://me:t@h"})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	c, closed := connect(t, db), connect(t, db)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	s := newStatement(t, c, "SELECT n")
	empty := newStatement(t, c, "")
	gone := newStatement(t, c, "SELECT n")
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{
		"Open":               func() error { _, err := other.Open(ctx); return err },
		"SetOptions":         func() error { return other.SetOptions(map[string]string{adbc.OptionKeyReadOnly: "false"}) },
		"Close":              func() error { return other.Close() },
		"NewStatement":       func() error { _, err := closed.NewStatement(); return err },
		"GetInfo":            func() error { _, err := closed.GetInfo(ctx, nil); return err },
		"GetObjects":         func() error { _, err := closed.GetObjects(ctx, 0, nil, nil, nil, nil, nil); return err },
		"GetTableTypes":      func() error { _, err := closed.GetTableTypes(ctx); return err },
		"GetTableSchema":     func() error { _, err := closed.GetTableSchema(ctx, nil, nil, "t"); return err },
		"SetOption":          func() error { return closed.(adbc.GetSetOptions).SetOption(adbc.OptionKeyReadOnly, "false") },
		"GetOption":          func() error { _, err := closed.(adbc.GetSetOptions).GetOption(adbc.OptionKeyReadOnly); return err },
		"Commit":             func() error { return c.Commit(ctx) },
		"Rollback":           func() error { return c.Rollback(ctx) },
		"no text":            func() error { _, _, err := empty.ExecuteQuery(ctx); return err },
		"no text, update":    func() error { _, err := empty.ExecuteUpdate(ctx); return err },
		"no text, Prepare":   func() error { return empty.Prepare(ctx) },
		"not prepared":       func() error { _, err := s.GetParameterSchema(); return err },
		"closed statement":   func() error { _, _, err := gone.ExecuteQuery(ctx); return err },
		"closed, SetOption":  func() error { return gone.SetOption(adbce6data.OptionQueryTag, "x") },
		"closed, GetOption":  func() error { _, err := gone.(adbc.GetSetOptions).GetOption(adbce6data.OptionQueryTag); return err },
		"closed, Bind":       func() error { return gone.Bind(ctx, nil) },
		"closed, BindStream": func() error { return gone.BindStream(ctx, nil) },
		"closed, text":       func() error { return gone.SetSqlQuery("SELECT 1") },
		"closed, Close":      func() error { return gone.Close() },
	} {
		if err := f(); err == nil || adbcError(t, err).Code != adbc.StatusInvalidState {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGetParameterSchema(t *testing.T) {
	c := openConnection(t, newNumbers(t))
	for query, want := range map[string]int{"SELECT 1": 0, "SELECT ?, ?": 2, "SELECT $2": 2, "SELECT :a, :b, :a": 2} {
		s := newStatement(t, c, query)
		if err := s.Prepare(within(t)); err != nil {
			t.Fatal(err)
		}
		schema, err := s.GetParameterSchema()
		if err != nil || schema.NumFields() != want {
			t.Errorf("%s: %v, %v, want %d fields", query, schema, err, want)
			continue
		}
		for _, f := range schema.Fields() {
			if f.Name != "" || f.Type.ID() != arrow.NULL {
				t.Errorf("%s: the field %v", query, f)
			}
		}
	}
	if err := newStatement(t, c, "SELECT 'a").Prepare(within(t)); string(adbcErrorState(t, err)) != "42601" {
		t.Error(err)
	}
	s := newStatement(t, c, "SELECT ?, $1")
	if err := s.Prepare(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetParameterSchema(); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
}

func adbcErrorState(t testing.TB, err error) []byte {
	e := adbcError(t, err)
	return e.SqlState[:]
}
