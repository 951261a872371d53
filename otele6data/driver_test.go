package otele6data_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/otele6data"
)

// openHooked opens a pool on srv whose driver reports to tel. The pool is closed
// before srv.
func openHooked(t *testing.T, tel *telemetry, srv *enginetest.Server, params ...string) (*sql.DB, []attribute.KeyValue) {
	t.Helper()
	cfg, err := e6data.ParseDSN(srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg, e6data.WithHook(tel.hook()))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, []attribute.KeyValue{
		attribute.String("db.system.name", "e6data"),
		attribute.String("server.address", cfg.Host),
		attribute.Int("server.port", cfg.Port),
	}
}

// read reads a result to its end.
func read(ctx context.Context, db *sql.DB, query string) (n int, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// children returns the ended spans below parent.
func children(tel *telemetry, parent sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	return slices.DeleteFunc(tel.spans.Ended(), func(s sdktrace.ReadOnlySpan) bool {
		return s.Parent().SpanID() != parent.SpanContext().SpanID()
	})
}

func attributeOf(t *testing.T, s sdktrace.ReadOnlySpan, key attribute.Key) attribute.Value {
	t.Helper()
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value
		}
	}
	t.Errorf("%s has no %s: %v", s.Name(), key, s.Attributes())
	return attribute.Value{}
}

func TestDriverQuery(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	db, base := openHooked(t, tel, srv, "catalog=lake")
	ctx, span := tel.tracer.Tracer("test").Start(within(t, time.Minute), "request")
	if n, err := read(ctx, db, items); n != 25 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := db.Close(); err != nil { // waits for queries that are cleared in the background
		t.Fatal(err)
	}
	span.End()

	query := tel.span("SELECT lake|db")
	if query.Parent().SpanID() != span.SpanContext().SpanID() || query.SpanKind() != trace.SpanKindClient || query.Status().Code != codes.Unset {
		t.Errorf("parent %v, kind %v, status %v", query.Parent(), query.SpanKind(), query.Status())
	}
	if rows := attributeOf(t, query, "db.response.returned_rows").AsInt64(); rows != 25 {
		t.Errorf("%d rows", rows)
	}
	if id := attributeOf(t, query, "e6data.query.id").AsString(); !strings.HasPrefix(id, "query-blue-") {
		t.Errorf("id %q", id)
	}
	if c := attributeOf(t, query, "e6data.strategy").AsString(); c != enginetest.Blue {
		t.Errorf("strategy %q", c)
	}
	calls := slices.Compact(names(children(tel, query)))
	if want := []string{"e6data clear", "e6data execute", "e6data fetch", "e6data metadata", "e6data prepare"}; !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	var bytes int64
	for _, s := range tel.named("e6data fetch") {
		for _, kv := range s.Attributes() {
			if kv.Key == "e6data.response.size" {
				bytes += kv.Value.AsInt64()
			}
		}
	}
	if all := attributeOf(t, query, "e6data.response.size").AsInt64(); all <= 0 || all != bytes {
		t.Errorf("%d bytes, the calls have %d", all, bytes)
	}

	place := append(slices.Clip(base), attribute.String("db.namespace", "lake|db"), attribute.String("db.operation.name", "SELECT"))
	if p := tel.point("db.client.response.returned_rows", place...); p.count != 1 || p.sum != 25 {
		t.Errorf("%v", p)
	}
	if p := tel.point("e6data.client.response.size", place...); p.count != 1 || p.sum != float64(bytes) {
		t.Errorf("%v", p)
	}
	duration := tel.point("db.client.operation.duration", place...)
	first := tel.point("e6data.client.response.time_to_first_row", place...)
	if duration.count != 1 || first.count != 1 || first.sum <= 0 || first.sum > duration.sum {
		t.Errorf("duration %v, first row %v", duration, first)
	}
	// The span of connecting is a child of the request's span, not of the
	// query's.
	for _, s := range tel.named("e6data connect") {
		if s.Parent().SpanID() != span.SpanContext().SpanID() || s.SpanKind() != trace.SpanKindClient {
			t.Errorf("connect: parent %v, kind %v", s.Parent(), s.SpanKind())
		}
	}
}

