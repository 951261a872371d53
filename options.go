package e6data

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// QueryOption is a setting of a single query. Pass it to [database/sql.DB.QueryContext]
// and its like among the arguments, at any place: it counts as none of them. Or
// put it into the context with [ContextWithOptions], for all queries that are made with
// that. An argument takes precedence over the context, and both over [Config].
type QueryOption struct{ set func(*queryOptions) }

// queryOptions is what may differ from query to query.
type queryOptions struct {
	catalog, schema string
	noCache         bool
	tag             string
	info            *QueryInfo
	progress        func(Progress)
}

// InCatalog runs the query in a catalog instead of [Config.Catalog].
func InCatalog(name string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.catalog = name }}
}

// InSchema runs the query in a schema instead of [Config.Database].
func InSchema(name string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.schema = name }}
}

// NoCache has the engine compute the result even when it has it in its cache.
func NoCache() QueryOption {
	return QueryOption{func(o *queryOptions) { o.noCache = true }}
}

// QueryTag marks the query, for people and tools that look for it later. The tag
// is sent as a comment before the statement, since the protocol has no field for
// it, and is in the log and in what a [Hook] is told. It cannot hold "/*", "*/"
// or control characters.
func QueryTag(tag string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.tag = tag }}
}

// CaptureQuery fills info with the query's id, engine, timings and counts while
// it runs. One info serves one query at a time; it shows the latest.
func CaptureQuery(info *QueryInfo) QueryOption {
	return QueryOption{func(o *queryOptions) { o.info = info }}
}

// OnProgress calls f with the query's progress, ten times a second at most and
// never concurrently, and a last time when the query has ended, before its rows'
// Close, or the call that failed, returns. Of queries that run at a time each
// calls its f as if it were alone. f must not use the query's rows.
func OnProgress(f func(Progress)) QueryOption {
	return QueryOption{func(o *queryOptions) { o.progress = f }}
}

type optionsKey struct{}

// ContextWithOptions returns a context whose queries have the options, after those that
// ctx has already.
func ContextWithOptions(ctx context.Context, opts ...QueryOption) context.Context {
	before, _ := ctx.Value(optionsKey{}).([]QueryOption)
	return context.WithValue(ctx, optionsKey{}, append(before[:len(before):len(before)], opts...))
}

// ContextWithProgress is [ContextWithOptions] with [OnProgress].
func ContextWithProgress(ctx context.Context, f func(Progress)) context.Context {
	return ContextWithOptions(ctx, OnProgress(f))
}

// options are those of a query: the configuration's, the context's and then the
// arguments'.
func (c *Connector) options(ctx context.Context, args []QueryOption) (queryOptions, error) {
	o := queryOptions{catalog: c.cfg.Catalog, schema: c.cfg.Database, noCache: !c.cfg.Cache}
	inContext, _ := ctx.Value(optionsKey{}).([]QueryOption)
	for _, list := range [2][]QueryOption{inContext, args} {
		for _, opt := range list {
			if opt.set == nil {
				return o, errors.New("e6data: a QueryOption that no function of this package made")
			}
			opt.set(&o)
		}
	}
	// U+FFFD is also what bytes that are no UTF-8 look like.
	unfit := func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }
	if strings.Contains(o.tag, "/*") || strings.Contains(o.tag, "*/") || strings.ContainsFunc(o.tag, unfit) {
		return o, fmt.Errorf("e6data: QueryTag %q cannot stand in a comment", o.tag)
	}
	return o, nil
}

// tagged is the statement with its tag.
func (o *queryOptions) tagged(text string) string {
	if o.tag == "" {
		return text
	}
	return "/* " + o.tag + " */ " + text
}
