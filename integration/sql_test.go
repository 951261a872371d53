package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/stack"
)

// lineitems reads a whole table of 60,175 rows, in many batches. The sum of the keys
// and the number of rows are the data's, which are the same in each emulator.
const lineitems = "SELECT l_orderkey, l_comment FROM tpch.db.lineitem ORDER BY l_orderkey, l_linenumber"

// answer is what a reader finds in lineitems.
type answer struct{ rows, keys, bytes int64 }

func read(ctx context.Context, db *sql.DB) (a answer, err error) {
	rows, err := db.QueryContext(ctx, lineitems)
	if err != nil {
		return a, err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var comment string
		if err := rows.Scan(&key, &comment); err != nil {
			return a, err
		}
		a.rows++
		a.keys += key
		a.bytes += int64(len(comment))
	}
	return a, rows.Err()
}

// crowd reads lineitems again and again until it is stopped, and counts what it finds.
type crowd struct {
	stop func()
	done sync.WaitGroup

	mu     sync.Mutex
	good   int
	wrong  []answer
	failed map[load.Class][]error
}

func gather(t *testing.T, db *sql.DB, want answer) *crowd {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &crowd{stop: cancel, failed: map[load.Class][]error{}}
	for range 8 {
		c.done.Go(func() {
			for ctx.Err() == nil {
				query, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
				got, err := read(query, db)
				cancel()
				c.mu.Lock()
				switch {
				case err != nil:
					c.failed[load.Classify(err)] = append(c.failed[load.Classify(err)], err)
				case got != want:
					c.wrong = append(c.wrong, got)
				default:
					c.good++
				}
				c.mu.Unlock()
			}
		})
	}
	t.Cleanup(c.end)
	return c
}

func (c *crowd) end() {
	c.stop()
	c.done.Wait()
}

// progress waits until n more results have been read completely.
func (c *crowd) progress(t *testing.T, n int) {
	t.Helper()
	count := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.good
	}
	before := count()
	must(t, stack.Until(within(t, 30*time.Second), func() error {
		if now := count(); now < before+n {
			return fmt.Errorf("%d of %d results", now-before, n)
		}
		return nil
	}))
}

// check ends the crowd. No result may be wrong, and errors are of the allowed classes.
func (c *crowd) check(t *testing.T, allowed ...load.Class) {
	t.Helper()
	c.end()
	for _, a := range c.wrong {
		t.Errorf("WRONG RESULT: %+v", a)
	}
	for class, errs := range c.failed {
		t.Logf("%d times %s, such as %v", len(errs), class, errs[0])
		if !slices.Contains(allowed, class) {
			t.Errorf("%s is not an error of this case", class)
		}
	}
	t.Logf("%d results", c.good)
}

// The static binary of the emulator serves real SQL in an image of nothing else. Blue is
// replaced by green, and green is killed and restarted, while tables are read. Results are
// right, or end with the promised errors.
func TestEmulators(t *testing.T) {
	s, db := deployWith(t, func(d *stack.Docker, ctx context.Context) (*stack.Stack, error) {
		if err := d.BuildEmulator(ctx); err != nil {
			t.Fatal(err)
		}
		return d.NewSQLStack(ctx)
	})
	ctx := within(t, 2*time.Minute)

	var (
		name  string
		total e6data.Decimal
		day   time.Time
	)
	must(t, db.QueryRowContext(ctx, `SELECT c_name, SUM(o_totalprice), MAX(o_orderdate) FROM tpch.db.orders JOIN tpch.db.customer ON c_custkey = o_custkey
WHERE c_custkey = ? AND c_name <> ? GROUP BY c_name`, 7, `it's \`).Scan(&name, &total, &day))
	if name != "Customer#000000007" || total.Sign() <= 0 || day.Year() < 1992 {
		t.Errorf("%s, %v, %v", name, total, day)
	}
	_, err := db.ExecContext(ctx, "SELECT nothing FROM tpch.db.nation")
	if !errors.Is(err, e6data.ErrSQL) {
		t.Errorf("a wrong statement: %v", err)
	}
	want, err := read(ctx, db)
	must(t, err)
	if want.rows != 60175 {
		t.Errorf("%+v", want)
	}

	// A switch that nobody announces: queries that read rows from blue may be lost.
	must(t, s.Green.Start(ctx))
	c := gather(t, db, want)
	c.progress(t, 8)
	must(t, s.SetLive(ctx, "green"))
	c.progress(t, 16)
	var info e6data.QueryInfo
	if _, err := db.ExecContext(e6data.ContextWithOptions(ctx, e6data.CaptureQuery(&info)), "SELECT 1"); err != nil || info.State().Strategy != "green" {
		t.Errorf("the driver asked %q, %v", info.State().Strategy, err)
	}
	c.check(t, load.Incomplete, load.Ambiguous, load.WrongStrategy)

	c = gather(t, db, want)
	c.progress(t, 8)
	must(t, s.Green.Kill(ctx))
	must(t, s.Green.Start(ctx))
	c.progress(t, 16)
	c.check(t, lost...)
}
