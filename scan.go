package e6data

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"

	"github.com/e6data/e6data-go/thriftrows"
)

// Into returns a destination for Rows.Scan that stores a value in *dst. It supports
// these types for which database/sql has no conversion:
//
//   - A [big.Rat] or *big.Rat takes integers and decimals exactly. A *big.Rat also
//     takes NULL.
//   - A type made of []byte without an UnmarshalText method, such as
//     [encoding/json.RawMessage], takes texts and bytes. It is nil for NULL.
//   - A [sql.Null] of these takes NULL, too.
//
// As of Go 1.27 these types need no Into:
//
//	var price big.Rat
//	err := rows.Scan(&id, e6data.Into(&price)) // or &price, as of Go 1.27
//
// All other types are stored as database/sql does. The Scanner may be used for
// several rows, by one goroutine at a time.
func Into[T any](dst *T) sql.Scanner { return into[T]{dst} }

type into[T any] struct{ dst *T }

func (s into[T]) Scan(src any) error {
	if s.dst == nil {
		return fmt.Errorf("e6data: Into needs a destination, not a nil %T", s.dst)
	}
	if ok, err := assign(s.dst, src); ok {
		return err
	}
	if scanner, ok := any(s.dst).(sql.Scanner); ok {
		return scanner.Scan(src)
	}
	if src == nil { // sql.Null takes NULL as its zero value
		if t := reflect.TypeFor[T](); t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
			return fmt.Errorf("e6data: NULL does not fit a %v: use a sql.Null[%v]", t, t)
		}
	}
	var v sql.Null[T]
	if err := v.Scan(src); err != nil {
		return err
	}
	*s.dst = v.V
	return nil
}

// assign stores a value for which database/sql has no conversion. It reports whether
// dest has one of the types that it supports.
func assign(dest any, src driver.Value) (bool, error) {
	switch d := dest.(type) {
	case *big.Rat:
		return true, assignRat(d, src)
	case **big.Rat:
		if src == nil {
			*d = nil
			return true, nil
		}
		r := new(big.Rat)
		err := assignRat(r, src)
		if err == nil {
			*d = r
		}
		return true, err
	case *sql.Null[big.Rat]:
		if src == nil {
			*d = sql.Null[big.Rat]{}
			return true, nil
		}
		err := assignRat(&d.V, src)
		d.Valid = d.Valid || err == nil
		return true, err
	}
	return assignBytes(dest, src)
}

func assignRat(d *big.Rat, src driver.Value) error {
	if d == nil {
		return errors.New("destination is a nil *big.Rat")
	}
	switch src := src.(type) {
	case int64:
		d.SetInt64(src)
		return nil
	case string:
		r, err := thriftrows.ParseRat(src)
		if err == nil {
			d.Set(r)
		}
		return err
	case []byte:
		return assignRat(d, string(src))
	case nil:
		return errors.New("NULL does not fit a big.Rat: use a *big.Rat that may be nil")
	}
	return fmt.Errorf("a %T does not fit a big.Rat", src)
}

// assignBytes is assign for types made of []byte, and for sql.Nulls of them.
func assignBytes(dest any, src driver.Value) (bool, error) {
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return false, nil
	}
	v := p.Elem()
	var valid reflect.Value
	if t := v.Type(); t.Kind() == reflect.Struct && t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null[") {
		v, valid = v.Field(0), v.Field(1)
	}
	if t := v.Type(); t.Kind() == reflect.Pointer && namedBytes(t.Elem()) {
		if src == nil {
			v.SetZero()
			return true, nil
		}
		n := reflect.New(t.Elem())
		ok, err := assignBytes(n.Interface(), src)
		if ok && err == nil {
			v.Set(n)
		}
		return ok, err
	}
	if !namedBytes(v.Type()) {
		return false, nil
	}
	switch src := src.(type) {
	case string:
		v.SetBytes([]byte(src))
	case []byte:
		v.SetBytes(append([]byte{}, src...))
	case nil:
		v.SetZero()
	default:
		return false, nil
	}
	if valid.IsValid() {
		valid.SetBool(src != nil)
	}
	return true, nil
}

var scannerType = reflect.TypeFor[sql.Scanner]()

// namedBytes reports whether t is made of []byte, and neither database/sql nor t
// itself has a conversion from text. A net.IP has one: it does not hold the bytes of
// its text.
func namedBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && t.PkgPath() != "" &&
		t != reflect.TypeFor[sql.RawBytes]() && !reflect.PointerTo(t).Implements(scannerType) && !reflect.PointerTo(t).Implements(textUnmarshaler)
}
