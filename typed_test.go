package e6data_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

type audit struct {
	Created time.Time `db:"created_at"`
	Note    *string
}

type customer struct {
	audit
	ID     int64 `e6:"customer_id" db:"id"`
	Name   sql.Null[string]
	Spent  e6data.Decimal
	Since  e6data.Date
	Skip   chan int `e6:"-"`
	secret string
}

// customers is a result of rows that customer fits.
func customers(rows int) *enginetest.Result {
	r := enginetest.NewResult().Column("CUSTOMER_ID", "LONG").Column("name", "STRING").Column("spent", "DECIMAL(10,2)").
		Column("since", "DATE").Column("created_at", "TIMESTAMP").Column("note", "STRING").BatchRows(1000)
	return r.Generate(rows, customerValues)
}

func customerValues(i int) []any {
	var name, note any
	if i%3 != 0 {
		name = fmt.Sprint("name ", i)
	}
	if i%2 == 0 {
		note = fmt.Sprint("note ", i)
	}
	return []any{i, name, fmt.Sprintf("%d.25", i), day.AddDate(0, 0, i%1000), day.Add(time.Duration(i) * time.Minute), note}
}

var day = time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)

// check compares a customer with what customerValues says.
func (c *customer) check(i int) error {
	v := customerValues(i)
	name, _ := v[1].(string)
	ok := c.ID == int64(i) && c.Name == sql.Null[string]{V: name, Valid: v[1] != nil} && c.Spent.String() == v[2] &&
		time.Time(c.Since).Equal(v[3].(time.Time)) && c.Created.Equal(v[4].(time.Time)) && (c.Note == nil) == (v[5] == nil)
	if ok && c.Note != nil {
		ok = *c.Note == v[5]
	}
	if !ok || c.secret != "" || c.Skip != nil {
		return fmt.Errorf("row %d is %+v, want %v", i, c, v)
	}
	return nil
}

