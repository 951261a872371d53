package enginetest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// CSV adds the rows of a text in CSV form (RFC 4180), whose first line names the columns.
// If the result has no columns yet, CSV adds these. A name may then be followed by a
// blank and the engine's type. Default: STRING.
//
//	enginetest.NewResult().CSV(`id LONG,"price DECIMAL(10,2)",seen DATE,name
//	1,12.30,2026-01-31,bolt
//	2,NULL,NULL,NULL
//	`)
//
// If the result has columns, the first line must name all of them, in any order. The
// value NULL is NULL. An empty value is the empty string in a STRING column, and NULL in
// other columns. Values have the forms true, -5, 1.5e3, 12.30, 2026-01-31,
// 2026-01-31 23:59:58.123456 and 2026-01-31 23:59:58+05:30. A T may replace the blank.
// Values of STRING, BINARY, ARRAY, MAP and STRUCT columns are sent as they are.
func (r *Result) CSV(text string) *Result {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err == nil && len(records) == 0 {
		err = errors.New("no line with the columns' names")
	}
	if err != nil {
		return r.mistake("CSV: %w", err)
	}
	declare := len(r.columns) == 0
	names := make([]string, len(records[0]))
	for i, head := range records[0] {
		name, word, typed := strings.Cut(strings.TrimSpace(head), " ")
		if names[i] = name; !declare {
			names[i] = strings.TrimSpace(head)
			continue
		}
		if !typed {
			word = "STRING"
		}
		r.Column(name, strings.TrimSpace(word))
	}
	places, err := r.places(names)
	if err != nil {
		return r.mistake("CSV: %w", err)
	}
	for n, record := range records[1:] {
		row := make([]any, len(r.columns))
		for i, at := range places {
			col := &r.columns[at]
			if text := record[i]; text != "NULL" && (text != "" || col.typ == thriftrows.String) {
				if row[at], err = fromText(col, text); err != nil {
					return r.mistake("CSV: row %d, column %q: %w", n, col.Name, err)
				}
			}
		}
		r.Row(row...)
	}
	return r
}

// JSON adds the rows of a JSON array. A row is an object or an array. An object has a
// member for each column; a column without a member is NULL. An array has a value for
// each column, in the order of the columns:
//
//	enginetest.NewResult().Column("id", "LONG").Column("price", "DECIMAL(10,2)").
//		JSON(`[{"id": 1, "price": 12.30}, {"id": 2}, [3, "0.50"]]`)
//
// If the result has no columns yet, JSON adds a column for each member of the objects, in
// the order in which the members first occur. The column's type is that of the values:
// BOOLEAN, STRING, ARRAY, STRUCT, or LONG for numbers, and DOUBLE if one of the numbers is
// not an integer. A value may also be a string in one of the forms of [Result.CSV].
// Arrays and objects become their JSON text.
func (r *Result) JSON(text string) *Result {
	var rows []json.RawMessage
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return r.mistake("JSON: %w", err)
	}
	lists := make([][]member, len(rows))
	for n, raw := range rows {
		var err error
		if lists[n], err = members(raw); err != nil {
			return r.mistake("JSON: row %d: %w", n, err)
		}
	}
	if len(r.columns) == 0 {
		r.infer(lists)
	}
	for n, list := range lists {
		row := make([]any, len(r.columns))
		if rows[n][0] == '[' && len(list) != len(row) {
			return r.mistake("JSON: row %d has %d values for %d columns", n, len(list), len(row))
		}
		for i, m := range list {
			at := i
			if m.named {
				at = slices.IndexFunc(r.columns, func(c column) bool { return c.Name == m.name })
			}
			if at < 0 {
				return r.mistake("JSON: row %d: no column %q", n, m.name)
			}
			var err error
			if row[at], err = fromJSON(&r.columns[at], m.value); err != nil {
				return r.mistake("JSON: row %d, column %q: %w", n, r.columns[at].Name, err)
			}
		}
		r.Row(row...)
	}
	return r
}

// mistake adds an error, which Err returns.
func (r *Result) mistake(format string, args ...any) *Result {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
	return r
}

// places returns the positions of the columns with these names. The names must be those
// of all columns, each once.
func (r *Result) places(names []string) ([]int, error) {
	out := make([]int, len(names))
	for i, name := range names {
		out[i] = slices.IndexFunc(r.columns, func(c column) bool { return c.Name == name })
		if out[i] < 0 {
			return nil, fmt.Errorf("no column %q", name)
		}
		if slices.Contains(out[:i], out[i]) {
			return nil, fmt.Errorf("two columns %q", name)
		}
	}
	for i, c := range r.columns {
		if !slices.Contains(out, i) {
			return nil, fmt.Errorf("no values for column %q", c.Name)
		}
	}
	return out, nil
}

// member is a value of a row in JSON.
type member struct {
	name  string
	named bool // the row is an object
	value json.RawMessage
}

// members returns the values of an array or object in their order.
func members(raw json.RawMessage) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	open, err := d.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') && open != json.Delim('[') {
		return nil, errors.New("neither an object nor an array")
	}
	out := []member{}
	for d.More() {
		m := member{named: open == json.Delim('{')}
		if m.named {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			m.name, _ = name.(string)
		}
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// infer adds a column for each member of the objects in rows.
func (r *Result) infer(rows [][]member) {
	var names []string
	words := map[string]string{}
	for _, row := range rows {
		for _, m := range row {
			if !m.named {
				continue // JSON reports it
			}
			if !slices.Contains(names, m.name) {
				names = append(names, m.name)
			}
			word := wordOf(m.value)
			if was := words[m.name]; word != "" && (was == "" || was == "LONG" && word == "DOUBLE") {
				words[m.name] = word
			}
		}
	}
	for _, name := range names {
		word := words[name]
		if word == "" {
			word = "STRING"
		}
		r.Column(name, word)
	}
}

// wordOf returns the engine's type for a JSON value, "" for null.
func wordOf(value json.RawMessage) string {
	switch value[0] {
	case 'n':
		return ""
	case 't', 'f':
		return "BOOLEAN"
	case '"':
		return "STRING"
	case '[':
		return "ARRAY"
	case '{':
		return "STRUCT"
	}
	if bytes.ContainsAny(value, ".eE") {
		return "DOUBLE"
	}
	return "LONG"
}

// fromJSON converts a JSON value to a column's value.
func fromJSON(col *column, value json.RawMessage) (any, error) {
	text := string(value)
	switch value[0] {
	case 'n':
		return nil, nil
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, err
		}
	case '[', '{':
		var b bytes.Buffer
		if err := json.Compact(&b, value); err != nil {
			return nil, err
		}
		text = b.String()
	}
	return fromText(col, text)
}

// timeLayouts are the forms of a date or time, without and with a zone.
var timeLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02", "2006-01-02 15:04:05Z07:00", time.RFC3339,
}

// fromText converts a text to a column's value, in a form that [thriftrows.NewVector]
// accepts.
func fromText(col *column, text string) (any, error) {
	switch col.typ {
	case thriftrows.Boolean:
		return strconv.ParseBool(text)
	case thriftrows.Integer, thriftrows.Long:
		return strconv.ParseInt(text, 10, 64)
	case thriftrows.Float, thriftrows.Double:
		return strconv.ParseFloat(text, 64)
	case thriftrows.Date, thriftrows.Datetime, thriftrows.Timestamp, thriftrows.Int96, thriftrows.TimestampTZ:
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t, nil
			}
		}
		return nil, fmt.Errorf("%q is not a date or time", text)
	}
	return text, nil
}
