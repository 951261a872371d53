package sqltext

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// match checks the arguments against the placeholders. For named placeholders it
// appends to order the index in args of each of s.names. Otherwise it returns nil.
func (s *Statement) match(args []driver.NamedValue, order []int) ([]int, error) {
	switch {
	case len(args) == 0 && s.Bare():
		return nil, nil
	case s.mixed > 0:
		return nil, s.mixture()
	case len(s.names) > 0:
		return s.matchNames(args, order)
	}
	for i := range args {
		if args[i].Name != "" {
			return nil, s.Unused(&args[i], i)
		}
	}
	switch n := s.NumInput(); {
	case len(args) > n:
		return nil, s.Unused(&args[n], n)
	case len(args) < n:
		return nil, s.missing(len(args))
	case s.gap > 0:
		return nil, s.Unused(&args[s.gap-1], s.gap-1)
	}
	return nil, nil
}

// mixture returns an error that names the first placeholder of another style
// than the first one's.
func (s *Statement) mixture() error {
	first, m := &s.marks[0], &s.marks[s.mixed]
	e := &ArgumentError{Offset: m.start}
	if m.style == styleName {
		e.Name = s.names[m.arg]
	} else {
		e.Ordinal = m.arg + 1
	}
	e.Reason = fmt.Sprintf("the statement has both %s and %s as placeholders: use one kind", s.written(first), s.written(m))
	return e
}

// written returns the text of a placeholder in the statement.
func (s *Statement) written(m *mark) string { return s.text[m.start:m.end] }

// missing returns an error that names the first placeholder for which n arguments
// without a name are too few.
func (s *Statement) missing(n int) error {
	var m *mark
	for i := range s.marks {
		if next := &s.marks[i]; next.arg >= n && (m == nil || next.arg < m.arg) {
			m = next
		}
	}
	return &ArgumentError{Ordinal: m.arg + 1, Offset: m.start, Reason: "it is missing: the statement has " + s.inputs()}
}

// inputs returns the words for the number of arguments without a name that the
// statement takes.
func (s *Statement) inputs() string {
	switch {
	case len(s.marks) == 0:
		return "no placeholders"
	case s.numbered > 0:
		return "placeholders up to " + s.text[s.marks[0].start:s.marks[0].start+1] + fmt.Sprint(s.numbered)
	case s.positional == 1:
		return "1 placeholder"
	default:
		return fmt.Sprintf("%d placeholders", s.positional)
	}
}

func (s *Statement) matchNames(args []driver.NamedValue, order []int) ([]int, error) {
	for range s.names {
		order = append(order, -1)
	}
	for i := range args {
		arg := &args[i]
		at, ok := s.index[arg.Name]
		switch {
		case !ok:
			return nil, s.Unused(arg, i)
		case order[at] >= 0:
			return nil, &ArgumentError{Name: arg.Name, Ordinal: i + 1, Offset: -1, Reason: "it is given twice"}
		}
		order[at] = i
	}
	for i := range s.marks {
		if m := &s.marks[i]; order[m.arg] < 0 {
			return nil, &ArgumentError{Name: s.names[m.arg], Offset: m.start, Reason: "it is missing: give it by sql.Named"}
		}
	}
	return order, nil
}

// Unused returns the error of an argument without a placeholder. i is its index
// among the arguments.
func (s *Statement) Unused(arg *driver.NamedValue, i int) error {
	e := &ArgumentError{Name: arg.Name, Ordinal: i + 1, Offset: -1}
	switch {
	case len(s.names) > 0 && arg.Name == "":
		at := s.marks[min(i, len(s.marks)-1)]
		name := s.names[at.arg]
		e.Reason = fmt.Sprintf("it has no name, but the statement's placeholders do: give it by sql.Named(%q, ...), or write ? in the place of %s", name, s.written(&at))
		return e
	case len(s.names) > 0:
		e.Reason = "it is not used in the statement"
		for _, name := range s.names {
			if strings.EqualFold(name, arg.Name) {
				e.Reason += ", where the name is :" + name
				return e
			}
		}
	case len(s.marks) > 0 && arg.Name != "":
		e.Reason = fmt.Sprintf("it is not used: the statement's placeholders are like %s, which take arguments without a name", s.written(&s.marks[0]))
		return e
	case s.gap == i+1:
		e.Reason = fmt.Sprintf("it is not used: the statement has %s, but not this number", s.inputs())
	default:
		e.Reason = "it is not used: the statement has " + s.inputs()
	}
	if l, ok := s.lookalike(arg.Name); ok {
		e.Offset = l.offset
		e.Reason += "; " + l.advice
	} else if len(s.marks) == 0 {
		e.Reason += ": write " + placeholderFor(arg.Name) + " in the place of its value"
	}
	return e
}

// placeholderFor returns the text of the placeholder for an argument.
func placeholderFor(name string) string {
	if name == "" {
		return "?"
	}
	return ":" + name
}
