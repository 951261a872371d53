package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"

	"github.com/e6data/e6data-go"
)

// order is a row of the table orders.
type order struct {
	Key   int64          `e6:"o_orderkey"`
	Cust  int64          `e6:"o_custkey"`
	Price e6data.Decimal `e6:"o_totalprice"`
	Date  e6data.Date    `e6:"o_orderdate"`
	Clerk string         `e6:"o_clerk"`
}

const orderColumns = "SELECT o_orderkey, o_custkey, o_totalprice, o_orderdate, o_clerk FROM orders"

// mix is the mix of queries, with the answers that they had before the first
// switch.
type mix struct {
	connector *e6data.Connector
	db        *sql.DB
	orders    []order
	answers   map[string]answer // of the queries with fixed text
	seed      maphash.Seed
}

// answer is the number of rows of a result and a hash of its cells.
type answer struct {
	rows int
	hash uint64
}

// fixed are the queries whose text is always the same.
var fixed = map[string]string{
	"aggregate": `SELECT l_returnflag, l_linestatus, SUM(l_quantity) AS quantity, SUM(l_extendedprice * (1 - l_discount)) AS revenue, COUNT(*) AS items
FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`,
	"join": `SELECT n.n_name, o.o_orderpriority, COUNT(*) AS orders, MAX(o.o_orderdate) AS latest
FROM customer c JOIN orders o ON o.o_custkey = c.c_custkey JOIN nation n ON n.n_nationkey = c.c_nationkey
GROUP BY n.n_name, o.o_orderpriority ORDER BY n.n_name, o.o_orderpriority`,
	"scan": `SELECT l_orderkey, l_linenumber, l_quantity, l_shipdate, l_comment FROM lineitem ORDER BY l_orderkey, l_linenumber`,
}

// kinds are the kinds of queries and their weights.
var kinds = []struct {
	name   string
	weight int
	run    func(m *mix, ctx context.Context, r *rand.Rand) (rows int, err error)
}{
	{"point", 40, (*mix).point},
	{"aggregate", 15, func(m *mix, ctx context.Context, _ *rand.Rand) (int, error) { return m.repeat(ctx, "aggregate") }},
	{"join", 15, func(m *mix, ctx context.Context, _ *rand.Rand) (int, error) { return m.repeat(ctx, "join") }},
	{"scan", 10, func(m *mix, ctx context.Context, _ *rand.Rand) (int, error) { return m.repeat(ctx, "scan") }},
	{"structs", 10, (*mix).structs},
	{"cancelled", 5, (*mix).cancelled},
	{"mistake", 5, (*mix).mistake},
}

// wrongError is an error of the check: a result is not what it must be.
type wrongError struct{ text string }

func (e *wrongError) Error() string { return "WRONG: " + e.text }

func wrongf(format string, args ...any) error {
	return &wrongError{fmt.Sprintf(format, args...)}
}

// prepare opens a pool and reads the answers with which later ones are
// compared.
func prepare(ctx context.Context, dsn string) (*mix, error) {
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	m := &mix{answers: map[string]answer{}, seed: maphash.MakeSeed()}
	if m.connector, err = e6data.NewConnector(cfg); err != nil {
		return nil, err
	}
	m.db = sql.OpenDB(m.connector)
	m.orders, err = e6data.Collect[order](ctx, m.db, orderColumns+" ORDER BY o_orderkey")
	if err == nil && len(m.orders) == 0 {
		err = errors.New("the table orders is empty")
	}
	for name, text := range fixed {
		if err == nil {
			m.answers[name], err = m.read(ctx, text)
		}
	}
	if err != nil {
		return nil, errors.Join(err, m.db.Close())
	}
	return m, nil
}

// read runs a query and returns its answer.
func (m *mix) read(ctx context.Context, query string, args ...any) (a answer, err error) {
	rows, err := m.db.QueryContext(ctx, query, args...)
	if err != nil {
		return a, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return a, err
	}
	cells, dest := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range cells {
		dest[i] = &cells[i]
	}
	var h maphash.Hash
	h.SetSeed(m.seed)
	for ; rows.Next(); a.rows++ {
		if err := rows.Scan(dest...); err != nil {
			return a, err
		}
		for _, cell := range cells {
			_ = h.WriteByte(byte(len(cell)))
			_, _ = h.Write(cell)
		}
	}
	a.hash = h.Sum64()
	return a, rows.Err()
}

// repeat runs a query of fixed, and compares its answer.
func (m *mix) repeat(ctx context.Context, name string) (int, error) {
	got, err := m.read(ctx, fixed[name])
	if err != nil {
		return got.rows, err
	}
	if want := m.answers[name]; got != want {
		return got.rows, wrongf("%s: %d rows with the hash %x, want %d and %x", name, got.rows, got.hash, want.rows, want.hash)
	}
	return got.rows, nil
}

// point reads an order by its key.
func (m *mix) point(ctx context.Context, r *rand.Rand) (int, error) {
	want := m.orders[r.IntN(len(m.orders))]
	got, err := e6data.One[order](ctx, m.db, orderColumns+" WHERE o_orderkey = ?", want.Key)
	if err != nil {
		return 0, err
	}
	if got != want {
		return 1, wrongf("order %d: %+v, want %+v", want.Key, got, want)
	}
	return 1, nil
}

// structs reads a range of the orders.
func (m *mix) structs(ctx context.Context, r *rand.Rand) (n int, err error) {
	from := r.IntN(len(m.orders))
	want := m.orders[from:]
	for got, err := range e6data.Select[order](ctx, m.db, orderColumns+" WHERE o_orderkey >= ? ORDER BY o_orderkey", want[0].Key) {
		if err != nil {
			return n, err
		}
		if n == len(want) || got != want[n] {
			return n, wrongf("row %d of the orders from %d on: %+v", n, want[0].Key, got)
		}
		n++
	}
	if n != len(want) {
		return n, wrongf("%d orders from %d on, want %d", n, want[0].Key, len(want))
	}
	return n, nil
}

// cancelled ends a query after some of its rows. It does not cancel a prepare:
// behind a proxy the engine cannot know that the query has lost its client, and a
// deployment would wait for the query's end.
func (m *mix) cancelled(ctx context.Context, r *rand.Rand) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := m.db.QueryContext(ctx, fixed["scan"])
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for last := r.IntN(5_000); n < last && rows.Next(); n++ {
	}
	cancel()
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil && !errors.Is(err, context.Canceled) {
		return n, err
	}
	return n, nil
}

// mistake runs a statement that the engine refuses.
func (m *mix) mistake(ctx context.Context, _ *rand.Rand) (int, error) {
	switch _, err := m.read(ctx, "SELECT no_such_column FROM orders"); {
	case errors.Is(err, e6data.ErrSQL):
		return 0, nil
	case err == nil:
		return 0, wrongf("a statement with a mistake succeeded")
	default:
		return 0, err
	}
}

// choose returns the index of a random kind.
func choose(r *rand.Rand) int {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	n := r.IntN(total)
	for i, k := range kinds {
		if n < k.weight {
			return i
		}
		n -= k.weight
	}
	panic("unreachable")
}
