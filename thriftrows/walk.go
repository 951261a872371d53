package thriftrows

import (
	"encoding/binary"
	"fmt"
)

// walker reads a Thrift struct in the binary protocol. Its position is always
// within the input, and every length is checked against the rest of the input
// before it is used.
type walker struct {
	b   []byte
	p   int
	col int // column for errors
}

func (w *walker) failf(format string, args ...any) error {
	return &FormatError{Column: w.col, Row: -1, Offset: w.p, Msg: fmt.Sprintf(format, args...)}
}

func (w *walker) left() int { return len(w.b) - w.p }

// take returns the position of the next n bytes and moves past them.
func (w *walker) take(n int) (int, error) {
	if n > w.left() {
		return 0, w.failf("%d bytes wanted with %d left", n, w.left())
	}
	at := w.p
	w.p += n
	return at, nil
}

// field reads the header of the next field. The type STOP ends the struct.
func (w *walker) field() (typ byte, id int16, err error) {
	at, err := w.take(1)
	if err != nil {
		return 0, 0, err
	}
	typ = w.b[at]
	if typ == thriftStop {
		return typ, 0, nil
	}
	if at, err = w.take(2); err != nil {
		return 0, 0, err
	}
	return typ, int16(binary.BigEndian.Uint16(w.b[at:])), nil
}

func (w *walker) int32() (int32, error) {
	at, err := w.take(4)
	if err != nil {
		return 0, err
	}
	return int32(binary.BigEndian.Uint32(w.b[at:])), nil
}

// text returns the position of a string's length prefix and moves past the
// string.
func (w *walker) text() (int, error) {
	at := w.p
	n, err := w.int32()
	if err != nil {
		return 0, err
	}
	if n < 0 || int(n) > w.left() {
		w.p = at
		return 0, w.failf("text of %d bytes with %d left", n, w.left()-4)
	}
	w.p += int(n)
	return at, nil
}

// list reads the header of a list. Its elements must have the given type and at
// least size bytes each.
func (w *walker) list(elem byte, size int) (int, error) {
	at := w.p
	head, err := w.take(1)
	if err != nil {
		return 0, err
	}
	n, err := w.int32()
	if err != nil {
		return 0, err
	}
	if n < 0 || int(n) > w.left()/size {
		w.p = at
		return 0, w.failf("list of %d elements with %d bytes left", n, w.left()-5)
	}
	if got := w.b[head]; got != elem && n > 0 {
		w.p = at
		return 0, w.failf("list elements of Thrift type %d instead of %d", got, elem)
	}
	return int(n), nil
}

// fixed moves past a list of fixed-width elements and returns its position.
func (w *walker) fixed(elem byte, width int) (list, error) {
	n, err := w.list(elem, width)
	if err != nil {
		return list{}, err
	}
	at := w.p
	w.p += n * width
	return list{n: n, at: at, data: w.b[at:w.p], stride: width}, nil
}

// texts reads a list of strings. As long as all elements have the same length,
// a stride suffices. It writes offsets only from the first element that
// differs.
func (w *walker) texts(offs []uint32) (list, error) {
	n, err := w.list(thriftString, 4)
	if err != nil {
		return list{}, err
	}
	l := list{n: n, at: w.p, offs: offs[:0]}
	if n == 0 {
		return l, nil
	}
	b := w.b[w.p:]
	size := binary.BigEndian.Uint32(b)
	k := sameSize(b, n, size)
	at := k * (int(size) + 4)
	if k == n {
		w.p += at
		l.data, l.stride = b[:at], at/n
		return l, nil
	}
	leaps := n-k >= fewTexts
	room := n + 1
	if leaps {
		room = roomForLeap(n, n-k)
	}
	offs = grow(offs, room)
	for i := range k {
		offs[i] = uint32(i * (int(size) + 4))
	}
	if leaps {
		k, at = leap(offs, b, n, k, at)
	}
	l.offs = offs[:n+1]
	rest := l.offs[k:n]
	for i := range rest {
		if len(b)-at < 4 {
			w.p += at
			return list{}, w.failf("list of %d texts ends at number %d", n, k+i)
		}
		size := binary.BigEndian.Uint32(b[at:])
		if size > uint32(len(b)-at-4) {
			w.p += at
			return list{}, w.failf("text of %d bytes with %d left", int32(size), len(b)-at-4)
		}
		rest[i] = uint32(at)
		at += int(size) + 4
	}
	l.offs[n] = uint32(at)
	l.data = b[:at]
	w.p += at
	return l, nil
}

