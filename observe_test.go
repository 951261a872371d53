package e6data_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// notes is a Hook that records its calls as text.
type notes struct {
	e6data.NoHook
	mu    sync.Mutex
	lines []string
	ended []e6data.QueryState
}

type noteKey struct{}

func (n *notes) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) QueryStart(ctx context.Context, q e6data.QueryStart) context.Context {
	n.note("start %s tag=%q %s.%s", q.Statement, q.Tag, q.Catalog, q.Schema)
	return context.WithValue(ctx, noteKey{}, "query")
}

func (n *notes) QueryEnd(ctx context.Context, q e6data.QueryState) {
	n.note("end in=%v rows=%d err=%t", ctx.Value(noteKey{}), q.Rows, q.Err != nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = append(n.ended, q)
}

func (n *notes) CallStart(ctx context.Context, c e6data.CallStart) context.Context {
	if c.Phase != e6data.PhaseConnect {
		n.note("%s in=%v", c.Phase, ctx.Value(noteKey{}))
	}
	return context.WithValue(ctx, noteKey{}, "call")
}

func (n *notes) CallEnd(ctx context.Context, c e6data.CallEnd) {
	if c.Err != nil {
		n.note("%s failed in=%v: %v", c.Phase, ctx.Value(noteKey{}), c.Err.(*e6data.Error).Code)
	}
}

func (n *notes) Retry(_ context.Context, r e6data.Retry) {
	n.note("again %s: %s, try %d", r.Phase, r.Reason, r.Try)
}

func (n *notes) Switch(_ context.Context, s e6data.Switch) { n.note("switch %s to %s", s.From, s.To) }

func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.lines
	n.lines = nil
	return lines
}

