package otele6data

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/dbconv"

	"github.com/e6data/e6data-go"
)

// The bounds of histograms. The conventions define those of durations and rows.
// Analytical queries run longer and have larger results, so the bounds of this
// package's own metrics are higher.
var (
	durationBounds = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}
	rowBounds      = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}
	waitBounds     = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600}
	byteBounds     = []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30, 4 << 30, 16 << 30}
)

type metrics struct {
	duration     metric.Float64Histogram
	rows         metric.Int64Histogram
	firstRow     metric.Float64Histogram
	bytes        metric.Int64Histogram
	callDuration metric.Float64Histogram
	retries      metric.Int64Counter
	switches     metric.Int64Counter
}

func newMetrics(m metric.Meter) (*metrics, error) {
	duration, err1 := dbconv.NewClientOperationDuration(m, metric.WithExplicitBucketBoundaries(durationBounds...))
	rows, err2 := dbconv.NewClientResponseReturnedRows(m, metric.WithExplicitBucketBoundaries(rowBounds...))
	firstRow, err3 := m.Float64Histogram("e6data.client.response.time_to_first_row", metric.WithUnit("s"),
		metric.WithDescription("Time from the start of a query to its first rows."),
		metric.WithExplicitBucketBoundaries(waitBounds...))
	bytes, err4 := m.Int64Histogram("e6data.client.response.size", metric.WithUnit("By"),
		metric.WithDescription("Size of the result chunks of a query."),
		metric.WithExplicitBucketBoundaries(byteBounds...))
	callDuration, err5 := m.Float64Histogram("e6data.client.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of calls to the engine."),
		metric.WithExplicitBucketBoundaries(waitBounds...))
	retries, err6 := m.Int64Counter("e6data.client.retries", metric.WithUnit("{retry}"),
		metric.WithDescription("Repeated calls, and queries that were started again."))
	switches, err7 := m.Int64Counter("e6data.client.switches", metric.WithUnit("{switch}"),
		metric.WithDescription("Changes from one colour of a deployment to the other."))
	return &metrics{
		duration: duration.Inst(), rows: rows.Inst(), firstRow: firstRow, bytes: bytes,
		callDuration: callDuration, retries: retries, switches: switches,
	}, errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

// query records the metrics of a query. A failed query has a duration and the
// rows and bytes that it returned.
func (m *metrics) query(ctx context.Context, t *target, d time.Duration, q *e6data.QueryState) {
	opts := outcome(t.common, t.succeeded, q.Err)
	m.duration.Record(ctx, d.Seconds(), opts...)
	if q.Err == nil || q.Rows > 0 {
		m.rows.Record(ctx, q.Rows, opts...)
		m.bytes.Record(ctx, q.Bytes, opts...)
	}
	if q.Rows > 0 {
		m.firstRow.Record(ctx, q.FirstBatch.Seconds(), opts...)
	}
}

func (m *metrics) call(ctx context.Context, p *phase, c *e6data.CallEnd) {
	m.callDuration.Record(ctx, c.Duration.Seconds(), outcome(p.common, p.succeeded, c.Err)...)
}

// outcome returns succeeded, or the attributes of err if err is not nil.
func outcome(common []attribute.KeyValue, succeeded []metric.RecordOption, err error) []metric.RecordOption {
	if err == nil {
		return succeeded
	}
	var failed [2]attribute.KeyValue
	return []metric.RecordOption{metric.WithAttributeSet(set(common, appendError(failed[:0], err)...))}
}
