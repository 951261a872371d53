package dialect

import (
	"strconv"
	"strings"
)

var aggregateFunctions = map[string]*function{
	"count": {min: 1, max: -1, write: (*rewriter).count, typ: typBigint, aggregate: true},
	"sum":   aggregate(), "avg": aggregate(), "min": aggregate(), "max": aggregate(),
	"approx_count_distinct": {min: 1, max: 1, typ: typBigint},
	"approx_percentile":     like(2, "approx_quantile(#1, #2)#S"),
	"approx_quantiles":      {min: 2, max: 2, write: (*rewriter).quantiles},
	"arbitrary":             {min: 1, max: 1, as: "any_value(#D#1)#S", aggregate: true, skipsNull: true},
	"any_value":             {min: 1, max: 1, as: "any_value(#D#1)#S", aggregate: true, skipsNull: true},
	"max_by":                same(2, 2),
	"min_by":                same(2, 2),
	"count_if":              {min: 1, max: 1, cast: "BIGINT", typ: typBigint},
	"bool_or":               same(1, 1),
	"corr":                  same(2, 2),
	"covar_pop":             same(2, 2),
	"covar_samp":            same(2, 2),
	"listagg":               {min: 1, max: 2, write: (*rewriter).listagg, typ: typVarchar, aggregate: true},
	"string_agg":            {min: 1, max: 2, write: (*rewriter).listagg, typ: typVarchar, aggregate: true},
	"percentile_cont":       {min: 1, max: 1, write: (*rewriter).percentile},
	"stddev":                aggregate(),
	"stddev_samp":           aggregate(),
	"stddev_pop":            aggregate(),
	"var_samp":              aggregate(),
	"variance_samp":         {min: 1, max: 1, as: "var_samp(#D#1)#S", aggregate: true},
	"collect_list":          {min: 1, max: 1, write: (*rewriter).collect},
	"array_agg":             {min: 1, max: 1, write: (*rewriter).collect},
	"row_number":            same(0, 0),
	"rank":                  same(0, 0),
	"dense_rank":            same(0, 0),
	"ntile":                 same(1, 1),
	"lag":                   same(1, 3),
	"lead":                  same(1, 3),
	"first_value":           same(1, 1),
	"last_value":            same(1, 1),
}

// count writes COUNT. A row of COUNT(DISTINCT a, b) counts where no column is NULL.
func (r *rewriter) count(c *call) {
	if len(c.args) < 2 {
		r.copy(c.at)
		r.template(c, "(#D#*)#S")
		return
	}
	r.write(c.at, "count(")
	if c.distinct {
		r.write(c.at, "DISTINCT ")
	}
	r.write(c.at, "CASE WHEN ")
	for n, a := range c.args {
		if n > 0 {
			r.write(c.at, " AND ")
		}
		r.write(c.at, "(")
		r.emit(a)
		r.write(c.at, ") IS NOT NULL")
	}
	r.template(c, " THEN (#*) END)#S")
}

// quantiles writes APPROX_QUANTILES(x, n), which has n + 1 bounds.
func (r *rewriter) quantiles(c *call) {
	a := c.args[1]
	n, err := strconv.Atoi(r.text(a.from))
	if err != nil || a.to-a.from != 1 || n < 1 || n > 1000 {
		r.fail(a.from, "the number of APPROX_QUANTILES must be a literal from 1 to 1000")
		return
	}
	r.template(c, "quantile_cont(#1, [")
	for i := range n + 1 {
		if i > 0 {
			r.write(c.at, ", ")
		}
		r.write(c.at, strconv.FormatFloat(float64(i)/float64(n), 'f', -1, 64))
	}
	r.template(c, "])#S")
}

// listagg writes LISTAGG(x[, separator]) [WITHIN GROUP (ORDER BY ...)].
func (r *rewriter) listagg(c *call) {
	order, rest, ok := r.within(c)
	c.written = true
	r.template(c, "string_agg(#D#1, ")
	if len(c.args) == 2 {
		r.template(c, "#2")
	} else {
		r.write(c.at, "''")
	}
	if ok {
		r.write(c.at, " ORDER BY ")
		r.emit(order)
	}
	r.write(c.at, ")")
	if rest.to > rest.from {
		r.emitAll(rest)
	}
}

// percentile writes PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x).
func (r *rewriter) percentile(c *call) {
	if _, _, ok := r.within(c); !ok {
		r.fail(c.at, "PERCENTILE_CONT takes WITHIN GROUP (ORDER BY x)")
	}
	r.copy(c.at)
	r.template(c, "(#1)#S")
}

// collect writes ARRAY_AGG(x) and COLLECT_LIST(x), which leaves NULL out.
func (r *rewriter) collect(c *call) {
	a := c.args[0]
	for i := a.from; i < a.to; i = r.next(i) {
		if r.is(i, kOrder) {
			r.fail(i, "function %s does not take ORDER BY", r.shown(c.at))
		}
	}
	r.template(c, "array_agg(#1)")
	if !strings.EqualFold(r.text(c.at), "collect_list") {
		r.template(c, "#S")
		return
	}
	c.written = true
	i := c.clauses.from
	if !r.is(i, kFilter) || c.clauses.to == i {
		r.template(c, " FILTER (WHERE (#1) IS NOT NULL)#S")
		return
	}
	end := int(r.toks[i+1].pair)
	r.template(c, " FILTER (WHERE (#1) IS NOT NULL AND (")
	r.emit(span{min(i+3, end), end}) // behind FILTER ( WHERE
	r.write(c.at, "))")
	r.emitAll(span{end + 1, c.clauses.to})
}
