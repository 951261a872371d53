package e6data_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

func TestEndOfResult(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		result     *enginetest.Result
		rows       int
		incomplete bool
	}{
		{"an empty batch ends", batches(3, 4), 7, false},
		{"a chunk of size 0 ends", batches(3, 4).SizeZeroEnd(), 7, false},
		{"no rows, empty batch", batches(), 0, false},
		{"no rows, chunk of size 0", batches().SizeZeroEnd(), 0, false},
		{"zero-row batches in mid-stream", batches(3, -1, -1, 4, -1), 7, false},
		{"zero-row batch first", batches(-1, 7), 7, false},
		{"unknown count", batches(3, 4).RowCount(-1), 7, false},
		{"unknown count, count 0", batches(3, 4).RowCount(0), 7, false},
		{"unknown count, a chunk of size 0 ends", batches(3, -1, 4).RowCount(-1), 3, false},
		{"more rows than promised", batches(3, 4).RowCount(5), 7, false},
		{"fewer rows than promised", batches(3, 4).RowCount(8), 7, true},
		{"none of the promised rows", batches().RowCount(8), 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", test.result)
			n, err := readIDs(t.Context(), openDB(t, srv), "q")
			if n != test.rows {
				t.Errorf("%d rows, want %d", n, test.rows)
			}
			if test.incomplete != errors.Is(err, e6data.ErrIncompleteResult) || !test.incomplete && err != nil {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestMalformedResults(t *testing.T) {
	t.Parallel()
	good := func() *enginetest.Result { return enginetest.NewResult().Column("id", "LONG") }
	for _, test := range []struct {
		name   string
		result *enginetest.Result
		want   string
	}{
		{"metadata", good().Metadata([]byte{1, 2, 3}), "metadata query"},
		{"chunk", good().Chunks([]byte{8, 0, 1}), "fetch query"},
		{"number of columns", good().Vectors(1, thriftrows.Vector{Type: thriftrows.Null, Constant: true}, thriftrows.Vector{Type: thriftrows.Null, Constant: true}), "chunk of 2 columns in a result of 1"},
		{"a single value", enginetest.NewResult().Column("t", "TIMESTAMP_TZ").Vectors(1, thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{0}, Zones: []string{"Nowhere/Land"}}}), `unknown time zone "Nowhere/Land"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", test.result)
			_, err := readIDs(t.Context(), openDB(t, srv), "q")
			var format *thriftrows.FormatError
			var e *e6data.Error
			if !errors.As(err, &format) || !errors.As(err, &e) || e.QueryID == "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// What was read before a bad value stands.
func TestRowsBeforeABadValue(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	const rows, bad = 300, 200
	zones := make([]string, rows)
	zones[bad] = "Nowhere/Land"
	srv.Handle("q", enginetest.NewResult().Column("t", "TIMESTAMP_TZ").Vectors(rows,
		thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: make([]int64, rows), Zones: zones}}))
	r, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for r.Next() {
		var v sql.NullTime
		// From Go 1.27 on the value is made by Scan, before by Next.
		if err = r.Scan(&v); err != nil {
			break
		}
		n++
	}
	if r.Next() {
		t.Error("a row after the bad one")
	}
	if err == nil {
		err = r.Err()
	}
	var format *thriftrows.FormatError
	if n != bad || !errors.As(err, &format) || format.Row != bad || format.Column != 0 {
		t.Errorf("%d rows, then %v", n, err)
	}
}

// An engine that denies a session does so before it consumes anything: a result of
// unknown size goes on with another session, and stays whole.
func TestSessionExpiresInAResultOfUnknownSize(t *testing.T) {
	t.Parallel()
	for _, count := range []int64{-1, 0} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", batches(3, 4, 5).RowCount(count))
		srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, Times: 1, Do: srv.ExpireSessions})
		if n, err := readIDs(t.Context(), openDB(t, srv, "prefetch_bytes=0"), "q"); n != 12 || err != nil {
			t.Errorf("count %d: %d rows, %v", count, n, err)
		}
		if n := srv.Count("authenticate"); n != 2 {
			t.Errorf("count %d: %d sessions", count, n)
		}
	}
}
