package sqltext

import (
	"database/sql/driver"
	"errors"
	"time"
)

// Render returns the statement's text with the literal of an argument in the place of
// each placeholder. Times are written as the wall clock in loc; nil is UTC. For a
// statement without placeholders Render returns [Statement.Text].
//
// Arguments without a name belong to ? in their order, or to ?1, $1 or :1 by their
// number. Named arguments belong to :name and @name, which mean the same; names are
// case-sensitive. A number or a name may occur several times. Render returns an
// [ArgumentError] for a statement with placeholders of two of these styles, and for an
// argument that is missing, not used or given twice. If the statement has something that
// only looks like a placeholder, the error of an unused argument names it.
//
// Without arguments Render returns the text as it is, because v:a, a[:n] or t @v may
// be syntax of the engine. A ? or ?1 without an argument is always an error.
//
// A value of these types has a literal:
//
//	nil, nil pointers     NULL
//	bool                  TRUE, FALSE
//	integers              42, (-42); beyond 64 signed bits CAST('...' AS DECIMAL(20,0))
//	float32, float64      1.5E0: the shortest that reads back as the same DOUBLE; a
//	                      float32's is its exact value. NaN and infinities have none
//	string                'text'; must be valid UTF-8 and have no NUL
//	[]byte, [n]byte       X'CAFE'; nil is NULL
//	json.RawMessage       a string; nil is NULL
//	time.Time             TIMESTAMP '2024-01-31 23:59:58.123456', in loc, finer than
//	                      microseconds cut off
//	Date                  DATE '2024-01-31', the date in the time's own location
//	TimestampTZ           TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30'
//	*big.Int              as integers, up to 38 digits
//	*big.Rat, Decompose,  CAST('12.30' AS DECIMAL(4,2)), exact, up to 38 digits
//	Coefficient and
//	Exponent
//	sql.Null, pointers    that of what they hold
//	driver.Valuer         that of its value
//	slices, arrays        that of each element, with commas between, where the
//	                      placeholder is a member of an IN list. An empty one is an
//	                      error, and so is a slice in a slice
//
// Types whose kind is in the list have the same literals. Times must be in the years
// 0 to 9999. An error about a value names the argument and does not show the value,
// unless the value's own Value method shows it.
//
// Render refuses two kinds of comment before a placeholder, because another parser may
// see their end in another place, and then a literal could stand in a comment or leave
// it. One is a comment with /* in it, which an engine that nests comments reads
// differently. The other is a line comment that ends with a carriage return alone, or
// that contains a character such as a form feed or a Unicode line separator.
func (s *Statement) Render(args []driver.NamedValue, loc *time.Location) (string, error) {
	var few [16]int
	order, err := s.match(args, few[:0])
	if err != nil || len(args) == 0 {
		return s.text, err
	}
	if err := s.unsafe(); err != nil {
		return "", err
	}
	b := make([]byte, 0, s.size(args))
	pos := 0
	for i := range s.marks {
		m := &s.marks[i]
		arg := &args[m.arg]
		if order != nil {
			arg = &args[order[m.arg]]
		}
		b = append(b, s.text[pos:m.start]...)
		if m.padLeft {
			b = append(b, ' ')
		}
		place := inValue
		if m.list {
			place = inList
		}
		if b, err = appendValue(b, arg.Value, place, loc); err != nil {
			return "", s.refused(m, arg, err)
		}
		if m.padRight {
			b = append(b, ' ')
		}
		pos = m.end
	}
	b = append(b, s.text[pos:]...)
	return string(b), nil
}

// unsafe returns an error if another parser could see a placeholder in a
// comment, or text of a comment outside of it.
func (s *Statement) unsafe() error {
	switch {
	case s.nested >= 0:
		return syntaxError(s.text, s.nested, "a comment with /* in it may be a nested comment for the engine, so arguments are not safe in this statement")
	case s.unsure >= 0 && s.unsure < s.marks[len(s.marks)-1].start:
		return syntaxError(s.text, s.unsure, "the comment that begins here ends with a carriage return alone, or contains another character that may end a line; "+
			"arguments are not safe after it: end its line with a line feed")
	}
	return nil
}

// size estimates the length of the rendered text.
func (s *Statement) size(args []driver.NamedValue) int {
	n := len(s.text) + 16*len(s.marks)
	for i := range args {
		switch v := args[i].Value.(type) {
		case string:
			n += len(v) + len(v)/8
		case []byte:
			n += 2 * len(v)
		case int64, bool, nil:
		default:
			n += 32
		}
	}
	return n
}

func (s *Statement) refused(m *mark, arg *driver.NamedValue, err error) error {
	out := &ArgumentError{Name: arg.Name, Ordinal: arg.Ordinal, Offset: m.start, Reason: err.Error()}
	if out.Name == "" {
		out.Ordinal = m.arg + 1
	}
	if v, ok := errors.AsType[*valueError](err); ok {
		out.Err = v.err
	}
	return out
}

// Positional returns the statement with a ? for each placeholder, and the arguments in
// the order of the ?. It is for parameters that the driver sends separately from the
// text. Positional checks the arguments as [Statement.Render] does, except their
// values; [Text] checks and formats those.
func (s *Statement) Positional(args []driver.NamedValue) (sql string, ordered []driver.NamedValue, err error) {
	order, err := s.match(args, nil)
	if err != nil || len(args) == 0 {
		return s.text, nil, err
	}
	ordered = make([]driver.NamedValue, len(s.marks))
	for i := range s.marks {
		at := s.marks[i].arg
		if order != nil {
			at = order[at]
		}
		ordered[i] = args[at]
	}
	if s.positional > 0 {
		return s.text, ordered, nil
	}
	b := make([]byte, 0, len(s.text))
	pos := 0
	for i := range s.marks {
		m := &s.marks[i]
		b = append(b, s.text[pos:m.start]...)
		b = append(b, '?')
		pos = m.end
	}
	b = append(b, s.text[pos:]...)
	return string(b), ordered, nil
}