// grow returns a slice of n elements. It reuses the memory of s if that is
// large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// maxDepth bounds the nesting of unknown fields.
const maxDepth = 32

// minSizes holds the smallest size of a value of each Thrift type in bytes. 0
// means that the type does not exist. Maps and lists begin with their counts.
var minSizes = [17]int{
	thriftBool: 1, thriftByte: 1, thriftDouble: 8, thriftI16: 2, thriftI32: 4, thriftI64: 8,
	thriftString: 4, thriftStruct: 1, thriftMap: 6, thriftSet: 5, thriftList: 5, thriftUUID: 16,
}

func (w *walker) minSize(typ byte) (int, error) {
	if int(typ) >= len(minSizes) || minSizes[typ] == 0 {
		return 0, w.failf("no Thrift type %d", typ)
	}
	return minSizes[typ], nil
}

// skip moves past a value of the given Thrift type. Unknown fields must not
// break decoding.
func (w *walker) skip(typ byte, depth int) error {
	if depth > maxDepth {
		return w.failf("unknown fields nest deeper than %d", maxDepth)
	}
	size, err := w.minSize(typ)
	if err != nil {
		return err
	}
	switch typ {
	case thriftString:
		_, err = w.text()
	case thriftStruct:
		for {
			typ, _, err := w.field()
			if err != nil || typ == thriftStop {
				return err
			}
			if err := w.skip(typ, depth+1); err != nil {
				return err
			}
		}
	case thriftList, thriftSet:
		at, err := w.take(1)
		if err != nil {
			return err
		}
		return w.skipElements(depth, w.b[at])
	case thriftMap:
		at, err := w.take(2)
		if err != nil {
			return err
		}
		return w.skipElements(depth, w.b[at], w.b[at+1])
	default:
		_, err = w.take(size)
	}
	return err
}

// skipElements moves past a count and as many groups of values of the given
// types. The types of an empty container are ignored.
func (w *walker) skipElements(depth int, types ...byte) error {
	n, err := w.int32()
	if err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	size := 0
	flat := true
	for _, typ := range types {
		s, err := w.minSize(typ)
		if err != nil {
			return err
		}
		size += s
		switch typ {
		case thriftString, thriftStruct, thriftList, thriftSet, thriftMap:
			flat = false
		}
	}
	if n < 0 || int(n) > w.left()/size {
		return w.failf("container of %d elements with %d bytes left", n, w.left())
	}
	if flat {
		w.p += int(n) * size
		return nil
	}
	for range n {
		for _, typ := range types {
			if err := w.skip(typ, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// fields reads a struct. It calls known for each field, which reports whether
// it read the field. It is an error if a known field occurs twice, because it
// is not clear which value is meant. A field with an unexpected type is
// skipped, as in code that Thrift generates.
func (w *walker) fields(known func(typ byte, id int16) (bool, error)) error {
	var seen uint32
	for {
		at := w.p
		typ, id, err := w.field()
		if err != nil || typ == thriftStop {
			return err
		}
		ok, err := known(typ, id)
		if err != nil {
			return err
		}
		if !ok {
			if err := w.skip(typ, 0); err != nil {
				return err
			}
			continue
		}
		if seen&(1<<uint(id)) != 0 {
			w.p = at
			return w.failf("field %d occurs twice", id)
		}
		seen |= 1 << uint(id)
	}
}
