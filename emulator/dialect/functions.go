package dialect

import (
	"maps"
	"strconv"
	"strings"
)

// functions is the allow-list, by the names in lower case.
var functions = map[string]*function{}

// refusedFunctions are functions of the dialect that the emulator does not have, with
// the reason.
var refusedFunctions = map[string]string{
	"MEDIAN":   "the engine has PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)",
	"TIMEDIFF": "the unit of its result is not known",
	"WEEKDAY":  "its first day is not known; DAYOFWEEKISO begins with Monday as 1",
	"TIME":     "the engine's results have no such type",
	"LOG":      "its base is not known; LN is natural",
}

func init() {
	for _, m := range []map[string]*function{
		dateFunctions, stringFunctions, regexpFunctions, nestedFunctions, aggregateFunctions, mathFunctions, conditionalFunctions,
	} {
		maps.Copy(functions, m)
	}
}

// same returns the rule of a function that DuckDB has with the same meaning.
func same(least, most int) *function { return &function{min: least, max: most} }

// like returns the rule of a function with a template, with so many arguments.
func like(n int, as string) *function { return &function{min: n, max: n, as: as} }

// integer returns the rule of a function whose result is INTEGER.
func integer(n int, as string) *function {
	return &function{min: n, max: n, as: as, cast: "INTEGER", typ: typInt}
}

// aggregate returns the rule of an aggregate of one argument that DuckDB has with the
// same meaning.
func aggregate() *function { return &function{min: 1, max: 1, aggregate: true} }

var mathFunctions = map[string]*function{
	"abs": same(1, 1), "ceil": rounding("<", "+"), "ceiling": rounding("<", "+"), "floor": rounding(">", "-"), "sqrt": same(1, 1), "cbrt": same(1, 1),
	"exp": same(1, 1), "ln": same(1, 1), "pi": same(0, 0), "degrees": same(1, 1), "radians": same(1, 1), "round": same(1, 2),
	"mod": same(2, 2), "power": same(2, 2), "pow": same(2, 2), "sin": same(1, 1), "tan": same(1, 1), "cos": same(1, 1),
	"cot": same(1, 1), "sinh": same(1, 1), "cosh": same(1, 1), "tanh": same(1, 1), "acos": same(1, 1), "acosh": same(1, 1),
	"greatest": same(1, -1), "least": same(1, -1),
	"sign":         {min: 1, max: 1, cast: "INTEGER", typ: typInt},
	"factorial":    {min: 1, max: 1, cast: "BIGINT", typ: typBigint},
	"rand":         like(0, "random()"),
	"width_bucket": like(4, "@width_bucket(#1, #2, #3, #4)"),
	"bitwise_or":   like(2, "((#1) | (#2))"),
	"bitwise_xor":  like(2, "xor(#1, #2)"),
	"bitwise_not":  like(1, "(~(#1))"),
	"shiftleft":    like(2, "((#1) << (#2))"),
	"shiftright":   like(2, "((#1) >> (#2))"),
	"try_divide":   like(2, "((#1) / nullif(#2, 0))"),
}

var conditionalFunctions = map[string]*function{
	"coalesce": {min: 1, max: -1, write: (*rewriter).coalesce},
	"nvl":      {min: 1, max: -1, write: (*rewriter).coalesce},
	"ifnull":   {min: 2, max: 2, write: (*rewriter).coalesce},
	"nullif":   same(2, 2),
	"isnull":   {min: 1, max: 1, as: "((#1) IS NULL)", typ: typBoolean},
	"if":       like(3, "CASE WHEN #1 THEN #2 ELSE #3 END"),
	"nvl2":     like(3, "CASE WHEN (#1) IS NOT NULL THEN #2 ELSE #3 END"),
	"decode":   {min: 3, max: -1, write: (*rewriter).decode},
	"typeof":   {min: 1, max: 1, as: "@type_name(typeof(#1))", typ: typVarchar},
	"grouping": same(1, -1),
	"uuid":     {as: "CAST(uuid() AS VARCHAR)", typ: typVarchar},
}

// maxDigits is the largest number of digits of CEIL and FLOOR.
const maxDigits = 18

// rounding returns the rule of CEIL(x[, digits]) and FLOOR(x[, digits]). DuckDB has them
// without digits. It rounds to digits half away from zero; the result is one step too far if
// it compares to x by off, and step corrects it.
func rounding(off, step string) *function {
	return &function{min: 1, max: 2, write: func(r *rewriter, c *call) {
		if len(c.args) == 1 {
			r.copy(c.at)
			r.template(c, "(#1)")
			return
		}
		a := c.args[1]
		n, err := strconv.Atoi(strings.Join(strings.Fields(r.src[r.toks[a.from].start:r.toks[a.to-1].end]), ""))
		if err != nil || n < -maxDigits || n > maxDigits {
			r.fail(a.from, "the digits of %s must be an integer from -%d to %d", r.shown(c.at), maxDigits, maxDigits)
			return
		}
		unit := "1" + strings.Repeat("0", max(-n, 0))
		if n > 0 {
			unit = "0." + strings.Repeat("0", n-1) + "1"
		}
		to := "round(#1, " + strconv.Itoa(n) + ")"
		r.template(c, "(CASE WHEN "+to+" "+off+" (#1) THEN round("+to+" "+step+" "+unit+", "+strconv.Itoa(n)+") ELSE "+to+" END)")
	}}
}

// coalesce writes COALESCE, NVL and IFNULL. The engine accepts strings among numbers, and
// DuckDB does not: then all arguments are cast to strings.
func (r *rewriter) coalesce(c *call) {
	texts, numbers := 0, 0
	for _, a := range c.args {
		switch r.typeOf(a) {
		case typVarchar:
			texts++
		case typInt, typBigint, typDecimal, typDouble, typFloat:
			numbers++
		}
	}
	if texts == 0 || numbers == 0 {
		r.template(c, "coalesce(#*)")
		return
	}
	r.write(c.at, "coalesce(")
	for n, a := range c.args {
		if n > 0 {
			r.write(c.at, ", ")
		}
		r.write(c.at, "CAST(")
		r.emit(a)
		r.write(c.at, " AS VARCHAR)")
	}
	r.write(c.at, ")")
}

// decode writes DECODE(x, key, value, ..., default), where NULL equals NULL.
func (r *rewriter) decode(c *call) {
	r.write(c.at, "CASE")
	n := 1
	for ; n+1 < len(c.args); n += 2 {
		r.write(c.at, " WHEN (")
		r.emit(c.args[0])
		r.write(c.at, ") IS NOT DISTINCT FROM (")
		r.emit(c.args[n])
		r.write(c.at, ") THEN ")
		r.emit(c.args[n+1])
	}
	if n < len(c.args) {
		r.write(c.at, " ELSE ")
		r.emit(c.args[n])
	}
	r.write(c.at, " END")
}
