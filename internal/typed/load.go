package typed

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// loader writes a column of a batch into the block. It reports false where it cannot:
// for a type that only a conversion makes fit, a NULL that does not fit, a number out of
// range. The cells hold anything then.
type loader func(c *thriftrows.BatchColumn, rows int) bool

var (
	timeType    = reflect.TypeFor[time.Time]()
	decimalType = reflect.TypeFor[thriftrows.Decimal]()
	bytesType   = reflect.TypeFor[[]byte]()
	rawJSONType = reflect.TypeFor[json.RawMessage]()
)

// mode says how a value lies in a field.
type mode uint8

const (
	bare    mode = iota // by itself
	valid               // beside a Valid, as in sql.Null
	pointed             // behind a pointer
)

// place is where the cells of a column lie in a block.
type place struct {
	typ   reflect.Type // of the value
	mode  mode
	value func(row int) reflect.Value // the value, or the pointer to it
	valid func(row int) reflect.Value // a bool
	rows  int
	// whole is the type with the Valid, and outer a variable of it.
	whole reflect.Type
	outer func(row int) reflect.Value
}

// placeOf takes a sql.Null or a pointer apart.
func placeOf(t reflect.Type, at func(row int) reflect.Value, rows int) place {
	switch {
	case t.Kind() == reflect.Struct && t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null") && t.NumField() == 2:
		return place{
			t.Field(0).Type, valid,
			func(row int) reflect.Value { return at(row).Field(0) }, func(row int) reflect.Value { return at(row).Field(1) },
			rows, t, at,
		}
	case t.Kind() == reflect.Pointer && t.Name() == "":
		return place{typ: t.Elem(), mode: pointed, value: at, rows: rows}
	}
	return place{typ: t, mode: bare, value: at, rows: rows}
}

// hasLoader reports whether newLoader has a loader for a type.
func hasLoader(t reflect.Type, opts *Options) bool {
	return newLoader(t, opts, nil, 0) != nil
}

// newLoader returns the loader for cells of type t, nil where there is none.
func newLoader(t reflect.Type, opts *Options, at func(row int) reflect.Value, rows int) loader {
	p := placeOf(t, at, rows)
	switch p.typ {
	case timeType:
		return load(p, times)
	case decimalType:
		return load(p, decimals)
	case bytesType:
		return load(p, byteSlices)
	case rawJSONType:
		return load(p, rawJSON)
	}
	if p.typ == opts.Date && p.mode != pointed {
		return load(p, dates)
	}
	if p.typ == opts.Instant && p.mode != pointed {
		return load(p, times)
	}
	if q := reflect.PointerTo(p.typ); q.Implements(scannerType) || q.Implements(composerType) {
		return nil
	}
	if p.mode == pointed && p.typ.PkgPath() != "" { // *T cannot be made a pointer to another type's pointer
		return nil
	}
	return basicLoader(p)
}

// basicLoader is newLoader for types of a basic kind.
func basicLoader(p place) loader {
	switch p.typ.Kind() {
	case reflect.Int64:
		return load(p, longs)
	case reflect.Int:
		return load(p, integers[int])
	case reflect.Int32:
		return load(p, int32s)
	case reflect.Int16:
		return load(p, integers[int16])
	case reflect.Int8:
		return load(p, integers[int8])
	case reflect.Uint64:
		return load(p, integers[uint64])
	case reflect.Uint:
		return load(p, integers[uint])
	case reflect.Uint32:
		return load(p, integers[uint32])
	case reflect.Uint16:
		return load(p, integers[uint16])
	case reflect.Uint8:
		return load(p, integers[uint8])
	case reflect.Float64:
		return load(p, doubles)
	case reflect.Float32:
		return load(p, floats)
	case reflect.Bool:
		return load(p, bools)
	case reflect.String:
		return load(p, texts)
	}
	return nil
}

// source reads a batch's column as values of type V.
type source[V any] struct {
	// read returns the values, which are valid until its next call.
	read func(c *thriftrows.BatchColumn) (values []V, nulls thriftrows.Nulls, ok bool)
	// write writes the values into variables, of which there is one a row. It is nil
	// where that is read and a copy.
	write func(c *thriftrows.BatchColumn, dst []*V) (thriftrows.Nulls, bool)
}

