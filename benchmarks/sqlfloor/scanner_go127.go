//go:build go1.27

package sqlfloor

import (
	"database/sql"
	"database/sql/driver"
	"io"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// NewScanConnector is like [NewConnector], but database/sql reads the rows with
// ScanColumn, which stores the constants in the usual destinations itself.
func NewScanConnector(columns []thriftrows.Column, n int) (driver.Connector, error) {
	return newConnector(columns, n, func(r rows) driver.Rows {
		s := &scanRows{rows: r, typed: make([]typed, len(r.values))}
		for i, v := range r.values {
			s.typed[i].set(v)
		}
		return s
	})
}

type scanRows struct {
	rows
	typed []typed
}

var _ driver.RowsColumnScanner = (*scanRows)(nil)

// typed is a constant outside of an interface.
type typed struct {
	long   int64
	double float64
	text   string
	time   time.Time
	bool   bool
}

func (t *typed) set(v driver.Value) {
	switch v := v.(type) {
	case int64:
		t.long = v
	case float64:
		t.double = v
	case string:
		t.text = v
	case time.Time:
		t.time = v
	case bool:
		t.bool = v
	}
}

func (r *scanRows) NextRow() error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	return nil
}

func (r *scanRows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	t := &r.typed[index]
	switch d := dest.(type) {
	case *int64:
		*d = t.long
	case *int32:
		*d = int32(t.long)
	case *sql.Null[float64]:
		d.V, d.Valid = t.double, true
	case *string:
		*d = t.text
	case *sql.Null[string]:
		d.V, d.Valid = t.text, true
	case *time.Time:
		*d = t.time
	case *bool:
		*d = t.bool
	default:
		return sql.ConvertAssign(ctx, dest, r.values[index])
	}
	return nil
}
