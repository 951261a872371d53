package e6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// fetching are the ways to fetch a result; each must give the same rows.
var fetching = []string{
	"prefetch_bytes=0", "prefetch_bytes=1", "prefetch_bytes=5000", "",
	"prefetch_bytes=0&result_batch_v2=on", "prefetch_bytes=1&result_batch_v2=on", "result_batch_v2=on", "result_batch_v2=auto",
}

func TestEndOfResultInEveryWay(t *testing.T) {
	t.Parallel()
	for _, way := range fetching {
		v2 := strings.Contains(way, "v2")
		for _, test := range []struct {
			name       string
			result     *enginetest.Result
			rows       int
			incomplete bool
			v1only     bool
		}{
			{"no rows", batches(), 0, false, false},
			{"one batch", batches(5), 5, false, false},
			{"many batches", batches(slices.Repeat([]int{7}, 100)...), 700, false, false},
			{"end after data", batches(3, 4).LateEnd(), 7, false, false},
			{"empty answers", batches(3, 4, 5).EmptyAnswers(2), 12, false, false},
			{"zero-row chunks", batches(-1, 3, -1, -1, 4, -1), 7, false, false},
			{"unknown count", batches(3, 4).RowCount(-1), 7, false, false},
			{"more rows than promised", batches(3, 4).RowCount(5), 7, false, false},
			{"fewer rows than promised", batches(3, 4).RowCount(8), 7, true, false},
			{"ended by a chunk of size 0", batches(3, 4).SizeZeroEnd(), 7, false, true},
		} {
			if test.v1only && v2 {
				continue // V2 has an explicit end
			}
			t.Run(way+"/"+test.name, func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{V2Chunks: 3})
				srv.Handle("q", test.result)
				n, err := readIDs(t.Context(), openDB(t, srv, way), "q")
				if n != test.rows {
					t.Errorf("%d rows, want %d", n, test.rows)
				}
				if test.incomplete != errors.Is(err, e6data.ErrIncompleteResult) || !test.incomplete && err != nil {
					t.Errorf("error %v", err)
				}
				if used := srv.Count("getNextResultBatchV2") > 0; used != v2 {
					t.Errorf("V2 used: %v, want %v", used, v2)
				}
			})
		}
	}
}

// An engine that has no V2 answers UNIMPLEMENTED before it consumes anything.
func TestFallBackToV1(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode string
		asks int // how many of 3 queries try V2
	}{{"on", 3}, {"auto", 1}, {"off", 0}} {
		t.Run(test.mode, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{DisableV2: true})
			srv.Handle("q", ids(100, 10))
			db := openDB(t, srv, "result_batch_v2="+test.mode)
			for range 3 {
				if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
					t.Errorf("%d rows, %v", n, err)
				}
			}
			if n := srv.Count("getNextResultBatchV2"); n != test.asks {
				t.Errorf("%d queries tried V2, want %d", n, test.asks)
			}
		})
	}
}

// In a rolling deployment the planner may lose V2 in mid-result; the rest comes
// by V1, no row lost or read twice.
func TestFallBackInMidResult(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{V2Chunks: 2})
	srv.Handle("q", ids(100, 10))
	srv.Inject(enginetest.Fault{Method: "getNextResultBatchV2", Skip: 2, Err: status.Error(codes.Unimplemented, "gone")})
	n, err := readIDs(t.Context(), openDB(t, srv, "result_batch_v2=on"), "q")
	if n != 100 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if v2 := srv.Count("/QueryEngineService/getNextResultBatchV2"); v2 != 3 {
		t.Errorf("%d V2 calls", v2)
	}
}

func TestZeroLengthChunkIsMalformed(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", batches(3).Chunks([]byte{}).RowCount(3))
	_, err := readIDs(t.Context(), openDB(t, srv, "result_batch_v2=on"), "q")
	var e *e6data.Error
	if !errors.As(err, &e) || e.Phase != e6data.PhaseFetch || e.Message == "" && e.Err == nil {
		t.Errorf("error %v", err)
	}
}

// An engine that owes rows and has nothing to say is not asked for ever.
func TestOwedRowsThatNeverCome(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", batches(slices.Concat([]int{3}, slices.Repeat([]int{-1}, 50))...).RowCount(4))
	db, c := openConnector(t, parseDSN(t, srv.DSN()))
	e6data.SetMaxEmptyChunks(c, 5)
	n, err := readIDs(t.Context(), db, "q")
	if n != 3 || !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("%d rows, %v", n, err)
	}
	if n := srv.Count("getNextResultBatch"); n != 6 {
		t.Errorf("asked %d times", n)
	}
}

