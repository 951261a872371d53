package chaos

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

// A query begins with an expired session and gets a new one. Then that session
// expires, too. The driver repeats the calls that execute nothing, and clears
// the query.
func TestSecondExpiryAfterExecute(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"getResultMetadata", "getNextResultBatch", "clearOrCancelQuery"} {
		t.Run(method, func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			srv.Handle("q", numbers(5, 2))
			db := open(t, srv)
			for expired := range 2 {
				if n, err := readNumbers(db, "q"); n != 5 || err != nil {
					t.Fatalf("expired %d: %d rows, %v", expired, n, err)
				}
				balance(t, srv)
				srv.ExpireSessions()
				srv.Inject(enginetest.Fault{Method: method, Times: 1, Do: srv.ExpireSessions})
			}
			if b := srv.Stats(); b.Executed != 2 {
				t.Errorf("%d executions of 2 queries", b.Executed)
			}
		})
	}
}

// The driver clears a query whose session has expired, although it cannot
// authenticate for a moment, and although the engine was unreachable for a long time
// before.
func TestQueryIsClearedAfterAMomentWithoutASession(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		harm func(*enginetest.Server)
	}{
		{"no colour is live", func(srv *enginetest.Server) {
			srv.SetLive()
			time.AfterFunc(moment, func() { srv.SetLive(enginetest.Blue) })
		}},
		{"503", func(srv *enginetest.Server) {
			srv.Inject(enginetest.Fault{Err: status.Error(codes.Unavailable, "status: 503")})
			time.AfterFunc(moment, srv.ClearFaults)
		}},
		{"down before", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			srv.Handle("q", numbers(5, 2))
			params := "max_attempts=5"
			if test.harm != nil {
				srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, Do: func() {
					srv.ExpireSessions()
					test.harm(srv)
				}})
			} else {
				params = "max_attempts=2"
				srv.Inject(enginetest.Fault{
					Method: "clearOrCancelQuery", Times: 3, Do: srv.ExpireSessions, Err: status.Error(codes.Unavailable, unavailable),
				})
			}
			if n, err := readNumbers(open(t, srv, params), "q"); n != 5 || err != nil {
				t.Fatalf("%d rows, %v", n, err)
			}
			balance(t, srv)
		})
	}
}
