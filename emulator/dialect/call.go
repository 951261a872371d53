package dialect

import (
	"strings"
)

// call is a function with its arguments.
type call struct {
	at   int // the name's token
	end  int // the token behind the call, and behind its clauses
	args []span
	// clauses are FILTER, OVER and WITHIN GROUP, which follow the call.
	clauses span
	written bool // the clauses are written
	// nulls is IGNORE NULLS or RESPECT NULLS behind the call, or empty.
	nulls string
	// distinct is set where DISTINCT or ALL stands before the first argument.
	distinct bool
	base     int    // of the arguments in rewriter.args
	literal  string // of DuckDB's, which a template writes as #L
}

// function is how a function is written in DuckDB's dialect.
type function struct {
	// min and max bound the number of arguments. max is -1 where there is no limit.
	min, max int
	// as is the template of the call (see rewriter.template). Empty: the call keeps its
	// name.
	as string
	// more are the templates for min+1 arguments, min+2 and so on. Default: as.
	more []string
	// write writes the call, in the place of a template.
	write func(r *rewriter, c *call)
	// cast is the type that the result is cast to, in DuckDB's words. Default: DuckDB's
	// type.
	cast string
	// typ is the type of the result. It is empty if the type depends on the arguments.
	typ typ
	// aggregate is set for a function that takes DISTINCT.
	aggregate bool
	// skipsNull is set for an aggregate that ignores NULL, so that IGNORE NULLS behind it has
	// no effect.
	skipsNull bool
	// only is the executor that has the function, +1. Default: both.
	only Executor
}

// macroCatalog is the catalog with the macros, and its schema.
const macroCatalog = "e6dialect.main."

// open splits the arguments of the call whose name is token i. close must follow.
func (r *rewriter) open(i int) call {
	end := int(r.toks[i+1].pair)
	c := call{at: i, end: end + 1, base: len(r.args), clauses: span{end + 1, end + 1}}
	from := i + 2
	if r.is(from, kDistinct) || r.is(from, kAll) {
		c.distinct = r.is(from, kDistinct)
		from++
	}
	for n := from; n <= end && from < end; n = r.next(n) {
		if n == end || r.isOp(n, ',') {
			r.args = append(r.args, span{from, n})
			from = n + 1
		}
	}
	c.args = r.args[c.base:len(r.args):len(r.args)]
	if r.isOp(end-1, ',') {
		r.fail(end, "an argument is missing")
	}
	for _, a := range c.args {
		if a.from >= a.to {
			r.fail(a.from, "an argument is missing")
		}
	}
	return c
}

// close drops the call's arguments.
func (r *rewriter) close(c *call) { r.args = r.args[:c.base] }

// call writes a function that is on the list.
func (r *rewriter) call(i, limit int) int {
	c := r.open(i)
	defer r.close(&c)
	outer := r.scope // SUBSTRING(a FROM 1) has no FROM of a query
	defer func() { r.scope = outer }()
	var buf [longestWord]byte
	name := fold(&buf, strings.Trim(r.text(i), `"`))
	f, ok := functions[string(name)]
	if !ok {
		r.unknown(i)
		return c.end
	}
	r.findClauses(&c, limit)
	n := len(c.args)
	switch {
	case r.err != nil:
	case f.only != 0 && f.only-1 != r.opts.Executor:
		r.fail(i, "function %s is not supported: the engine's other executor has it", r.shown(i))
	case n < f.min || f.max >= 0 && n > f.max:
		r.fail(i, "function %s does not take %d arguments", r.shown(i), n)
	case c.distinct && !f.aggregate:
		r.fail(i, "function %s does not take DISTINCT", r.shown(i))
	case c.nulls != "" && !f.skipsNull && (f.as != "" || f.write != nil):
		r.fail(i, "function %s does not take%s", r.shown(i), c.nulls)
	default:
		r.apply(f, &c)
	}
	return c.end
}

// apply writes a call by the rule of its function.
func (r *rewriter) apply(f *function, c *call) {
	if f.cast != "" {
		r.write(c.at, "CAST(")
	}
	template := f.as
	if n := len(c.args) - f.min; n > 0 && n <= len(f.more) {
		template = f.more[n-1]
	}
	switch {
	case f.write != nil:
		f.write(r, c)
	case template == "":
		r.copy(c.at)
		r.template(c, "(#D#*#N)#S")
	default:
		r.template(c, template)
	}
	if c.clauses.to > c.clauses.from && !c.written {
		r.emitAll(c.clauses)
	}
	if f.cast != "" {
		r.write(c.at, " AS "+f.cast+")")
	}
}

