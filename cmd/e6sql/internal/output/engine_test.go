package output

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// runQuery writes the result of a query as the shell does.
func runQuery(t *testing.T, db *sql.DB, query, format string) (text string, queryErr error) {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		batches, err := c.Query(context.Background(), query)
		if err != nil {
			return err
		}
		defer func() { _ = batches.Close() }()
		if err := w.Begin(batches.Columns()); err != nil {
			return err
		}
		for batches.Next() {
			if err := w.Write(batches.Batch()); err != nil {
				return err
			}
		}
		queryErr = batches.Err()
		return w.End(Summary{Err: queryErr})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), queryErr
}

// The shared chunks that an engine sends in several batches give the same output as chunks
// that are read directly, also with a location.
func TestThroughDriver(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	for _, c := range loadGolden(t) {
		if c.Name != "all_types" && c.Name != "mixed_2000_rows" && c.Name != "timestamp_tz_named_zones" {
			continue
		}
		columns := columnsOf(&c)
		r := enginetest.NewResult()
		for _, col := range columns {
			r.Column(col.Name, col.Type)
		}
		srv.Handle(c.Name, r.RowCount(int64(2*c.RowCount)).Chunks(c.Chunk, c.Chunk))
		for _, dsn := range []string{srv.DSN(), srv.DSN("loc=America/New_York")} {
			db, err := sql.Open("e6data", dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			got, err := runQuery(t, db, c.Name, "csv")
			if err != nil {
				t.Fatal(err)
			}
			want := render(t, "csv", Options{}, result{columns, c.Chunk})
			want += render(t, "csv", Options{NoHeader: true}, result{columns, c.Chunk})
			if got != want {
				t.Errorf("%s with %s:\n%s\nwant\n%s", c.Name, dsn, got, want)
			}
		}
	}
}

// A result that ends too early does not look complete.
func TestIncompleteResult(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	r := texts(t, []string{"a"}, []any{"x"}, []any{"y"})
	srv.Handle("short", enginetest.NewResult().Column("a", "STRING").RowCount(3).Chunks(r.chunk))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	text, err := runQuery(t, db, "short", "json")
	if !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Fatalf("%v, want %v", err, e6data.ErrIncompleteResult)
	}
	if want := "[\n{\"a\":\"x\"},\n{\"a\":\"y\"}\n"; text != want || json.Valid([]byte(text)) {
		t.Errorf("%q, want %q", text, want)
	}
	text, _ = runQuery(t, db, "short", "table")
	if want := "(incomplete: the result ended with an error after 2 rows)\n"; !bytes.HasSuffix([]byte(text), []byte(want)) {
		t.Errorf("%q, want %q at the end", text, want)
	}
}
