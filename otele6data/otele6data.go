// Package otele6data makes OpenTelemetry traces and metrics of what the e6data
// driver does, by the semantic conventions for databases.
//
//	hook, err := otele6data.New()
//	...
//	connector, err := e6data.NewConnector(cfg, e6data.WithHook(hook))
//	...
//	db := sql.OpenDB(connector)
//
// A query is a span from its start until its rows are closed, so that it shows how
// long the application took to read them; its calls to the engine are spans below
// it. README.md lists all spans, metrics and attributes. No SQL text, and no
// message of the engine's, which may quote it, is recorded unless [WithQueryText]
// asks for it; arguments and secrets never are.
package otele6data

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	// scope is the name under which spans and metrics are made.
	scope = "github.com/e6data/e6data-go/otele6data"
	// system is db.system.name. The conventions' list has no e6data; they want the
	// product's name in lower case then.
	system = "e6data"
)

// defaultFetchSpans is what WithFetchSpans changes.
const defaultFetchSpans = 100

// Option is a setting of [New].
type Option func(*config)

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	attributes []attribute.KeyValue
	queryText  bool
	fetchSpans int
}

// WithTracerProvider makes spans with p instead of the global provider. Nil
// changes nothing.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) {
		if p != nil {
			c.tracers = p
		}
	}
}

// WithMeterProvider makes metrics with p instead of the global provider. Nil
// changes nothing.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) {
		if p != nil {
			c.meters = p
		}
	}
}

// WithQueryText records statements, as the application wrote them and without
// arguments, as db.query.text of their spans, and in the descriptions of failed
// spans the error's whole text, which may quote the statement. It is off at first:
// a statement may hold literals that are nobody else's business.
func WithQueryText(on bool) Option {
	return func(c *config) { c.queryText = on }
}

// WithAttributes adds attributes to all spans and metrics, after those given
// before, such as one that tells several connectors apart. Their number of values
// should be small.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	return func(c *config) { c.attributes = append(c.attributes, attrs...) }
}

// WithFetchSpans sets how many of a query's calls that come many times, for
// batches and for its status, get a span of their own: 100 at first; 0 or less for
// none. What comes after is in the query's span as counts and in the metrics; calls
// that fail always get one.
func WithFetchSpans(n int) Option {
	return func(c *config) { c.fetchSpans = n }
}

// New returns a hook for e6data.WithHook, which several connectors may share. An
// error is one of the meter provider's.
func New(opts ...Option) (*Hook, error) {
	c := config{
		tracers:    otel.GetTracerProvider(),
		meters:     otel.GetMeterProvider(),
		attributes: []attribute.KeyValue{semconv.DBSystemNameKey.String(system)},
		fetchSpans: defaultFetchSpans,
	}
	for _, opt := range opts {
		opt(&c)
	}
	m, err := newMetrics(c.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		return nil, fmt.Errorf("otele6data: %w", err)
	}
	return &Hook{
		tracer:     c.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		common:     slices.Clip(c.attributes),
		queryText:  c.queryText,
		fetchSpans: int64(c.fetchSpans),
		metrics:    m,
	}, nil
}
