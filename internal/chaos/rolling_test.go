package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

// A rolling switch is a deployment that loses no query:
//
//  1. Both colours are live, and every answer announces the new one.
//  2. After a grace period (-chaos.grace) the old colour answers 456 to
//     authenticate, prepareStatement and healthCheck. Calls about its running
//     queries still reach it.
//  3. It stops when its last query has been cleared.
//
// A colour that stops earlier loses its running queries, whatever the driver
// does, because only that colour has their rows. TestChaos tests that.
//
// The test checks that no query fails, that each query ends on the colour that
// prepared it, and that the driver begins nothing on the old colour after an
// announcement has arrived.
func TestRollingSwitchUnderLoad(t *testing.T) {
	const workers = 32
	l := newLedger()
	srv := newServer(t, enginetest.Config{MaxCalls: 200_000, ServerOptions: []grpc.ServerOption{l.option()}})
	srv.HandleFunc(serve)
	var pools []*sql.DB
	for _, params := range []string{"", "prefetch_bytes=0", "result_batch_v2=on", "catalog=lake"} {
		db, err := sql.Open("e6data", srv.DSN(params))
		if err != nil {
			t.Fatal(err)
		}
		pools = append(pools, db)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var done sync.WaitGroup
	var asked atomic.Int64
	for i := range uint64(workers) {
		done.Go(func() {
			r := rand.New(rand.NewPCG(1, i))
			for n := uint64(1); ctx.Err() == nil; n++ {
				st := randomStatement(r, (i+1)<<32|n)
				// The queries are short and succeed, because a switch waits for
				// the longest.
				st.rows, st.zeroAt, st.twice, st.slow, st.fails = min(st.rows, 1000), 0, -1, 0, nowhere
				st.batch = max(st.batch, st.rows/5)
				if wrong, err := rollingQuery(pools[i%uint64(len(pools))], st); err != nil || wrong != "" {
					t.Errorf("%s: %v %s", st.text(), err, wrong)
					return
				}
				if n := l.executions(st.id); n != 1 {
					t.Errorf("%s: executed %d times", st.text(), n)
				}
				asked.Add(1)
			}
		})
	}
	live, late := enginetest.Blue, 0
	for n := range *switchFlag {
		var hits int
		live, hits = roll(t, srv, l, live, *graceFlag)
		late += hits
		if hits > workers { // each worker's call may be on its way
			t.Errorf("%d calls began something on a colour that had announced another", hits)
		}
		if t.Failed() {
			t.Errorf("in switch %d", n)
			break
		}
	}
	stop()
	done.Wait()
	for _, db := range pools {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	balance(t, srv)
	books := srv.Stats()
	t.Logf("%d queries, %d calls, of which %d came too late and were sent again", asked.Load(), books.Calls, books.Refused+late)
	if int64(books.Executed) != asked.Load() {
		t.Errorf("%d executions of %d statements", books.Executed, asked.Load())
	}
	for _, c := range srv.Calls() {
		if colour := strings.Split(c.QueryID+"--", "-")[1]; colour != "" && c.Strategy != colour {
			t.Errorf("%v: not the query's colour", c)
		}
	}
}

// rollingQuery reads a statement's rows.
func rollingQuery(db *sql.DB, st statement) (wrong string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), stuck)
	defer cancel()
	rows, err := db.QueryContext(ctx, st.text())
	if err != nil {
		return "", err
	}
	_, wrong, err = read(rows, st, -1)
	return wrong, err
}

// roll switches from the live colour to the other. It returns the other colour
// and the number of refused calls.
func roll(t *testing.T, srv *enginetest.Server, l *ledger, old string, grace time.Duration) (live string, refused int) {
	t.Helper()
	live = other(old)
	srv.SetLive(old, live)
	srv.Announce(live)
	time.Sleep(grace)
	var closed []*enginetest.Injected
	for _, method := range []string{"authenticate", "prepareStatement", "healthCheck"} {
		closed = append(closed, srv.Inject(enginetest.Fault{
			Method: method, Strategy: old,
			Err: status.Error(codes.Unknown, fmt.Sprintf("status: 456, strategy %q is not live", old)),
		}))
	}
	// The condition must hold twice, so that a prepare that has passed the
	// proxy is counted.
	end := time.Now().Add(30 * time.Second)
	for quiet := 0; quiet < 2; time.Sleep(5 * time.Millisecond) {
		quiet++
		if n := l.running(old); n > 0 {
			quiet = 0
			if time.Now().After(end) {
				t.Errorf("%d queries still run on %s", n, old)
				break
			}
		}
	}
	srv.SetLive(live)
	srv.Announce("")
	for _, c := range closed {
		c.Release()
		refused += c.Hits()
	}
	return live, refused
}
