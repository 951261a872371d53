//go:build go1.27

package e6data

import (
	"database/sql"
	"database/sql/driver"
)

var _ driver.RowsColumnScanner = (*rows)(nil)

// NextRow moves to the next row. As of Go 1.27, database/sql calls it instead of
// Next.
func (r *rows) NextRow() error { return r.nextRow() }

// composer is the method of database/sql's decimal interface that sets a value.
type composer interface {
	Compose(form byte, negative bool, coefficient []byte, exponent int32) error
}

// ScanColumn stores a column of the current row in *dest. If the types allow it,
// ScanColumn decodes directly from the chunk. Otherwise it uses database/sql's
// conversion. In addition it stores the types of [Into], and a decimal by Compose in
// a type that is not an sql.Scanner.
func (r *rows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	if d, ok := dest.(*any); ok && d != nil {
		v, err := r.cursor.Value(index)
		if err != nil {
			return r.fail(err)
		}
		*d = v
		return nil
	}
	ok, err := r.cursor.Scan(index, dest)
	if ok {
		return nil
	}
	if c, ok := dest.(composer); ok && err == nil {
		_, scanner := dest.(sql.Scanner)
		if d, ok := r.cursor.Decimal(index); ok && !scanner {
			return c.Compose(d.Decompose(nil))
		}
	}
	var v driver.Value
	if err == nil {
		v, err = r.cursor.Value(index)
	}
	if err != nil {
		return r.fail(err)
	}
	if ok, err := assign(dest, v); ok {
		return err
	}
	return sql.ConvertAssign(ctx, dest, v)
}
