//go:build go1.27

package e6data

import (
	"database/sql"
	"database/sql/driver"
)

var _ driver.RowsColumnScanner = (*rows)(nil)

// NextRow moves to the next row. As of Go 1.27, database/sql calls it in place
// of Next.
func (r *rows) NextRow() error { return r.nextRow() }

// ScanColumn stores a column of the current row in *dest, straight from the
// chunk where the types allow it, else by database/sql's own conversion.
func (r *rows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	ok, err := r.cursor.Scan(index, dest)
	if ok {
		return nil
	}
	var v driver.Value
	if err == nil {
		v, err = r.cursor.Value(index)
	}
	if err != nil {
		return r.fail(err)
	}
	return sql.ConvertAssign(ctx, dest, v)
}
