package arrowe6data_test

import (
	"testing"
	"time"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
)

// ids returns a result of so many rows, with so many in a batch.
func ids(rows, batch int) *enginetest.Result {
	return enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").BatchRows(batch).
		Generate(rows, func(i int) []any { return []any{i, "name"} })
}

func TestQuery(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 100))
	r, err := arrowe6data.Query(within(t, time.Minute), openDB(t, srv), "q", arrowe6data.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	rows, records := int64(0), 0
	for r.Next() {
		rows += r.RecordBatch().NumRows()
		records++
	}
	if r.Err() != nil || rows != 1000 || records != 10 {
		t.Errorf("%d rows in %d records, %v", rows, records, r.Err())
	}
}
