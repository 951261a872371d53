package complete_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/complete"
)

// lake is a source with two catalogs.
type lake struct{}

func (lake) Catalogs(context.Context) ([]string, error) { return []string{"lake", "archive"}, nil }

func (lake) Schemas(_ context.Context, catalog string) ([]string, error) {
	if catalog == "archive" {
		return []string{"y2019", "y2020"}, nil
	}
	return []string{"sales", "hr"}, nil
}

func (lake) Tables(_ context.Context, catalog, schema string) ([]string, error) {
	switch catalog + "." + schema {
	case "lake.sales":
		return []string{"orders", "order_items", "My Table"}, nil
	case "lake.hr":
		return []string{"staff"}, nil
	case "archive.y2019":
		return []string{"old_orders"}, nil
	}
	return nil, nil
}

func (lake) Columns(_ context.Context, catalog, schema, table string) ([]complete.Column, error) {
	switch catalog + "." + schema + "." + table {
	case "lake.sales.orders":
		return []complete.Column{{Name: "id", Type: "long"}, {Name: "amount", Type: "decimal(12,2)"}, {Name: "Order Date", Type: "date"}}, nil
	case "lake.hr.staff":
		return []complete.Column{{Name: "name", Type: "varchar"}}, nil
	case "archive.y2019.old_orders":
		return []complete.Column{{Name: "old_id", Type: "long"}}, nil
	}
	return nil, errors.New("no such table")
}

// settled returns the result of Complete when no list is missing any more, or when the
// lists that are missing cannot be had.
func settled(t *testing.T, src string, scope complete.Scope) complete.Result {
	t.Helper()
	arrived := make(chan struct{}, 100)
	c := complete.NewCache(lake{}, func() { arrived <- struct{}{} })
	defer c.Close()
	cursor := strings.Index(src, "|")
	text := src[:cursor] + src[cursor+1:]
	for {
		r := c.Complete(text, cursor, scope)
		if !r.Loading {
			return r
		}
		select {
		case <-arrived:
		case <-time.After(time.Minute):
			t.Fatalf("%q: the lists did not arrive", src)
		}
	}
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
	scope := complete.Scope{Catalog: "lake", Schema: "sales"}
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
		if got := texts(settled(t, c.src, scope), c.kind); got != c.want {
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
		if got := settled(t, src, complete.Scope{Catalog: "lake", Schema: "sales"}).Start; got != want {
			t.Errorf("%s: the word begins at %d instead of %d", src, got, want)
		}
	}
}

// slow is a source whose calls block until they are released.
type slow struct {
	lake
	release chan struct{}
	mu      sync.Mutex
	running int
	most    int
}

func (s *slow) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	s.mu.Lock()
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	select {
	case <-s.release:
		return s.lake.Tables(ctx, catalog, schema)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestNothingWaits checks that Complete returns while the engine does not answer, that
// few calls are under way at a time, and that Close ends them.
func TestNothingWaits(t *testing.T) {
	t.Parallel()
	source := &slow{release: make(chan struct{})}
	c := complete.NewCache(source, nil)
	for i := range 20 {
		src := fmt.Sprintf("SELECT * FROM lake.s%d.", i)
		if r := c.Complete(src, len(src), complete.Scope{}); !r.Loading || len(r.Candidates) > 0 {
			t.Fatalf("the result is %+v", r)
		}
	}
	c.Close() // goleak checks that no fetch is left
	if source.most > 2 {
		t.Errorf("%d calls were under way at a time", source.most)
	}
}

// TestClearForgets checks that a list which was requested before Clear is not stored
// after it.
func TestClearForgets(t *testing.T) {
	t.Parallel()
	source := &slow{release: make(chan struct{})}
	arrived := make(chan struct{}, 10)
	c := complete.NewCache(source, func() { arrived <- struct{}{} })
	defer c.Close()
	const src = "SELECT * FROM lake.sales."
	c.Complete(src, len(src), complete.Scope{})
	c.Clear()
	close(source.release)
	for {
		r := c.Complete(src, len(src), complete.Scope{})
		if !r.Loading {
			if got := texts(r, complete.KindTable); got != `orders order_items "My Table"` {
				t.Errorf("the tables are %q", got)
			}
			return
		}
		select {
		case <-arrived:
		case <-time.After(time.Minute):
			t.Fatal("the list did not arrive after Clear")
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add("SELECT a.b FROM c.d AS e WHERE (f", 10)
	f.Add(`WITH x AS (SELECT "a`, 20)
	f.Add("))((,,.. FROM . JOIN ,", 22)
	c := complete.NewCache(lake{}, nil)
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, src string, cursor int) {
		if cursor < 0 || cursor > len(src) {
			return
		}
		r := c.Complete(src, cursor, complete.Scope{Catalog: "lake", Schema: "sales"})
		if r.Start < 0 || r.Start > cursor {
			t.Errorf("the word begins at %d, and the cursor is at %d", r.Start, cursor)
		}
		if slices.ContainsFunc(r.Candidates, func(c complete.Candidate) bool { return c.Text == "" }) {
			t.Error("a candidate is empty")
		}
	})
}
