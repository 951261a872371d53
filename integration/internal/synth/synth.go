// Package synth defines synthetic statements for the engine in a container and
// the tests on the host. A statement determines every cell of its result, so a
// client can check a row without another source.
package synth

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Query is a synthetic statement.
type Query struct {
	// ID goes into the cells, so that rows of different queries differ.
	ID int64
	// Rows is the number of rows in the result. Batch is the number of rows in
	// a batch. Default: 1,000.
	Rows, Batch int
	// Delay delays each batch. Prepare and Execute delay these calls.
	Delay, Prepare, Execute time.Duration
}

// String returns the statement's text. Parse is its inverse.
func (q Query) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT rows=%d batch=%d id=%d", q.Rows, q.Batch, q.ID)
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"delay", q.Delay}, {"prepare", q.Prepare}, {"execute", q.Execute}} {
		if d.value > 0 {
			fmt.Fprintf(&b, " %s=%v", d.name, d.value)
		}
	}
	return b.String()
}

// Parse parses a statement such as
//
//	SELECT rows=100000 batch=5000 id=42 delay=5ms
//
// The settings may have any order, and each may be omitted.
func Parse(text string) (Query, error) {
	q := Query{Batch: 1000}
	words := strings.Fields(text)
	if len(words) == 0 || !strings.EqualFold(words[0], "SELECT") {
		return q, fmt.Errorf("%q is not a synthetic SELECT", text)
	}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "id":
			q.ID, err = strconv.ParseInt(value, 10, 64)
		case "rows":
			q.Rows, err = strconv.Atoi(value)
		case "batch":
			q.Batch, err = strconv.Atoi(value)
		case "delay":
			q.Delay, err = time.ParseDuration(value)
		case "prepare":
			q.Prepare, err = time.ParseDuration(value)
		case "execute":
			q.Execute, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("unknown setting %q", name)
		}
		if err != nil {
			return q, fmt.Errorf("statement %q: %w", text, err)
		}
	}
	if q.Batch == 0 {
		q.Batch = 1000
	}
	if q.Rows < 0 || q.Batch < 0 {
		return q, fmt.Errorf("statement %q: negative size", text)
	}
	return q, nil
}

// Column is a column of every synthetic result.
type Column struct{ Name, Type string }

// Columns are the columns of every synthetic result.
var Columns = []Column{
	{"i", "LONG"},
	{"tag", "STRING"},
	{"amount", "DECIMAL(18,2)"},
	{"at", "TIMESTAMP"},
	{"ok", "BOOLEAN"},
}

// Row is a row that a client scans.
type Row struct {
	I      int64
	Tag    sql.NullString // NULL in every seventh row
	Amount string
	At     time.Time
	OK     sql.NullBool // NULL in every fifth row
}

// Row returns row i of the result.
func (q Query) Row(i int) Row {
	n := q.ID*1_000_003 + int64(i)
	r := Row{
		I:      int64(i),
		Amount: fmt.Sprintf("%d.%02d", n/100, n%100),
		At:     time.UnixMicro(1_700_000_000_000_000 + n*1_037).UTC(),
	}
	if i%7 != 3 {
		r.Tag = sql.NullString{String: fmt.Sprintf("query %d row %d", q.ID, i), Valid: true}
	}
	if i%5 != 4 {
		r.OK = sql.NullBool{Bool: n%2 == 0, Valid: true}
	}
	return r
}

// Values returns row i as values for enginetest.
func (q Query) Values(i int) []any {
	r := q.Row(i)
	values := []any{r.I, nil, r.Amount, r.At, nil}
	if r.Tag.Valid {
		values[1] = r.Tag.String
	}
	if r.OK.Valid {
		values[4] = r.OK.Bool
	}
	return values
}

// Dest returns the destinations to scan a row.
func (r *Row) Dest() []any { return []any{&r.I, &r.Tag, &r.Amount, &r.At, &r.OK} }

// Equal reports whether two rows have the same cells.
func (r *Row) Equal(other *Row) bool {
	return r.I == other.I && r.Tag == other.Tag && r.Amount == other.Amount && r.At.Equal(other.At) && r.OK == other.OK
}
