package arrowe6data_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// ids returns a result of so many rows, with so many in a batch.
func ids(rows, batch int) *enginetest.Result {
	return enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("at", "TIMESTAMP_TZ").BatchRows(batch).
		Generate(rows, func(i int) []any {
			at := time.UnixMicro(int64(i)).In(randomZones[i%len(randomZones)])
			return []any{i, fmt.Sprint("name ", i%50), at}
		})
}

// begin runs a statement. Without options it uses those that need memory of their own.
func begin(ctx context.Context, t testing.TB, db any, query string, opts ...arrowe6data.Option) *arrowe6data.Reader {
	t.Helper()
	if opts == nil {
		opts = []arrowe6data.Option{arrowe6data.WithZones(), arrowe6data.WithDictionary("name")}
	}
	args := []any{arrowe6data.WithAllocator(checked(t))}
	for _, opt := range opts {
		args = append(args, opt)
	}
	r, err := arrowe6data.Query(ctx, db, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantFailure checks that a query fails with a text, and gives everything back.
func wantFailure(t testing.TB, db any, query, text string, opts ...arrowe6data.Option) error {
	t.Helper()
	args := []any{arrowe6data.WithAllocator(checked(t))}
	for _, opt := range opts {
		args = append(args, opt)
	}
	r, err := arrowe6data.Query(within(t, time.Minute), db, query, args...)
	if err == nil {
		defer r.Release()
		for r.Next() {
			if r.RecordBatch() == nil {
				t.Error("no record")
			}
		}
		if err = r.Err(); r.Next() || r.RecordBatch() != nil {
			t.Error("a record after an error")
		}
	}
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want an error with %q", err, text)
	}
	return err
}

// A record has the rows of a batch. At the end of the result the connection is free,
// also without Release.
func TestRecordsFollowBatches(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1050, 100))
	db := openDB(t, srv)
	db.SetMaxOpenConns(1)
	r := begin(within(t, time.Minute), t, db, "q")
	defer r.Release()
	if r.QueryID() == "" || r.Handle().ID() != r.QueryID() {
		t.Errorf("query %q, %v", r.QueryID(), r.Handle())
	}
	for at := int64(0); r.Next(); {
		if want := min(100, 1050-at); r.RecordBatch().NumRows() != want {
			t.Fatalf("%d rows, want %d", r.RecordBatch().NumRows(), want)
		}
		at += r.RecordBatch().NumRows()
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	for range 2 {
		other := begin(within(t, time.Minute), t, db, "q")
		other.Release()
	}
}

// Release ends the query wherever the reader is, and is counted.
func TestReleaseEarly(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv)
	db.SetMaxOpenConns(1)
	for records := range 5 {
		r := begin(within(t, time.Minute), t, db, "q")
		for range records {
			if !r.Next() {
				t.Fatal(r.Err())
			}
		}
		r.Retain()
		if r.Release(); db.Stats().InUse != 1 || !r.Next() {
			t.Fatal("the reader ended with its first reference")
		}
		if r.Release(); db.Stats().InUse != 0 {
			t.Fatal("the reader holds a connection after Release")
		}
		if r.Next() {
			t.Error("a record after Release")
		}
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
}

// A record stays right after later records and after Release, in any goroutine.
func TestRecordsOutliveTheReader(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 50))
	db := openDB(t, srv)
	want, err := scanned(within(t, time.Minute), db, "q")
	if err != nil {
		t.Fatal(err)
	}
	r := begin(within(t, time.Minute), t, db, "q")
	var kept []arrow.RecordBatch
	for r.Next() {
		r.RecordBatch().Retain()
		kept = append(kept, r.RecordBatch())
	}
	r.Release()
	var all sync.WaitGroup
	for i, rec := range kept {
		all.Go(func() {
			defer rec.Release()
			for row := range int(rec.NumRows()) {
				if err := compareRow(rec, row, want[50*i+row]); err != nil {
					t.Errorf("record %d, row %d: %v", i, row, err)
				}
			}
		})
	}
	all.Wait()
	if len(kept) != 20 {
		t.Errorf("%d records", len(kept))
	}
}

// With an error the memory and the connection are given back, the query is closed, and
// the error is the driver's.
func TestErrorsInTheMiddle(t *testing.T) {
	t.Parallel()
	one := func(v ...thriftrows.Vector) []byte {
		b, err := thriftrows.AppendChunk(nil, 2, v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	id := thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{1, 2}}
	name := thriftrows.Vector{Type: thriftrows.String, Data: thriftrows.VarcharData{"a", "b"}}
	at := thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{1, 2}, Zones: []string{"Z", "+01:00"}}}
	nowhere := thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{1, 2}, Zones: []string{"Z", "Nowhere/Land"}}}
	good := one(id, name, at)
	columns := func() *enginetest.Result {
		return enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("at", "TIMESTAMP_TZ")
	}
	var column *arrowe6data.ColumnError
	var format *thriftrows.FormatError
	for text, test := range map[string]struct {
		result *enginetest.Result
		target any // of errors.As, or an error of errors.Is
	}{
		"malformed result":                 {columns().Chunks(good, good[:len(good)-9]), &format},
		"unknown time zone":                {columns().Chunks(good, one(id, name, nowhere)), &column},
		"sent a column of type LONG":       {columns().Chunks(good, one(id, id, at)), &column},
		"column 0 holds STRING":            {columns().Chunks(good, one(name, name, at)), &column},
		"disk full":                        {columns().Chunks(good, good).FailAt(1, status.Error(codes.Internal, "disk full")), nil},
		"incomplete: the engine ended the": {columns().Chunks(good, good).RowCount(100), e6data.ErrIncompleteResult},
	} {
		t.Run(text, func(t *testing.T) {
			srv := enginetest.Start(t, enginetest.Config{})
			srv.Handle("q", test.result)
			db := openDB(t, srv)
			db.SetMaxOpenConns(1)
			for range 2 { // the connection is free for the second
				err := wantFailure(t, db, "q", text, arrowe6data.WithZones(), arrowe6data.WithDictionary())
				e, ok := errors.AsType[*e6data.Error](err)
				if !ok || e.QueryID == "" || e.Phase != e6data.PhaseFetch {
					t.Errorf("a %T", err)
				}
				if errors.As(err, &column) && (column.Name == "" || column.Type == "" || column.Arrow == nil || column.Err == nil) {
					t.Errorf("%+v", column)
				}
				if kind, ok := test.target.(error); ok && !errors.Is(err, kind) || test.target != nil && !ok && !errors.As(err, test.target) {
					t.Errorf("%v is not a %T", err, test.target)
				}
			}
		})
	}
}

