package e6data

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// QueryHandle names a query on the engine: by its id, and by what else it takes
// to reach it there (planner, colour and session). With it any connection to the
// same deployment may watch, cancel or fetch the query, of another [Connector]
// or process, too. A connection with another host, port or ClusterName in its [Config]
// refuses the handle, and sends nothing. A handle is an immutable value, safe for
// concurrent use; the zero value names nothing.
//
// A handle is a secret, for its session lets others act as the user. Its text form
// ([QueryHandle.MarshalText]) holds the session, and with it the JSON of whatever
// holds a handle, also where [slog.JSONHandler] makes that. Everything else that
// makes text of a handle, such as fmt, or log/slog where it is an attribute's value,
// shows the query only.
type QueryHandle struct{ h *handle }

// handle is behind a pointer so that printing a struct that a QueryHandle is
// in cannot show it.
type handle struct {
	id, engineIP string
	session      string
	state        strategy.State
	// deployment is where the query is; zero for a handle that was read from a text
	// without it, as earlier versions wrote them.
	deployment strategy.Key
	// local is the query that has its reader in this process; nil for one that
	// was submitted, or whose handle was read from text.
	local *query
}

var (
	_ fmt.Formatter  = QueryHandle{}
	_ slog.LogValuer = QueryHandle{}
)

// ID is the engine's id of the query.
func (h QueryHandle) ID() string {
	if h.h == nil {
		return ""
	}
	return h.h.id
}

// IsZero tells whether the handle names nothing.
func (h QueryHandle) IsZero() bool { return h.h == nil }

// String tells which query it is, without the session.
func (h QueryHandle) String() string {
	if h.h == nil {
		return "no query"
	}
	return fmt.Sprintf("query %s (%v, planner %s)", h.h.id, h.h.state.Color, h.h.engineIP)
}

// Format writes String for every verb.
func (h QueryHandle) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue is String for log/slog.
func (h QueryHandle) LogValue() slog.Value { return slog.StringValue(h.String()) }

// handlePrefix begins the text form; its number is that of the format.
const handlePrefix = "e6q1."

// handleText is what the text form holds, as JSON in base64.
type handleText struct {
	ID       string `json:"q"`
	EngineIP string `json:"p,omitempty"`
	Session  string `json:"s,omitempty"`
	Strategy string `json:"c"`
	Endpoint string `json:"e,omitempty"`
	Cluster  string `json:"n,omitempty"`
}

// MarshalText returns a text that [ParseQueryHandle] reads, also in another
// process, and that has no characters that URLs or shells treat specially. It
// holds the session: keep it as safe as a password. The zero handle's is empty.
func (h QueryHandle) MarshalText() ([]byte, error) {
	if h.h == nil {
		return nil, nil
	}
	text := handleText{
		ID: h.h.id, EngineIP: h.h.engineIP, Session: h.h.session, Strategy: h.h.state.Color.String(),
		Endpoint: h.h.deployment.Endpoint, Cluster: h.h.deployment.Cluster,
	}
	if q := h.h.local; q != nil {
		text.Session = q.session()
	}
	doc, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode([]byte(handlePrefix), doc), nil
}

// UnmarshalText reads what MarshalText wrote.
func (h *QueryHandle) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		h.h = nil
		return nil
	}
	// No error quotes the text: it is a secret.
	body, ok := strings.CutPrefix(string(text), handlePrefix)
	doc, err := base64.RawURLEncoding.Strict().DecodeString(body)
	var t handleText
	if ok && err == nil {
		err = json.Unmarshal(doc, &t)
	}
	color, known := strategy.Parse(t.Strategy)
	if !ok || err != nil || !known || t.ID == "" || t.Endpoint == "" && t.Cluster != "" ||
		!printable(t.ID+t.EngineIP+t.Session+t.Endpoint+t.Cluster) {
		return errors.New("e6data: the text is not that of a query handle")
	}
	h.h = &handle{
		id: t.ID, engineIP: t.EngineIP, session: t.Session, state: strategy.State{Color: color},
		deployment: strategy.Key{Endpoint: t.Endpoint, Cluster: t.Cluster},
	}
	return nil
}