// unknown reports that a function is not on the list.
func (r *rewriter) unknown(i int) {
	name := r.shown(i)
	if why, ok := refusedFunctions[name]; ok {
		r.fail(i, "function %s is not supported: %s", name, why)
		return
	}
	if strings.HasPrefix(name, "ST_") {
		r.fail(i, "function %s is not supported: there are no spatial functions", name)
		return
	}
	r.fail(i, "function %s is not supported", name)
}

// shown returns the name of a function for an error.
func (r *rewriter) shown(i int) string { return strings.ToUpper(strings.Trim(r.text(i), `"`)) }

// findClauses finds the clauses behind a call.
func (r *rewriter) findClauses(c *call, limit int) {
	i := c.end
	if (r.is(i, kIgnore) || r.is(i, kRespect)) && r.isWord(i+1, "nulls") && i+1 < limit {
		c.nulls = " " + strings.ToUpper(r.text(i)) + " NULLS"
		i += 2
		c.clauses.from = i
	}
	for i < limit {
		switch {
		case r.is(i, kFilter) && r.isOp(i+1, '('), r.is(i, kOver) && r.isOp(i+1, '('):
			i = r.next(i + 1)
		case r.is(i, kOver) && r.isName(i+1):
			i += 2
		case r.is(i, kWithin) && r.is(i+1, kGroup) && r.isOp(i+2, '('):
			i = r.next(i + 2)
		default:
			limit = i
		}
	}
	c.clauses.to, c.end = i, i
}

// within returns the order of a call's WITHIN GROUP (ORDER BY ...), and the clauses behind it.
func (r *rewriter) within(c *call) (order, rest span, ok bool) {
	i := c.clauses.from
	if c.clauses.to == i || !r.is(i, kWithin) || !r.is(i+3, kOrder) || !r.is(i+4, kBy) {
		return span{}, c.clauses, false
	}
	end := int(r.toks[i+2].pair)
	return span{i + 5, end}, span{end + 1, c.clauses.to}, true
}

// template writes a call. In the template #1 to #9 are arguments, #* all of them with
// commas between, #D is DISTINCT where the call has it, #N and #S are what stands behind the call,
// #L the call's literal, and @ the prefix of a macro. A template has no text of the
// statement in it.
func (r *rewriter) template(c *call, template string) {
	for r.err == nil {
		at := strings.IndexAny(template, "#@")
		if at < 0 {
			r.write(c.at, template)
			return
		}
		if at > 0 {
			r.write(c.at, template[:at])
		}
		if template[at] == '@' {
			r.write(c.at, macroCatalog)
			template = template[at+1:]
			continue
		}
		r.hole(c, template[at+1])
		template = template[at+2:]
	}
}

// hole writes the part of a template that a letter behind # names.
func (r *rewriter) hole(c *call, letter byte) {
	switch letter {
	case '*':
		for n, a := range c.args {
			if n > 0 {
				r.write(c.at, ", ")
			}
			r.emit(a)
		}
	case 'D':
		if c.distinct {
			r.write(c.at, "DISTINCT ")
		}
	case 'L':
		r.write(c.at, c.literal)
	case 'N':
		r.write(c.at, c.nulls)
	case 'S':
		c.written = true
		if c.clauses.to > c.clauses.from {
			r.emitAll(c.clauses)
		}
	default:
		r.emit(c.args[letter-'1'])
	}
}

// lambda writes x -> e and (a, b) -> e as DuckDB does.
func (r *rewriter) lambda(s span) {
	i := s.from
	params := span{i, i + 1}
	if r.isOp(i, '(') {
		params = span{i + 1, int(r.toks[i].pair)}
		i = params.to
	}
	i++
	if !r.isOperator(i, "->") || i+1 >= s.to {
		r.fail(s.from, "a lambda is x -> expression")
		return
	}
	for n := params.from; n < params.to; n++ {
		if comma := (n-params.from)%2 == 1; comma != r.isOp(n, ',') || !comma && !r.isName(n) {
			r.fail(n, "a lambda is x -> expression")
			return
		}
	}
	r.write(s.from, "lambda ")
	r.emit(params)
	r.write(i, ": ")
	r.emit(span{i + 1, s.to})
}

// format returns the string that an argument must be.
func (r *rewriter) format(c *call, n int, what string) (string, bool) {
	text, ok := r.literal(c.args[n])
	if !ok {
		r.fail(c.args[n].from, "the %s of %s must be a string literal", what, r.shown(c.at))
	}
	return text, ok
}
