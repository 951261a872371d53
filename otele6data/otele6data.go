// Package otele6data records OpenTelemetry traces and metrics of the e6data
// driver. It follows the semantic conventions for databases.
//
//	hook, err := otele6data.New()
//	...
//	connector, err := e6data.NewConnector(cfg, e6data.WithHook(hook))
//	...
//	db := sql.OpenDB(connector)
//
// The span of a query begins with the query and ends when its rows are closed, so
// it includes the time in which the application reads them. The calls to the
// engine are its child spans. README.md lists all spans, metrics and attributes.
// SQL texts, and the engine's messages, which may quote them, are recorded only
// with [WithQueryText]. Arguments and secrets are never recorded.
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
	// scope is the instrumentation scope of all spans and metrics.
	scope = "github.com/e6data/e6data-go/otele6data"
	// system is the value of db.system.name. The conventions have no entry for
	// e6data, and require the product's name in lower case in that case.
	system = "e6data"
)

// defaultFetchSpans is the default of WithFetchSpans.
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

// WithTracerProvider sets the provider of spans. Default: the global provider.
// A nil p changes nothing.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) {
		if p != nil {
			c.tracers = p
		}
	}
}

// WithMeterProvider sets the provider of metrics. Default: the global provider.
// A nil p changes nothing.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) {
		if p != nil {
			c.meters = p
		}
	}
}

// WithQueryText sets whether statements are recorded. If on is true, a span has
// the application's statement, without arguments, as db.query.text, and the
// description of a failed span is the error's whole text, which may quote the
// statement. Default: false, because a statement may contain private literals.
func WithQueryText(on bool) Option {
	return func(c *config) { c.queryText = on }
}

// WithAttributes adds attributes to all spans and metrics, for example one that
// identifies the connector. It may be given several times. An attribute should
// have few different values.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	return func(c *config) { c.attributes = append(c.attributes, attrs...) }
}

// WithFetchSpans sets the number of a query's fetch and status calls that have
// their own spans. Default: 100. With 0 or less, none has. Later calls are counted
// in the query's span and in the metrics. Failed calls always have a span.
func WithFetchSpans(n int) Option {
	return func(c *config) { c.fetchSpans = n }
}

// New returns a hook for e6data.WithHook. Several connectors may share it. The
// error is that of the meter provider.
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