// While the application reads nothing, batches are fetched ahead until
// prefetch_bytes lie ready, and at least one is.
func TestFetchingAheadIsBounded(t *testing.T) {
	t.Parallel()
	const batch = 1000 // rows of 8 bytes and a null flag
	for _, test := range []struct {
		bytes    string
		min, max int // calls before anything is read
	}{
		{"0", 0, 0},
		{"1", 1, 2},
		{"50000", 4, 7},
		{"1000000000", 21, 21},
	} {
		t.Run(test.bytes, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(20*batch, batch))
			rows, err := openDB(t, srv, "prefetch_bytes="+test.bytes).Query("q")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			called := func(n int) func(enginetest.Stats) bool {
				return func(s enginetest.Stats) bool { return srv.Count("getNextResultBatch") >= n && s.InFlight == 0 }
			}
			if err := srv.Wait(within(t, time.Minute), called(test.min)); err != nil {
				t.Fatal(err)
			}
			// Reading one row lets the next batch be fetched; none before.
			if n := srv.Count("getNextResultBatch"); n > test.max {
				t.Errorf("%d batches fetched ahead, want %d at most", n, test.max)
			}
			n := 0
			for ; rows.Next(); n++ {
			}
			if n != 20*batch || rows.Err() != nil {
				t.Errorf("%d rows, %v", n, rows.Err())
			}
		})
	}
}

// What a batch of many columns takes beside its bytes counts, too.
func TestFetchingAheadCountsTheIndex(t *testing.T) {
	t.Parallel()
	const columns, batches = 1000, 100
	r := enginetest.NewResult().BatchRows(2) // after a single row nothing is fetched ahead
	row := make([]any, columns)
	for i := range row {
		row[i] = i
		r.Column(fmt.Sprintf("c%d", i), "LONG")
	}
	for range 2 * batches {
		r.Row(row...)
	}
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", r)
	db, c := openConnector(t, parseDSN(t, srv.DSN("prefetch_bytes=2000000")))
	rows, err := db.Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if err := srv.Wait(within(t, time.Minute), func(s enginetest.Stats) bool {
		return c.Stats().BytesAhead > 1_000_000 && s.InFlight == 0
	}); err != nil {
		t.Fatal(err)
	}
	if n := srv.Count("getNextResultBatch"); n > 12 {
		t.Errorf("%d batches of %d columns fetched ahead", n, columns)
	}
	n := 0
	for ; rows.Next(); n++ {
	}
	if n != 2*batches || rows.Err() != nil {
		t.Errorf("%d rows, %v", n, rows.Err())
	}
	if s := c.Stats(); s.BatchesAhead != 0 || s.BytesAhead != 0 {
		t.Errorf("%d batches and %d bytes are counted after the end", s.BatchesAhead, s.BytesAhead)
	}
}

// With one processor, too, a batch is on its way while the application reads the
// one before: by then the request for it has been written.
func TestFetchingAheadWithOneProcessor(t *testing.T) {
	const batch, all = 100, 20
	for _, test := range []struct {
		prefetch string
		slow     bool // a batch is not read before the next lies ready
	}{
		{"prefetch_bytes=1", false},
		{"prefetch_bytes=1", true},
		{"prefetch_bytes=1000000000", false},
	} {
		t.Run(fmt.Sprintf("%s,slow=%t", test.prefetch, test.slow), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(all*batch, batch))
			db, c, conn := openCounted(t, srv.DSN(test.prefetch))
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			rows, err := db.QueryContext(t.Context(), "q")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			long := within(t, time.Minute)
			var written []int64 // as the first row of each batch is read
			for n := 0; rows.Next(); n++ {
				if n%batch == 0 {
					written = append(written, conn.requests.Load())
					for test.slow && len(written) < all && c.Stats().BatchesAhead == 0 && long.Err() == nil {
						runtime.Gosched()
					}
				}
			}
			if rows.Err() != nil || len(written) != all {
				t.Fatalf("%d batches, %v", len(written), rows.Err())
			}
			want := fetches(srv)
			early := 0
			for k, n := range written {
				if n >= want[k+1] {
					early++
				}
			}
			// Go's scheduler takes a goroutine out of turn now and then.
			if early < all/2 {
				t.Errorf("the request for the next batch had been written at %d of %d batches", early, all)
			}
		})
	}
}

// Where all promised rows have come, their reader does not give up its turn so
// that the end be asked for.
func TestTheEndIsNotWaitedFor(t *testing.T) {
	const queries = 20
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 10))
	db, _, conn := openCounted(t, srv.DSN())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var written []int64 // as the first row of each query is read
	for range queries {
		rows, err := db.QueryContext(t.Context(), "q")
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		written = append(written, conn.requests.Load())
		for rows.Next() {
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	want := fetches(srv)
	if len(want) != 2*queries {
		t.Fatalf("%d fetches", len(want))
	}
	early := 0
	for k, n := range written {
		if n >= want[2*k+1] {
			early++
		}
	}
	if early > queries/2 {
		t.Errorf("the end had been asked for at the first row of %d of %d queries", early, queries)
	}
}

// openCounted opens a pool of one connection, which is open already.
func openCounted(t testing.TB, dsn string) (*sql.DB, *e6data.Connector, *requestCounter) {
	t.Helper()
	conn := &requestCounter{}
	db, c := openOne(t, dsn, e6data.WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, addr string) (_ net.Conn, err error) {
		conn.Conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		return conn, err
	})))
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, c, conn
}