func TestHook(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "hook", Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("a", "LONG").Row(1).Row(2).BatchRows(1))
	srv.Handle("SELECT bad", enginetest.NewResult().Column("a", "LONG").Fail(enginetest.PhaseExecute, status.Error(codes.Internal, "no such column")))
	n := &notes{}
	db, c := openOne(t, srv.DSN("prefetch_bytes=0&catalog=lake"), e6data.WithHook(n))
	ctx := e6data.ContextWithOptions(within(t, time.Minute), e6data.QueryTag("report 7"))
	want := func(lines ...string) {
		t.Helper()
		if err := srv.WaitBalanced(ctx); err != nil { // queries are cleared in the background
			t.Fatal(err)
		}
		if got := n.take(); !slices.Equal(got, lines) {
			t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
		}
	}
	const start = `start SELECT 1 tag="report 7" lake.db`
	srv.Handle("/* report 7 */ SELECT 1", enginetest.NewResult().Column("a", "LONG").Row(1).Row(2).BatchRows(1))
	srv.Handle("/* report 7 */ SELECT bad", enginetest.NewResult().Column("a", "LONG").Fail(enginetest.PhaseExecute, status.Error(codes.Internal, "no such column")))
	if rows, err := readAll(ctx, t, db, "SELECT 1"); rows != 2 || err != nil {
		t.Fatal(rows, err)
	}
	run := []string{
		start, "prepare in=query", "execute in=query", "metadata in=query", "fetch in=query", "fetch in=query", "fetch in=query",
		"end in=query rows=2 err=false", "clear in=query",
	}
	want(run...)
	if _, err := readAll(ctx, t, db, "SELECT bad"); err == nil {
		t.Fatal("no error")
	}
	if err := srv.WaitBalanced(ctx); err != nil { // the query is cleared in the background
		t.Fatal(err)
	}
	if got := n.take(); len(got) != 6 ||
		!slices.Equal(got[:4], []string{`start SELECT bad tag="report 7" lake.db`, "prepare in=query", "execute in=query", "execute failed in=call: Internal"}) ||
		!slices.Contains(got, "end in=query rows=0 err=true") || !slices.Contains(got, "clear in=query") {
		t.Errorf("got %q", got)
	}
	// After an announced switch the next query moves.
	srv.Announce(enginetest.Green)
	if _, err := readAll(ctx, t, db, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	want(run...)
	srv.Announce("")
	srv.ExpireSessions()
	if _, err := readAll(ctx, t, db, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	want(slices.Concat([]string{start, "switch blue to green"}, run[1:])...)
	srv.ExpireSessions()
	if _, err := readAll(ctx, t, db, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	want(slices.Concat([]string{start, "prepare in=query", "prepare failed in=call: Internal", "again prepare: session expired, try 2"}, run[1:])...)

	s := c.Stats()
	if s.Queries != (e6data.QueryCounts{Succeeded: 4, Failed: 1}) || s.Queries.Total() != 5 || s.Running != 0 || s.Switches != 1 ||
		s.Rows != 8 || s.Batches != 8 || s.Bytes == 0 || s.BatchesAhead != 0 || s.BytesAhead != 0 ||
		s.SessionsOpened != 3 || s.SessionsRenewed != 1 || s.Retries["session expired"] != 1 || len(s.Retries) != 1 ||
		s.Connections != 1 || len(s.Channels) != 1 || s.Channels[0] != "READY" {
		t.Errorf("%+v", s)
	}
}

// A connection still has a session on a colour that is no longer live, and the other
// connections have moved. The session is not used, and the hook is not called for a switch
// back.
func TestLateSessionIsNotASwitch(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "late", Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("a", "LONG").Row(1))
	n := &notes{}
	db, c := openOne(t, srv.DSN(), e6data.WithHook(n))
	db.SetMaxOpenConns(2)
	ctx := within(t, time.Minute)
	one, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = one.Close() }()
	run := func() {
		t.Helper()
		if _, err := one.ExecContext(ctx, "SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	hang := srv.Inject(enginetest.Fault{Method: "authenticate", Times: 1, Hang: true})
	connected := make(chan error, 1)
	go func() {
		two, err := db.Conn(ctx)
		if err == nil {
			err = two.Close()
		}
		connected <- err
	}()
	await(t, hang.Struck())
	srv.Announce(enginetest.Green)
	run()
	srv.Announce("")
	run()
	hang.Release()
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
	switches := slices.DeleteFunc(n.take(), func(line string) bool { return !strings.HasPrefix(line, "switch") })
	if count := c.Stats().Switches; count != 1 || !slices.Equal(switches, []string{"switch blue to green"}) {
		t.Errorf("%d switches: %q", count, switches)
	}
}

// Each way in which a query can end has its counter and its outcome in QueryEnd.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "outcomes"})
	rows := enginetest.NewResult().Column("a", "LONG").Generate(50, func(i int) []any { return []any{i} }).BatchRows(10)
	srv.Handle("SELECT 1", rows)
	n := &notes{}
	db, c := openOne(t, srv.DSN("prefetch_bytes=1MiB"), e6data.WithHook(n))
	var info e6data.QueryInfo
	ctx := e6data.ContextWithOptions(within(t, time.Minute), e6data.CaptureQuery(&info))

	// Closed early.
	r, err := db.QueryContext(ctx, "SELECT 1")
	if err != nil || !r.Next() {
		t.Fatal(err)
	}
	if s := info.State(); s.Done || s.Phase != e6data.PhaseFetch || s.ID == "" || s.RowsPromised != 50 || s.Rows == 0 {
		t.Errorf("%+v", s)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if s := info.State(); !s.Done || s.Err != nil {
		t.Errorf("%+v", s)
	}
	// The context is cancelled.
	given, cancel := context.WithCancel(ctx)
	if r, err = db.QueryContext(given, "SELECT 1"); err != nil || !r.Next() {
		t.Fatal(err)
	}
	cancel()
	for r.Next() {
	}
	_ = r.Close()
	if s := info.State(); !errors.Is(s.Err, context.Canceled) {
		t.Errorf("%+v", s)
	}
	// Incomplete, and ambiguous.
	srv.Handle("SELECT 2", enginetest.NewResult().Column("a", "LONG").Row(1).RowCount(5))
	if _, err := readAll(ctx, t, db, "SELECT 2"); !errors.Is(err, e6data.ErrIncompleteResult) || !errors.Is(info.State().Err, e6data.ErrIncompleteResult) {
		t.Errorf("%v, %+v", err, info.State())
	}
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Drop: true})
	if _, err := readAll(ctx, t, db, "SELECT 1"); !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("%v", err)
	}
	if s := c.Stats(); s.Queries != (e6data.QueryCounts{Succeeded: 1, Cancelled: 1, Incomplete: 1, Ambiguous: 1}) || s.Running != 0 || s.BatchesAhead != 0 || s.BytesAhead != 0 {
		t.Errorf("%+v", s)
	}
	_ = db.Close() // QueryEnd is called when the query is cleared
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.ended) != 4 {
		t.Errorf("%d ends", len(n.ended))
	}
}

