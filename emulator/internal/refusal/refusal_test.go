//go:build cgo

package refusal

import (
	"strings"
	"testing"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

func TestDates(t *testing.T) {
	var db duckdb.Database
	if duckdb.Open(":memory:", &db) == duckdb.StateError {
		t.Fatal("open")
	}
	defer duckdb.Close(&db)
	var conn duckdb.Connection
	if duckdb.Connect(db, &conn) == duckdb.StateError {
		t.Fatal("connect")
	}
	defer duckdb.Disconnect(&conn)
	if err := Dates(conn); err != nil {
		t.Fatal(err)
	}
	for sql, refused := range map[string]bool{
		"SELECT DATE '2024-01-02' - DATE '2024-01-01'":                         true,
		"SELECT a - b FROM (SELECT DATE '2024-01-02' AS a, current_date AS b)": true,
		"SELECT DATE '2024-01-02' - 1":                                         false,
		"SELECT DATE '2024-01-02' - INTERVAL 1 DAY":                            false,
		"SELECT 3 - 2": false,
		"SELECT date_diff('day', DATE '2024-01-01', DATE '2024-01-02')":            false,
		"SELECT TIMESTAMP '2024-01-02 00:00:00' - TIMESTAMP '2024-01-01 00:00:00'": false,
	} {
		var p duckdb.PreparedStatement
		state := duckdb.Prepare(conn, sql, &p)
		message := duckdb.PrepareError(p)
		duckdb.DestroyPrepare(&p)
		if (state == duckdb.StateError) != refused || refused && !strings.Contains(message, "DATE_DIFF") {
			t.Errorf("%s: %v, %s", sql, state, message)
		}
	}
}
