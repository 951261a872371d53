package complete_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/complete"
)

// lake has two catalogs. Its current schema is lake.sales.
type lake struct{}

func (lake) KnownCatalogs() ([]e6data.Catalog, bool) {
	return []e6data.Catalog{{Name: "lake"}, {Name: "archive"}}, true
}

func (lake) KnownSchemas(catalog string) ([]string, bool) {
	if catalog == "archive" {
		return []string{"y2019", "y2020"}, true
	}
	return []string{"sales", "hr"}, true
}

func (lake) KnownTables(catalog, schema string) ([]string, bool) {
	switch cmp.Or(catalog, "lake") + "." + cmp.Or(schema, "sales") {
	case "lake.sales":
		return []string{"orders", "order_items", "My Table"}, true
	case "lake.hr":
		return []string{"staff"}, true
	case "archive.y2019":
		return []string{"old_orders"}, true
	}
	return nil, true
}

func (lake) KnownColumns(catalog, schema, table string) ([]e6data.Column, bool) {
	switch cmp.Or(catalog, "lake") + "." + cmp.Or(schema, "sales") + "." + table {
	case "lake.sales.orders":
		return []e6data.Column{{Name: "id", Type: "long"}, {Name: "amount", Type: "decimal(12,2)"}, {Name: "Order Date", Type: "date"}}, true
	case "lake.hr.staff":
		return []e6data.Column{{Name: "name", Type: "varchar"}}, true
	case "archive.y2019.old_orders":
		return []e6data.Column{{Name: "old_id", Type: "long"}}, true
	}
	return nil, false
}

// at returns the result at the bar in src.
func at(src string) complete.Result {
	cursor := strings.Index(src, "|")
	return complete.SQL(src[:cursor]+src[cursor+1:], cursor, lake{})
}

func texts(r complete.Result, kind complete.Kind) string {
	var list []string
	for _, c := range r.Candidates {
		if c.Kind == kind {
			list = append(list, c.Text)
		}
	}
	return strings.Join(list, " ")
}

