package dialect

import "strings"

var dateFunctions = map[string]*function{
	"date_add":          {min: 2, max: 3, write: (*rewriter).dateAdd, typ: typDate},
	"dateadd":           {min: 3, max: 3, write: (*rewriter).dateAdd, typ: typDate},
	"date_sub":          {min: 2, max: 2, as: "(CAST(#1 AS DATE) - CAST(#2 AS INTEGER))", typ: typDate},
	"date_diff":         {min: 2, max: 3, write: (*rewriter).dateDiff, typ: typBigint},
	"datediff":          {min: 2, max: 3, write: (*rewriter).dateDiff, typ: typBigint},
	"timestamp_add":     {min: 3, max: 3, write: (*rewriter).timestampAdd, typ: typTimestamp},
	"timestamp_diff":    {min: 3, max: 3, write: (*rewriter).timestampDiff, typ: typBigint},
	"date_trunc":        {min: 2, max: 2, write: (*rewriter).dateTrunc},
	"add_months":        {min: 2, max: 2, as: "CAST(CAST(#1 AS DATE) + to_months(CAST(#2 AS INTEGER)) AS DATE)", typ: typDate},
	"last_day":          {min: 1, max: 2, write: (*rewriter).lastDay, typ: typDate},
	"last_day_of_month": {min: 1, max: 1, as: "last_day(CAST(#1 AS DATE))", typ: typDate},
	"extract":           {min: 1, max: 1, write: (*rewriter).extract, typ: typBigint},
	"datepart":          {min: 2, max: 2, write: (*rewriter).datePart, typ: typBigint},
	"year":              {min: 1, max: 1, typ: typBigint}, "month": part(""),
	"hour": part(""), "minute": part(""), "second": part(""),
	"day":                    part(""),
	"days":                   part("day(#1)"),
	"week":                   part(""),
	"weekiso":                part("week(#1)"),
	"weekofyear":             part("week(#1)"),
	"dayofweek":              part("(dayofweek(#1) + 1)"),
	"dayofweekiso":           part("isodow(#1)"),
	"dayname":                {min: 1, max: 1, typ: typVarchar},
	"current_date":           {max: 1, write: (*rewriter).currentDate, typ: typDate},
	"current_timestamp":      {max: 1, write: (*rewriter).currentTimestamp, typ: typTimestamp},
	"now":                    {max: 0, write: (*rewriter).currentTimestamp, typ: typTimestamp},
	"getdate":                {max: 0, write: (*rewriter).currentTimestamp, typ: typTimestamp},
	"datetime":               {min: 1, max: 2, write: (*rewriter).fromUTC, typ: typTimestamp},
	"from_utc_timestamp":     {min: 2, max: 2, write: (*rewriter).fromUTC, typ: typTimestamp},
	"convert_timezone":       {min: 2, max: 3, write: (*rewriter).convertTimezone, typ: typTimestamp},
	"to_date":                {min: 1, max: 2, write: (*rewriter).toDate, typ: typDate},
	"to_timestamp":           {min: 1, max: 2, write: (*rewriter).toTimestamp, typ: typTimestamp},
	"to_timestamp_ntz":       {min: 1, max: 2, write: (*rewriter).toTimestamp, typ: typTimestamp},
	"parse_date":             {min: 2, max: 2, write: (*rewriter).parseDate, typ: typDate},
	"parse_datetime":         {min: 2, max: 2, write: (*rewriter).parseTimestamp, typ: typTimestamp, only: Java + 1},
	"parse_timestamp":        {min: 2, max: 3, write: (*rewriter).parseTimestamp, typ: typTimestamp},
	"format_date":            {min: 2, max: 2, write: (*rewriter).formatJava, typ: typVarchar, only: Java + 1},
	"format_timestamp":       {min: 2, max: 2, write: (*rewriter).formatJava, typ: typVarchar, only: Java + 1},
	"date_format":            {min: 2, max: 2, write: (*rewriter).formatJava, typ: typVarchar, only: Native + 1},
	"format_datetime":        {min: 2, max: 2, write: (*rewriter).formatPercent, typ: typVarchar},
	"to_char":                {min: 2, max: 2, write: (*rewriter).formatJava, typ: typVarchar},
	"to_varchar":             {min: 1, max: 2, write: (*rewriter).toVarchar, typ: typVarchar},
	"from_unixtime":          {min: 1, max: 1, as: "make_timestamp(CAST(CAST(#1 AS DECIMAL(24,6)) * 1000000 AS BIGINT))", typ: typTimestamp},
	"from_unixtime_withunit": {min: 2, max: 2, write: (*rewriter).fromUnixtime, typ: typTimestamp},
	"to_unix_timestamp":      {min: 1, max: 1, write: (*rewriter).toUnixTimestamp, typ: typBigint},
	"date":                   {min: 1, max: 1, as: "CAST(#1 AS DATE)", typ: typDate},
	"timestamp":              {min: 1, max: 1, as: "CAST(#1 AS TIMESTAMP)", typ: typTimestamp},
	"generate_date_array":    {min: 2, max: 3, write: (*rewriter).dateArray},
	"generate_timestamp_array": like(3,
		"generate_series(CAST(#1 AS TIMESTAMP), CAST(#2 AS TIMESTAMP), #3)"),
}

