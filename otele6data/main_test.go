package otele6data_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/otele6data"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// telemetry collects the spans and metrics of hooks.
type telemetry struct {
	t      testing.TB
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	meter  *sdkmetric.MeterProvider
}

func newTelemetry(t testing.TB) *telemetry {
	t.Helper()
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	tel := &telemetry{
		t: t, spans: spans, reader: reader,
		tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
		meter:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	}
	t.Cleanup(func() {
		ctx := within(t, 10*time.Second)
		if err := tel.tracer.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := tel.meter.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return tel
}

// hook returns a hook that reports to tel.
func (tel *telemetry) hook(opts ...otele6data.Option) *otele6data.Hook {
	tel.t.Helper()
	h, err := otele6data.New(append([]otele6data.Option{
		otele6data.WithTracerProvider(tel.tracer), otele6data.WithMeterProvider(tel.meter),
	}, opts...)...)
	if err != nil {
		tel.t.Fatal(err)
	}
	return h
}

// named returns the ended spans of that name.
func (tel *telemetry) named(name string) []sdktrace.ReadOnlySpan {
	return slices.DeleteFunc(tel.spans.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.Name() != name })
}

// span returns the one ended span of that name.
func (tel *telemetry) span(name string) sdktrace.ReadOnlySpan {
	tel.t.Helper()
	found := tel.named(name)
	if len(found) != 1 {
		var names []string
		for _, s := range tel.spans.Ended() {
			names = append(names, s.Name())
		}
		tel.t.Fatalf("%d spans %q, want one; there are %q", len(found), name, names)
	}
	return found[0]
}

// metric returns the metric of that name.
func (tel *telemetry) metric(name string) metricdata.Metrics {
	tel.t.Helper()
	var all metricdata.ResourceMetrics
	if err := tel.reader.Collect(context.Background(), &all); err != nil {
		tel.t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				return m
			}
		}
	}
	tel.t.Fatalf("no metric %s", name)
	return metricdata.Metrics{}
}

// points returns the data points of a metric by their attributes, each as its
// count and its sum.
func (tel *telemetry) points(name string) map[attribute.Distinct]point {
	tel.t.Helper()
	points := map[attribute.Distinct]point{}
	switch data := tel.metric(name).Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			points[p.Attributes.Equivalent()] = point{p.Attributes, 0, float64(p.Value)}
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			points[p.Attributes.Equivalent()] = point{p.Attributes, p.Count, float64(p.Sum)}
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			points[p.Attributes.Equivalent()] = point{p.Attributes, p.Count, p.Sum}
		}
	default:
		tel.t.Fatalf("%s: data of type %T", name, data)
	}
	return points
}

type point struct {
	attrs attribute.Set
	count uint64
	sum   float64
}

// point returns the one data point with exactly these attributes.
func (tel *telemetry) point(name string, attrs ...attribute.KeyValue) point {
	tel.t.Helper()
	set := attribute.NewSet(attrs...)
	points := tel.points(name)
	p, ok := points[set.Equivalent()]
	if !ok {
		for _, p := range points {
			tel.t.Logf("%s has %s", name, p.attrs.Encoded(attribute.DefaultEncoder()))
		}
		tel.t.Fatalf("%s has no %s", name, set.Encoded(attribute.DefaultEncoder()))
	}
	return p
}

// wantAttributes checks that got has exactly the attributes want.
func wantAttributes(t testing.TB, what string, got []attribute.KeyValue, want ...attribute.KeyValue) {
	t.Helper()
	g, w := attribute.NewSet(got...), attribute.NewSet(want...)
	if !g.Equals(&w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g.Encoded(attribute.DefaultEncoder()), w.Encoded(attribute.DefaultEncoder()))
	}
	if len(got) != g.Len() {
		t.Errorf("%s: an attribute occurs twice in %v", what, got)
	}
}

// newEngine starts an engine. Its books must balance when the test ends.
func newEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	return enginetest.Start(t, cfg)
}

// within returns a context that ends long after the test should have ended.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