func TestDriverErrors(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	db, base := openHooked(t, tel, srv)
	if _, err := read(within(t, time.Minute), db, mistaken); err == nil {
		t.Fatal("no error")
	}
	query := tel.span("SELECT db")
	if s := query.Status(); s.Code != codes.Error || s.Description != "prepare: INTERNAL" {
		t.Errorf("%v", s)
	}
	tel.point("db.client.operation.duration", append(base,
		attribute.String("db.namespace", "db"), attribute.String("db.operation.name", "SELECT"),
		attribute.String("error.type", "INTERNAL"), attribute.String("db.response.status_code", "INTERNAL"))...)
	if s := tel.span("e6data prepare").Status(); s.Code != codes.Error {
		t.Errorf("%v", s)
	}
}

// Closing a result early is not an error.
func TestDriverClosedEarly(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	db, _ := openHooked(t, tel, srv)
	rows, err := db.QueryContext(within(t, time.Minute), items)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := errors.Join(rows.Close(), rows.Err(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if s := tel.span("SELECT db").Status(); s.Code != codes.Unset {
		t.Errorf("%v", s)
	}
}

func TestDriverRetriesAndSwitches(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}}), newTelemetry(t)
	handle(srv)
	db, base := openHooked(t, tel, srv)
	ctx := within(t, time.Minute)
	if n, err := read(ctx, db, items); n != 25 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := srv.WaitBalanced(ctx); err != nil { // queries are cleared in the background
		t.Fatal(err)
	}
	srv.SetLive(enginetest.Green)
	if n, err := read(ctx, db, items); n != 25 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	with := func(attrs ...attribute.KeyValue) []attribute.KeyValue { return append(slices.Clip(base), attrs...) }
	if p := tel.point("e6data.client.switches", with(attribute.String("e6data.strategy.from", "blue"), attribute.String("e6data.strategy.to", "green"))...); p.sum != 1 {
		t.Errorf("%v", p)
	}
	if p := tel.point("e6data.client.retries", with(attribute.String("e6data.phase", "prepare"), attribute.String("e6data.retry.reason", "wrong_strategy"))...); p.sum != 1 {
		t.Errorf("%v", p)
	}
	if p := tel.point("e6data.client.call.duration", with(attribute.String("e6data.phase", "execute"))...); p.count != 2 {
		t.Errorf("%v", p)
	}
	queries := tel.named("SELECT db")
	if len(queries) != 2 {
		t.Fatalf("%d queries", len(queries))
	}
	if n := attributeOf(t, queries[1], "e6data.query.retries").AsInt64(); n != 1 {
		t.Errorf("%d retries", n)
	}
	if c := attributeOf(t, queries[1], "e6data.strategy").AsString(); c != enginetest.Green {
		t.Errorf("strategy %q", c)
	}
}

// The span has the actual target of the query, not that of the configuration.
func TestDriverQueryOptions(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	db, _ := openHooked(t, tel, srv)
	ctx := e6data.ContextWithOptions(within(t, time.Minute), e6data.InCatalog("lake"), e6data.InSchema("sales"), e6data.QueryTag("report"))
	if n, err := read(ctx, db, where); n != 1 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	if tag := attributeOf(t, tel.span("SELECT lake|sales"), "e6data.query.tag").AsString(); tag != "report" {
		t.Errorf("tag %q", tag)
	}
}

// With otelsql the driver's spans are children of the wrapper's.
func TestDriverUnderOtelsql(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	db := wrapped(t, tel, srv, e6data.WithHook(tel.hook(otele6data.WithQueryText(true))))["OpenDB"]
	if n, err := read(within(t, time.Minute), db, items); n != 25 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	outer, inner := tel.span("sql.conn.query"), tel.span("SELECT db")
	if inner.Parent().SpanID() != outer.SpanContext().SpanID() {
		t.Errorf("parent %v, want %v", inner.Parent(), outer.SpanContext())
	}
	if text := attributeOf(t, inner, "db.query.text").AsString(); text != items {
		t.Errorf("text %q", text)
	}
}
