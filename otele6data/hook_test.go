package otele6data_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	grpccodes "google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/otele6data"
	"github.com/e6data/e6data-go/thriftrows"
)

const secret = "select secret from vault where pin = '1234'"

var start = e6data.QueryStart{Statement: secret, Tag: "report", Host: "e6.example.com", Port: 443, Catalog: "lake", Schema: "sales"}

// place returns the attributes of start's target.
func place(more ...attribute.KeyValue) []attribute.KeyValue {
	return append([]attribute.KeyValue{
		attribute.String("db.system.name", "e6data"),
		attribute.String("db.namespace", "lake|sales"),
		attribute.String("db.operation.name", "SELECT"),
		attribute.String("server.address", "e6.example.com"),
		attribute.Int("server.port", 443),
	}, more...)
}

var prepare = e6data.CallStart{Phase: e6data.PhasePrepare, Method: "/QueryEngineService/prepareStatementV2", Strategy: "blue"}

func fetch() e6data.CallStart {
	return e6data.CallStart{Phase: e6data.PhaseFetch, Method: "/QueryEngineService/getNextResultBatch", QueryID: "q1", Strategy: "blue"}
}

func TestQuerySpan(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook()
	ctx := h.QueryStart(t.Context(), start)
	call := h.CallStart(ctx, prepare)
	h.CallEnd(call, e6data.CallEnd{CallStart: prepare, Duration: time.Millisecond})
	call = h.CallStart(ctx, fetch())
	h.CallEnd(call, e6data.CallEnd{CallStart: fetch(), Duration: 2 * time.Millisecond, Bytes: 500})
	h.QueryEnd(ctx, e6data.QueryState{
		ID: "q1", Planner: "10.0.0.7", Strategy: "blue", Rows: 12, Batches: 3, Bytes: 500, Retries: 1,
		FirstBatch: 250 * time.Millisecond, Ended: time.Second, Done: true,
	})

	query := tel.span("SELECT lake|sales")
	if query.SpanKind() != trace.SpanKindClient || query.Status().Code != codes.Unset || query.Parent().IsValid() {
		t.Errorf("kind %v, status %v, parent %v", query.SpanKind(), query.Status(), query.Parent())
	}
	wantAttributes(t, "query", query.Attributes(), place(
		attribute.String("e6data.query.id", "q1"),
		attribute.String("e6data.query.tag", "report"),
		attribute.String("e6data.planner.address", "10.0.0.7"),
		attribute.String("e6data.strategy", "blue"),
		attribute.Int("e6data.query.retries", 1),
		attribute.Int("e6data.response.batches", 3),
		attribute.Int("e6data.response.size", 500),
		attribute.Int("db.response.returned_rows", 12),
	)...)
	if scope := query.InstrumentationScope(); scope.Name != "github.com/e6data/e6data-go/otele6data" || !strings.HasPrefix(scope.SchemaURL, "https://opentelemetry.io/schemas/") {
		t.Errorf("scope %+v", scope)
	}

	for name, want := range map[string][]attribute.KeyValue{
		"e6data prepare": {
			attribute.String("rpc.method", "QueryEngineService/prepareStatementV2"),
			attribute.String("e6data.phase", "prepare"),
		},
		"e6data fetch": {
			attribute.String("rpc.method", "QueryEngineService/getNextResultBatch"),
			attribute.String("e6data.phase", "fetch"),
			attribute.String("e6data.query.id", "q1"),
			attribute.Int("e6data.response.size", 500),
		},
	} {
		span := tel.span(name)
		if span.Parent().SpanID() != query.SpanContext().SpanID() || span.SpanKind() != trace.SpanKindInternal {
			t.Errorf("%s: parent %v, kind %v", name, span.Parent(), span.SpanKind())
		}
		wantAttributes(t, name, span.Attributes(), append(want,
			attribute.String("db.system.name", "e6data"),
			attribute.String("rpc.system.name", "grpc"),
			attribute.String("e6data.strategy", "blue"),
		)...)
	}

	// The recorded duration is that of the span. It ends when the rows are closed,
	// not when the query is cleared.
	if p := tel.point("db.client.operation.duration", place()...); p.count != 1 || p.sum != 1 {
		t.Errorf("duration %v", p)
	}
	if d := query.EndTime().Sub(query.StartTime()); d != time.Second {
		t.Errorf("the span has %v", d)
	}
	for name, sum := range map[string]float64{
		"db.client.response.returned_rows":         12,
		"e6data.client.response.size":              500,
		"e6data.client.response.time_to_first_row": 0.25,
	} {
		if p := tel.point(name, place()...); p.count != 1 || p.sum != sum {
			t.Errorf("%s: %v, want %v", name, p, sum)
		}
	}
	if p := tel.point("e6data.client.call.duration", attribute.String("db.system.name", "e6data"), attribute.String("e6data.phase", "fetch")); p.count != 1 || p.sum != 0.002 {
		t.Errorf("call duration %v", p)
	}
}