// scatter writes the values into variables.
func (s *source[V]) scatter(c *thriftrows.BatchColumn, dst []*V) (thriftrows.Nulls, bool) {
	if s.write != nil {
		return s.write(c, dst)
	}
	return copied(s.read, c, dst)
}

// copied writes what read returns into variables.
func copied[V any](read func(c *thriftrows.BatchColumn) ([]V, thriftrows.Nulls, bool), c *thriftrows.BatchColumn, dst []*V) (thriftrows.Nulls, bool) {
	values, nulls, ok := read(c)
	if !ok {
		return nulls, false
	}
	dst = dst[:len(values)]
	for i, v := range values {
		*dst[i] = v
	}
	return nulls, true
}

// load makes the loader of what makeSource reads. A source may have memory, so that
// each loader has its own.
func load[V any](p place, makeSource func() source[V]) loader {
	if p.value == nil {
		return func(*thriftrows.BatchColumn, int) bool { return false }
	}
	s := makeSource()
	switch p.mode {
	case valid:
		if _, texts := any(*new(V)).(string); !texts && p.whole == reflect.TypeFor[sql.Null[V]]() {
			return nulls(&s, pointersTo[sql.Null[V]](p.outer, p.rows))
		}
		return nullable(&s, pointersTo[V](p.value, p.rows), pointersTo[bool](p.valid, p.rows))
	case pointed:
		return behind(&s, pointersTo[*V](p.value, p.rows))
	}
	nilFits := p.typ == bytesType || p.typ == rawJSONType
	return plain(&s, pointersTo[V](p.value, p.rows), nilFits)
}

// pointersTo returns pointers to variables that have V or a type made of V.
func pointersTo[V any](at func(row int) reflect.Value, rows int) []*V {
	want := reflect.TypeFor[*V]()
	list := make([]*V, rows)
	for i := range list {
		p := at(i).Addr()
		if p.Type() != want {
			p = p.Convert(want)
		}
		list[i] = p.Interface().(*V)
	}
	return list
}

// plain writes into variables for which NULL is an error, unless it is a nil that the
// source has made.
func plain[V any](s *source[V], dst []*V, nilFits bool) loader {
	return func(c *thriftrows.BatchColumn, rows int) bool {
		nulls, ok := s.scatter(c, dst[:rows])
		if !nilFits && ok {
			first := nulls.Next(0)
			return first < 0 || first >= rows
		}
		return ok
	}
}

// nullable writes into variables with a Valid beside them.
func nullable[V any](s *source[V], dst []*V, valid []*bool) loader {
	return func(c *thriftrows.BatchColumn, rows int) bool {
		dst, valid := dst[:rows], valid[:rows]
		nulls, ok := s.scatter(c, dst)
		if !ok {
			return false
		}
		for _, p := range valid {
			*p = true
		}
		for i := nulls.Next(0); uint(i) < uint(rows); i = nulls.Next(i + 1) { // -1 is the end, too
			*dst[i], *valid[i] = *new(V), false
		}
		return true
	}
}

// nulls is nullable for what is not read as fast as it is written.
func nulls[V any](s *source[V], dst []*sql.Null[V]) loader {
	return func(c *thriftrows.BatchColumn, rows int) bool {
		values, nulls, ok := s.read(c)
		if !ok {
			return false
		}
		dst := dst[:len(values)]
		for i, v := range values {
			*dst[i] = sql.Null[V]{V: v, Valid: true}
		}
		for i := nulls.Next(0); uint(i) < uint(rows); i = nulls.Next(i + 1) {
			*dst[i] = sql.Null[V]{}
		}
		return true
	}
}

// behind writes into pointers, to values that share an allocation.
func behind[V any](s *source[V], dst []**V) loader {
	return func(c *thriftrows.BatchColumn, rows int) bool {
		values, nulls, ok := s.read(c)
		if !ok {
			return false
		}
		fresh := append([]V(nil), values...)
		for i, p := range dst[:rows] {
			*p = nil
			if !nulls.Null(i) {
				*p = &fresh[i]
			}
		}
		return true
	}
}