// part returns the rule of a function that returns a part of a date or a timestamp, which
// may be a string.
func part(as string) *function {
	return &function{min: 1, max: 1, typ: typBigint, write: func(r *rewriter, c *call) {
		template := as
		if as == "" {
			r.copy(c.at)
			template = "(#1)"
		}
		if r.typeOf(c.args[0]) == typVarchar {
			template = strings.Replace(template, "#1", "CAST(#1 AS TIMESTAMP)", 1)
		}
		r.template(c, template)
	}}
}

// unitArgument returns the unit that an argument must be.
func (r *rewriter) unitArgument(c *call, n int) string {
	unit, ok := r.unit(c.args[n])
	if !ok {
		r.fail(c.args[n].from, "the unit of %s must be a literal such as 'day'", r.shown(c.at))
	}
	return unit
}

// dateAdd writes DATE_ADD('unit', n, d), and the native executor's DATE_ADD(d, n).
func (r *rewriter) dateAdd(c *call) {
	if len(c.args) == 2 {
		if r.opts.Executor != Native {
			r.fail(c.at, "function DATE_ADD does not take 2 arguments: write DATE_ADD('day', n, d)")
		}
		r.template(c, "(CAST(#1 AS DATE) + CAST(#2 AS INTEGER))")
		return
	}
	r.template(c, "CAST(CAST(#3 AS TIMESTAMP) + (#2) * INTERVAL 1 "+r.unitArgument(c, 0)+" AS DATE)")
}

// timestampAdd writes TIMESTAMP_ADD('unit', n, ts).
func (r *rewriter) timestampAdd(c *call) {
	r.template(c, "(CAST(#3 AS TIMESTAMP) + (#2) * INTERVAL 1 "+r.unitArgument(c, 0)+")")
}

// dateDiff writes DATE_DIFF(d1, d2[, 'unit']), which is d1 - d2, and DATE_DIFF('unit',
// start, end), which is end - start.
func (r *rewriter) dateDiff(c *call) {
	if len(c.args) == 2 {
		r.template(c, "datediff('day', CAST(#2 AS DATE), CAST(#1 AS DATE))")
		return
	}
	if unit, ok := r.unit(c.args[0]); ok {
		r.template(c, "datediff('"+unit+"', CAST(#2 AS TIMESTAMP), CAST(#3 AS TIMESTAMP))")
		return
	}
	r.template(c, "datediff('"+r.unitArgument(c, 2)+"', CAST(#2 AS TIMESTAMP), CAST(#1 AS TIMESTAMP))")
}

// timestampDiff writes TIMESTAMP_DIFF(t1, t2, 'unit'), which is t1 - t2: in whole units
// up to weeks, in the calendar's units from months on.
func (r *rewriter) timestampDiff(c *call) {
	function := "datesub"
	unit := r.unitArgument(c, 2)
	switch unit {
	case "month", "quarter", "year":
		function = "datediff"
	}
	r.template(c, function+"('"+unit+"', CAST(#2 AS TIMESTAMP), CAST(#1 AS TIMESTAMP))")
}

// dateTrunc writes DATE_TRUNC('unit', d), which has d's type.
func (r *rewriter) dateTrunc(c *call) {
	unit := r.unitArgument(c, 0)
	switch r.typeOf(c.args[1]) {
	case typVarchar, typTimestamp:
		r.template(c, "date_trunc('"+unit+"', CAST(#2 AS TIMESTAMP))")
	case typDate:
		r.template(c, "CAST(date_trunc('"+unit+"', #2) AS DATE)")
	case typParameter, typTZ:
		r.template(c, "date_trunc('"+unit+"', #2)")
	default:
		r.template(c, "cast_to_type(date_trunc('"+unit+"', #2), #2)")
	}
}