// TestPlaces completes at the bar, and expects names of one kind.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		kind complete.Kind
		want string
	}{
		{"sel|", complete.KindKeyword, "select"},
		{"SEL|", complete.KindKeyword, "SELECT"},
		{"SELECT 1; W|", complete.KindKeyword, "WITH"},
		{"SELECT * FROM |", complete.KindTable, `orders order_items "My Table"`},
		{"SELECT * FROM |", complete.KindSchema, "sales hr"},
		{"SELECT * FROM |", complete.KindCatalog, "lake archive"},
		{"SELECT * FROM ord|", complete.KindTable, "orders order_items"},
		{"SELECT * FROM ORD|", complete.KindTable, "orders order_items"},
		{`SELECT * FROM "my|`, complete.KindTable, `"My Table"`},
		{"SELECT * FROM hr.|", complete.KindTable, "staff"},
		{"SELECT * FROM archive.|", complete.KindSchema, "y2019 y2020"},
		{"SELECT * FROM archive.y2019.o|", complete.KindTable, "old_orders"},
		{"SELECT * FROM orders, |", complete.KindTable, `orders order_items "My Table"`},
		{"SELECT * FROM orders JOIN st|", complete.KindTable, ""},
		{"SELECT * FROM orders WH|", complete.KindKeyword, "WHERE"},
		{"SELECT * FROM orders o jo|", complete.KindKeyword, "join"},
		{"SELECT | FROM orders", complete.KindColumn, `id amount "Order Date"`},
		{"SELECT | FROM orders", complete.KindFunction, ""},
		{"SELECT am| FROM orders", complete.KindColumn, "amount"},
		{"SELECT sum(am|) FROM orders", complete.KindColumn, "amount"},
		{"SELECT * FROM orders WHERE a|", complete.KindColumn, "amount"},
		{"SELECT * FROM orders WHERE id = 1 AND a|", complete.KindColumn, "amount"},
		{"SELECT o.| FROM orders o JOIN hr.staff s ON 1=1", complete.KindColumn, `id amount "Order Date"`},
		{"SELECT s.| FROM orders o JOIN hr.staff AS s ON 1=1", complete.KindColumn, "name"},
		{"SELECT staff.n| FROM hr.staff", complete.KindColumn, "name"},
		{"SELECT orders.| FROM hr.staff", complete.KindColumn, ""},
		{"SELECT o| FROM archive.y2019.old_orders", complete.KindColumn, "old_id"},
		{"SELECT st| FROM hr.staff st1", complete.KindTable, "st1"},
		{"SELECT date_tr|", complete.KindFunction, "date_trunc"},
		{"SELECT x::var|", complete.KindType, "varbinary varchar"},
		{"SELECT x AS am| FROM orders", complete.KindColumn, ""},
		{"SELECT 'am|' FROM orders", complete.KindColumn, ""},
		{"SELECT 'am| FROM orders", complete.KindColumn, ""},
		{"SELECT a -- am|\n FROM orders", complete.KindColumn, ""},
		{"SELECT a /* am| */ FROM orders", complete.KindColumn, ""},
		{"SELECT a|; SELECT 1 FROM orders", complete.KindColumn, ""},
		{"SELECT 1 FROM orders; SELECT a|", complete.KindColumn, ""},
		{"WITH recent AS (SELECT * FROM orders) SELECT * FROM re|", complete.KindTable, "recent"},
		{"WITH orders AS (SELECT 1 AS x) SELECT | FROM orders", complete.KindColumn, ""},
		{"SELECT * FROM (SELECT a| FROM orders) t", complete.KindColumn, "amount"},
		{"INSERT INTO or|", complete.KindTable, "orders order_items"},
		{"UPDATE orders SET am|", complete.KindColumn, "amount"},
	} {
		if got := texts(at(c.src), c.kind); got != c.want {
			t.Errorf("%s: the %s are %q instead of %q", c.src, c.kind, got, c.want)
		}
	}
}

func TestStartIsTheWordAtTheCursor(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		"SELECT * FROM ord|":    14,
		"SELECT * FROM hr.|":    17,
		"SELECT * FROM |":       14,
		`SELECT * FROM "my ta|`: 14,
		"sel|":                  0,
		"|":                     0,
	} {
		if got := at(src).Start; got != want {
			t.Errorf("%s: the word begins at %d instead of %d", src, got, want)
		}
	}
}

// TestLoading checks that a list which is missing is reported, and that the others are
// there.
func TestLoading(t *testing.T) {
	t.Parallel()
	r := at("SELECT a| FROM orders, hr.unknown")
	if !r.Loading || texts(r, complete.KindColumn) != "amount" {
		t.Errorf("the result is %+v", r)
	}
	if r := at("SELECT a| FROM orders"); r.Loading {
		t.Error("nothing is missing")
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	r := complete.Tables("hr.st", lake{})
	if r.Start != 3 || texts(r, complete.KindTable) != "staff" {
		t.Errorf("the result is %+v", r)
	}
	if r := complete.Tables("s", lake{}); texts(r, complete.KindKeyword) != "" {
		t.Errorf("the result has keywords: %+v", r)
	}
}

func FuzzComplete(f *testing.F) {
	f.Add("SELECT a.b FROM c.d AS e WHERE (f", 10)
	f.Add(`WITH x AS (SELECT "a`, 20)
	f.Add("))((,,.. FROM . JOIN ,", 22)
	f.Fuzz(func(t *testing.T, src string, cursor int) {
		if cursor < 0 || cursor > len(src) {
			return
		}
		r := complete.SQL(src, cursor, lake{})
		if r.Start < 0 || r.Start > cursor {
			t.Errorf("the word begins at %d, and the cursor is at %d", r.Start, cursor)
		}
		if slices.ContainsFunc(r.Candidates, func(c complete.Candidate) bool { return c.Text == "" }) {
			t.Error("a candidate is empty")
		}
	})
}