// printable tells whether s may travel in a header.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// ParseQueryHandle reads the text form of a handle. An error does not show it.
func ParseQueryHandle(text string) (QueryHandle, error) {
	var h QueryHandle
	err := h.UnmarshalText([]byte(text))
	if err == nil && h.h == nil {
		err = errNoHandle
	}
	return h, err
}

var errNoHandle = errors.New("e6data: the query handle is empty")

// handle returns a handle of the query, whose reader is in this process.
func (q *query) handle() QueryHandle {
	return QueryHandle{&handle{
		id: q.queryID, engineIP: q.engineIP, session: q.session(), state: q.state, deployment: q.lk.c.deployment(), local: q,
	}}
}

// deployment is what the connector connects to.
func (c *Connector) deployment() strategy.Key {
	return strategy.Key{Endpoint: c.cfg.address(), Cluster: strings.ToLower(c.cfg.ClusterName)}
}

// accepts returns an error for a handle that names nothing, or a query of another
// deployment, whose ids and sessions mean nothing here.
func (c *Connector) accepts(h QueryHandle) error {
	if h.h == nil {
		return errNoHandle
	}
	its, own := h.h.deployment, c.deployment()
	if its.Endpoint == "" || strings.EqualFold(its.Endpoint, own.Endpoint) && its.Cluster == own.Cluster {
		return nil
	}
	return fmt.Errorf("e6data: %v runs on %s, and this connection is to %s", h, placeOf(its), placeOf(own))
}

// placeOf names a deployment.
func placeOf(d strategy.Key) string {
	if d.Cluster == "" {
		return d.Endpoint
	}
	return fmt.Sprintf("%s (cluster %q)", d.Endpoint, d.Cluster)
}

// Handle returns the handle of a query that is running on any connection of the
// same [Connector], and so of the same [database/sql.DB], from when it was
// prepared until its rows are closed. Submitted queries are not among them.
func (nc *Conn) Handle(queryID string) (QueryHandle, bool) {
	if q, ok := nc.cn.c.running.Load(queryID); ok {
		return q.(*query).handle(), true
	}
	return QueryHandle{}, false
}

// local finds the query if it has its reader in this process, on a connection
// of nc.
func (c *Connector) local(h *handle) *query {
	if h.local != nil && h.local.lk.c == c {
		return h.local
	}
	if q, ok := c.running.Load(h.id); ok {
		return q.(*query)
	}
	return nil
}

// queryFor returns the query that h names for calls by lk.
func (lk *link) queryFor(h *handle, session string) *query {
	return &query{
		lk:        lk,
		route:     lk.c.route(lk.channel(), h.state).planner(h.id, h.engineIP),
		engineIP:  h.engineIP,
		sessionID: session,
	}
}

// endOnEngine clears or cancels the query on the engine.
func (q *query) endOnEngine(ctx context.Context, phase Phase) error {
	if phase == PhaseCancel {
		k := call{phase: phase, method: wire.QueryEngineService_CancelQuery_FullMethodName, resp: &wire.CancelQueryResponse{}}
		return q.call(ctx, k, func(session string) proto.Message {
			return &wire.CancelQueryRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
		})
	}
	k := call{phase: phase, method: wire.QueryEngineService_ClearOrCancelQuery_FullMethodName, resp: &wire.ClearOrCancelQueryResponse{}}
	return q.call(ctx, k, func(session string) proto.Message {
		return &wire.ClearOrCancelQueryRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
	})
}