func TestInstruments(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook()
	ctx := h.QueryStart(t.Context(), start)
	h.CallEnd(h.CallStart(ctx, prepare), e6data.CallEnd{CallStart: prepare})
	h.Retry(ctx, e6data.Retry{Phase: e6data.PhasePrepare, Reason: "not sent", Try: 2})
	h.Switch(ctx, e6data.Switch{From: "blue", To: "green"})
	h.QueryEnd(ctx, e6data.QueryState{Rows: 1, FirstBatch: 1})
	for name, unit := range map[string]string{
		"db.client.operation.duration": "s", "db.client.response.returned_rows": "{row}",
		"e6data.client.response.time_to_first_row": "s", "e6data.client.response.size": "By",
		"e6data.client.call.duration": "s", "e6data.client.retries": "{retry}", "e6data.client.switches": "{switch}",
	} {
		if m := tel.metric(name); m.Unit != unit || m.Description == "" {
			t.Errorf("%s: unit %q, description %q", name, m.Unit, m.Description)
		}
	}
	bounds := tel.metric("db.client.operation.duration").Data.(metricdata.Histogram[float64]).DataPoints[0].Bounds
	if want := []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}; !slices.Equal(bounds, want) {
		t.Errorf("bounds %v", bounds)
	}
	bounds = tel.metric("db.client.response.returned_rows").Data.(metricdata.Histogram[int64]).DataPoints[0].Bounds
	if want := []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}; !slices.Equal(bounds, want) {
		t.Errorf("bounds %v", bounds)
	}
}

func TestSpanNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		q    e6data.QueryStart
		want string
	}{
		{"all", start, "SELECT lake|sales"},
		{"no catalog", e6data.QueryStart{Statement: "DROP TABLE t", Host: "h", Schema: "sales"}, "DROP sales"},
		{"no schema", e6data.QueryStart{Statement: "SELECT 1", Host: "h", Catalog: "lake"}, "SELECT lake"},
		{"unknown operation", e6data.QueryStart{Statement: "do it", Host: "h", Schema: "sales"}, "sales"},
		{"no namespace", e6data.QueryStart{Statement: "SELECT 1", Host: "h", Port: 80}, "SELECT h:80"},
		{"no port", e6data.QueryStart{Statement: "SELECT 1", Host: "::1"}, "SELECT ::1"},
		{"an IPv6 address", e6data.QueryStart{Statement: "SELECT 1", Host: "::1", Port: 80}, "SELECT [::1]:80"},
		{"no place", e6data.QueryStart{Statement: "SELECT 1"}, "SELECT"},
		{"nothing", e6data.QueryStart{}, "e6data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tel := newTelemetry(t)
			h := tel.hook()
			for range 2 { // first new, then from the cache
				h.QueryEnd(h.QueryStart(t.Context(), test.q), e6data.QueryState{})
			}
			if got := tel.named(test.want); len(got) != 2 {
				t.Errorf("%q, want %q", tel.spans.Ended()[0].Name(), test.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const said = "no such column in " + secret
	tests := []struct {
		name            string
		err             error
		typ, code, text string // text does not contain the statement
	}{
		{"SQL", &e6data.Error{Phase: e6data.PhaseExecute, Code: grpccodes.InvalidArgument, Kind: e6data.ErrSQL, Message: said}, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "execute: INVALID_ARGUMENT"},
		{"kind", &e6data.Error{Phase: e6data.PhaseConnect, Code: grpccodes.Internal, Kind: e6data.ErrAuthentication, Message: said}, "authentication", "INTERNAL", "connect: authentication failed"},
		{"timeout", &e6data.Error{Phase: e6data.PhaseFetch, Code: grpccodes.DeadlineExceeded, Err: context.DeadlineExceeded}, "timeout", "DEADLINE_EXCEEDED", "fetch: timeout"},
		{"cancelled", &e6data.Error{Phase: e6data.PhasePrepare, Err: fmt.Errorf("%w: %w", context.Canceled, errors.New(said))}, "cancelled", "", "prepare: cancelled"},
		{"ambiguous", &e6data.Error{Phase: e6data.PhaseExecute, Code: grpccodes.Unavailable, Kind: e6data.ErrAmbiguousExecution, Err: context.DeadlineExceeded}, "ambiguous_execution", "UNAVAILABLE", "execute: the query may or may not have been executed"},
		{"incomplete", &e6data.Error{Phase: e6data.PhaseFetch, Kind: e6data.ErrIncompleteResult, Err: e6data.ErrSessionExpired}, "incomplete_result", "", "fetch: the result is incomplete"},
		{"malformed", &e6data.Error{Phase: e6data.PhaseFetch, Err: &thriftrows.FormatError{}}, "malformed_result", "", "fetch: malformed_result"},
		{"message only", &e6data.Error{Phase: e6data.PhasePrepare, Message: said}, "_OTHER", "", "prepare: _OTHER"},
		{"foreign", errors.New(said), "*errors.errorString", "", "*errors.errorString"},
		{"wrapped", fmt.Errorf("%s: %w", said, &e6data.Error{Phase: e6data.PhaseFetch, Kind: e6data.ErrTLS}), "tls", "", "fetch: the TLS handshake failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			failed := []attribute.KeyValue{attribute.String("error.type", test.typ)}
			if test.code != "" {
				failed = append(failed, attribute.String("db.response.status_code", test.code))
			}
			tel := newTelemetry(t)
			h := tel.hook()
			ctx := h.QueryStart(t.Context(), start)
			h.CallEnd(h.CallStart(ctx, prepare), e6data.CallEnd{CallStart: prepare, Err: test.err})
			h.Retry(ctx, e6data.Retry{Phase: e6data.PhasePrepare, Reason: "not sent", Try: 2, Err: test.err})
			h.QueryEnd(ctx, e6data.QueryState{Err: test.err})
			for _, span := range tel.spans.Ended() {
				if s := span.Status(); s.Code != codes.Error || s.Description != test.text {
					t.Errorf("%s: status %v, want %q", span.Name(), s, test.text)
				}
				for _, want := range failed {
					if !slices.Contains(span.Attributes(), want) {
						t.Errorf("%s: %v not in %v", span.Name(), want, span.Attributes())
					}
				}
				for _, kv := range span.Attributes() {
					if strings.Contains(kv.Value.String(), "vault") {
						t.Errorf("%s: the statement is in %v", span.Name(), kv)
					}
				}
				for _, e := range span.Events() {
					if strings.Contains(fmt.Sprint(e), "vault") {
						t.Errorf("%s: the statement is in %v", span.Name(), e)
					}
				}
			}
			if p := tel.point("db.client.operation.duration", place(failed...)...); p.count != 1 {
				t.Errorf("%v", p)
			}
			phase := []attribute.KeyValue{attribute.String("db.system.name", "e6data"), attribute.String("e6data.phase", "prepare")}
			if p := tel.point("e6data.client.call.duration", append(phase, failed...)...); p.count != 1 {
				t.Errorf("%v", p)
			}
		})
	}
}

func TestQueryText(t *testing.T) {
	t.Parallel()
	err := &e6data.Error{Phase: e6data.PhaseExecute, Code: grpccodes.Internal, Message: "no vault"}
	for _, on := range []bool{false, true} {
		tel := newTelemetry(t)
		h := tel.hook(otele6data.WithQueryText(on))
		h.QueryEnd(h.QueryStart(t.Context(), start), e6data.QueryState{Err: err})
		span := tel.span("SELECT lake|sales")
		if got := slices.Contains(span.Attributes(), attribute.String("db.query.text", secret)); got != on {
			t.Errorf("%v: %v", on, span.Attributes())
		}
		if got := span.Status().Description == err.Error(); got != on {
			t.Errorf("%v: %v", on, span.Status())
		}
		// The result of a submitted query is fetched without a statement.
		h.QueryEnd(h.QueryStart(t.Context(), e6data.QueryStart{Schema: "sales"}), e6data.QueryState{})
		for _, attr := range tel.span("sales").Attributes() {
			if attr.Key == "db.query.text" {
				t.Errorf("%v: %v", on, attr)
			}
		}
	}
}

func TestRetriesAndSwitches(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook(otele6data.WithAttributes(attribute.String("team", "red")))
	ctx := h.QueryStart(t.Context(), start)
	for try := 2; try < 5; try++ {
		h.Retry(ctx, e6data.Retry{Phase: e6data.PhasePrepare, Reason: "wrong strategy", Try: try, Err: e6data.ErrWrongStrategy})
	}
	h.Retry(t.Context(), e6data.Retry{Phase: e6data.PhaseConnect, Reason: "suspended", Try: 2}) // belongs to no span
	h.Switch(ctx, e6data.Switch{From: "blue", To: "green"})
	h.Switch(ctx, e6data.Switch{To: "blue"})
	h.QueryEnd(ctx, e6data.QueryState{})

	common := []attribute.KeyValue{attribute.String("db.system.name", "e6data"), attribute.String("team", "red")}
	with := func(attrs ...attribute.KeyValue) []attribute.KeyValue { return append(slices.Clip(common), attrs...) }
	if p := tel.point("e6data.client.retries", with(attribute.String("e6data.phase", "prepare"), attribute.String("e6data.retry.reason", "wrong_strategy"))...); p.sum != 3 {
		t.Errorf("%v", p)
	}
	if p := tel.point("e6data.client.retries", with(attribute.String("e6data.phase", "connect"), attribute.String("e6data.retry.reason", "suspended"))...); p.sum != 1 {
		t.Errorf("%v", p)
	}
	blueGreen := []attribute.KeyValue{attribute.String("e6data.strategy.from", "blue"), attribute.String("e6data.strategy.to", "green")}
	if p := tel.point("e6data.client.switches", with(blueGreen...)...); p.sum != 1 {
		t.Errorf("%v", p)
	}
	if p := tel.point("e6data.client.switches", with(attribute.String("e6data.strategy.to", "blue"))...); p.sum != 1 {
		t.Errorf("%v", p)
	}
	events := tel.span("SELECT lake|sales").Events()
	if len(events) != 5 {
		t.Fatalf("events %v", events)
	}
	wantAttributes(t, "retry", events[2].Attributes,
		attribute.String("e6data.phase", "prepare"), attribute.String("e6data.retry.reason", "wrong_strategy"),
		attribute.Int("e6data.retry.try", 4), attribute.String("error.type", "wrong_strategy"))
	wantAttributes(t, "switch", events[3].Attributes, blueGreen...)
}

// The application's attributes win, and each occurs once.
func TestWithAttributes(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook(otele6data.WithAttributes(attribute.String("team", "red")), otele6data.WithAttributes(attribute.String("server.address", "behind.example.com")))
	h.QueryEnd(h.QueryStart(t.Context(), start), e6data.QueryState{})
	want := place(attribute.String("team", "red"), attribute.String("server.address", "behind.example.com"))
	tel.point("db.client.operation.duration", want...)
	wantAttributes(t, "query", tel.span("SELECT lake|sales").Attributes(), append(want,
		attribute.String("e6data.query.tag", "report"), attribute.Int("db.response.returned_rows", 0),
		attribute.Int("e6data.response.batches", 0), attribute.Int("e6data.response.size", 0))...)
}

func TestFetchSpans(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook(otele6data.WithFetchSpans(2))
	ctx := h.QueryStart(t.Context(), start)
	for i := range 5 {
		end := e6data.CallEnd{CallStart: fetch(), Duration: time.Millisecond}
		if i == 4 {
			end.Err, end.Duration = &e6data.Error{Phase: e6data.PhaseFetch, Kind: e6data.ErrIncompleteResult}, time.Minute
		}
		h.CallEnd(h.CallStart(ctx, fetch()), end)
	}
	clearing := e6data.CallStart{Phase: e6data.PhaseClear, Method: "/QueryEngineService/clearOrCancelQuery"}
	h.CallEnd(h.CallStart(ctx, clearing), e6data.CallEnd{CallStart: clearing})
	h.QueryEnd(ctx, e6data.QueryState{})

	query := tel.span("SELECT lake|sales")
	tel.span("e6data clear")
	fetches := tel.named("e6data fetch")
	if len(fetches) != 3 {
		t.Fatalf("%d spans, want the first two and the one that failed", len(fetches))
	}
	failed := fetches[2]
	if failed.Status().Code != codes.Error || failed.Parent().SpanID() != query.SpanContext().SpanID() || failed.EndTime().Sub(failed.StartTime()) < time.Minute {
		t.Errorf("%v, parent %v, from %v to %v", failed.Status(), failed.Parent(), failed.StartTime(), failed.EndTime())
	}
	if p := tel.point("e6data.client.call.duration", attribute.String("db.system.name", "e6data"), attribute.String("e6data.phase", "fetch")); p.count != 4 {
		t.Errorf("%d calls are counted, want 4 that went well", p.count)
	}
}

// The span of a call without a query counts as a call to the database. Its
// parent is the caller's span.
func TestCallOutsideQuery(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook()
	parent, span := tel.tracer.Tracer("test").Start(t.Context(), "parent")
	connect := e6data.CallStart{Phase: e6data.PhaseConnect, Method: "/QueryEngineService/authenticate"}
	h.CallEnd(h.CallStart(parent, connect), e6data.CallEnd{CallStart: connect})
	span.End()
	call := tel.span("e6data connect")
	if call.SpanKind() != trace.SpanKindClient || call.Parent().SpanID() != span.SpanContext().SpanID() {
		t.Errorf("kind %v, parent %v", call.SpanKind(), call.Parent())
	}
}

// A hook does not end the spans of the application or of another hook, and
// ignores contexts of others.
func TestHookIgnoresOthers(t *testing.T) {
	t.Parallel()
	tel, other := newTelemetry(t), newTelemetry(t)
	h, o := tel.hook(), other.hook()
	ctx, mine := tel.tracer.Tracer("test").Start(t.Context(), "mine")
	h.QueryEnd(ctx, e6data.QueryState{})
	h.CallEnd(ctx, e6data.CallEnd{CallStart: prepare})
	ctx = o.QueryStart(h.QueryStart(ctx, start), start)
	ctx = o.CallStart(h.CallStart(ctx, prepare), prepare)
	o.CallEnd(ctx, e6data.CallEnd{CallStart: prepare})
	if n := len(tel.spans.Ended()); n != 0 {
		t.Fatalf("%d spans were ended by others", n)
	}
	h.CallEnd(ctx, e6data.CallEnd{CallStart: prepare})
	h.QueryEnd(ctx, e6data.QueryState{})
	o.QueryEnd(ctx, e6data.QueryState{})
	if len(tel.spans.Ended()) != 2 || len(other.spans.Ended()) != 2 || !mine.IsRecording() {
		t.Errorf("%d and %d spans ended", len(tel.spans.Ended()), len(other.spans.Ended()))
	}
	mine.End()
}

// The metrics of a failed query include the rows and bytes that it returned, if
// any.
func TestFailedQueryWithRows(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook()
	h.QueryEnd(h.QueryStart(t.Context(), start), e6data.QueryState{
		Rows: 7, Bytes: 70, FirstBatch: time.Second, Err: &e6data.Error{Kind: e6data.ErrIncompleteResult},
	})
	h.QueryEnd(h.QueryStart(t.Context(), start), e6data.QueryState{Err: &e6data.Error{Kind: e6data.ErrAuthentication}})
	incomplete := attribute.String("error.type", "incomplete_result")
	for name, sum := range map[string]float64{
		"db.client.response.returned_rows": 7, "e6data.client.response.size": 70, "e6data.client.response.time_to_first_row": 1,
	} {
		if points := tel.points(name); len(points) != 1 {
			t.Errorf("%s has %d points", name, len(points))
		}
		if p := tel.point(name, place(incomplete)...); p.sum != sum {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t)
	h := tel.hook(otele6data.WithFetchSpans(10))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 { // more places than the cache holds
				q := start
				q.Schema = fmt.Sprintf("s%d_%d", i, j)
				ctx := h.QueryStart(t.Context(), q)
				h.CallEnd(h.CallStart(ctx, fetch()), e6data.CallEnd{CallStart: fetch()})
				h.QueryEnd(ctx, e6data.QueryState{Rows: 1})
			}
		})
	}
	wg.Wait()
	if n := len(tel.spans.Ended()); n != 8*200*2 {
		t.Errorf("%d spans", n)
	}
	if n := len(tel.named("SELECT lake|s7_199")); n != 1 {
		t.Errorf("%d spans of the last query", n)
	}
}