// lastDay writes LAST_DAY(d[, 'unit']): the last day of d's week, month, quarter or year. Weeks
// end on Sunday.
func (r *rewriter) lastDay(c *call) {
	if len(c.args) == 1 {
		r.template(c, "last_day(CAST(#1 AS DATE))")
		return
	}
	unit := r.unitArgument(c, 1)
	if fine(unit) || unit == "day" {
		r.fail(c.args[1].from, "the unit of LAST_DAY must be week, month, quarter or year")
	}
	r.template(c, "CAST(date_trunc('"+unit+"', CAST(#1 AS DATE)) + INTERVAL '1 "+unit+"' - INTERVAL '1 day' AS DATE)")
}

// parts are the units of EXTRACT that are no units of time.
var parts = map[string]string{"dow": "isodow", "doy": "doy"}

// part returns DuckDB's word for a part of a date.
func (r *rewriter) part(s span) string {
	if unit, ok := r.unit(s); ok && unit != "millisecond" {
		return unit
	}
	name, ok := r.literal(s)
	if !ok && s.to-s.from == 1 {
		name = r.text(s.from)
	}
	part := parts[strings.ToLower(name)]
	if part == "" {
		r.fail(s.from, "EXTRACT has YEAR, QUARTER, MONTH, WEEK, DAY, DOY, DOW, HOUR, MINUTE and SECOND")
	}
	return part
}

// extract writes EXTRACT(unit FROM d).
func (r *rewriter) extract(c *call) {
	a := c.args[0]
	if a.to-a.from < 3 || !r.is(a.from+1, kFrom) {
		r.fail(c.at, "EXTRACT takes a unit, FROM and a date")
		return
	}
	r.write(c.at, "extract("+r.part(span{a.from, a.from + 1})+" FROM ")
	r.emit(span{a.from + 2, a.to})
	r.write(c.at, ")")
}

// datePart writes DATEPART('unit', d).
func (r *rewriter) datePart(c *call) {
	r.template(c, "date_part('"+r.part(c.args[0])+"', #2)")
}

// currentDate writes CURRENT_DATE('zone').
func (r *rewriter) currentDate(c *call) { r.write(c.at, r.now(r.zoneArgument(c, 0), true)) }

// currentTimestamp writes CURRENT_TIMESTAMP('zone'), NOW() and GETDATE().
func (r *rewriter) currentTimestamp(c *call) { r.write(c.at, r.now(r.zoneArgument(c, 0), false)) }

// zoneArgument returns the zone that an argument is, in DuckDB's form; without the
// argument UTC.
func (r *rewriter) zoneArgument(c *call, n int) string {
	if n >= len(c.args) {
		return "'UTC'"
	}
	name, ok := r.literal(c.args[n])
	if !ok {
		// The argument is written on its own, and cut off again.
		start, marks := len(r.out), len(r.marks)
		r.template(c, "@zone(#"+string(rune('1'+n))+")")
		zone := string(r.out[start:])
		r.out, r.marks = r.out[:start], r.marks[:marks]
		return zone
	}
	return quote(zoneName(name))
}

// zoneName returns DuckDB's name of a zone: UTC-11 is Etc/GMT+11.
func zoneName(name string) string {
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		hours, ok := strings.CutPrefix(name, prefix)
		if !ok || hours == "" {
			continue
		}
		sign := map[byte]string{'+': "-", '-': "+"}[hours[0]]
		hours = strings.TrimLeft(strings.TrimSuffix(hours[1:], ":00"), "0")
		if sign != "" && strings.Trim(hours, "0123456789") == "" {
			if hours == "" {
				return "UTC"
			}
			return "Etc/GMT" + sign + hours
		}
	}
	return name
}

// fromUTC writes DATETIME(ts[, zone]) and FROM_UTC_TIMESTAMP(ts, zone).
func (r *rewriter) fromUTC(c *call) {
	r.template(c, "((CAST(#1 AS TIMESTAMP) AT TIME ZONE 'UTC') AT TIME ZONE ")
	r.write(c.at, r.zoneArgument(c, 1)+")")
}

// convertTimezone writes CONVERT_TIMEZONE([from, ]to, ts).
func (r *rewriter) convertTimezone(c *call) {
	from, to := "'UTC'", r.zoneArgument(c, 0)
	if len(c.args) == 3 {
		from, to = to, r.zoneArgument(c, 1)
	}
	r.write(c.at, "((CAST(")
	r.emit(c.args[len(c.args)-1])
	r.write(c.at, " AS TIMESTAMP) AT TIME ZONE "+from+") AT TIME ZONE "+to+")")
}

