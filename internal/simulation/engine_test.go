package simulation

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// act does what a call asks for, and returns the answer.
func (d *deployment) act(c *rpc) (proto.Message, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.obstacle(c); f != noFault {
		if c.fault != unanswered {
			c.fault = f
		}
		return nil, d.failure(c.fault)
	}
	switch c.fault {
	case quoted, failing:
		d.fail(c)
		return nil, d.failure(c.fault)
	case cancelled:
		return nil, d.failure(c.fault)
	}
	answer, err := d.handle(c)
	if c.fault != noFault {
		return nil, d.failure(c.fault)
	}
	return answer, err
}

// obstacle returns the reason why the engine does not do what a call asks for. d.mu is
// held.
func (d *deployment) obstacle(c *rpc) fault {
	cluster := c.class == clusterStatus || c.class == clusterResume
	switch {
	case d.now() < d.downUntil[c.color]:
		return lost
	case !d.admits(c):
		return refused
	case !cluster && !d.isActive():
		return unavailable
	}
	switch c.fault {
	case lost, refused, unavailable, mute, denied, tokenRefused, authDown:
		return c.fault
	}
	if c.class != authenticate && c.class != health && !cluster && !d.s.Setup.OAuth && !d.sessions[c.color][c.session] {
		return denied
	}
	if c.query != nil && c.query.forgotten {
		return forgotten
	}
	if c.query != nil && c.query.killed && c.class != clearing && c.class != killing {
		return cancelled
	}
	return noFault
}

// sqlError is the engine's message about a statement.
const sqlError = "line 1:8: Column 'x' cannot be resolved"

// failure returns the answer for a fault. Proxies write the same status in several
// forms.
func (d *deployment) failure(f fault) error {
	bare := d.s.Seed%2 == 0
	const http = "unexpected HTTP status code received from server: "
	switch f {
	case lost, unanswered:
		return status.Error(codes.Unavailable, "error reading from server: EOF")
	case refused:
		if bare {
			return status.Error(codes.Unknown, http+"456 (); transport: missing content-type field")
		}
		return status.Error(codes.InvalidArgument, "status: 456")
	case unavailable:
		if bare {
			return status.Error(codes.Unavailable, http+"503 (Service Unavailable); transport: missing content-type field")
		}
		return status.Error(codes.Unavailable, "status: 503, cluster is suspended")
	case mute, crashed:
		return status.Error(codes.Unknown, "")
	case denied:
		return status.Error(codes.Internal, "Access denied")
	case quoted:
		return status.Error(codes.Internal, "s3://bucket/key: Access denied")
	case failing:
		return status.Error(codes.Internal, sqlError)
	case cancelled:
		return status.Error(codes.Internal, "Query cancelled")
	case tokenRefused:
		return status.Error(codes.Unauthenticated, "authentication denied")
	case authDown:
		return status.Error(codes.Unavailable, "authentication unavailable")
	case forgotten:
		return status.Error(codes.Internal, "no such query")
	}
	return nil
}

// fail does what is done in spite of a failure. d.mu is held.
func (d *deployment) fail(c *rpc) {
	switch c.class {
	case execute:
		d.execute(c)
		c.of.failed = true
	case fetch:
		c.query.next++ // the batch is consumed
	}
}

// handle returns an engine's answer. d.mu is held.
func (d *deployment) handle(c *rpc) (proto.Message, error) {
	session, news := d.rotate(c), d.news()
	switch c.class {
	case authenticate:
		return &wire.AuthenticateResponse{SessionId: d.newSession(c.color), NewStrategy: news}, nil
	case prepare:
		q := d.prepare(c)
		return &wire.PrepareStatementResponse{QueryId: q.id, EngineIP: q.planner, SessionId: session, NewStrategy: news}, nil
	case execute:
		d.execute(c)
		return &wire.ExecuteStatementResponse{SessionId: session, NewStrategy: news}, nil
	case describe:
		meta, err := c.query.metadata()
		return &wire.GetResultMetadataResponse{ResultMetaData: meta, SessionId: session, NewStrategy: news}, err
	case fetch:
		return d.fetch(c, session, news)
	case killing:
		c.query.cleared, c.query.killed = true, true
		return &wire.CancelQueryResponse{NewStrategy: news}, nil
	case clearing:
		c.query.cleared = true
		return &wire.ClearOrCancelQueryResponse{SessionId: "", NewStrategy: news}, nil
	case clusterStatus:
		return &wire.ClusterStatusResponse{Status: d.state()}, nil
	case clusterResume:
		if !d.isActive() && d.resumed == 0 {
			d.resumed = d.now() + d.resumes
		}
		return &wire.ResumeResponse{Status: d.state()}, nil
	}
	return &wire.HealthCheckResponse{}, nil
}

// news returns the announced colour for an answer.
func (d *deployment) news() *string {
	if d.announced == noColor {
		return nil
	}
	return proto.String(d.announced.String())
}

func (d *deployment) newSession(c color) string {
	id := d.newID("s-" + c.String() + "-")
	d.sessions[c][id] = true
	return id
}