// A batch that is lost on its way is an error, and the query does not run again.
func TestLostBatch(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 5, After: true, Drop: true})
	if err := wantFailure(t, openDB(t, srv), "q", "incomplete", arrowe6data.WithZones()); !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Error(err)
	}
	if n := srv.Count("executeStatement"); n != 1 {
		t.Errorf("executed %d times", n)
	}
}

// The end of the context ends the reader with the context's error.
func TestCancel(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 3, Hang: true})
	ctx, cancel := context.WithCancel(within(t, time.Minute))
	defer cancel()
	r := begin(ctx, t, openDB(t, srv), "q")
	defer r.Release()
	for range 3 {
		if !r.Next() {
			t.Fatal(r.Err())
		}
	}
	go func() {
		<-hang.Struck()
		cancel()
	}()
	if r.Next() || !errors.Is(r.Err(), context.Canceled) {
		t.Errorf("%v, want the error of the context", r.Err())
	}
	hang.Release()
}

// A query that another caller cancels does not end as if it were complete.
func TestCancelledByHandle(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv)
	ctx := within(t, time.Minute)
	r := begin(ctx, t, db, "q")
	defer r.Release()
	if !r.Next() {
		t.Fatal(r.Err())
	}
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error { return c.Cancel(ctx, r.Handle()) })
	if err != nil {
		t.Fatal(err)
	}
	if r.Next() || !errors.Is(r.Err(), e6data.ErrQueryCancelled) {
		t.Errorf("%v", r.Err())
	}
}

// Statements that do not begin give everything back.
func TestQueryFails(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(10, 10))
	db := openDB(t, srv)
	if err := wantFailure(t, db, "unknown", ""); !errors.Is(err, e6data.ErrSQL) {
		t.Error(err)
	}
	executed := srv.Count("executeStatement")
	wantFailure(t, db, "q", "the precision is from 1 to 38", arrowe6data.WithDecimal(39, 0))
	if n := srv.Count("executeStatement"); n != executed {
		t.Error("a statement with wrong options was executed")
	}
	wantFailure(t, db, "q", `no STRING column of that name`, arrowe6data.WithDictionary("id"))
	wantFailure(t, 7, "q", "int")
	bad := enginetest.NewResult().Column("d", "DECIMAL").Vectors(1, thriftrows.Vector{
		Type: thriftrows.Decimal128, Data: thriftrows.Decimal128Data{Unscaled: [][]byte{[]byte("1.2.3")}},
	})
	srv.Handle("bad decimal", bad)
	if err := wantFailure(t, db, "bad decimal", "DECIMAL"); !errors.As(err, new(*arrowe6data.ColumnError)) {
		t.Error(err)
	}
}

// QueryConn and NewReader read on a native connection.
func TestNativeConnection(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	srv.Handle("SELECT 7", ids(100, 10))
	ctx := within(t, time.Minute)
	db := openDB(t, srv)
	want, err := scanned(ctx, db, "q")
	if err != nil {
		t.Fatal(err)
	}
	mem := arrowe6data.WithAllocator(checked(t))
	read := func(r *arrowe6data.Reader, err error) error {
		if err != nil {
			return err
		}
		defer r.Release()
		return compareRecords(r, want)
	}
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		if err := read(arrowe6data.QueryConn(ctx, c, "SELECT ?", 7, mem, arrowe6data.WithZones())); err != nil {
			return err
		}
		h, err := c.Submit(ctx, "q")
		if err != nil {
			return err
		}
		b, err := c.Fetch(ctx, h)
		if err != nil {
			return err
		}
		return read(arrowe6data.NewReader(b, mem))
	})
	if err != nil {
		t.Error(err)
	}
}

// A constant text may need much more memory than its chunk. Records stay small.
func TestLargeConstants(t *testing.T) {
	t.Parallel()
	const rows, size = 15_000, 20_000
	text := strings.Repeat("x", size)
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("id", "LONG").Column("text", "STRING").Vectors(rows,
		thriftrows.Vector{Type: thriftrows.Long, Data: make(thriftrows.Int64Data, rows)},
		thriftrows.Vector{Type: thriftrows.String, Data: thriftrows.VarcharConstantData(text), Constant: true, Size: rows}))
	r := begin(within(t, time.Minute), t, openDB(t, srv), "q", arrowe6data.WithZones())
	defer r.Release()
	seen := int64(0)
	for r.Next() {
		rec := r.RecordBatch()
		seen += rec.NumRows()
		if col := rec.Column(1).(*array.String); len(col.ValueBytes()) > 256<<20 || col.Value(col.Len()-1) != text {
			t.Fatalf("a record of %d rows", rec.NumRows())
		}
	}
	if r.Err() != nil || seen != rows {
		t.Errorf("%d rows, %v", seen, r.Err())
	}
}
