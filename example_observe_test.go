package e6data_test

import (
	"context"
	"database/sql"
	"expvar"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// ordersEngine returns an engine with a result for one statement.
func ordersEngine() *enginetest.Server {
	srv, err := enginetest.NewServer(enginetest.Config{Mark: "example"})
	if err != nil {
		log.Fatal(err)
	}
	srv.Handle("SELECT id FROM orders", enginetest.NewResult().Column("id", "LONG").Row(1).Row(2).Row(3).
		ExplainAnalyze(`{"total_query_time": 12}`))
	return srv
}

// drain reads a result to its end.
func drain(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
	}
	return rows.Err()
}

// The id, counts and times of one query.
func ExampleCaptureQuery() {
	srv := ordersEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	// Analyze requests the engine's own times, which costs one more call.
	info := &e6data.QueryInfo{Analyze: true}
	ctx := e6data.ContextWithOptions(context.Background(), e6data.CaptureQuery(info))
	if err := drain(ctx, db, "SELECT id FROM orders"); err != nil {
		log.Fatal(err)
	}
	s := info.State()
	fmt.Println("id known:", s.ID != "", "colour:", s.Strategy)
	fmt.Println("rows:", s.Rows, "done:", s.Done, "first rows came before the end:", s.FirstBatch <= s.Ended)
	fmt.Println("from the cache:", s.Analysis.Cached, "took the engine", s.Analysis.Total)
	// Output:
	// id known: true colour: blue
	// rows: 3 done: true first rows came before the end: true
	// from the cache: false took the engine 12ms
}

// A progress bar for all queries with a context.
func ExampleContextWithProgress() {
	srv := ordersEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx := e6data.ContextWithProgress(context.Background(), func(p e6data.Progress) {
		if p.Done { // the last call; those before come while the query runs
			fmt.Printf("%d of %d rows\n", p.Rows, p.RowsKnown)
		}
	})
	if err := drain(ctx, db, "SELECT id FROM orders"); err != nil {
		log.Fatal(err)
	}
	// Output: 3 of 3 rows
}

// slowQueries is a hook that reports queries and repetitions.
type slowQueries struct{ e6data.NoHook }

func (slowQueries) QueryEnd(_ context.Context, q e6data.QueryState) {
	fmt.Printf("query of %d rows on %s, failed: %t\n", q.Rows, q.Strategy, q.Err != nil)
}

func (slowQueries) Retry(_ context.Context, r e6data.Retry) {
	fmt.Printf("%s again: %s\n", r.Phase, r.Reason)
}

// A hook is called for each query and each repetition.
func ExampleWithHook() {
	srv := ordersEngine()
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg, e6data.WithHook(slowQueries{}))
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	srv.ExpireSessions()
	if err := drain(context.Background(), db, "SELECT id FROM orders"); err != nil {
		log.Fatal(err)
	}
	// QueryEnd is called when the query has ended. Close waits for that.
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// prepare again: session expired
	// query of 3 rows on blue, failed: false
}

// The counters of a pool, also as a variable of package expvar.
func ExampleConnector_Stats() {
	srv := ordersEngine()
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	// The counters are at /debug/vars of net/http's default server.
	expvar.Publish("e6data", expvar.Func(func() any { return connector.Stats() }))

	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	if err := drain(context.Background(), db, "SELECT id FROM orders"); err != nil {
		log.Fatal(err)
	}
	s := connector.Stats()
	fmt.Println(s.Queries.Succeeded, "query,", s.Rows, "rows,", s.Switches, "switches, channel", s.Channels[0])
	// Output: 1 query, 3 rows, 0 switches, channel READY
}

// With debug=true every call is logged.
func ExampleWithLogger() {
	srv := ordersEngine()
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN("debug=true"))
	if err != nil {
		log.Fatal(err)
	}
	// The example leaves out times and ids, which differ from run to run.
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.MessageKey, "method", "code", "error":
				return a
			}
			return slog.Attr{}
		},
	}))
	connector, err := e6data.NewConnector(cfg, e6data.WithLogger(logger))
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// msg="e6data: call" method=authenticate code=OK
	// msg="e6data: a session was opened"
	// msg="e6data: the live colour is blue"
	// msg="e6data: call" method=healthCheck code=OK
}