// fetches returns, for each request for a batch, how many requests there were up
// to it.
func fetches(srv *enginetest.Server) (n []int64) {
	for i, c := range srv.Calls() {
		if c.Method == "getNextResultBatch" {
			n = append(n, int64(i+1))
		}
	}
	return n
}

// requestCounter counts the unary requests that are written to a connection.
type requestCounter struct {
	net.Conn
	requests atomic.Int64
	buf      []byte
}

func (c *requestCounter) Write(p []byte) (int, error) {
	c.buf = append(c.buf, p...)
	c.buf = bytes.TrimPrefix(c.buf, []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	for len(c.buf) >= 9 {
		length := int(c.buf[0])<<16 | int(c.buf[1])<<8 | int(c.buf[2])
		if len(c.buf) < 9+length {
			break
		}
		const data, endStream = 0, 1
		if c.buf[3] == data && c.buf[4]&endStream != 0 {
			c.requests.Add(1)
		}
		c.buf = c.buf[9+length:]
	}
	return c.Conn.Write(p)
}

// Close, a context that ends and an error stop the call that is under way;
// goleak and the books see what survives.
func TestFetchingAheadStops(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"prefetch_bytes=1", "prefetch_bytes=0", "result_batch_v2=on"} {
		t.Run(way, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{V2Chunks: 1})
			srv.Handle("q", ids(1000, 10))
			db := openDB(t, srv, way)
			for _, end := range []string{"close", "cancel"} {
				hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, Hang: true})
				ctx, cancel := context.WithCancel(t.Context())
				rows, err := db.QueryContext(ctx, "q")
				if err != nil {
					t.Fatal(err)
				}
				if !rows.Next() {
					t.Fatal(rows.Err())
				}
				if way != "prefetch_bytes=0" {
					<-hang.Struck()
				}
				if end == "cancel" {
					cancel()
				}
				rows.Close()
				cancel()
				if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
					t.Errorf("%s: %v", end, err)
				}
				hang.Release()
			}
		})
	}
}

// Memory is reused only when nobody reads it any more: what a row gave stays
// right when later batches have come and the old memory is overwritten.
func TestValuesOutliveTheirBatch(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{V2Chunks: 3})
	r := enginetest.NewResult().Column("s", "STRING").Column("b", "BINARY").Column("d", "DECIMAL(20,2)").BatchRows(40)
	text := func(i int) string { return fmt.Sprintf("text %d of some length", i) }
	const rows = 2000
	srv.Handle("q", r.Generate(rows, func(i int) []any { return []any{text(i), []byte(text(i)), fmt.Sprintf("%d.25", i)} }))
	for _, way := range fetching {
		t.Run(way, func(t *testing.T) {
			db, c := openConnector(t, parseDSN(t, srv.DSN(way)))
			e6data.Poison(c)
			result, err := db.Query("q")
			if err != nil {
				t.Fatal(err)
			}
			defer result.Close()
			var kept [rows]struct {
				s, d string
				b    []byte
				any  any
			}
			n := 0
			for ; result.Next(); n++ {
				k := &kept[n]
				var raw sql.RawBytes
				if n%2 == 0 {
					err = result.Scan(&k.any, &k.b, &k.d)
					k.s = k.any.(string)
				} else {
					err = result.Scan(&k.s, &raw, &k.d)
					k.b = slices.Clone(raw)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if n != rows || result.Err() != nil {
				t.Fatalf("%d rows, %v", n, result.Err())
			}
			for i, k := range kept {
				if k.s != text(i) || string(k.b) != text(i) || k.d != fmt.Sprintf("%d.25", i) {
					t.Fatalf("row %d: %q, %q, %q", i, k.s, k.b, k.d)
				}
			}
		})
	}
}

// Only one result call of a query is ever in flight; the engine counts a second
// one as a violation, which newEngine reports.
func TestOneResultCallAtATime(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	var inFlight, most atomic.Int32
	srv.Handle("q", ids(200, 1))
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Do: func() {
		most.Store(max(most.Load(), inFlight.Add(1)))
	}, Delay: time.Millisecond})
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", After: true, Do: func() { inFlight.Add(-1) }})
	if n, err := readIDs(t.Context(), openDB(t, srv), "q"); n != 200 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if most.Load() != 1 {
		t.Errorf("%d calls at a time", most.Load())
	}
}
