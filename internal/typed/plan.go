package typed

import (
	"database/sql"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// Options say what else there is to know for a plan.
type Options struct {
	// AllowMissing permits fields without a column, AllowExtra columns without a field.
	AllowMissing, AllowExtra bool
	// Date and Instant are types that are made of time.Time: the former takes only
	// columns of type DATE straight from a batch, the latter those of all temporal types.
	Date, Instant reflect.Type
}

// shape says what a row's type is made of.
type shape uint8

const (
	one       shape = iota // a single value
	structs                // a struct
	pointers               // a pointer to a struct
	mapped                 // map[string]any
	sequences              // a slice of values
)

// leaf is where the cells of a column go.
type leaf struct {
	column int
	name   string // of the field, empty where there is none
	path   []int  // of the field
	typ    reflect.Type
	// slow: the type has no loader.
	slow bool
}

// Plan says where the cells of each column go in a type. It is safe for concurrent
// use.
type Plan struct {
	typ     reflect.Type
	shape   shape
	columns []string
	leaves  []leaf
	opts    Options
	// fresh: a cell is stored by a method of its type, which must find the zero value.
	fresh bool
	// blocks holds *Block[T] of BlockRows rows, for reuse.
	blocks sync.Pool
}

var (
	scannerType  = reflect.TypeFor[sql.Scanner]()
	composerType = reflect.TypeFor[interface {
		Compose(form byte, negative bool, coefficient []byte, exponent int32) error
	}]()
)

// isLeaf reports whether a struct is a single value.
func (o *Options) isLeaf(t reflect.Type) bool {
	switch t {
	case timeType, decimalType, ratType, o.Date, o.Instant:
		return true
	}
	p := reflect.PointerTo(t)
	return p.Implements(scannerType) || p.Implements(composerType)
}

var ratType = reflect.TypeFor[big.Rat]()

// Compile makes the plan for rows of type t. An error is a *ShapeError.
func Compile(t reflect.Type, columns []string, opts Options) (*Plan, error) {
	p := &Plan{typ: t, columns: columns, opts: opts}
	fail := func(format string, args ...any) (*Plan, error) {
		return nil, &ShapeError{Type: t, Reason: fmt.Sprintf(format, args...)}
	}
	p.shape = shapeOf(t, &opts)
	switch p.shape {
	case structs:
		return p.matched(t)
	case pointers:
		return p.matched(t.Elem())
	case mapped:
		if t.Key().Kind() != reflect.String || t.Elem() != anyType {
			return fail("of maps only map[string]any can hold a row")
		}
		names := map[string]bool{}
		for i, column := range columns {
			if names[column] {
				return fail("more than one column is called %q, which a map cannot hold", column)
			}
			names[column] = true
			p.add(leaf{column: i, typ: anyType})
		}
	case sequences:
		for i := range columns {
			p.add(leaf{column: i, typ: t.Elem()})
		}
	default:
		if len(columns) != 1 {
			return fail("it is a single value, and a row has %d columns", len(columns))
		}
		p.add(leaf{typ: t})
	}
	return p, nil
}

var anyType = reflect.TypeFor[any]()

func shapeOf(t reflect.Type, opts *Options) shape {
	switch kind := t.Kind(); {
	case kind == reflect.Struct && !opts.isLeaf(t):
		return structs
	case kind == reflect.Pointer && t.Elem().Kind() == reflect.Struct && !opts.isLeaf(t.Elem()) && !opts.isLeaf(t):
		return pointers
	case reflect.PointerTo(t).Implements(scannerType):
		return one
	case kind == reflect.Map:
		return mapped
	case kind == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return sequences
	}
	return one
}

// matched is a plan for the fields of a struct.
func (p *Plan) matched(t reflect.Type) (*Plan, error) {
	fields, err := fieldsOf(t, p.opts.isLeaf)
	if err != nil {
		return nil, &ShapeError{Type: p.typ, Reason: err.Error()}
	}
	wrong := &ShapeError{Type: p.typ}
	column := make([]int, len(fields)) // of each field, from 1
	for i, name := range p.columns {
		k, err := find(fields, name)
		switch {
		case err != nil:
			return nil, &ShapeError{Type: p.typ, Reason: err.Error()}
		case k < 0:
			wrong.Columns = append(wrong.Columns, name)
			continue
		case column[k] > 0:
			return nil, &ShapeError{Type: p.typ, Reason: fmt.Sprintf("the columns %q and %q both fit the field %s", p.columns[column[k]-1], name, fields[k].name)}
		}
		column[k] = i + 1
		p.add(leaf{column: i, name: fields[k].name, path: fields[k].path, typ: fields[k].typ})
	}
	for k := range fields {
		if column[k] == 0 {
			wrong.Fields = append(wrong.Fields, fields[k].name)
		}
	}
	if len(wrong.Columns) > 0 && !p.opts.AllowExtra || len(wrong.Fields) > 0 && !p.opts.AllowMissing {
		if p.opts.AllowExtra {
			wrong.Columns = nil
		}
		if p.opts.AllowMissing {
			wrong.Fields = nil
		}
		return nil, wrong
	}
	return p, nil
}

func (p *Plan) add(l leaf) {
	l.slow = !hasLoader(l.typ, &p.opts)
	p.fresh = p.fresh || l.slow
	p.leaves = append(p.leaves, l)
}

// Cache keeps plans. The zero value is ready. It is safe for concurrent use.
type Cache struct {
	plans sync.Map // key -> *Plan
	size  atomic.Int32
}

// maxPlans bounds a Cache: an application may make any number of statements.
const maxPlans = 1000

type key struct {
	typ     reflect.Type
	columns string
	opts    Options
}

// Plan returns a plan that was made before, or makes one. It may keep columns.
func (c *Cache) Plan(t reflect.Type, columns []string, opts Options) (*Plan, error) {
	var names strings.Builder
	for _, column := range columns {
		fmt.Fprintf(&names, "%d:%s", len(column), column)
	}
	k := key{t, names.String(), opts}
	if p, ok := c.plans.Load(k); ok {
		return p.(*Plan), nil
	}
	p, err := Compile(t, append([]string(nil), columns...), opts)
	if err != nil {
		return nil, err
	}
	if c.size.Add(1) > maxPlans {
		c.plans.Clear()
		c.size.Store(1)
	}
	c.plans.Store(k, p)
	return p, nil
}
