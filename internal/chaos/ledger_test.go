package chaos

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// ledger records the engine's work, by statement and query. It records inside
// the engine: a call that the proxy or a fault answered does not get there, and
// a call is recorded before its answer can be lost.
type ledger struct {
	mu       sync.Mutex
	executed map[uint64]int // times, by statement
	queries  map[string]*entry
	open     map[string]int // queries not cleared, by colour
	repeated []repeat
	total    int // executions
}

// entry is a query that the engine has prepared.
type entry struct {
	id        string
	statement uint64
	colour    string
	planner   string
	asked     time.Time // the time of the prepare call
	prepared  time.Time
	touched   bool // the driver has made a call about it
	cleared   time.Time
	denied    int // number of denied calls to clear it
}

// repeat is a query that was cleared again.
type repeat struct {
	query       string
	first, then time.Time
}

func newLedger() *ledger {
	return &ledger{executed: map[uint64]int{}, queries: map[string]*entry{}, open: map[string]int{}}
}

// option returns the server option that fills the ledger.
func (l *ledger) option() grpc.ServerOption { return grpc.ChainUnaryInterceptor(l.intercept) }

func (l *ledger) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	began := time.Now()
	resp, err := handler(ctx, req)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if q, ok := req.(interface{ GetQueryString() string }); ok {
		l.notePrepare(q.GetQueryString(), resp, err, began, now)
		return resp, err
	}
	q, ok := req.(interface{ GetQueryId() string })
	if !ok {
		return resp, err
	}
	e := l.queries[q.GetQueryId()]
	if e == nil {
		return resp, err // the engine records a violation
	}
	e.touched = true
	switch info.FullMethod {
	case wire.QueryEngineService_ExecuteStatement_FullMethodName, wire.QueryEngineService_ExecuteStatementV2_FullMethodName:
		if ran(err) {
			l.executed[e.statement]++
			l.total++
		}
	case wire.QueryEngineService_ClearOrCancelQuery_FullMethodName:
		l.noteClear(e, err, now)
	}
	return resp, err
}

func (l *ledger) notePrepare(text string, resp any, err error, began, now time.Time) {
	r, ok := resp.(*wire.PrepareStatementResponse)
	if !ok || err != nil {
		return
	}
	s, err := parseStatement(text)
	if err != nil {
		return
	}
	id := r.GetQueryId()
	colour := strings.Split(id, "-")[1]
	l.queries[id] = &entry{id: id, statement: s.id, colour: colour, planner: r.GetEngineIP(), asked: began, prepared: now}
	l.open[colour]++
}

// ran reports whether the engine executed a query, from the answer's error. The
// engine did not if it denied the session, or if the query was cleared before.
func ran(err error) bool {
	return err == nil || strings.Contains(err.Error(), "was cancelled") || strings.Contains(err.Error(), ofStatement)
}

func (l *ledger) noteClear(e *entry, err error, now time.Time) {
	denied := strings.Contains(status.Convert(err).Message(), "Access denied")
	switch {
	case denied:
		e.denied++
	case err == nil && e.cleared.IsZero():
		e.cleared = now
		l.open[e.colour]--
	case !e.cleared.IsZero():
		l.repeated = append(l.repeated, repeat{e.id, e.cleared, now})
	}
}

// executions returns the number of executions of a statement.
func (l *ledger) executions(id uint64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.executed[id]
}

// running returns the number of a colour's queries that are prepared and not
// cleared.
func (l *ledger) running(colour string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[colour]
}

// query returns a copy of an entry, the zero entry for an unknown id.
func (l *ledger) query(id string) entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.queries[id]; e != nil {
		return *e
	}
	return entry{id: id}
}

// uncleared returns copies of the queries of statements that are not cleared.
func (l *ledger) uncleared(statements []uint64) (open []entry) {
	of := map[uint64]bool{}
	for _, id := range statements {
		of[id] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.queries {
		if of[e.statement] && e.cleared.IsZero() {
			open = append(open, *e)
		}
	}
	return open
}