// rotate returns a new session for the query of a call, or "".
func (d *deployment) rotate(c *rpc) string {
	if !d.s.Setup.Rotate {
		return ""
	}
	switch c.class {
	case prepare, execute, describe, fetch:
		return d.newSession(c.color)
	}
	return ""
}

// prepare makes a query. The number at the end of the statement is the id of its op.
func (d *deployment) prepare(c *rpc) *query {
	text := c.req.(interface{ GetQueryString() string }).GetQueryString()
	id, err := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
	if err != nil || d.accounts[id] != c.of {
		d.violate("headers", "the statement of op %d is %q", c.of.op.ID, text)
	}
	if d.heardOf != noColor && c.of.began > d.heard && c.color != d.heardOf && d.s.announcesOnce() && !d.disturbed {
		d.violate("followed", "op %d was prepared on %v after %v was announced", c.of.op.ID, c.color, d.heardOf)
	}
	q := &query{id: d.newID("q-" + c.color.String() + "-"), of: c.of, color: c.color}
	q.planner = "10.0.0." + strings.TrimPrefix(q.id, "q-"+c.color.String()+"-")
	d.queries[q.id] = q
	c.of.queries = append(c.of.queries, q)
	return q
}

// announcesOnce reports whether the driver must follow the announcement of a schedule:
// there is only one, and no colour is looked for after a time.
func (s *schedule) announcesOnce() bool {
	n := 0
	for _, e := range s.Events {
		if e.Kind == announce {
			n++
		}
	}
	return n == 1 && s.Setup.TTL != 100*ms
}

func (d *deployment) execute(c *rpc) {
	if c.query.cleared {
		d.violate("cleared", "%s was executed after it was cleared", c.query.id)
	}
	c.query.executed = true
	if c.of.executed++; c.of.executed > 1 {
		d.violate("once", "op %d was executed %d times", c.of.op.ID, c.of.executed)
	}
}

// chunks returns the numbers of rows of the batches of a result.
func (o *op) chunks(v2 bool) []int {
	if o.Kind == opExec {
		return []int{1}
	}
	var sizes []int
	for left := o.Rows; left > 0; left -= min(o.Batch, left) {
		if o.Empty && (v2 || !o.Unknown) {
			sizes = append(sizes, 0)
		}
		sizes = append(sizes, min(o.Batch, left))
	}
	return sizes
}

// rowCount returns the number of rows of a result.
func (o *op) rowCount() int {
	if o.Kind == opExec {
		return 1
	}
	return o.Rows
}

// value returns the value in a row.
func (o *op) value(row int) int64 { return int64(o.ID)*1_000_000 + int64(row) }

func (q *query) metadata() ([]byte, error) {
	count := int64(q.of.op.rowCount())
	if q.of.op.Unknown {
		count = -1
	}
	return thriftrows.AppendMetadata(nil, &thriftrows.Metadata{RowCount: count, Columns: []thriftrows.Column{{Name: "id", Type: "LONG"}}})
}

// fetch returns the next batch.
func (d *deployment) fetch(c *rpc, session string, news *string) (proto.Message, error) {
	q := c.query
	if !q.executed {
		d.violate("order", "%s was fetched before it was executed", q.id)
	}
	v2 := c.method == wire.QueryEngineService_GetNextResultBatchV2_FullMethodName
	if v2 && !d.s.Setup.EngineV2 {
		return nil, status.Error(codes.Unimplemented, "unknown method getNextResultBatchV2")
	}
	sizes := q.of.op.chunks(v2)
	if !v2 {
		b, err := q.chunk(sizes)
		return &wire.GetNextResultBatchResponse{ResultBatch: b, SessionId: session, NewStrategy: news}, err
	}
	r := &wire.GetNextResultBatchV2Response{SessionId: session, NewStrategy: news}
	for len(r.ResultBatches) < 2 && q.next < len(sizes) {
		empty := sizes[q.next] == 0
		b, err := q.chunk(sizes)
		if err != nil {
			return nil, err
		}
		if empty {
			break
		}
		r.ResultBatches = append(r.ResultBatches, b)
	}
	r.EndOfStream = q.next >= len(sizes) && (len(r.ResultBatches) == 0 || d.s.Seed%3 > 0)
	return r, nil
}

// chunk returns the next chunk of a result, empty at its end.
func (q *query) chunk(sizes []int) ([]byte, error) {
	if q.next >= len(sizes) {
		q.next++
		return nil, nil
	}
	from := 0
	for _, n := range sizes[:q.next] {
		from += n
	}
	values := make(thriftrows.Int64Data, sizes[q.next])
	for i := range values {
		values[i] = q.of.op.value(from + i)
	}
	q.next++
	return thriftrows.AppendChunk(nil, len(values), []thriftrows.Vector{{
		Type: thriftrows.Long, Size: len(values), Nulls: make([]bool, len(values)), Data: values,
	}})
}

func (o *op) text() string {
	if o.Kind == opExec {
		return fmt.Sprintf("INSERT INTO t SELECT %d", o.ID)
	}
	return fmt.Sprintf("SELECT %d", o.ID)
}
