package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestTransactionsAreUnsupported(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	_, err := db.BeginTx(t.Context(), nil)
	if !errors.Is(err, e6data.ErrTransactions) || !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if errors.Is(errors.ErrUnsupported, e6data.ErrTransactions) || errors.Is(e6data.ErrTransactions, e6data.ErrNotRunning) {
		t.Error("ErrTransactions is more than itself")
	}
}

// With transactions=noop a statement takes effect at once. Commit has nothing to
// do, and Rollback says so where it would have to undo something.
func TestNoopTransactions(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("INSERT", ids(1, 1))
	srv.Handle("SELECT", ids(3, 3))
	db := openDB(t, srv, "transactions=noop")
	begin := func(t *testing.T) *sql.Tx {
		t.Helper()
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	refused := func(t *testing.T, err error) {
		t.Helper()
		rollback, ok := errors.AsType[*e6data.RollbackError](err)
		if !ok || rollback.QueryID == "" || !errors.Is(err, e6data.ErrTransactions) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Rollback: %v", err)
		}
	}
	t.Run("commit", func(t *testing.T) {
		tx := begin(t)
		if _, err := tx.ExecContext(t.Context(), "INSERT"); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
		if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) { // as deferred
			t.Error(err)
		}
	})
	t.Run("rollback of nothing", func(t *testing.T) {
		if err := begin(t).Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Run("rollback after Exec", func(t *testing.T) {
		tx := begin(t)
		if _, err := tx.ExecContext(t.Context(), "INSERT"); err != nil {
			t.Error(err)
		}
		refused(t, tx.Rollback())
	})
	t.Run("rollback after Query", func(t *testing.T) {
		tx := begin(t)
		if n, err := readIDs(t.Context(), tx, "SELECT"); n != 3 || err != nil {
			t.Error(n, err)
		}
		refused(t, tx.Rollback())
	})
	t.Run("rollback after a prepared statement", func(t *testing.T) {
		tx := begin(t)
		st, err := tx.PrepareContext(t.Context(), "INSERT")
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if _, err := st.ExecContext(t.Context()); err != nil {
			t.Error(err)
		}
		refused(t, tx.Rollback())
	})
	t.Run("rollback after a statement that was not executed", func(t *testing.T) {
		tx := begin(t)
		if _, err := tx.ExecContext(t.Context(), "INSERT ?"); err == nil {
			t.Error("an argument is missing")
		}
		srv.Inject(enginetest.Fault{Method: "prepareStatement", Times: 1, Err: status.Error(codes.InvalidArgument, "no such table")})
		if _, err := tx.ExecContext(t.Context(), "INSERT"); err == nil {
			t.Error("prepare did not fail")
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Run("rollback after a statement that may have been executed", func(t *testing.T) {
		tx := begin(t)
		srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Drop: true, After: true})
		if _, err := tx.ExecContext(t.Context(), "INSERT"); !errors.Is(err, e6data.ErrAmbiguousExecution) {
			t.Error(err)
		}
		refused(t, tx.Rollback())
	})
	t.Run("the next transaction begins anew", func(t *testing.T) {
		if _, err := db.ExecContext(t.Context(), "INSERT"); err != nil {
			t.Error(err)
		}
		if err := begin(t).Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Run("options", func(t *testing.T) {
		for _, opts := range []*sql.TxOptions{{ReadOnly: true}, {Isolation: sql.LevelSerializable}} {
			if _, err := db.BeginTx(t.Context(), opts); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%+v: %v", opts, err)
			}
		}
	})
	t.Run("one at a time", func(t *testing.T) {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		tx, err := c.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.BeginTx(t.Context(), nil); err == nil {
			t.Error("a transaction in a transaction")
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
}

// A transaction whose context ends gives its connection back.
func TestNoopTransactionsContext(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("INSERT", ids(1, 1))
	db := openDB(t, srv, "transactions=noop")
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := db.BeginTx(ctx, nil); err != nil {
		t.Fatal(err)
	}
	cancel()
	tx, err := db.BeginTx(within(t, time.Minute), nil) // waits for the connection
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}
