package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// Each query, in whatever way it ends, calls its hook for exactly one end. The counters
// then balance, and OnProgress is not called after the end.
func TestEveryQueryEndsOnce(t *testing.T) {
	t.Parallel()
	faults := map[string]enginetest.Fault{
		"refused":  {Times: 1, Err: status.Error(codes.InvalidArgument, "no")},
		"lost":     {Times: 1, After: true, Drop: true},
		"given up": {Times: 1, Hang: true},
	}
	ways := map[string]func(context.Context, *sql.DB) error{
		"query": func(ctx context.Context, db *sql.DB) error {
			_, err := readIDs(ctx, db, "q")
			return err
		},
		"exec": func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, "q")
			return err
		},
		"submit": func(ctx context.Context, db *sql.DB) error {
			return e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
				h, err := c.Submit(ctx, "q")
				if err != nil {
					return err
				}
				result, err := c.Fetch(ctx, h)
				if err != nil {
					return err
				}
				for result.Next() {
				}
				return errors.Join(result.Err(), result.Close())
			})
		},
	}
	for _, method := range []string{"prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch", "clearOrCancelQuery"} {
		for what, fault := range faults {
			for way, run := range ways {
				for _, prefetch := range []string{"prefetch_bytes=0", "prefetch_bytes=1MiB"} {
					t.Run(fmt.Sprintf("%s %s, %s, %s", method, what, way, prefetch), func(t *testing.T) {
						srv := newUncheckedEngine(t, enginetest.Config{})
						srv.Handle("q", ids(100, 10))
						n := &notes{}
						db, c := openOne(t, srv.DSN(prefetch), e6data.WithHook(n))
						if err := db.PingContext(t.Context()); err != nil {
							t.Fatal(err)
						}
						fault := fault
						fault.Method = method
						if method == "getNextResultBatch" {
							fault.Skip = 2
						}
						struck := srv.Inject(fault)

						ctx := within(t, time.Minute)
						if fault.Hang {
							ctx = &endedContext{ctx, struck.Struck(), context.Canceled}
						}
						var (
							info e6data.QueryInfo
							over atomic.Bool
						)
						ctx = e6data.ContextWithOptions(ctx, e6data.CaptureQuery(&info), e6data.OnProgress(func(e6data.Progress) {
							if over.Load() {
								t.Error("OnProgress is called after the query has ended")
							}
						}))
						watched := make(chan struct{})
						stop := make(chan struct{})
						go func() {
							defer close(watched)
							again := time.NewTicker(50 * time.Microsecond)
							defer again.Stop()
							for {
								select {
								case <-stop:
									return
								case <-again.C:
									_ = info.State()
								}
							}
						}()
						err := run(ctx, db)
						over.Store(true)
						close(stop)
						<-watched
						if s := info.State(); !s.Done || (s.Err == nil) != (err == nil) && method != "clearOrCancelQuery" {
							t.Errorf("%v, %+v", err, s)
						}
						await(t, struck.Struck())
						struck.Release()
						if err := db.Close(); err != nil {
							t.Error(err)
						}
						starts, ends := 0, 0
						for _, line := range n.take() {
							switch {
							case strings.HasPrefix(line, "start "):
								starts++
							case strings.HasPrefix(line, "end in=query "):
								ends++
							case strings.HasPrefix(line, "end "):
								t.Errorf("with another context: %s", line)
							}
						}
						s := c.Stats()
						if starts == 0 || ends != starts || s.Queries.Total() != uint64(starts) || s.Running != 0 || s.BatchesAhead != 0 || s.BytesAhead != 0 {
							t.Errorf("%d starts and %d ends, %+v", starts, ends, s)
						}
					})
				}
			}
		}
	}
}
