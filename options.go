package e6data

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/e6data/e6data-go/internal/typed"
)

// QueryOption is a setting for a single query. Pass it to
// [database/sql.DB.QueryContext] and similar methods among the arguments, at any
// place: it needs no placeholder. Or put it into a context with
// [ContextWithOptions], for all queries with that context. An argument takes
// precedence over the context, and the context over [Config].
type QueryOption struct{ set func(*queryOptions) }

// queryOptions are the settings that may differ from query to query.
type queryOptions struct {
	catalog, schema string
	noCache         bool
	tag             string
	info            *QueryInfo
	progress        func(Progress)
	fit             typed.Options // of typed rows
}

// InCatalog sets the catalog of the query, instead of [Config.Catalog].
func InCatalog(name string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.catalog = name }}
}

// InSchema sets the schema of the query, instead of [Config.Database].
func InSchema(name string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.schema = name }}
}

// NoCache makes the engine compute the result even if its cache has it.
func NoCache() QueryOption {
	return QueryOption{func(o *queryOptions) { o.noCache = true }}
}

// QueryTag marks the query for people and tools. The driver sends the tag as a
// comment before the statement, because the protocol has no field for it. The log
// and a [Hook] also get the tag. A tag cannot contain "/*", "*/" or control
// characters.
func QueryTag(tag string) QueryOption {
	return QueryOption{func(o *queryOptions) { o.tag = tag }}
}

// CaptureQuery records the query's id, planner, timings and counts in info while the
// query runs. An info can record one query at a time. It shows the latest query.
func CaptureQuery(info *QueryInfo) QueryOption {
	return QueryOption{func(o *queryOptions) { o.info = info }}
}

// OnProgress calls f with the query's progress, at most ten times a second and never
// concurrently. The last call comes when the query has ended, before Close of its
// rows, or the call that failed, returns. Queries that run at the same time call
// their f independently. f must not use the query's rows.
func OnProgress(f func(Progress)) QueryOption {
	return QueryOption{func(o *queryOptions) { o.progress = f }}
}

type optionsKey struct{}

// ContextWithOptions returns a child of ctx that sets options for the queries with
// that context. The options are applied after those that ctx already has.
func ContextWithOptions(ctx context.Context, opts ...QueryOption) context.Context {
	before, _ := ctx.Value(optionsKey{}).([]QueryOption)
	return context.WithValue(ctx, optionsKey{}, append(before[:len(before):len(before)], opts...))
}

// ContextWithProgress is ContextWithOptions with [OnProgress].
func ContextWithProgress(ctx context.Context, f func(Progress)) context.Context {
	return ContextWithOptions(ctx, OnProgress(f))
}

// options returns the settings of a query: those of the Config, then those of ctx,
// then args.
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
	// Bytes that are not UTF-8 also decode as U+FFFD.
	unfit := func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }
	if strings.Contains(o.tag, "/*") || strings.Contains(o.tag, "*/") || strings.ContainsFunc(o.tag, unfit) {
		return o, fmt.Errorf("e6data: QueryTag %q cannot stand in a comment", o.tag)
	}
	return o, nil
}

// tagged returns the statement with its tag.
func (o *queryOptions) tagged(text string) string {
	if o.tag == "" {
		return text
	}
	return "/* " + o.tag + " */ " + text
}
