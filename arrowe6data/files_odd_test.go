package arrowe6data_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// Columns may have the same name or none, and a result may have no columns. A Parquet
// file needs a column.
func TestFilesOfOddColumns(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("dup", enginetest.NewResult().Column("a", "LONG").Column("a", "STRING").Column("a", "STRING").Row(1, "x", "y").Row(nil, "z", nil))
	srv.Handle("unnamed", enginetest.NewResult().Column("", "LONG").Column("a.b", "STRING").Row(1, "x"))
	none, err := thriftrows.AppendChunk(nil, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	srv.Handle("none", enginetest.NewResult().Chunks(none))
	db := openDB(t, srv)
	for _, query := range []string{"dup", "unnamed", "none"} {
		for name, format := range formats {
			t.Run(query+"/"+name, func(t *testing.T) {
				want, err := scanned(within(t, time.Minute), db, query)
				if err != nil {
					t.Fatal(err)
				}
				r := begin(within(t, time.Minute), t, db, query, arrowe6data.WithZones())
				defer r.Release()
				var b bytes.Buffer
				if query == "none" && name == "Parquet" {
					if _, err := format.write(&b, r); err == nil || b.Len() > 0 {
						t.Errorf("%v, %d bytes", err, b.Len())
					}
					return
				}
				if n, err := format.write(&b, r); err != nil || n != int64(len(want)) {
					t.Fatalf("%d rows, %v", n, err)
				}
				if format.read == nil {
					return
				}
				back, release, err := format.read(b.Bytes(), checked(t))
				if err != nil {
					t.Fatal(err)
				}
				defer release()
				if err := compareRecords(back, want); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