func TestCaptureQuery(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "capture", Live: []string{enginetest.Green}})
	srv.Handle("/* t */ SELECT 1", enginetest.NewResult().Column("a", "LONG").Row(1).Row(2).
		ExplainAnalyze(`{"total_query_time": 12}`).Timings(true, 2*time.Millisecond, 3*time.Millisecond))
	db, _ := openOne(t, srv.DSN())
	info := &e6data.QueryInfo{Analyze: true}
	if s := info.State(); s != (e6data.QueryState{}) {
		t.Errorf("%+v", s)
	}
	ctx := e6data.ContextWithOptions(within(t, time.Minute), e6data.CaptureQuery(info), e6data.QueryTag("t"))
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Hang: true})
	done := make(chan error, 1)
	go func() {
		_, err := readAll(ctx, t, db, "SELECT 1")
		done <- err
	}()
	await(t, hang.Struck())
	if s := info.State(); s.Phase != e6data.PhaseExecute || s.ID == "" || s.Planner == "" || s.Strategy != "green" || s.Tag != "t" || s.Done || s.Prepared <= 0 || s.Executed != 0 {
		t.Errorf("%+v", s)
	}
	hang.Release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s := info.State()
	if !s.Done || s.Err != nil || s.Rows != 2 || s.Batches != 1 || s.Bytes == 0 || s.RowsPromised != 2 || s.Retries != 0 ||
		s.Prepared > s.Executed || s.Executed > s.Described || s.Described > s.FirstBatch || s.FirstBatch > s.Ended {
		t.Errorf("%+v", s)
	}
	if a := s.Analysis; a == nil || !a.Cached || a.Total != 12*time.Millisecond || a.Parsing != 2*time.Millisecond {
		t.Errorf("%+v", a)
	}
	// A query that is refused at execute is prepared again, and the id is the new one.
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Err: status.Error(codes.Internal, "Access denied")})
	if _, err := readAll(ctx, t, db, "SELECT 1"); err != nil || info.State().Retries != 1 || info.State().ID == s.ID {
		t.Errorf("%v, %+v", err, info.State())
	}
	// If the second prepare is refused, the query ends in the phase prepare.
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Err: status.Error(codes.Internal, "Access denied")})
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Skip: 1, Times: 1, Err: status.Error(codes.Internal, "no room")})
	_, err := readAll(ctx, t, db, "SELECT 1")
	if s := info.State(); status.Code(err) != codes.Internal || !s.Done || s.Phase != e6data.PhasePrepare || s.ID == "" || s.Executed != 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

// A cancelled query is cleared on the engine at once, without a call of explainAnalyze
// before.
func TestFailedQueriesAreNotAnalyzed(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "given up"})
	srv.Handle("SELECT 1", ids(100, 10).Delay(enginetest.PhaseBatch, time.Hour))
	db, _ := openOne(t, srv.DSN())
	db.SetMaxOpenConns(2)
	info := &e6data.QueryInfo{Analyze: true}
	for n, end := range []func(cancel func()){
		func(cancel func()) { cancel() },
		func(func()) {
			mustUseConn(t, db, func(c *e6data.Conn) error { return c.CancelID(t.Context(), info.State().ID) })
		},
	} {
		ctx, cancel := context.WithCancel(within(t, time.Minute))
		rows, err := db.QueryContext(ctx, "SELECT 1", e6data.CaptureQuery(info))
		if err != nil {
			t.Fatal(err)
		}
		waitCalled(t, srv, "getNextResultBatch", n+1)
		end(cancel)
		for rows.Next() {
		}
		if rows.Err() == nil {
			t.Error("the result ended without an error")
		}
		_ = rows.Close()
		cancel()
	}
	waitEnded(t, srv, 1, 1)
	if n := srv.Count("explainAnalyze"); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "progress"})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("a", "LONG").Generate(30, func(i int) []any { return []any{i} }).BatchRows(10))
	db, _ := openOne(t, srv.DSN())
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Hang: true})
	var (
		busy sync.Mutex // held by the callback
		seen []e6data.Progress
	)
	polled := make(chan struct{})
	ctx := e6data.ContextWithProgress(within(t, time.Minute), func(p e6data.Progress) {
		if !busy.TryLock() {
			t.Error("called concurrently")
			return
		}
		defer busy.Unlock()
		seen = append(seen, p)
		if p.Phase == e6data.PhaseExecute && srv.Count("status") > 0 {
			select {
			case <-polled:
			default:
				close(polled)
			}
		}
	})
	done := make(chan error, 1)
	go func() {
		_, err := readAll(ctx, t, db, "SELECT 1")
		done <- err
	}()
	await(t, polled) // status is polled while the engine executes the query
	hang.Release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	last := seen[len(seen)-1]
	if !last.Done || last.Rows != 30 || last.RowsKnown != 30 || last.Bytes == 0 || last.QueryID == "" || last.Elapsed <= 0 {
		t.Errorf("%+v", last)
	}
	for i, p := range seen[:len(seen)-1] {
		if p.Done || p.Elapsed > seen[i+1].Elapsed {
			t.Errorf("call %d: %+v, then %+v", i, p, seen[i+1])
		}
	}
	// OnProgress has a last call also for a query that fails before it has begun.
	seen = nil
	if _, err := readAll(ctx, t, db, "SELECT nothing"); err == nil || len(seen) == 0 || !seen[len(seen)-1].Done {
		t.Errorf("%v, %+v", err, seen)
	}
}

