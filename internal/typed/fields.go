package typed

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is an exported field of a struct, or of a struct that is embedded in it.
type field struct {
	column string // the name that its column has
	name   string // in Go, such as Base.ID
	path   []int
	typ    reflect.Type
	// twin is the Go name of another field of the same depth and column name.
	twin string
}

// fieldsOf lists the fields of a struct that columns may go into. Of fields with one
// column name the one that is embedded less deeply hides the others.
func fieldsOf(t reflect.Type, leaf func(reflect.Type) bool) ([]field, error) {
	var all []field
	seen := map[string]int{} // a column's name to the index in all
	type level struct {
		t      reflect.Type
		prefix string
		path   []int
	}
	for now := []level{{t: t}}; len(now) > 0; {
		var deeper []level
		above := len(all)
		for _, l := range now {
			for i := range l.t.NumField() {
				sf := l.t.Field(i)
				name, tagged := columnName(sf)
				path := append(slices.Clone(l.path), i)
				switch {
				case name == "-":
					continue
				case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && !leaf(sf.Type):
					deeper = append(deeper, level{sf.Type, l.prefix + sf.Name + ".", path})
					continue
				case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Pointer && sf.Type.Elem().Kind() == reflect.Struct && !leaf(sf.Type.Elem()):
					return nil, fmt.Errorf("%s%s is embedded by a pointer: embed %v itself, or tag it e6:\"-\"", l.prefix, sf.Name, sf.Type.Elem())
				case !sf.IsExported():
					continue
				}
				f := field{column: name, name: l.prefix + sf.Name, path: path, typ: sf.Type}
				before, ok := seen[name]
				switch {
				case !ok:
					seen[name] = len(all)
					all = append(all, f)
				case before >= above:
					all[before].twin = f.name
				}
			}
		}
		now = deeper
	}
	return all, nil
}

// columnName returns the name in a field's tag e6 or db, in this order, else the
// field's own.
func columnName(sf reflect.StructField) (name string, tagged bool) {
	for _, key := range []string{"e6", "db"} {
		if tag, ok := sf.Tag.Lookup(key); ok {
			if name, _, _ := strings.Cut(tag, ","); name != "" {
				return name, true
			}
		}
	}
	return sf.Name, false
}

// find returns the field for a column: the one of just that name, else the only one
// of that name in another letter case; -1 where there is none.
func find(fields []field, column string) (int, error) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		found := -1
		for i := range fields {
			f := &fields[i]
			if !same(f.column, column) {
				continue
			}
			other := f.twin
			if found >= 0 {
				other = fields[found].name
			}
			if other != "" {
				return -1, fmt.Errorf("the column %q fits both the fields %s and %s", column, other, f.name)
			}
			found = i
		}
		if found >= 0 {
			return found, nil
		}
	}
	return -1, nil
}
