package otele6data

import (
	"net"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/e6data/e6data-go"
)

// target holds the data that queries to the same place with the same operation
// share.
type target struct {
	name       string // of the span
	common     []attribute.KeyValue
	attributes trace.SpanStartEventOption
	succeeded  []metric.RecordOption
}

// targetKey identifies a target.
type targetKey struct {
	host, catalog, schema, operation string
	port                             int
}

// targets is a cache of targets. Its size is bounded, because an application
// may use any number of schemas.
type targets struct {
	mu    sync.RWMutex
	known map[targetKey]*target
}

const maxTargets = 1000

func (t *targets) get(common []attribute.KeyValue, q *e6data.QueryStart) *target {
	key := targetKey{host: q.Host, port: q.Port, catalog: q.Catalog, schema: q.Schema, operation: operation(q.Statement)}
	t.mu.RLock()
	found := t.known[key]
	t.mu.RUnlock()
	if found != nil {
		return found
	}
	made := key.target(common)
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.known[key]; found != nil {
		return found
	}
	if len(t.known) < maxTargets {
		if t.known == nil {
			t.known = map[targetKey]*target{}
		}
		t.known[key] = made
	}
	return made
}

// target returns the target of k. The span's name is operation and namespace,
// as the conventions require if the statement's tables are not parsed.
func (k *targetKey) target(common []attribute.KeyValue) *target {
	namespace := k.catalog
	if k.catalog != "" && k.schema != "" {
		namespace += "|"
	}
	namespace += k.schema
	attrs := appendText(nil, semconv.DBOperationNameKey, k.operation)
	attrs = appendText(attrs, semconv.DBNamespaceKey, namespace)
	attrs = append(appendServer(attrs, k.host, k.port), common...)
	return &target{
		name:       k.spanName(namespace),
		common:     attrs,
		attributes: trace.WithAttributes(attrs...),
		succeeded:  []metric.RecordOption{metric.WithAttributeSet(set(attrs))},
	}
}

func (k *targetKey) spanName(namespace string) string {
	where := namespace
	switch {
	case where != "" || k.host == "":
	case k.port > 0:
		where = net.JoinHostPort(k.host, strconv.Itoa(k.port))
	default:
		where = k.host
	}
	if name := strings.TrimSpace(k.operation + " " + where); name != "" {
		return name
	}
	return system
}

// phase holds the data that the calls of a phase to the same server share.
type phase struct {
	name       string // of the span
	common     []attribute.KeyValue
	attributes trace.SpanStartEventOption
	succeeded  []metric.RecordOption
}

// phaseKind identifies a phase.
type phaseKind struct {
	host string
	port int
	name e6data.Phase
}

// phases is a cache of phases. The driver has a dozen for each server.
type phases struct{ known sync.Map } // by phaseKind, *phase

func (p *phases) get(common []attribute.KeyValue, c *e6data.CallStart) *phase {
	kind := phaseKind{c.Host, c.Port, c.Phase}
	if found, ok := p.known.Load(kind); ok {
		return found.(*phase)
	}
	attrs := append(appendServer(nil, c.Host, c.Port), common...)
	attrs = append(attrs, phaseKey.String(string(c.Phase)))
	made, _ := p.known.LoadOrStore(kind, &phase{
		name:       system + " " + string(c.Phase),
		common:     attrs,
		attributes: trace.WithAttributes(attrs...),
		succeeded:  []metric.RecordOption{metric.WithAttributeSet(set(attrs))},
	})
	return made.(*phase)
}

// appendServer appends the attributes of the engine's address.
func appendServer(attrs []attribute.KeyValue, host string, port int) []attribute.KeyValue {
	attrs = appendText(attrs, semconv.ServerAddressKey, host)
	if port > 0 {
		attrs = append(attrs, semconv.ServerPort(port))
	}
	return attrs
}

// set returns a set of common and attrs. If a key occurs twice, the later value
// wins.
func set(common []attribute.KeyValue, attrs ...attribute.KeyValue) attribute.Set {
	all := make([]attribute.KeyValue, 0, len(common)+len(attrs))
	return attribute.NewSet(append(append(all, common...), attrs...)...)
}

// rpcMethod returns a gRPC method without the leading slash.
func rpcMethod(full string) string { return strings.TrimPrefix(full, "/") }

// snake returns a name of several words in the form of the conventions.
func snake(name string) string { return strings.ReplaceAll(name, " ", "_") }