func TestDebugLog(t *testing.T) {
	srv := newEngine(t, enginetest.Config{ClusterName: "debuglog"})
	const secretRow = "SELECT 'hush'"
	srv.Handle(secretRow, enginetest.NewResult().Column("a", "STRING").Row("whisper"))
	for _, test := range []struct {
		params, env     string
		calls, sessions bool
		statement       bool
	}{
		{"", "", false, false, false},
		{"", "DEBUG", false, true, false},
		{"debug=true", "", true, true, false},
		{"debug=true", "ERROR", true, false, false},
		{"debug=true&log_statements=true", "", true, true, true},
		{"log_statements=true", "", false, false, false},
	} {
		t.Run(test.params+" "+test.env, func(t *testing.T) {
			t.Setenv("E6DATA_STRATEGY_LOG_LEVEL", test.env)
			var out bytes.Buffer
			db, _ := openOne(t, srv.DSN(test.params), e6data.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			if _, err := readAll(within(t, time.Minute), t, db, secretRow); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			log := out.String()
			id := "query_id=" + srv.CallsTo("executeStatement")[0].QueryID
			srv.ResetCalls()
			for line := range strings.Lines(log) {
				// Records about a query have its id as soon as it has one.
				belongs := strings.Contains(line, "Statement ") || strings.Contains(line, "Result") || strings.Contains(line, "ended")
				if belongs && !strings.Contains(line, id) {
					t.Errorf("%s without %s", line, id)
				}
			}
			for text, want := range map[string]bool{
				"method=executeStatement code=OK duration=": test.calls,
				"query ended":          test.calls,
				"query_id=":            test.calls,
				"a session was opened": test.sessions,
				"hush":                 test.statement,
				"whisper":              false, enginetest.DefaultToken: false,
			} {
				if strings.Contains(log, text) != want {
					t.Errorf("%q is there: %t\n%s", text, !want, log)
				}
			}
		})
	}
}

// The engine's error about a statement may quote the statement.
func TestErrorsAreLoggedWithoutStatements(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "quoting"})
	const query = "SELECT 'hush' + 1"
	srv.Handle(query, enginetest.NewResult().Column("a", "STRING").
		Fail(enginetest.PhaseExecute, status.Error(codes.InvalidArgument, "'hush' is no number")))
	srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, After: true, Err: status.Error(codes.InvalidArgument, "'hush' has failed")})
	for _, statements := range []bool{false, true} {
		var out bytes.Buffer
		db, _ := openOne(t, srv.DSN(fmt.Sprintf("debug=true&log_statements=%t", statements)),
			e6data.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_, err := readAll(within(t, time.Minute), t, db, query)
		if err == nil || !strings.Contains(err.Error(), "'hush' is no number") {
			t.Errorf("the caller got %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		log := out.String()
		if strings.Contains(log, "hush") != statements || strings.Contains(log, "log_statements=true only") == statements ||
			strings.Count(log, "InvalidArgument") < 2 {
			t.Errorf("log_statements=%t\n%s", statements, log)
		}
	}
}

// An error about a value may show the value.
func TestErrorsAreLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ClusterName: "values"})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("a", "TIMESTAMP_TZ").
		Vectors(1, thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{0}, Zones: []string{"Hush/Whisper"}}}))
	for _, statements := range []bool{false, true} {
		var out bytes.Buffer
		db, _ := openOne(t, srv.DSN(fmt.Sprintf("debug=true&log_statements=%t", statements)),
			e6data.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		var at time.Time // since Go 1.27 Scan returns the error of the value
		err := db.QueryRowContext(within(t, time.Minute), "SELECT 1").Scan(&at)
		if err == nil || !strings.Contains(err.Error(), "Hush/Whisper") {
			t.Errorf("the caller got %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if log := out.String(); strings.Contains(log, "Hush") != statements || !strings.Contains(log, "(column 0, row 0, byte ") {
			t.Errorf("log_statements=%t\n%s", statements, log)
		}
	}
}

// Changes of the live colour are logged at the level that the environment sets, also
// without debug.
func TestColourLog(t *testing.T) {
	t.Setenv("E6DATA_STRATEGY_LOG_LEVEL", "debug")
	srv := newEngine(t, enginetest.Config{ClusterName: "colourlog", Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("a", "LONG").Row(1))
	var out bytes.Buffer
	db, _ := openOne(t, srv.DSN(), e6data.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	read := func() {
		t.Helper()
		if _, err := readAll(within(t, time.Minute), t, db, "SELECT 1"); err != nil {
			t.Fatal(err)
		}
		if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	read()
	srv.Announce(enginetest.Green)
	read()
	srv.Announce("")
	read()
	srv.SetLive(enginetest.Blue)
	read()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	log := out.String()
	for _, want := range []string{
		"the live colour is blue", "the engine announces green", "query_id=query-blue-", "moved from blue to green", "the colour is not live any more", "moved from green to blue",
	} {
		_, rest, found := strings.Cut(log, want)
		if !found {
			t.Fatalf("%q is missing, or comes too early\n%s", want, out.String())
		}
		log = rest
	}
}

// Without hook and logger a call has no extra allocations.
func TestHookCostsNothingUnset(t *testing.T) {
	srv := newEngine(t, enginetest.Config{ClusterName: "cost"})
	// The number of gRPC's own allocations for a call varies with its background work, so
	// that an interceptor ends the counted calls before gRPC.
	_, c := openOne(t, srv.DSN(), e6data.WithDialOptions(grpc.WithUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			if strings.HasSuffix(method, "/healthCheck") {
				return nil
			}
			return invoke(ctx, method, req, reply, cc, opts...)
		})))
	cn, err := c.Connect(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cn.Close(); err != nil {
			t.Error(err)
		}
	}()
	if watched, bare := e6data.HookCost(cn); watched != bare {
		t.Errorf("a call makes %v allocations, and %v without the code for hooks", watched, bare)
	}
	if n := e6data.RecordCost(c); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkHookUnset measures the cost of hooks, logs and counters for a query whose
// application uses none of them.
func BenchmarkHookUnset(b *testing.B) {
	srv := newEngine(b, enginetest.Config{ClusterName: "hookunset"})
	_, c := openOne(b, srv.DSN())
	b.ReportAllocs()
	for b.Loop() {
		e6data.Record(c)
	}
}

// A hook learns the number of each try, whether a query starts over or a call is repeated.
func TestHookNumbersTries(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	n := new(notes)
	db, _ := openOne(t, srv.DSN(), e6data.WithHook(n))
	for _, method := range []string{"prepareStatement", "healthCheck"} {
		srv.Inject(enginetest.Fault{Method: method, Times: 2, Err: status.Error(codes.Unavailable, "try later")})
		if method == "healthCheck" {
			if err := db.PingContext(t.Context()); err != nil {
				t.Error(err)
			}
		} else {
			readFive(t, db)
		}
		var tries []string
		for _, line := range n.take() {
			if strings.HasPrefix(line, "again") {
				tries = append(tries, line[strings.LastIndex(line, ",")+1:])
			}
		}
		if !slices.Equal(tries, []string{" try 2", " try 3"}) {
			t.Errorf("%s: %q", method, tries)
		}
	}
}
