package e6data_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/wire"
)

func TestGoldenCasesThroughSQL(t *testing.T) {
	t.Parallel()
	cases, err := golden.Load("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r := enginetest.NewResult().Metadata(c.Meta)
			if c.RowCount > 0 {
				r = r.Chunks(c.Chunk)
			}
			// Some cases are one chunk of a larger result, and have the whole result's row count.
			whole := c.MetadataRowCount <= int64(c.RowCount)
			srv.Handle(c.Name, r)
			rows, err := db.Query(c.Name)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil || len(columns) != len(c.Columns) {
				t.Fatalf("columns %q, %v; want %d", columns, err, len(c.Columns))
			}
			values, pointers := scanTargets(len(columns))
			n := 0
			for ; rows.Next(); n++ {
				if err := rows.Scan(pointers...); err != nil {
					t.Fatal(err)
				}
				for k, got := range values {
					if err := golden.Check(c.Intended[n][k], got); err != nil {
						t.Errorf("row %d, column %d: %v", n, k, err)
					}
				}
			}
			if n != c.RowCount {
				t.Errorf("%d rows, want %d", n, c.RowCount)
			}
			if err := rows.Err(); whole && err != nil || !whole && !errors.Is(err, e6data.ErrIncompleteResult) {
				t.Errorf("%d of %d rows ended with %v", n, c.MetadataRowCount, err)
			}
		})
	}
}

func scanTargets(n int) (values, pointers []any) {
	values, pointers = make([]any, n), make([]any, n)
	for i := range values {
		pointers[i] = &values[i]
	}
	return values, pointers
}

func TestResultInBatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rows, batch int }{{0, 10}, {1, 10}, {10, 10}, {11, 10}, {1000, 7}, {100_000, 8192}} {
		t.Run(fmt.Sprintf("%d by %d", test.rows, test.batch), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(test.rows, test.batch))
			n, err := readIDs(t.Context(), openDB(t, srv), "q")
			if n != test.rows || err != nil {
				t.Errorf("%d rows, %v; want %d", n, err, test.rows)
			}
		})
	}
}

func TestCallsOfAQuery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		params []string
		want   string
	}{
		{"without a catalog", nil,
			"authenticate prepareStatement executeStatement getResultMetadata getNextResultBatch getNextResultBatch clearOrCancelQuery"},
		{"with a catalog", []string{"catalog=lake"},
			"authenticate prepareStatementV2 executeStatementV2 getResultMetadata getNextResultBatch getNextResultBatch clearOrCancelQuery"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{ClusterName: "Big-One"})
			srv.Handle("q", ids(3, 10))
			if _, err := readIDs(t.Context(), openDB(t, srv, test.params...), "q"); err != nil {
				t.Fatal(err)
			}
			if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			var methods []string
			for _, c := range srv.Calls() {
				methods = append(methods, c.Method)
				if got := c.Header.Get("cluster-name"); !reflect.DeepEqual(got, []string{"big-one"}) {
					t.Errorf("%s: cluster-name %q", c.Method, got)
				}
				if c.Strategy != "blue" {
					t.Errorf("%s: strategy %q", c.Method, c.Strategy)
				}
				if planner := c.Header.Get("plannerip"); (len(planner) == 1) != (c.QueryID != "" && !strings.HasPrefix(c.Method, "prepare")) {
					t.Errorf("%s: plannerip %q", c.Method, planner)
				}
			}
			if got := strings.Join(methods, " "); got != test.want {
				t.Errorf("calls %s\nwant  %s", got, test.want)
			}
			prepare := srv.CallsTo("prepareStatement")[0].Request.(interface{ GetSchema() string })
			if prepare.GetSchema() != "db" {
				t.Errorf("schema %q", prepare.GetSchema())
			}
			if v2, ok := prepare.(*wire.PrepareStatementV2Request); ok && v2.GetCatalog() != "lake" {
				t.Errorf("catalog %q", v2.GetCatalog())
			}
		})
	}
}

func TestResponsesReplaceSessions(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{RotateSessions: true})
	srv.Handle("q", ids(100, 10))
	if n, err := readIDs(t.Context(), openDB(t, srv), "q"); n != 100 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestTrailingSemicolon(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("SELECT ';'", ids(1, 1))
	db := openDB(t, srv)
	for _, q := range []string{"SELECT ';'", "SELECT ';';", "SELECT ';' ;\n ; \t"} {
		if n, err := readIDs(t.Context(), db, q); n != 1 || err != nil {
			t.Errorf("%q: %d rows, %v", q, n, err)
		}
	}
	for _, q := range []string{"", " ; ", "\n"} {
		var syntax *e6data.SyntaxError
		if _, err := db.Query(q); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", q, err)
		}
	}
}

