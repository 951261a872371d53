package enginetest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// counter is a backend whose statement "COUNT n" has the rows 0 to n-1, two a chunk, and whose
// statement "HANG" executes until it is closed.
type counter struct{ closed chan string }

type counting struct {
	b      *counter
	sql    string
	n      int
	next   int
	closed chan struct{}
}

func (b *counter) Prepare(_ context.Context, q enginetest.Query) (enginetest.Statement, error) {
	st := &counting{b: b, sql: q.SQL, closed: make(chan struct{})}
	if _, err := fmt.Sscanf(q.SQL, "COUNT %d", &st.n); err != nil && q.SQL != "HANG" {
		return nil, errors.New("line 1:1: this engine counts")
	}
	return st, nil
}

func (b *counter) DryRun(context.Context, enginetest.Query) (string, error) { return "fine", nil }

func (b *counter) Catalogs(context.Context) ([]enginetest.Catalog, error) {
	return []enginetest.Catalog{{Name: "numbers", Default: true}}, nil
}

func (b *counter) Schemas(_ context.Context, catalog string) ([]string, error) {
	return []string{catalog + "_schema"}, nil
}

func (b *counter) Tables(_ context.Context, catalog, schema string) ([]string, error) {
	return []string{catalog + "." + schema}, nil
}

func (b *counter) Columns(_ context.Context, _, _, table string) ([]enginetest.Column, error) {
	return []enginetest.Column{{Name: table, Type: "long"}}, nil
}

func (st *counting) Params() []string { return nil }

func (st *counting) Execute(ctx context.Context, _ enginetest.Execution) (bool, error) {
	if st.sql != "HANG" {
		return true, nil
	}
	select {
	case <-st.closed:
		return false, enginetest.ErrCancelled
	case <-ctx.Done():
		// As of an engine that goes on without its client.
		return true, ctx.Err()
	}
}

func (st *counting) Metadata(context.Context) ([]byte, error) {
	return thriftrows.AppendMetadata(nil, &thriftrows.Metadata{RowCount: -1, Columns: []thriftrows.Column{{Name: "n", Type: "LONG"}}})
}

func (st *counting) Batches(_ context.Context, r enginetest.BatchRequest) (out enginetest.Batches, err error) {
	for len(out.Chunks) < r.Max && st.next < st.n {
		rows := min(2, st.n-st.next)
		values := make([]any, rows)
		for i := range values {
			values[i] = st.next + i
		}
		v, err := thriftrows.NewVector(thriftrows.Long, 0, values)
		if err != nil {
			return out, err
		}
		b, err := thriftrows.AppendChunk(nil, rows, []thriftrows.Vector{v})
		if err != nil {
			return out, err
		}
		out.Chunks = append(out.Chunks, b)
		st.next += rows
	}
	out.End = len(out.Chunks) == 0 || r.V2 && st.next == st.n
	return out, nil
}

func (st *counting) Status(context.Context) (bool, int64, error) { return true, int64(st.n), nil }

func (st *counting) Explain(context.Context) (string, error) { return "a loop", nil }

func (st *counting) ExplainAnalyze(context.Context) (enginetest.Analysis, error) {
	return enginetest.Analysis{Document: "{}", Parsing: time.Millisecond}, nil
}

func (st *counting) Close() {
	close(st.closed)
	st.b.closed <- st.sql
}

// withCounter starts a server over a counter.
func withCounter(t *testing.T, cfg enginetest.Config) (*enginetest.Server, *counter) {
	b := &counter{closed: make(chan string, 100)}
	cfg.Backend = b
	return enginetest.Start(t, cfg), b
}

func open(t *testing.T, srv *enginetest.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// numbers runs a query of one column.
func numbers(t *testing.T, db *sql.DB, query string) (out []int) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBackendAnswersQueries(t *testing.T) {
	t.Parallel()
	for _, cfg := range []enginetest.Config{{}, {DisableV2: true}, {V2Chunks: 1}, {RotateSessions: true}} {
		for _, n := range []int{0, 1, 2, 5, 40} {
			t.Run(fmt.Sprintf("v1 %v, %d chunks, rotated %v, %d rows", cfg.DisableV2, cfg.V2Chunks, cfg.RotateSessions, n), func(t *testing.T) {
				t.Parallel()
				srv, b := withCounter(t, cfg)
				db := open(t, srv)
				var want []int
				for i := range n {
					want = append(want, i)
				}
				query := fmt.Sprintf("COUNT %d", n)
				if got := numbers(t, db, query); !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
				if got := <-b.closed; got != query {
					t.Errorf("%q was closed", got)
				}
			})
		}
	}
}

func TestScriptComesBeforeBackend(t *testing.T) {
	t.Parallel()
	srv, _ := withCounter(t, enginetest.Config{})
	srv.Handle("COUNT 3", enginetest.NewResult().Column("n", "LONG").Row(42))
	db := open(t, srv)
	if got := numbers(t, db, "COUNT 3"); !slices.Equal(got, []int{42}) {
		t.Errorf("%v", got)
	}
	if got := numbers(t, db, "COUNT 1"); !slices.Equal(got, []int{0}) {
		t.Errorf("%v", got)
	}
	if _, err := db.Query("COUNT me"); err == nil || !strings.Contains(err.Error(), "this engine counts") {
		t.Errorf("%v", err)
	}
}

func TestCancellingClosesStatement(t *testing.T) {
	t.Parallel()
	srv, b := withCounter(t, enginetest.Config{})
	db := open(t, srv)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(ctx, "HANG")
		done <- err
	}()
	if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed == 1 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := <-b.closed; got != "HANG" {
		t.Errorf("%q was closed", got)
	}
}

// A query of which no client learned is closed by the server.
func TestLostPrepareClosesStatement(t *testing.T) {
	t.Parallel()
	srv, b := withCounter(t, enginetest.Config{})
	db := open(t, srv)
	srv.Inject(enginetest.Fault{Method: "prepareStatement", After: true, Err: errors.New("lost"), Times: 1})
	if _, err := db.Query("COUNT 1"); err == nil {
		t.Fatal("no error")
	}
	if got := <-b.closed; got != "COUNT 1" {
		t.Errorf("%q was closed", got)
	}
}
