package orm_test

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/doug-martin/goqu/v9"
	"github.com/georgysavva/scany/v2/sqlscan"
	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/examples/orm"
	"github.com/e6data/e6data-go/examples/orm/store"
	"github.com/e6data/e6data-go/internal/hostile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed schema.sql
var schema string

// item is a row of the table items.
type item struct {
	ID    int64          `db:"id"`
	Name  string         `db:"name"`
	Price e6data.Decimal `db:"price"`
	Note  sql.NullString `db:"note"`
	Added time.Time      `db:"added"`
}

var added = time.Date(2024, 1, 31, 23, 59, 58, 123456000, time.UTC)

// wanted returns item n, whose name needs escapes.
func wanted(n int64) item {
	i := item{ID: n, Name: fmt.Sprintf(`it's \%d"`, n), Price: e6data.NewDecimal(100+n, 2), Added: added.AddDate(0, 0, int(n))}
	if n%2 == 0 {
		i.Note = sql.NullString{String: "even", Valid: true}
	}
	return i
}

// open opens a pool over an emulator with the table items.
func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(e6data.DriverName, emulator.Start(t, emulator.Config{}).DSN())
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), strings.TrimSuffix(strings.TrimSpace(schema), ";"))
	must(t, err)
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// check compares the items with those of some numbers.
func check(t *testing.T, what string, got []item, ids ...int64) {
	t.Helper()
	var want []item
	for _, id := range ids {
		want = append(want, wanted(id))
	}
	equal := func(a, b item) bool {
		return a.ID == b.ID && a.Name == b.Name && a.Price.Equal(b.Price) && a.Note == b.Note && a.Added.Equal(b.Added)
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// An application with sqlx writes rows, and reads them by name, in lists and in batches.
func TestSqlx(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := sqlx.NewDb(open(t), e6data.DriverName)
	for n := range int64(12) {
		_, err := db.NamedExecContext(ctx, "INSERT INTO items (id, name, price, note, added) VALUES (:id, :name, :price, :note, :added)", wanted(n+1))
		must(t, err)
	}
	var one item
	must(t, db.GetContext(ctx, &one, "SELECT * FROM items WHERE name = ?", wanted(3).Name))
	check(t, "Get", []item{one}, 3)
	query, args, err := sqlx.In("SELECT * FROM items WHERE id IN (?) ORDER BY id", []int64{2, 5, 99})
	must(t, err)
	var some []item
	must(t, db.SelectContext(ctx, &some, db.Rebind(query), args...))
	check(t, "In", some, 2, 5)
	var ids []int64
	for last := int64(0); ; {
		var batch []item
		must(t, db.SelectContext(ctx, &batch, "SELECT * FROM items WHERE id > ? ORDER BY id LIMIT ?", last, 5))
		for _, i := range batch {
			ids = append(ids, i.ID)
			last = i.ID
		}
		if len(batch) < 5 {
			break
		}
	}
	if len(ids) != 12 || !slices.IsSorted(ids) {
		t.Errorf("batches: %v", ids)
	}
	type pair struct {
		ID    int64  `db:"id"`
		Other string `db:"other"`
	}
	var pairs []pair
	must(t, db.SelectContext(ctx, &pairs, "SELECT a.id, b.name AS other FROM items a JOIN items b ON b.id = a.id + 1 WHERE a.id <= ? ORDER BY a.id", 2))
	if !slices.Equal(pairs, []pair{{1, wanted(2).Name}, {2, wanted(3).Name}}) {
		t.Errorf("a join: %+v", pairs)
	}
}

// squirrel's placeholders are the driver's.
func TestSquirrel(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := open(t)
	insert := sq.Insert("items").Columns("id", "name", "price", "note", "added")
	for n := range int64(5) {
		i := wanted(n + 1)
		insert = insert.Values(i.ID, i.Name, i.Price, i.Note, i.Added)
	}
	_, err := insert.RunWith(db).ExecContext(ctx)
	must(t, err)
	query, args, err := sq.Select("*").From("items").Where(sq.Or{sq.Eq{"id": []int64{1, 4}}, sq.Eq{"name": wanted(2).Name}}).
		Where(sq.Lt{"price": e6data.NewDecimal(104, 2)}).OrderBy("id").Limit(10).ToSql()
	must(t, err)
	var got []item
	must(t, sqlscan.Select(ctx, db, &got, query, args...))
	check(t, "Select", got, 1, 2)
	_, err = sq.Update("items").Set("note", `new \'`).Where(sq.Eq{"id": 1}).RunWith(db).ExecContext(ctx)
	must(t, err)
	var note string
	must(t, sq.Select("note").From("items").Where("id = ?", 1).RunWith(db).QueryRowContext(ctx).Scan(&note))
	if note != `new \'` {
		t.Errorf("%q", note)
	}
}

// goqu writes values as arguments with Prepared(true), and else by itself.
func TestGoqu(t *testing.T) {
	t.Parallel()
	for _, prepared := range []bool{true, false} {
		ctx := t.Context()
		db := goqu.New(orm.Goqu, open(t))
		var rows []any
		for n := range int64(5) {
			i := wanted(n + 1)
			row := goqu.Record{"id": i.ID, "name": i.Name, "price": i.Price.String(), "note": i.Note, "added": i.Added}
			rows = append(rows, row)
		}
		_, err := db.Insert("items").Prepared(prepared).Rows(rows...).Executor().ExecContext(ctx)
		must(t, err)
		var got []item
		must(t, db.From("items").Prepared(prepared).Where(goqu.C("id").In(1, 2, 99), goqu.C("name").Like("it's %")).Order(goqu.C("id").Asc()).Limit(5).
			ScanStructsContext(ctx, &got))
		check(t, fmt.Sprintf("prepared %t", prepared), got, 1, 2)
		_, err = db.Delete("items").Prepared(prepared).Where(goqu.C("name").Eq(wanted(1).Name)).Executor().ExecContext(ctx)
		must(t, err)
		if n, err := db.From("items").Prepared(prepared).CountContext(ctx); err != nil || n != 4 {
			t.Errorf("%d rows, %v", n, err)
		}
	}
}

// scany reads rows into structs by the names of the columns.
func TestScany(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := open(t)
	for n := range int64(3) {
		i := wanted(n + 1)
		_, err := db.ExecContext(ctx, "INSERT INTO items VALUES (?, ?, ?, ?, ?)", i.ID, i.Name, i.Price, i.Note, i.Added)
		must(t, err)
	}
	var got []item
	must(t, sqlscan.Select(ctx, db, &got, "SELECT * FROM items WHERE id >= ? ORDER BY id", 2))
	check(t, "Select", got, 2, 3)
	var one item
	if err := sqlscan.Get(ctx, db, &one, "SELECT * FROM items WHERE id = ?", 99); !sqlscan.NotFound(err) {
		t.Errorf("Get of no row: %v", err)
	}
}

// sqlc's generated code runs without changes.
func TestSqlc(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	q := store.New(open(t))
	for n := range int64(4) {
		must(t, q.AddItem(ctx, store.AddItemParams(wanted(n+1))))
	}
	one, err := q.GetItem(ctx, 2)
	must(t, err)
	check(t, "GetItem", []item{item(one)}, 2)
	some, err := q.ItemsByName(ctx, store.ItemsByNameParams{Names: []string{wanted(1).Name, wanted(4).Name, "none"}, Limit: 10})
	must(t, err)
	var got []item
	for _, i := range some {
		got = append(got, item(i))
	}
	check(t, "ItemsByName", got, 1, 4)
	if n, err := q.CountItems(ctx, e6data.NewDecimal(102, 2)); err != nil || n != 2 {
		t.Errorf("%d items, %v", n, err)
	}
}

// Hostile texts come back unchanged through each library.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	db := open(t)
	ways := map[string]func(ctx context.Context, texts []string) (query string, args []any, err error){
		"sqlx": func(_ context.Context, texts []string) (string, []any, error) {
			names := make([]string, len(texts))
			arg := map[string]any{}
			for i, text := range texts {
				names[i] = fmt.Sprintf(":v%d", i)
				arg[names[i][1:]] = text
			}
			return sqlx.Named("SELECT "+strings.Join(names, ", "), arg)
		},
		"squirrel": func(_ context.Context, texts []string) (string, []any, error) {
			s := sq.Select()
			for _, text := range texts {
				s = s.Column(sq.Expr("?", text))
			}
			return s.ToSql()
		},
		"goqu, prepared": func(_ context.Context, texts []string) (string, []any, error) {
			return goqu.Dialect(orm.Goqu).Select(vals(texts)...).Prepared(true).ToSQL()
		},
		"goqu": func(_ context.Context, texts []string) (string, []any, error) {
			return goqu.Dialect(orm.Goqu).Select(vals(texts)...).ToSQL()
		},
	}
	for way, build := range ways {
		for texts := range slices.Chunk(hostile.Texts(), 50) {
			query, args, err := build(t.Context(), texts)
			must(t, err)
			if way == "goqu" && len(args) > 0 {
				t.Fatalf("goqu did not write %d values", len(args))
			}
			got := make([]string, len(texts))
			into := make([]any, len(texts))
			for i := range got {
				into[i] = &got[i]
			}
			if err := db.QueryRowContext(t.Context(), query, args...).Scan(into...); err != nil {
				t.Errorf("%s: %v", way, err)
			} else if !slices.Equal(got, texts) {
				t.Errorf("%s: %q was read as %q", way, texts, got)
			}
		}
	}
}

// vals returns goqu's values of texts.
func vals(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = goqu.V(text)
	}
	return values
}
