//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

var (
	chaosSeed = flag.Uint64("chaos.seed", 0, "seed of TestChaos; 0 takes a random one")
	chaosTime = flag.Duration("chaos.time", 5*time.Second, "how long TestChaos asks")
)

const (
	chaosWorkers = 12
	chaosTables  = 6
	chaosNumbers = 6000 // rows of the table numbers
)

// chaos is one run of TestChaos.
type chaos struct {
	srv    *emulator.Server
	tables []chaosTable
	planners

	mu       sync.Mutex
	failures []string
	tally    map[string]int
	inserts  map[int64]effect // by the statement's number
	updates  map[int]*updates // by the worker
}

// chaosTable is a table with random columns, and its rows in DuckDB's own texts.
type chaosTable struct {
	name    string
	columns []*generated
	rows    [][]*string
}

// effect is the possible effect of a statement that changes data.
type effect int

const (
	nothing effect = iota
	once
	maybe // not at all or once
)

// updates counts the possible effects of a worker's updates of its own counter.
type updates struct{ done, maybe int }

// Whatever happens between driver and engine, rows are right, errors are the promised ones, and
// statements that change data do so once at most.
func TestChaos(t *testing.T) {
	t.Parallel()
	seed := *chaosSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	// A test that hangs shows no log.
	fmt.Printf("chaos: seed %d: go test -run '^TestChaos$' -chaos.seed=%d -chaos.time=%v ./emulator\n", seed, seed, *chaosTime)
	lasts := *chaosTime
	if testing.Short() {
		lasts = min(lasts, 2*time.Second)
	}
	source := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	c := &chaos{tally: map[string]int{}, inserts: map[int64]effect{}, updates: map[int]*updates{}}
	c.start(t, source(0))
	pools := c.pools(t)

	w := &weather{srv: c.srv, rand: source(1), live: enginetest.Blue}
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var blowing, working sync.WaitGroup
	blowing.Go(func() { w.blow(ctx) })
	for i := range chaosWorkers {
		c.updates[i] = &updates{}
		working.Go(func() {
			wk := &chaosWorker{chaos: c, rand: source(uint64(2 + i)), number: i, db: pools[i%len(pools)]}
			for ctx.Err() == nil {
				wk.turn()
			}
		})
	}
	working.Wait()
	blowing.Wait()
	c.checkEffects(t)
	c.checkCalm(pools, source(1000))
	for _, db := range pools {
		if err := db.Close(); err != nil {
			c.fail("closing a pool: %v", err)
		}
	}
	w.checkBooks(t, c)
	c.report(t)
}