func TestSeveralRowsOnOneConn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 3))
	conn, err := openDB(t, srv).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var open []*sql.Rows
	for range 5 {
		rows, err := conn.QueryContext(t.Context(), "q")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		open = append(open, rows)
	}
	for want := range 50 {
		for _, rows := range open {
			var id int
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if err := rows.Scan(&id); err != nil || id != want {
				t.Fatalf("id %d, %v; want %d", id, err, want)
			}
		}
	}
	if n := srv.Count("authenticate"); n != 1 {
		t.Errorf("%d sessions for one connection", n)
	}
}

func TestExec(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	srv.Handle("INSERT", ids(42, 10))
	srv.Handle("UPDATE", ids(42, 10).RowCount(-1))
	srv.Handle("SHORT", ids(42, 10).RowCount(43))
	srv.Handle("BROKEN", ids(42, 10).FailAt(2, status.Error(codes.Internal, "disk full")))

	r, err := db.Exec("INSERT")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); n != 42 || err != nil {
		t.Errorf("RowsAffected %d, %v", n, err)
	}
	if n, err := r.LastInsertId(); err == nil {
		t.Errorf("LastInsertId %d", n)
	}
	if n := srv.Count("getNextResultBatch"); n != 6 {
		t.Errorf("Exec requested %d batches, want all 5 and the end", n)
	}

	r, err = db.Exec("UPDATE")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err == nil {
		t.Errorf("RowsAffected %d, and the engine returned no count", n)
	}
	if _, err := db.Exec("SHORT"); !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("short result: %v", err)
	}
	if _, err := db.Exec("BROKEN"); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("broken result: %v", err)
	}
}

func TestPreparedStatement(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	unused, err := db.Prepare("q")
	if err != nil {
		t.Fatal(err)
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("Prepare alone sent %d calls to the engine", n)
	}
	for range 3 {
		rows, err := unused.Query()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if n != 5 || rows.Err() != nil {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
		if _, err := unused.Exec(); err != nil {
			t.Error(err)
		}
	}
	if _, err := unused.Query(1); err == nil {
		t.Error("an argument too many was accepted")
	}
	if err := unused.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	if _, err := db.Begin(); !errors.Is(err, e6data.ErrTransactions) {
		t.Errorf("Begin: %v", err)
	}
}

func TestColumnTypes(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	words := []string{"LONG", "INT", "SHORT", "DOUBLE", "FLOAT", "BOOLEAN", "STRING", "varchar(20)", "BINARY",
		"DATE", "DATETIME", "TIMESTAMP", "TIMESTAMP_TZ", "DECIMAL(10,2)", "DECIMAL128", "ARRAY", "MAP", "STRUCT", "NULL", "INT96"}
	r := enginetest.NewResult()
	for i, w := range words {
		r.Column(fmt.Sprint("c", i), w)
	}
	srv.Handle("q", r)
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	const unlimited = math.MaxInt64
	for i, want := range []struct {
		name   string
		scan   reflect.Type
		length int64 // -1: none
		p, s   int64 // -1: none
	}{
		{"LONG", reflect.TypeFor[sql.NullInt64](), -1, -1, -1},
		{"INT", reflect.TypeFor[sql.NullInt32](), -1, -1, -1},
		{"SHORT", reflect.TypeFor[sql.NullInt32](), -1, -1, -1},
		{"DOUBLE", reflect.TypeFor[sql.NullFloat64](), -1, -1, -1},
		{"FLOAT", reflect.TypeFor[sql.NullFloat64](), -1, -1, -1},
		{"BOOLEAN", reflect.TypeFor[sql.NullBool](), -1, -1, -1},
		{"STRING", reflect.TypeFor[sql.NullString](), unlimited, -1, -1},
		{"VARCHAR", reflect.TypeFor[sql.NullString](), 20, -1, -1},
		{"BINARY", reflect.TypeFor[[]byte](), unlimited, -1, -1},
		{"DATE", reflect.TypeFor[sql.NullTime](), -1, -1, -1},
		{"DATETIME", reflect.TypeFor[sql.NullTime](), -1, -1, -1},
		{"TIMESTAMP", reflect.TypeFor[sql.NullTime](), -1, -1, -1},
		{"TIMESTAMP_TZ", reflect.TypeFor[sql.NullTime](), -1, -1, -1},
		{"DECIMAL", reflect.TypeFor[sql.NullString](), -1, 10, 2},
		{"DECIMAL128", reflect.TypeFor[sql.NullString](), -1, -1, -1},
		{"ARRAY", reflect.TypeFor[sql.NullString](), unlimited, -1, -1},
		{"MAP", reflect.TypeFor[sql.NullString](), unlimited, -1, -1},
		{"STRUCT", reflect.TypeFor[sql.NullString](), unlimited, -1, -1},
		{"NULL", reflect.TypeFor[any](), -1, -1, -1},
		{"INT96", reflect.TypeFor[sql.NullTime](), -1, -1, -1},
	} {
		got := types[i]
		if got.Name() != fmt.Sprint("c", i) || got.DatabaseTypeName() != want.name || got.ScanType() != want.scan {
			t.Errorf("%s: name %q, type %q, scan type %v", words[i], got.Name(), got.DatabaseTypeName(), got.ScanType())
		}
		if l, ok := got.Length(); ok != (want.length >= 0) || ok && l != want.length {
			t.Errorf("%s: length %d, %v", words[i], l, ok)
		}
		if p, s, ok := got.DecimalSize(); ok != (want.p >= 0) || ok && (p != want.p || s != want.s) {
			t.Errorf("%s: decimal size %d, %d, %v", words[i], p, s, ok)
		}
		if nullable, ok := got.Nullable(); !nullable || !ok {
			t.Errorf("%s: nullable %v, %v", words[i], nullable, ok)
		}
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		cfg  enginetest.Config
	}{
		{"health check", enginetest.Config{}},
		{"engine without health check", enginetest.Config{DisableHealthCheck: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, test.cfg)
			db := openDB(t, srv)
			if err := db.Ping(); err != nil {
				t.Error(err)
			}
			if n := srv.Count("healthCheck"); n != 1 {
				t.Errorf("%d health checks", n)
			}
			if n := srv.Count("prepareStatement"); n != 0 {
				t.Error("Ping ran a query")
			}
			srv.Close()
			if err := db.Ping(); status.Code(err) != codes.Unavailable {
				t.Errorf("Ping of a dead engine: %v", err)
			}
		})
	}
}

