package arrowe6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
)

// scanned reads a result with database/sql, whose values are those of the driver's Next.
func scanned(ctx context.Context, db *sql.DB, query string) ([][]any, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		row, dest := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// cell returns the value of a row in the form of the driver's Next, except that a
// decimal is a *big.Rat.
func cell(col arrow.Array, row int) any {
	if col.IsNull(row) {
		return nil
	}
	switch col := col.(type) {
	case *array.Null:
		return nil
	case *array.Boolean:
		return col.Value(row)
	case *array.Int32:
		return int64(col.Value(row))
	case *array.Int64:
		return col.Value(row)
	case *array.Float32:
		return float64(col.Value(row))
	case *array.Float64:
		return col.Value(row)
	case *array.String:
		return col.Value(row)
	case *array.Binary:
		return col.Value(row)
	case *array.Dictionary:
		return cell(col.Dictionary(), col.GetValueIndex(row))
	case *array.Date32:
		return time.Unix(int64(col.Value(row))*24*60*60, 0).UTC()
	case *array.Timestamp:
		if col.DataType().(*arrow.TimestampType).Unit == arrow.Nanosecond {
			return time.Unix(0, int64(col.Value(row))).UTC()
		}
		return time.UnixMicro(int64(col.Value(row))).UTC()
	case *array.Decimal128:
		scale := col.DataType().(*arrow.Decimal128Type).Scale
		ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil))
		if scale > 0 {
			ten.Inv(ten)
		}
		return ten.Mul(ten, new(big.Rat).SetInt(col.Value(row).BigInt()))
	case array.ExtensionArray:
		return cell(col.Storage(), row)
	}
	return fmt.Errorf("an array of type %v", col.DataType())
}

// sameCell compares a value of Arrow with that of the driver.
func sameCell(got, want any) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case float64:
		g, ok := got.(float64)
		return ok && (math.Float64bits(g) == math.Float64bits(want) || g != g && want != want)
	case []byte:
		g, ok := got.([]byte)
		return ok && bytes.Equal(g, want)
	case time.Time:
		g, ok := got.(time.Time)
		return ok && g.Equal(want)
	case string:
		if g, ok := got.(*big.Rat); ok {
			w, valid := new(big.Rat).SetString(want)
			return valid && g.Cmp(w) == 0
		}
	}
	return got == want
}

// compareRecords compares all records of r with the rows of the driver. With zones, the
// column after each TIMESTAMP_TZ has the zone.
func compareRecords(r array.RecordReader, want [][]any) error {
	at := 0
	for r.Next() {
		rec := r.RecordBatch()
		if !rec.Schema().Equal(r.Schema()) {
			return fmt.Errorf("a record of schema %v, want %v", rec.Schema(), r.Schema())
		}
		for i := range int(rec.NumRows()) {
			if at >= len(want) {
				return fmt.Errorf("more than %d rows", len(want))
			}
			if err := compareRow(rec, i, want[at]); err != nil {
				return fmt.Errorf("row %d: %w", at, err)
			}
			at++
		}
	}
	if r.Err() != nil || at != len(want) {
		return fmt.Errorf("%d rows, want %d; %w", at, len(want), r.Err())
	}
	return nil
}

func compareRow(rec arrow.RecordBatch, row int, want []any) error {
	k := 0
	for c, col := range rec.Columns() {
		field := rec.Schema().Field(c)
		if _, ok := field.Metadata.GetValue(arrowe6data.ZonesOfKey); ok {
			if err := compareZone(cell(col, row), want[k-1]); err != nil {
				return fmt.Errorf("column %q: %w", field.Name, err)
			}
			continue
		}
		if k >= len(want) {
			return fmt.Errorf("more than %d columns", len(want))
		}
		w := want[k]
		if f, ok := w.(float64); ok && field.Type.ID() == arrow.FLOAT32 {
			w = float64(float32(f))
		}
		if got := cell(col, row); !sameCell(got, w) {
			return fmt.Errorf("column %q: %v, want %v", field.Name, got, w)
		}
		k++
	}
	if k != len(want) {
		return fmt.Errorf("%d columns, want %d", k, len(want))
	}
	return nil
}

func compareZone(got, instant any) error {
	t, ok := instant.(time.Time)
	if !ok {
		if got != nil {
			return fmt.Errorf("zone %v of a NULL", got)
		}
		return nil
	}
	if got != t.Location().String() {
		return fmt.Errorf("zone %v, want %v", got, t.Location())
	}
	return nil
}

// checkQuery compares the records of a query with the rows of the driver.
func checkQuery(t testing.TB, db *sql.DB, query string, opts ...arrowe6data.Option) {
	t.Helper()
	ctx := within(t, time.Minute)
	want, wantErr := scanned(ctx, db, query)
	args := []any{arrowe6data.WithAllocator(checked(t))}
	for _, opt := range opts {
		args = append(args, opt)
	}
	r, err := arrowe6data.Query(ctx, db, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if err := compareRecords(r, want); wantErr == nil && err != nil || wantErr != nil && !errors.Is(err, kindOf(wantErr)) {
		t.Errorf("%v, want %v", err, wantErr)
	}
}

// kindOf returns the Kind of a driver's error, or the error itself.
func kindOf(err error) error {
	if e, ok := errors.AsType[*e6data.Error](err); ok && e.Kind != nil {
		return e.Kind
	}
	return err
}
