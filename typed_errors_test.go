package e6data_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// Columns without a field and fields without a column are errors, unless options permit
// them: as arguments or in the context.
func TestSelectIsStrict(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("id", "LONG").Column("user_name", "STRING").Row(1, "a"))
	srv.Handle("q ?", enginetest.NewResult().Column("id", "LONG").Column("user_name", "STRING").Row(1, "a"))
	db, ctx := openDB(t, srv), t.Context()
	type user struct {
		ID       int
		UserName string
	}
	_, err := e6data.Collect[user](ctx, db, "q")
	var shape *e6data.ShapeError
	if !errors.As(err, &shape) || !slices.Equal(shape.Columns, []string{"user_name"}) || !slices.Equal(shape.Fields, []string{"UserName"}) || shape.Type != reflect.TypeFor[user]() {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"e6data_test.user", `"user_name"`, `tag e6:"user_name"`, "AllowExtra", "AllowMissing"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not have %s", err, part)
		}
	}
	if _, err := e6data.Collect[user](ctx, db, "q", e6data.AllowExtra()); !errors.As(err, &shape) || shape.Columns != nil {
		t.Errorf("%v", err)
	}
	if _, err := e6data.Collect[user](e6data.ContextWithOptions(ctx, e6data.AllowMissing()), db, "q"); !errors.As(err, &shape) || shape.Fields != nil {
		t.Errorf("%v", err)
	}
	got, err := e6data.One[user](e6data.ContextWithOptions(ctx, e6data.AllowMissing()), db, "q", e6data.AllowExtra())
	if err != nil || got != (user{ID: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	rows, err := db.QueryContext(ctx, "q", e6data.AllowExtra()) // without effect
	if err != nil || !rows.Next() || rows.Close() != nil {
		t.Error(err)
	}
	if _, err := e6data.Collect[int](ctx, db, "q"); !errors.As(err, &shape) || !strings.Contains(err.Error(), "2 columns") {
		t.Errorf("%v", err)
	}
}

// An error names the column, the row and the field. The rows before it are yielded.
func TestSelectFieldError(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("id", "LONG").Column("n", "LONG").BatchRows(400).Generate(1000, func(i int) []any {
		switch {
		case i == 700:
			return []any{i, nil}
		case i == 710:
			return []any{i, 300}
		}
		return []any{i, i % 200}
	}))
	db := openDB(t, srv)
	type base struct{ N uint8 }
	type row struct {
		base
		ID int64
	}
	var field *e6data.FieldError
	n, last := 0, error(nil)
	for row, err := range e6data.Select[row](t.Context(), db, "q") {
		if last != nil {
			t.Fatal("an error was not the last")
		}
		if last = err; err != nil {
			if row.ID != 0 {
				t.Errorf("%+v came with an error", row)
			}
			continue
		}
		if int(row.ID) != n || int(row.N) != n%200 {
			t.Fatalf("row %d is %+v", n, row)
		}
		n++
	}
	if n != 700 || !errors.As(last, &field) || field.Row != 700 || field.Column != "n" || field.Index != 1 || field.Field != "base.N" || !field.Null ||
		field.Type != reflect.TypeFor[row]() || field.FieldType != reflect.TypeFor[uint8]() {
		t.Errorf("%d rows, %v", n, last)
	}
	for _, part := range []string{"row 700", `"n"`, "base.N", "NULL", "sql.Null[uint8]"} {
		if !strings.Contains(last.Error(), part) {
			t.Errorf("%v does not have %s", last, part)
		}
	}
	type nullable struct {
		ID int64
		N  *uint8
	}
	all, err := e6data.Collect[nullable](t.Context(), db, "q")
	if all != nil || !errors.As(err, &field) || field.Row != 710 || field.Null || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("%d rows, %v", len(all), err)
	}
}