// toDate writes TO_DATE(s[, format]).
func (r *rewriter) toDate(c *call) {
	if len(c.args) == 1 {
		r.template(c, "CAST(#1 AS DATE)")
		return
	}
	r.javaFormat(c, 1)
	r.template(c, "CAST(strptime(#1, #L) AS DATE)")
}

// toTimestamp writes TO_TIMESTAMP(s[, format]).
func (r *rewriter) toTimestamp(c *call) {
	if len(c.args) == 1 {
		r.template(c, "CAST(#1 AS TIMESTAMP)")
		return
	}
	r.javaFormat(c, 1)
	r.template(c, "strptime(#1, #L)")
}

// parseDate writes PARSE_DATE(format, s).
func (r *rewriter) parseDate(c *call) {
	r.percentFormat(c, 0)
	r.template(c, "CAST(strptime(#2, #L) AS DATE)")
}

// parseTimestamp writes PARSE_TIMESTAMP(format, s[, zone]): a zone's wall clock becomes
// that of UTC. The engine keeps milliseconds.
func (r *rewriter) parseTimestamp(c *call) {
	parsed := "strptime(#2, #L)"
	if fraction := r.percentFormat(c, 0); fraction {
		parsed = "date_trunc('milliseconds', " + parsed + ")"
	}
	if len(c.args) == 2 {
		r.template(c, parsed)
		return
	}
	r.template(c, "(("+parsed+" AT TIME ZONE ")
	r.write(c.at, r.zoneArgument(c, 2)+") AT TIME ZONE 'UTC')")
}

// formatJava writes FORMAT_DATE(d, format), FORMAT_TIMESTAMP, DATE_FORMAT and TO_CHAR.
func (r *rewriter) formatJava(c *call) {
	r.javaFormat(c, 1)
	r.template(c, "strftime(CAST(#1 AS TIMESTAMP), #L)")
}

// formatPercent writes FORMAT_DATETIME(ts, format).
func (r *rewriter) formatPercent(c *call) {
	r.percentFormat(c, 1)
	r.template(c, "strftime(CAST(#1 AS TIMESTAMP), #L)")
}

// toVarchar writes TO_VARCHAR(x[, format]).
func (r *rewriter) toVarchar(c *call) {
	if len(c.args) == 1 {
		r.template(c, "CAST(#1 AS VARCHAR)")
		return
	}
	if text, _ := r.literal(c.args[1]); strings.EqualFold(text, "hex") {
		r.fail(c.args[1].from, "TO_VARCHAR with 'hex' is not supported: the form of its result is not known")
	}
	r.formatJava(c)
}

// fromUnixtime writes FROM_UNIXTIME_WITHUNIT(n, 'seconds' or 'milliseconds').
func (r *rewriter) fromUnixtime(c *call) {
	switch text, _ := r.format(c, 1, "unit"); strings.ToLower(text) {
	case "seconds":
		r.template(c, "make_timestamp(CAST(CAST(#1 AS DECIMAL(24,6)) * 1000000 AS BIGINT))")
	case "milliseconds":
		r.template(c, "make_timestamp(CAST(CAST(#1 AS DECIMAL(24,6)) * 1000 AS BIGINT))")
	default:
		r.fail(c.args[1].from, "the unit is 'seconds' or 'milliseconds'")
	}
}

// toUnixTimestamp writes TO_UNIX_TIMESTAMP(ts): in milliseconds, or in seconds for the
// native executor.
func (r *rewriter) toUnixTimestamp(c *call) {
	if r.opts.Executor == Native {
		r.template(c, "(epoch_ms(CAST(#1 AS TIMESTAMP)) // 1000)")
		return
	}
	r.template(c, "epoch_ms(CAST(#1 AS TIMESTAMP))")
}

// dateArray writes GENERATE_DATE_ARRAY(first, last[, interval]).
func (r *rewriter) dateArray(c *call) {
	r.template(c, "list_transform(generate_series(CAST(#1 AS DATE), CAST(#2 AS DATE), ")
	if len(c.args) == 3 {
		r.template(c, "#3")
	} else {
		r.write(c.at, "INTERVAL 1 DAY")
	}
	r.write(c.at, "), lambda e6_day: CAST(e6_day AS DATE))")
}
