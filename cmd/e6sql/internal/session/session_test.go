package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a session on srv. It is closed before srv.
func open(t testing.TB, srv *enginetest.Server, params ...string) *session.Session {
	t.Helper()
	cfg, err := e6data.ParseDSN(srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rows is a sink that keeps the first column.
type rows struct {
	columns []thriftrows.Column
	values  []int64
	limit   int
	err     error
}

func (r *rows) Begin(columns []thriftrows.Column) error {
	r.columns = slices.Clone(columns)
	return nil
}

func (r *rows) Write(b *thriftrows.Batch) error {
	if r.err != nil {
		return r.err
	}
	values, _, err := b.Column(0).Int64s()
	r.values = append(r.values, values...)
	return err
}

// limited is a sink that has enough after some rows.
type limited struct{ rows }

func (l *limited) Full() bool { return len(l.values) >= l.limit }

func numbers(n int) *enginetest.Result {
	return enginetest.NewResult().Column("n", "LONG").BatchRows(10).Generate(n, func(i int) []any { return []any{i} }).RowCount(int64(n))
}

func TestRun(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("SELECT n", numbers(25))
	s := open(t, srv)
	var mu sync.Mutex
	var last e6data.Progress
	sink := &rows{}
	sum, err := s.Run(t.Context(), "SELECT n", sink, session.RunOptions{Analyze: true, Progress: func(p e6data.Progress) {
		mu.Lock()
		defer mu.Unlock()
		last = p
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sink.values) != 25 || sink.values[24] != 24 || sink.columns[0].Name != "n" {
		t.Errorf("%v, %v", sink.columns, sink.values)
	}
	if sum.Written != 25 || sum.Total != 25 || !sum.HasResult || sum.ID == "" || sum.Strategy != "blue" || sum.Keyword != "SELECT" || sum.Affected != -1 || sum.Analysis == nil {
		t.Errorf("%+v", sum)
	}
	if s.Strategy() != "blue" {
		t.Errorf("strategy %q", s.Strategy())
	}
	mu.Lock()
	defer mu.Unlock()
	if !last.Done || last.Rows != 25 {
		t.Errorf("last progress %+v", last)
	}
}

func TestRunStopsWhenTheSinkIsFull(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("SELECT n", numbers(1000))
	unknown := numbers(30).RowCount(-1)
	srv.Handle("SELECT unknown", unknown)
	s := open(t, srv, "prefetch_bytes=0")
	sink := &limited{rows{limit: 15}}
	sum, err := s.Run(t.Context(), "SELECT n", sink, session.RunOptions{})
	if err != nil || sum.Written != 20 || sum.Total != 1000 {
		t.Errorf("%+v, %v", sum, err)
	}
	if got := srv.Count("getNextResultBatch"); got > 4 {
		t.Errorf("%d batches were requested for 20 rows", got)
	}
	sink = &limited{rows{limit: 15}}
	if sum, err = s.Run(t.Context(), "SELECT unknown", sink, session.RunOptions{}); err != nil || sum.Written != 30 || sum.Total != 30 {
		t.Errorf("without a row count: %+v, %v", sum, err)
	}
}

func TestRunReportsChangedRows(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("INSERT INTO t VALUES (1)", enginetest.NewResult().Column("count", "LONG").Row(7))
	srv.Handle("CREATE TABLE t (n INT)", enginetest.NewResult())
	srv.Handle("CALL p()", numbers(1))
	s := open(t, srv)
	for statement, want := range map[string]struct {
		affected int64
		values   int
	}{
		"INSERT INTO t VALUES (1);": {7, 0}, "CREATE TABLE t (n INT)": {-1, 0}, "CALL p()": {-1, 1},
	} {
		sink := &rows{}
		sum, err := s.Run(t.Context(), statement, sink, session.RunOptions{})
		if err != nil || sum.Affected != want.affected || len(sink.values) != want.values || sum.HasResult != (want.values > 0) {
			t.Errorf("%s: %+v, %v, %v", statement, sum, sink.values, err)
		}
	}
}

func TestRunPassesVariables(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.HandleFunc(enginetest.EchoLiterals)
	s := open(t, srv)
	for name, text := range map[string]string{
		"n": "42", "price": "12.30", "zip": "01234", "flag": "true", "name": "it's", "quoted": "'42'", "day": "DATE '2024-01-31'", "nothing": "null",
		"moment": "timestamp '2024-01-31 23:59:58.5'",
	} {
		if err := s.SetVar(name, text); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Run(t.Context(), "SELECT :n, :price, :zip, :flag, :name, :quoted, @day, :nothing, :moment", nil, session.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := srv.CallsTo("prepareStatement")[0].SQL
	want := `SELECT 42, CAST('12.30' AS DECIMAL(4,2)), '01234', TRUE, 'it''s', '42', DATE '2024-01-31', NULL, TIMESTAMP '2024-01-31 23:59:58.500000'`
	if got != want {
		t.Errorf("sent\n%s, want\n%s", got, want)
	}
	if err := s.SetVar("1x", "1"); err == nil {
		t.Error("a name that no placeholder has was accepted")
	}
	if err := s.SetVar("d", "DATE '31.1.2024'"); err == nil {
		t.Error("a wrong date was accepted")
	}
	if !s.UnsetVar("n") || s.UnsetVar("n") {
		t.Error("UnsetVar does not report whether the variable existed")
	}
}

func TestRunUsesTheCurrentPlace(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	var mu sync.Mutex
	var places []string
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		places = append(places, q.Catalog+"."+q.Schema)
		return numbers(1).DryRun("plan of " + q.SQL), nil
	})
	s := open(t, srv, "catalog=lake")
	run := func() {
		t.Helper()
		if _, err := s.Run(t.Context(), "SELECT 1", nil, session.RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	s.Use("", "sales")
	run()
	s.Use("other", "")
	run()
	plan, err := s.Explain(t.Context(), "SELECT :x")
	if err != nil || plan != "plan of SELECT :x" {
		t.Errorf("%q, %v", plan, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(places); got != "[lake.db lake.sales other.sales other.sales]" {
		t.Errorf("statements ran in %s", got)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.HandleArgs("SELECT nam, :x", enginetest.NewResult().Fail(enginetest.PhasePrepare, errors.New("At line 1, column 8: Column 'nam' not found")))
	srv.Handle("SELECT n", numbers(50).FailAt(2, errors.New("line 1:1: division by zero")))
	s := open(t, srv)
	if err := s.SetVar("x", "12"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run(t.Context(), "SELECT nam, :x", nil, session.RunOptions{})
	failed, ok := errors.AsType[*session.Error](err)
	if !ok || failed.Line != 1 || failed.Column != 8 || failed.Statement != "SELECT nam, 12" || !errors.Is(err, e6data.ErrSQL) {
		t.Errorf("%#v", failed)
	}
	sum, err := s.Run(t.Context(), "SELECT n", &rows{}, session.RunOptions{})
	if failed, ok = errors.AsType[*session.Error](err); !ok || failed.QueryID == "" || sum.Written != 20 || sum.ID != failed.QueryID {
		t.Errorf("%#v, %+v", failed, sum)
	}
	_, err = s.Run(t.Context(), "SELECT\n 'open", nil, session.RunOptions{})
	if failed, ok = errors.AsType[*session.Error](err); !ok || failed.Line != 2 || failed.Column != 2 {
		t.Errorf("%#v", failed)
	}
	broken := errors.New("disk full")
	_, err = s.Run(t.Context(), "SELECT n", &rows{err: broken}, session.RunOptions{})
	if _, ok := errors.AsType[*session.SinkError](err); !ok || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// A query that hangs in any phase ends on the engine when the context ends, or after the
// session's timeout.
func TestRunIsCancelled(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			srv := cmdtest.Engine(t, enginetest.Config{})
			srv.Handle("SELECT n", numbers(1000))
			s := open(t, srv)
			fault := srv.Inject(enginetest.Fault{Method: method, Hang: true})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-fault.Struck()
				cancel()
			}()
			if _, err := s.Run(ctx, "SELECT n", nil, session.RunOptions{}); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			s.SetTimeout(20 * time.Millisecond)
			_, err := s.Run(t.Context(), "SELECT n", nil, session.RunOptions{})
			if _, ok := errors.AsType[*session.TimeoutError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("timeout: %v", err)
			}
			fault.Release()
		})
	}
}

// FuzzParseValue checks that quotes make a string of any text, and that every value can
// be sent.
func FuzzParseValue(f *testing.F) {
	for _, text := range []string{"42", "-0.5", "it's", "'quoted'", "DATE '2024-01-31'", "timestamp'2024-01-31'", "170141183460469231731687303715884105727", "null", "1e5", "'", "DATE ''"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := session.ParseValue("'" + strings.ReplaceAll(text, "'", "''") + "'")
		if s, ok := quoted.(string); err != nil || !ok || s != text {
			t.Fatalf("%q in quotes is %#v, %v", text, quoted, err)
		}
		v, err := session.ParseValue(text)
		if err != nil {
			return
		}
		if _, err := e6data.Literal(v); err != nil && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			t.Errorf("%q is %#v, which cannot be sent: %v", text, v, err)
		}
	})
}
