package chaos

import (
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

// A query that began with an expired session, and got another, meets a second
// expiry: what executes nothing is made again, and the query is cleared.
func TestSecondExpiryAfterExecute(t *testing.T) {
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
