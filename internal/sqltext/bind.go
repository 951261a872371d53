package sqltext

import (
	"database/sql/driver"
	"errors"
	"time"
)

// Render returns the statement's text with a literal of its argument in the place of
// each placeholder. Times are written as the wall clock in loc; nil is UTC. A statement without placeholders is [Statement.Text].
//
// Arguments without a name go with ? in their order, or with ?1, $1 or :1 by their
// number, as often as it occurs; named ones, whose names are case-sensitive, with :name
// and @name, which mean the same, as often as they occur. A statement with placeholders
// of two of these styles is an [ArgumentError], and so is an argument that is missing,
// not used or given twice. The error about an argument that is not used names what looks
// like a placeholder and is none, if anything does.
//
// Without arguments the text stays as it is, but for ? and ?1, which then are missing
// theirs: they mean nothing else, whereas v:a, a[:n] or t @v may be the engine's.
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
// and so have types of these kinds. Times must be in the years 0 to 9999. An error
// about a value names the argument and does not show the value, unless its own Value
// method does.
//
// A comment that has /* in it ends elsewhere for an engine that nests comments. Then
// literals could stand in a comment, and leave it: Render refuses it. It also refuses a
// placeholder behind a line comment whose end readers may see in different places: one
// that ends with a carriage return alone, or has a form feed, a Unicode line separator
// or the like in it.
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

// unsafe returns an error where another reader of the statement could see a
// placeholder in a comment, or a comment's text outside of it.
func (s *Statement) unsafe() error {
	switch {
	case s.nested >= 0:
		return syntaxError(s.text, s.nested, "a comment with /* in it cannot be told from nested comments; arguments would not be safe beside it")
	case s.unsure >= 0 && s.unsure < s.marks[len(s.marks)-1].start:
		return syntaxError(s.text, s.unsure, "the comment that begins here ends with a carriage return alone, or has another sign in it that may end a line; "+
			"arguments would not be safe after it: end its line with a line feed")
	}
	return nil
}

// size guesses how long the rendered text is.
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

// Positional returns the statement with a ? for each placeholder, and the argument of
// each ? in their order: for parameters that the engine takes apart from the text.
// Arguments are checked as by [Statement.Render], but for their values, of which [Text]
// makes what is sent.
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