func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	const goroutines, queries = 64, 10
	srv := newEngine(t, enginetest.Config{MaxCalls: -1})
	for i := range goroutines {
		srv.Handle(fmt.Sprint("q", i), ids(i*3, 20))
	}
	db := openDB(t, srv)
	db.SetMaxIdleConns(goroutines)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for range queries {
				if n, err := readIDs(t.Context(), db, fmt.Sprint("q", i)); n != i*3 || err != nil {
					t.Errorf("%d rows, %v; want %d", n, err, i*3)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	// No query may be open when db.Close has returned.
	if err := srv.Balanced(); err != nil {
		t.Error(err)
	}
	books := srv.Stats()
	if books.Prepared != goroutines*queries || books.Cleared != books.Prepared {
		t.Errorf("books: %+v", books)
	}
}

// The driver implements the interfaces that database/sql and its wrappers look for.
func TestInterfaces(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	conn, err := openDB(t, srv).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		c := dc.(driver.Conn)
		for _, ok := range []bool{
			implements[driver.QueryerContext](c), implements[driver.ExecerContext](c), implements[driver.ConnPrepareContext](c),
			implements[driver.ConnBeginTx](c), implements[driver.Pinger](c), implements[driver.SessionResetter](c), implements[driver.Validator](c),
		} {
			if !ok {
				t.Errorf("%T lacks an interface", c)
			}
		}
		if _, err := c.Begin(); !errors.Is(err, e6data.ErrTransactions) {
			t.Error(err)
		}
		s, err := c.Prepare("q;")
		if err != nil {
			return err
		}
		defer s.Close()
		rows, err := s.Query(nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([]driver.Value, 1)
		if err := rows.Next(row); err != nil || row[0] != int64(0) {
			t.Errorf("row %v, %v", row, err)
		}
		_, err = s.Exec(nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func implements[T any](x any) bool {
	_, ok := x.(T)
	return ok
}

func TestDriverOpen(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	conn, err := (&e6data.Driver{}).Open(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(driver.Pinger).Ping(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	// The connection owns its channel. goleak reports the channel if Close leaves it open.
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