// Cancel ends a query on the engine, whatever it is doing, and frees what it
// holds there. It does not wait for calls of the query that are under way.
//
// A reader in this process, on any connection of the same [Connector], gets
// [ErrQueryCancelled] instead of its next batch, also where that lay ready for
// it; only a result that has ended already stays whole. Elsewhere a reader gets what the
// engine says, an error in any case. Cancelling such a query again does
// nothing, and once its rows are closed Cancel fails with [ErrNotRunning]. What
// happens to a query that another process, or nobody, reads and that has ended
// is the engine's to say.
//
// nc must not be the connection on which the query runs while a call such as
// [database/sql.Rows.Next] uses it: that holds the connection until it returns.
func (nc *Conn) Cancel(ctx context.Context, h QueryHandle) error {
	return nc.cn.endOther(ctx, PhaseCancel, h)
}

// CancelID is [Conn.Cancel] by the query's id, for queries that [Conn.Handle]
// finds; for others it fails with [ErrNotRunning].
func (nc *Conn) CancelID(ctx context.Context, queryID string) error {
	h, ok := nc.Handle(queryID)
	if !ok {
		return &Error{Phase: PhaseCancel, QueryID: queryID, Kind: ErrNotRunning}
	}
	return nc.Cancel(ctx, h)
}

// endOther clears or cancels a query for somebody else than its reader.
func (lk *link) endOther(ctx context.Context, phase Phase, h QueryHandle) error {
	if err := lk.c.accepts(h); err != nil {
		return err
	}
	q := lk.c.local(h.h)
	if q == nil {
		return lk.queryFor(h.h, h.h.session).endOnEngine(ctx, phase)
	}
	// Its reader may be asking for more: that is an error of a query that was
	// cancelled, and a fault of a driver whose query is cleared.
	phase = PhaseCancel
	was, err := q.enter(ctx, lifeEnding)
	switch {
	case err != nil:
		return q.failed(phase, nil, err)
	case was == lifeClosed:
		return q.failed(phase, ErrNotRunning, nil)
	case was == lifeCancelled:
		return nil
	}
	// By a session that others may not change meanwhile; the query's own calls go
	// on with theirs.
	if err := lk.queryFor(q.handle().h, q.session()).endOnEngine(ctx, phase); err != nil {
		q.settle(lifeRunning)
		return err
	}
	q.settle(lifeCancelled)
	q.stop(ErrQueryCancelled)
	return nil
}

// QueryStatus is the state of a query.
type QueryStatus struct {
	// Done: the query has run, and its result is ready to be fetched.
	Done bool
	// Rows is the number of its rows, so far unless Done; 0 or less where the
	// engine does not know.
	Rows int64
}

// Status asks for the state of a query. Its reader is not disturbed. A query
// whose rows are closed fails with [ErrNotRunning] where Cancel does.
func (nc *Conn) Status(ctx context.Context, h QueryHandle) (s QueryStatus, err error) {
	err = nc.cn.watch(ctx, PhaseStatus, h, func(q *query) error {
		s, err = q.status(ctx)
		return err
	})
	return s, err
}

func (q *query) status(ctx context.Context) (QueryStatus, error) {
	resp := &wire.StatusResponse{}
	k := call{phase: PhaseStatus, method: wire.QueryEngineService_Status_FullMethodName, resp: resp}
	err := q.call(ctx, k, func(session string) proto.Message {
		return &wire.StatusRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
	})
	return QueryStatus{Done: resp.GetStatus(), Rows: resp.GetRowCount()}, err
}

// watch has f ask about a query, by a connection of which its reader, if any,
// knows nothing.
func (lk *link) watch(ctx context.Context, phase Phase, h QueryHandle, f func(*query) error) error {
	if err := lk.c.accepts(h); err != nil {
		return err
	}
	reader := lk.c.local(h.h)
	if reader == nil {
		return f(lk.queryFor(h.h, h.h.session))
	}
	if reader.closed() {
		return reader.failed(phase, ErrNotRunning, nil)
	}
	if err := reader.cancelled(phase); err != nil {
		return err
	}
	err := f(lk.queryFor(h.h, reader.session()))
	if err == nil {
		return nil
	}
	err = reader.orCancelled(ctx, phase, err)
	if conditionOf(err) != gaveUp && reader.closed() {
		return reader.failed(phase, ErrNotRunning, nil) // closed meanwhile
	}
	return err
}
