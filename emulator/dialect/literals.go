package dialect

import (
	"strings"
	"time"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// string writes the string i, whose backslashes DuckDB does not read.
func (r *rewriter) string(i int) {
	text := r.text(i)
	if strings.IndexByte(text, '\\') < 0 {
		r.copy(i)
		return
	}
	r.mark(int(r.toks[i].start), false)
	r.out = appendString(r.out, unquote(text))
}

// appendString appends a literal of DuckDB's with this value.
func appendString(b []byte, value string) []byte {
	b = append(b, '\'')
	for n := range len(value) {
		if value[n] == '\'' {
			b = append(b, '\'')
		}
		b = append(b, value[n])
	}
	return append(b, '\'')
}

// quote returns a literal of DuckDB's with this value.
func quote(value string) string { return string(appendString(nil, value)) }

// unquote returns the value of a string with its quotes.
func unquote(text string) string {
	text = text[1 : len(text)-1]
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '\'') < 0 {
		return text
	}
	b := make([]byte, 0, len(text))
	for n := 0; n < len(text); n++ {
		c := text[n]
		switch c {
		case '\'':
			n++
		case '\\':
			n++
			c = text[n]
			if at := strings.IndexByte("nrt", c); at >= 0 {
				c = "\n\r\t"[at]
			}
		}
		b = append(b, c)
	}
	return string(b)
}

// binary writes X'CAFE'.
func (r *rewriter) binary(i int) {
	hex := r.text(i)
	hex = hex[2 : len(hex)-1]
	if len(hex)%2 != 0 || strings.Trim(hex, "0123456789abcdefABCDEF") != "" {
		r.fail(i, "the binary literal has other characters than pairs of hexadecimal digits")
		return
	}
	r.write(i, "'")
	for n := 0; n < len(hex); n += 2 {
		r.out = append(r.out, `\x`...)
		r.out = append(r.out, hex[n:n+2]...)
	}
	r.out = append(r.out, "'::BLOB"...)
}

// literal returns the value of a span that is one string.
func (r *rewriter) literal(s span) (string, bool) {
	if s.to-s.from != 1 || !r.isKind(s.from, sqltext.KindText) {
		return "", false
	}
	return unquote(r.text(s.from)), true
}

// now returns DuckDB's expression for the current date or time in a zone, which is an
// expression, too.
func (r *rewriter) now(zone string, date bool) string {
	clock := "now()"
	if !r.opts.Now.IsZero() {
		clock = r.opts.Now.UTC().Truncate(time.Microsecond).Format("TIMESTAMPTZ '2006-01-02 15:04:05.000000+00'")
	}
	typ := "TIMESTAMP"
	if date {
		typ = "DATE"
	}
	return "CAST(" + clock + " AT TIME ZONE " + zone + " AS " + typ + ")"
}

// units are the units of time, by their names.
var units = map[string]string{
	"millisecond": "millisecond", "milliseconds": "millisecond", "ms": "millisecond",
	"second": "second", "seconds": "second", "sec": "second", "s": "second",
	"minute": "minute", "minutes": "minute", "min": "minute", "m": "minute",
	"hour": "hour", "hours": "hour", "hr": "hour", "h": "hour",
	"day": "day", "days": "day", "d": "day",
	"week": "week", "weeks": "week", "w": "week",
	"month": "month", "months": "month", "mon": "month", "mm": "month",
	"quarter": "quarter", "quarters": "quarter", "qtr": "quarter",
	"year": "year", "years": "year", "y": "year", "yr": "year",
}

// unit returns the unit of time that a string or a word is.
func (r *rewriter) unit(s span) (string, bool) {
	name, ok := r.literal(s)
	if !ok && s.to-s.from == 1 && r.isKind(s.from, sqltext.KindWord) {
		name, ok = r.text(s.from), true
	}
	if !ok || len(name) > longestWord {
		return "", false
	}
	unit, ok := units[strings.ToLower(name)]
	return unit, ok
}

// fine reports whether a unit is shorter than a day.
func fine(unit string) bool {
	switch unit {
	case "millisecond", "second", "minute", "hour":
		return true
	}
	return false
}
