//go:build unix

package shell_test

import (
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

// newEngine starts an engine with a catalog and some statements. The test fails if it
// leaves a query on it.
func newEngine(t testing.TB) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{Database: "sales"})
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{
		{Name: "sales", Tables: []enginetest.Table{
			{Name: "orders", Columns: []enginetest.Column{{Name: "id", Type: "long"}, {Name: "customer", Type: "varchar"}, {Name: "amount", Type: "decimal(10,2)"}}},
			{Name: "order_items", Columns: []enginetest.Column{{Name: "order_id", Type: "long"}}},
		}},
		{Name: "hr"},
	}})
	srv.Handle("SELECT id, customer, amount FROM orders", enginetest.NewResult().
		Column("id", "LONG").Column("customer", "STRING").Column("amount", "DECIMAL(10,2)").
		Row(1, "Zoë", "12.30").Row(2, "東京", "1200.00").Row(3, nil, nil))
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Handle("SELECT\n1", enginetest.NewResult().Column("n", "LONG").Row(1))
	return srv
}

func dsn(srv *enginetest.Server) string { return srv.DSN("catalog=lake") }

func TestSessionOfAPerson(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.run("SELECT id, customer, amount FROM orders;")
	term.golden("select")
	term.send(ctrlD)
	if code := term.exit(); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
}