// Rows go into structs, by name, by whatever names a connection, and stay as they are
// when later rows are read.
func TestSelectStructs(t *testing.T) {
	t.Parallel()
	const rows = 2500
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", customers(rows))
	db, c := openConnector(t, parseDSN(t, srv.DSN()))
	e6data.Poison(c)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	read := func(t *testing.T, db any) {
		var all []customer
		for row, err := range e6data.Select[customer](t.Context(), db, "q") {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		pointers, err := e6data.Collect[*customer](t.Context(), db, "q")
		if err != nil || len(all) != rows || len(pointers) != rows {
			t.Fatalf("%d rows, %d pointers, %v", len(all), len(pointers), err)
		}
		for i := range all {
			if err := errors.Join(all[i].check(i), pointers[i].check(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("DB", func(t *testing.T) { read(t, db) })
	t.Run("Conn", func(t *testing.T) { read(t, conn) })
	t.Run("Connector", func(t *testing.T) { read(t, c) })
	t.Run("native", func(t *testing.T) {
		mustUseConn(t, db, func(c *e6data.Conn) error {
			read(t, c)
			return nil
		})
	})
	for _, wrong := range []any{nil, "db", (*e6data.Conn)(nil)} {
		if _, err := e6data.Collect[customer](t.Context(), wrong, "q"); err == nil {
			t.Errorf("a %T was accepted", wrong)
		}
	}
}

// A row is a single value, a map or a slice.
func TestSelectOtherRows(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("one", ids(700, 300))
	srv.Handle("two", enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Row(1, "a").Row(2, nil).Row(3, "c"))
	srv.Handle("no", enginetest.NewResult().Column("id", "LONG"))
	db, ctx := openDB(t, srv), t.Context()

	numbers, err := e6data.Collect[int](ctx, db, "one")
	if err != nil || len(numbers) != 700 || numbers[699] != 699 {
		t.Errorf("%d numbers, %v", len(numbers), err)
	}
	pointers, err := e6data.Collect[*int64](ctx, db, "one")
	if err != nil || len(pointers) != 700 || *pointers[0] != 0 || *pointers[699] != 699 {
		t.Errorf("%d pointers, %v", len(pointers), err)
	}
	texts, err := e6data.Collect[string](ctx, db, "one")
	if err != nil || len(texts) != 700 || texts[699] != "699" {
		t.Errorf("%d texts, %v", len(texts), err)
	}
	maps, err := e6data.Collect[map[string]any](ctx, db, "two")
	if want := []map[string]any{{"id": int64(1), "name": "a"}, {"id": int64(2), "name": nil}, {"id": int64(3), "name": "c"}}; err != nil || !reflect.DeepEqual(maps, want) {
		t.Errorf("%v, %v", maps, err)
	}
	slices, err := e6data.Collect[[]any](ctx, db, "two")
	if want := [][]any{{int64(1), "a"}, {int64(2), nil}, {int64(3), "c"}}; err != nil || !reflect.DeepEqual(slices, want) {
		t.Errorf("%v, %v", slices, err)
	}
	_ = append(slices[0], "more")
	if slices[1][0] != int64(2) {
		t.Error("appending to a row changes the next one")
	}
	type record []sql.NullString
	records, err := e6data.Collect[record](ctx, db, "two")
	if err != nil || len(records) != 3 || records[2][0].String != "3" || records[1][1].Valid {
		t.Errorf("%v, %v", records, err)
	}
	for name, got := range map[string]func() (int, bool, error){
		"slice": func() (int, bool, error) {
			all, err := e6data.Collect[int64](ctx, db, "no")
			return len(all), all != nil, err
		},
		"map": func() (int, bool, error) {
			all, err := e6data.CollectMap(ctx, db, func(n int64) int64 { return n }, "no")
			return len(all), all != nil, err
		},
	} {
		if n, made, err := got(); n != 0 || !made || err != nil {
			t.Errorf("an empty %s: %d, %v, %v", name, n, made, err)
		}
	}
}

func TestOne(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("none", ids(0, 1))
	srv.Handle("one", customers(1))
	srv.Handle("two", ids(2, 1))
	srv.Handle("many", ids(100_000, 10))
	srv.Handle("bad", enginetest.NewResult().Column("n", "STRING").Row("x"))
	db, ctx := openDB(t, srv), t.Context()
	row, err := e6data.One[customer](ctx, db, "one")
	if err != nil || row.check(0) != nil {
		t.Errorf("%+v, %v", row, err)
	}
	var count *e6data.RowCountError
	if n, err := e6data.One[int](ctx, db, "none"); !errors.Is(err, sql.ErrNoRows) || !errors.As(err, &count) || count.Many || count.QueryID == "" || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	for _, query := range []string{"two", "many"} {
		if n, err := e6data.One[int](ctx, db, query); !errors.Is(err, e6data.ErrMultipleRows) || errors.Is(err, sql.ErrNoRows) || !errors.As(err, &count) || !count.Many || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
	}
	var field *e6data.FieldError
	if n, err := e6data.One[int](ctx, db, "bad"); !errors.As(err, &field) || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if n := srv.Count("getNextResultBatch") + srv.Count("getNextResultBatchV2"); n > 5000 {
		t.Errorf("%d batches were fetched to see that there is more than one row", n)
	}
}

func TestCollectMap(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", customers(600))
	db := openDB(t, srv)
	byID, err := e6data.CollectMap(t.Context(), db, func(c customer) int64 { return c.ID }, "q")
	if err != nil || len(byID) != 600 {
		t.Fatalf("%d rows, %v", len(byID), err)
	}
	for i := range 600 {
		row := byID[int64(i)]
		if err := row.check(i); err != nil {
			t.Error(err)
		}
	}
	same := func(c customer) int64 { return c.ID % 500 }
	var duplicate *e6data.DuplicateKeyError
	if all, err := e6data.CollectMap(t.Context(), db, same, "q"); !errors.As(err, &duplicate) || duplicate.Row != 500 || all != nil {
		t.Errorf("%d rows, %v", len(all), err)
	}
}

// cumulative is a Scanner that adds to what it has, as a careless one may.
type cumulative struct{ Seen []string }

func (c *cumulative) Scan(src any) error {
	c.Seen = append(c.Seen, fmt.Sprint(src))
	return nil
}

// What a row holds is its own: no memory is shared that a row may write to.
func TestSelectedRowsAreIndependent(t *testing.T) {
	t.Parallel()
	type row struct {
		A cumulative
		B []byte
		C json.RawMessage
		D big.Rat
		E *int64
		F sql.Null[[]byte]
	}
	const rows = 800
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("a", "STRING").Column("b", "BINARY").Column("c", "STRING").
		Column("d", "DECIMAL(10,2)").Column("e", "LONG").Column("f", "STRING").Generate(rows, func(i int) []any {
		text := fmt.Sprint(i)
		return []any{text, []byte(text), text, text + ".50", i, text}
	}))
	all, err := e6data.Collect[row](t.Context(), openDB(t, srv), "q")
	if err != nil || len(all) != rows {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	for i := range all {
		r := &all[i]
		_ = append(r.B, "overwritten"...)
		_ = append(r.C, "overwritten"...)
		r.D.Add(&r.D, big.NewRat(0, 1))
	}
	for i := range all {
		r, text := &all[i], fmt.Sprint(i)
		if !slices.Equal(r.A.Seen, []string{text}) || string(r.B) != text || string(r.C) != text || r.D.FloatString(1) != text+".5" || *r.E != int64(i) || string(r.F.V) != text {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
}

// A column may come in another form with each chunk: as a constant, as NULL throughout,
// with texts too long to share memory.
func TestSelectFormsOfChunks(t *testing.T) {
	t.Parallel()
	vector := func(typ thriftrows.VectorType, values ...any) thriftrows.Vector {
		v, err := thriftrows.NewVector(typ, 0, values)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	long := strings.Repeat("x", 100<<10)
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("n", "LONG").Column("s", "STRING").
		Vectors(2, vector(thriftrows.Long, 1, 2), vector(thriftrows.String, "a", "b")).
		Vectors(2, vector(thriftrows.Null, nil, nil), vector(thriftrows.String, nil, nil)).
		Vectors(2, thriftrows.Vector{Type: thriftrows.Long, Constant: true, Size: 2, Data: thriftrows.NumericConstantData(3)},
			thriftrows.Vector{Type: thriftrows.String, Constant: true, Size: 2, Data: thriftrows.VarcharConstantData("same")}).
		Vectors(2, vector(thriftrows.Integer, 4, nil), vector(thriftrows.String, long, nil)))
	type row struct {
		N *int64
		S sql.NullString
	}
	all, err := e6data.Collect[row](t.Context(), openDB(t, srv), "q")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range all {
		n := "nil"
		if r.N != nil {
			n = fmt.Sprint(*r.N)
		}
		texts = append(texts, fmt.Sprintf("%s %.4s %v", n, r.S.String, r.S.Valid))
	}
	if got, want := strings.Join(texts, ","), "1 a true,2 b true,nil  false,nil  false,3 same true,3 same true,4 xxxx true,nil  false"; got != want || all[6].S.String != long {
		t.Errorf("%s, want %s", got, want)
	}
}
