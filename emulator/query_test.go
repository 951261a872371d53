package emulator_test

import (
	"testing"

	"github.com/e6data/e6data-go/emulator"
)

func TestQuery(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	exec(t, db, "CREATE TABLE items (id BIGINT, name VARCHAR, price DECIMAL(10,2))")
	r, err := db.Exec("INSERT INTO items VALUES (1, 'tea', 2.50), (2, NULL, 3.25)")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); n != 2 || err != nil {
		t.Errorf("%d rows affected, %v", n, err)
	}
	var n int
	var sum string
	if err := db.QueryRow("SELECT COUNT(*), SUM(price) FROM items").Scan(&n, &sum); err != nil || n != 2 || sum != "5.75" {
		t.Errorf("%d, %q, %v", n, sum, err)
	}
}
