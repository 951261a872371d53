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

// QueryHandle identifies a query on the engine. It holds the query's id, and its
// planner, colour and session, which calls about the query need. With a handle, any
// connection to the same deployment can watch, cancel or fetch the query, even of
// another [Connector] or in another process. A connection whose [Config] has another
// host, port or ClusterName refuses the handle and sends nothing. A handle is an
// immutable value and safe for concurrent use. The zero value identifies no query.
//
// A handle is a secret, because others can act as the user with its session. Two
// forms of a handle contain the session: its text ([QueryHandle.MarshalText]), and
// the JSON of a value that contains the handle, even in a log by [slog.JSONHandler].
// Every other form, such as fmt's, or log/slog's for a handle as an attribute, shows
// the query only.
type QueryHandle struct{ h *handle }

// handle is behind a pointer, so that fmt does not print it as part of a struct that
// contains a QueryHandle.
type handle struct {
	id, engineIP string
	session      string
	state        strategy.State
	// deployment is where the query runs. It is zero for a handle from a text that
	// lacks it, as earlier versions wrote.
	deployment strategy.Key
	// local is the query if it has its reader in this process. It is nil for a
	// submitted query, and for a handle that was parsed from a text.
	local *query
}

var (
	_ fmt.Formatter  = QueryHandle{}
	_ slog.LogValuer = QueryHandle{}
)

// ID returns the engine's id of the query, or "" for the zero value.
func (h QueryHandle) ID() string {
	if h.h == nil {
		return ""
	}
	return h.h.id
}

// IsZero reports whether the handle identifies no query.
func (h QueryHandle) IsZero() bool { return h.h == nil }

// String describes the query, without the session.
func (h QueryHandle) String() string {
	if h.h == nil {
		return "no query"
	}
	return fmt.Sprintf("query %s (%v, planner %s)", h.h.id, h.h.state.Color, h.h.engineIP)
}

// Format writes the text of String, for every verb.
func (h QueryHandle) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue returns the text of String for log/slog.
func (h QueryHandle) LogValue() slog.Value { return slog.StringValue(h.String()) }

// handlePrefix begins the text form. Its number is the version of the format.
const handlePrefix = "e6q1."

// handleText is the content of the text form, as JSON in base64.
type handleText struct {
	ID       string `json:"q"`
	EngineIP string `json:"p,omitempty"`
	Session  string `json:"s,omitempty"`
	Strategy string `json:"c"`
	Endpoint string `json:"e,omitempty"`
	Cluster  string `json:"n,omitempty"`
}

// MarshalText returns a text that [ParseQueryHandle] reads, in this or another
// process. The text has no characters that are special in URLs or shells. It
// contains the session: protect it like a password. The text of the zero handle is
// empty.
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

// UnmarshalText reads a text of MarshalText.
func (h *QueryHandle) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		h.h = nil
		return nil
	}
	// No error quotes the text, because it is a secret.
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

// printable reports whether a header can hold s.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// ParseQueryHandle reads the text form of a handle. No error contains the text.
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

// deployment returns the deployment of the connector's Config.
func (c *Connector) deployment() strategy.Key {
	return strategy.Key{Endpoint: c.cfg.address(), Cluster: strings.ToLower(c.cfg.ClusterName)}
}

// accepts returns an error if h is zero or belongs to another deployment, in which
// the id and the session would be unknown.
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

// placeOf returns the name of a deployment for errors.
func placeOf(d strategy.Key) string {
	if d.Cluster == "" {
		return d.Endpoint
	}
	return fmt.Sprintf("%s (cluster %q)", d.Endpoint, d.Cluster)
}

// Handle returns the handle of a query that runs on any connection of the same
// [Connector], and so of the same [database/sql.DB]. It finds a query from when it
// was prepared until its rows are closed. It does not find submitted queries.
func (nc *Conn) Handle(queryID string) (QueryHandle, bool) {
	if q, ok := nc.cn.c.running.Load(queryID); ok {
		return q.(*query).handle(), true
	}
	return QueryHandle{}, false
}

// local returns the query of h if a connection of c reads it, else nil.
func (c *Connector) local(h *handle) *query {
	if h.local != nil && h.local.lk.c == c {
		return h.local
	}
	if q, ok := c.running.Load(h.id); ok {
		return q.(*query)
	}
	return nil
}

// queryFor returns a *query for h, with which lk can make calls about it.
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

// Cancel ends a query on the engine, in every phase, and frees the query's resources
// there. It does not wait for calls of the query that are under way.
//
// A reader in this process, on any connection of the same [Connector], gets
// [ErrQueryCancelled] instead of its next batch, even if that batch lay ready. Only
// a result that has already ended stays complete. A second Cancel does nothing.
// After the rows are closed, Cancel fails with [ErrNotRunning].
//
// A reader in another process gets the engine's error. If the query has no reader in
// this process and has ended, the engine decides what Cancel returns.
//
// Do not call Cancel on the connection that runs the query while a call such as
// [database/sql.Rows.Next] is in progress: the call holds the connection until it
// returns.
func (nc *Conn) Cancel(ctx context.Context, h QueryHandle) error {
	return nc.cn.endOther(ctx, PhaseCancel, h)
}

// CancelID is [Conn.Cancel] by the query's id. It works for the queries that
// [Conn.Handle] finds. For others it fails with [ErrNotRunning].
func (nc *Conn) CancelID(ctx context.Context, queryID string) error {
	h, ok := nc.Handle(queryID)
	if !ok {
		return &Error{Phase: PhaseCancel, QueryID: queryID, Kind: ErrNotRunning}
	}
	return nc.Cancel(ctx, h)
}

// endOther clears or cancels a query on behalf of a caller that is not its reader.
func (lk *link) endOther(ctx context.Context, phase Phase, h QueryHandle) error {
	if err := lk.c.accepts(h); err != nil {
		return err
	}
	q := lk.c.local(h.h)
	if q == nil {
		return lk.queryFor(h.h, h.h.session).endOnEngine(ctx, phase)
	}
	// The reader may request another batch. A cancelled query then returns a proper
	// error; a cleared one would look like a fault of the driver.
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
	// This call has its own copy of the session, because the query's calls may
	// replace theirs.
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
	// Done reports whether the query has run and its result can be fetched.
	Done bool
	// Rows is the number of rows, so far if Done is false. It is 0 or less if the
	// engine does not know the number.
	Rows int64
}

// Status returns the state of a query. It does not disturb the query's reader. If
// the query's rows are closed, Status fails with [ErrNotRunning] as Cancel does.
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

// watch calls f with a *query for h, through this connection. The calls of f do not
// disturb the query's reader.
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
		return reader.failed(phase, ErrNotRunning, nil) // closed in the meantime
	}
	return err
}