// start starts a server with the tables, and reads their rows through the bindings.
func (c *chaos) start(t *testing.T, r *rand.Rand) {
	t.Helper()
	script := []string{
		fmt.Sprintf("CREATE TABLE numbers AS SELECT i, 'n' || i AS s FROM range(%d) t(i)", chaosNumbers),
		"CREATE TABLE ledger (id BIGINT, part BIGINT)",
		fmt.Sprintf("CREATE TABLE counters AS SELECT i AS id, 0::BIGINT AS n FROM range(%d) t(i)", chaosWorkers+1),
		"CREATE VIEW broken AS SELECT CASE WHEN i < 5000 THEN '1' ELSE 'x' END::INTEGER AS v FROM numbers",
		"CREATE VIEW endless AS SELECT SUM(a.i * b.i % 7) AS n FROM range(100000000) a(i), range(100000000) b(i)",
	}
	ref := newReference(t)
	for n := range chaosTables {
		exprs, texts, chosen := columns(r, 1+r.IntN(8))
		table := chaosTable{name: fmt.Sprintf("t%d", n), columns: chosen}
		create := fmt.Sprintf("CREATE TABLE %s AS SELECT i, %s FROM range(%d) t(i)", table.name, strings.Join(exprs, ", "), 1+r.IntN(5000))
		if _, err := ref.rows(create); err != nil {
			t.Fatal(err)
		}
		rows, err := ref.rows(fmt.Sprintf("SELECT %s FROM %s ORDER BY i", strings.Join(texts, ", "), table.name))
		if err != nil {
			t.Fatal(err)
		}
		table.rows = rows
		script, c.tables = append(script, create), append(c.tables, table)
	}
	srv, err := emulator.New(emulator.Config{
		Init: strings.Join(script, ";\n"), BatchRows: 500, Queue: 8,
		Engine: enginetest.Config{MaxCalls: 5_000_000, ServerOptions: []grpc.ServerOption{c.option()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	c.srv = srv
}

// pools opens pools of every kind of fetching.
func (c *chaos) pools(t *testing.T) (out []*sql.DB) {
	t.Helper()
	for _, p := range []struct {
		params string
		idle   int
		life   time.Duration
	}{
		{"", chaosWorkers, 0},
		{"result_batch_v2=off&prefetch_bytes=0", chaosWorkers, 0},
		{"result_batch_v2=on&params=server", chaosWorkers, 300 * time.Millisecond},
		{"prefetch_bytes=1&catalog=local", 1, 0},
	} {
		cfg, err := e6data.ParseDSN(c.srv.DSN(p.params))
		if err != nil {
			t.Fatal(err)
		}
		// A cluster wakes up within half a second here.
		connector, err := e6data.NewConnector(cfg, e6data.WithResumePoll(50*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxIdleConns(p.idle)
		db.SetConnMaxLifetime(p.life)
		out = append(out, db)
	}
	return out
}

func (c *chaos) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally["FAILED"]++
	if len(c.failures) < 20 {
		c.failures = append(c.failures, fmt.Sprintf(format, args...))
	}
}

func (c *chaos) count(class string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally[class]++
}

// checkEffects reads the effects of the statements, on a pool of its own.
func (c *chaos) checkEffects(t *testing.T) {
	t.Helper()
	db := open(t, c.srv)
	defer db.Close()
	got := map[int64]int{}
	rows, err := db.Query("SELECT id, COUNT(*), COUNT(DISTINCT part) FROM ledger GROUP BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var n, parts int
		if err := rows.Scan(&id, &n, &parts); err != nil {
			t.Fatal(err)
		}
		if n != parts || n != insertedRows(id) {
			c.fail("statement %d inserted %d rows with %d parts, want %d", id, n, parts, insertedRows(id))
		}
		got[id] = 1
		if _, ok := c.inserts[id]; !ok {
			c.fail("nobody knows about statement %d", id)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id, e := range c.inserts {
		if e != maybe && got[id] != int(e) {
			c.fail("statement %d was executed %d times, want %d", id, got[id], e)
		}
	}
	for worker, u := range c.updates {
		var n int
		if err := db.QueryRow("SELECT n FROM counters WHERE id = ?", worker).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n < u.done || n > u.done+u.maybe {
			c.fail("counter %d is %d after %d updates and %d that may have happened", worker, n, u.done, u.maybe)
		}
	}
}

// checkCalm runs every kind of statement when all is well again: none may fail.
func (c *chaos) checkCalm(pools []*sql.DB, r *rand.Rand) {
	calm := &chaos{srv: c.srv, tables: c.tables, tally: map[string]int{}, inserts: map[int64]effect{}, updates: map[int]*updates{chaosWorkers: {}}}
	w := &chaosWorker{chaos: calm, rand: r, number: chaosWorkers, patientOnly: true}
	for _, w.db = range pools {
		for _, k := range chaosKinds {
			if k.name != "endless" {
				k.do(w)
			}
		}
	}
	for class, n := range calm.tally {
		if !strings.HasPrefix(class, "ok") {
			c.fail("%d of %q although all was well: %s", n, class, strings.Join(calm.failures, "\n"))
		}
	}
}

func (c *chaos) report(t *testing.T) {
	t.Helper()
	for _, class := range slices.Sorted(maps.Keys(c.tally)) {
		t.Logf("%7d %s", c.tally[class], class)
	}
	for _, k := range chaosKinds {
		if k.name != "endless" && c.tally["ok "+k.name] == 0 {
			t.Errorf("no success of kind %s", k.name)
		}
	}
	if len(c.failures) > 0 {
		t.Errorf("%d failures:\n%s", c.tally["FAILED"], strings.Join(c.failures, "\n"))
	}
}