// With nil providers the hook uses the global ones.
func TestGlobalProviders(t *testing.T) {
	t.Parallel()
	h, err := otele6data.New(otele6data.WithTracerProvider(nil), otele6data.WithMeterProvider(nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx := h.QueryStart(t.Context(), start)
	h.CallEnd(h.CallStart(ctx, prepare), e6data.CallEnd{CallStart: prepare})
	h.QueryEnd(ctx, e6data.QueryState{})
}

// A query without a sampled trace needs few allocations.
func TestAllocations(t *testing.T) {
	h, err := otele6data.New(otele6data.WithTracerProvider(nooptrace.NewTracerProvider()), otele6data.WithMeterProvider(noopmetric.NewMeterProvider()))
	if err != nil {
		t.Fatal(err)
	}
	call := func(ctx context.Context) {
		c := fetch()
		h.CallEnd(h.CallStart(ctx, c), e6data.CallEnd{CallStart: c})
	}
	query := func() {
		ctx := h.QueryStart(context.Background(), start)
		call(ctx)
		h.QueryEnd(ctx, e6data.QueryState{Rows: 1})
	}
	query()
	const most = 18
	if n := testing.AllocsPerRun(100, query); n > most {
		t.Errorf("%v allocations for a query, want at most %d", n, most)
	}
	ctx := h.QueryStart(context.Background(), start)
	for range 100 {
		call(ctx)
	}
	// After the limit only the context is allocated.
	if n := testing.AllocsPerRun(100, func() { call(ctx) }); n > 3 {
		t.Errorf("%v allocations for a fetch", n)
	}
}
