package integration

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// item is a row that sqlx fills.
type item struct {
	ID    int64          `db:"id"`
	Name  string         `db:"name"`
	Price e6data.Decimal `db:"price"`
	Note  sql.NullString `db:"note"`
	Added time.Time      `db:"added"`
}

func init() { sqlx.BindDriver(e6data.DriverName, sqlx.QUESTION) }

// sqlxDB opens sqlx on an engine in this process, so the test needs no Docker.
// The engine returns two items for any statement.
func sqlxDB(t *testing.T, params ...string) (*sqlx.DB, *enginetest.Server) {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		types := []string{"STRING", "DECIMAL(10,2)"}[:min(2, strings.Count(q.SQL, "?"))]
		return enginetest.NewResult().Params(types...).
			Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").Column("note", "STRING").Column("added", "DATE").
			Row(1, "bolt", "0.10", nil, added).
			Row(2, "nut", "0.05", "M8", added), nil
	})
	db, err := sqlx.Connect(e6data.DriverName, srv.DSN(params...))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db, srv
}

var added = time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)

// items holds the rows of sqlxDB.
var items = []item{
	{ID: 1, Name: "bolt", Price: e6data.NewDecimal(10, 2), Added: added},
	{ID: 2, Name: "nut", Price: e6data.NewDecimal(5, 2), Note: sql.NullString{String: "M8", Valid: true}, Added: added},
}

// sentSQL checks the last statement that the engine got.
func sentSQL(t *testing.T, srv *enginetest.Server, want string) {
	t.Helper()
	calls := srv.CallsTo("prepareStatement")
	if len(calls) == 0 || calls[len(calls)-1].SQL != want {
		t.Errorf("the engine got %v, want %s", calls, want)
	}
}

func TestSqlxSelectAndGet(t *testing.T) {
	db, srv := sqlxDB(t)
	var got []item
	must(t, db.SelectContext(t.Context(), &got, "SELECT * FROM items WHERE name <> ? AND price < ?", "it's", e6data.NewDecimal(100, 2)))
	sentSQL(t, srv, "SELECT * FROM items WHERE name <> 'it''s' AND price < CAST('1.00' AS DECIMAL(3,2))")
	if !slices.Equal(got, items) {
		t.Errorf("%v", got)
	}
	var one item
	must(t, db.GetContext(t.Context(), &one, "SELECT * FROM items WHERE id = ?", 1, e6data.InSchema("s")))
	sentSQL(t, srv, "SELECT * FROM items WHERE id = 1")
	if one != items[0] {
		t.Errorf("%v", one)
	}
}

func TestSqlxNamed(t *testing.T) {
	db, srv := sqlxDB(t)
	const query = "SELECT * FROM items WHERE added = :added AND name = :name"
	const want = "SELECT * FROM items WHERE added = DATE '2024-01-31' AND name = 'nut'"
	values := map[string]any{"name": "nut", "added": e6data.Date(added)}

	bound, args, err := sqlx.Named(query, values)
	must(t, err)
	var got []item
	must(t, db.Select(&got, db.Rebind(bound), args...))
	sentSQL(t, srv, want)

	rows, err := db.NamedQueryContext(t.Context(), query, values)
	must(t, err)
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var row item
		must(t, rows.StructScan(&row))
		if row != items[n] {
			t.Errorf("%v", row)
		}
	}
	must(t, rows.Err())
	if n != len(items) {
		t.Errorf("%d rows", n)
	}
	sentSQL(t, srv, want)

	// The arguments are the fields of a struct. The statement is prepared and
	// runs more than once.
	st, err := db.PrepareNamedContext(t.Context(), "SELECT * FROM items WHERE id = :id AND price = :price AND note IS :note")
	must(t, err)
	defer st.Close()
	for range 2 {
		must(t, st.Select(&got, items[0]))
		sentSQL(t, srv, "SELECT * FROM items WHERE id = 1 AND price = CAST('0.10' AS DECIMAL(2,2)) AND note IS NULL")
	}
	if _, err := db.NamedExec("INSERT INTO items (id, name) VALUES (:id, :name)", items); err != nil {
		t.Error(err)
	}
	sentSQL(t, srv, "INSERT INTO items (id, name) VALUES (1, 'bolt'),(2, 'nut')")

	// The arguments are named by database/sql instead of sqlx.
	must(t, db.Select(&got, query, sql.Named("name", "nut"), sql.Named("added", e6data.Date(added))))
	sentSQL(t, srv, want)
}

// sqlx.In writes a ? for each element; without it the driver writes the list.
func TestSqlxIn(t *testing.T) {
	db, srv := sqlxDB(t)
	const query, want = "SELECT * FROM items WHERE id IN (?) AND name = ?", "SELECT * FROM items WHERE id IN (1, 2, 3) AND name = 'it''s'"
	bound, args, err := sqlx.In(query, []int{1, 2, 3}, "it's")
	must(t, err)
	if bound != "SELECT * FROM items WHERE id IN (?, ?, ?) AND name = ?" {
		t.Error(bound)
	}
	var got []item
	must(t, db.Select(&got, db.Rebind(bound), args...))
	sentSQL(t, srv, want)
	must(t, db.Select(&got, query, []int{1, 2, 3}, "it's"))
	sentSQL(t, srv, want)
}

func TestSqlxServerParameters(t *testing.T) {
	db, srv := sqlxDB(t, "params=server")
	var got []item
	rows, err := db.NamedQuery("SELECT * FROM items WHERE name = :name AND price = :price", items[1])
	must(t, err)
	must(t, sqlx.StructScan(rows, &got))
	sentSQL(t, srv, "SELECT * FROM items WHERE name = ? AND price = ?")
	if !slices.Equal(got, items) || srv.Count("executeStatementV2") != 1 {
		t.Errorf("%v", got)
	}
}
