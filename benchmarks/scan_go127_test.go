//go:build go1.27

package benchmarks_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/sqlfloor"
)

func newChunkRows(r *chunkRows) driver.Rows { return scanRows{r} }

// scanRows is like chunkRows, but database/sql reads it with ScanColumn, like
// the driver's rows.
type scanRows struct{ *chunkRows }

var _ driver.RowsColumnScanner = scanRows{}

func (r scanRows) NextRow() error {
	for !r.cursor.Next() {
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (r scanRows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	if ok, err := r.cursor.Scan(index, dest); ok || err != nil {
		return err
	}
	v, err := r.cursor.Value(index)
	if err != nil {
		return err
	}
	return sql.ConvertAssign(ctx, dest, v)
}

// scanFloor holds the competitors of BenchmarkScan that need Go 1.27.
var scanFloor = []competitor{
	{"scanfloor", func(b *testing.B, s *data.Set) func() {
		c, err := sqlfloor.NewScanConnector(s.Columns, s.RowsIn(0))
		must(b, err)
		return scanAll(b, openDB(b, c), s, s.RowsIn(0))
	}},
}
