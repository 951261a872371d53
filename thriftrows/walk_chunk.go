package thriftrows

import "math"

// chunk reads a whole chunk into c.
func (w *walker) chunk(c *Chunk, columns int) error {
	c.cols = c.cols[:0]
	if len(w.b) > math.MaxInt32 {
		return w.failf("chunk of %d bytes is longer than 2 GiB", len(w.b))
	}
	size := int32(-1)
	err := w.fields(func(typ byte, id int16) (ok bool, err error) {
		switch {
		case id == 1 && typ == thriftI32:
			if size, err = w.int32(); err == nil && size < 0 {
				w.p -= 4
				err = w.failf("chunk of %d rows", size)
			}
		case id == 2 && typ == thriftList:
			err = w.vectors(c, columns)
		default:
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return err
	}
	if w.p != len(w.b) {
		// Without this check the rows of a second chunk would be lost.
		return w.failf("%d bytes after the end of the chunk", w.left())
	}
	if size < 0 {
		for i := range c.cols {
			if v := &c.cols[i]; v.size > 0 || v.list.n > 0 {
				return w.failf("chunk without a row count")
			}
		}
		size = 0
	}
	c.rows = int(size)
	return nil
}

func (w *walker) vectors(c *Chunk, columns int) error {
	at := w.p
	n, err := w.list(thriftStruct, 1)
	if err != nil {
		return err
	}
	if n != columns && n != 0 {
		w.p = at
		return w.failf("chunk of %d columns in a result of %d", n, columns)
	}
	if cap(c.cols) < n {
		c.cols = make([]vector, n)
	}
	c.cols = c.cols[:n]
	for i := range c.cols {
		w.col = i
		if err := w.vector(&c.cols[i]); err != nil {
			return err
		}
	}
	w.col = -1
	return nil
}

func (w *walker) vector(v *vector) error {
	v.reset(w.p)
	err := w.fields(func(typ byte, id int16) (ok bool, err error) {
		var at int
		switch {
		case id == 1 && typ == thriftI32:
			v.size, err = w.int32()
		case id == 2 && typ == thriftI32:
			var t int32
			if t, err = w.int32(); err == nil && !VectorType(t).valid() {
				w.p -= 4
				err = w.failf("unknown vector type %d", t)
			}
			v.typ = VectorType(t)
		case id == 3 && typ == thriftList:
			var l list
			l, err = w.fixed(thriftBool, 1)
			v.nulls = l.data
		case id == 4 && typ == thriftStruct:
			err = w.data(v)
		case id == 5 && typ == thriftBool:
			if at, err = w.take(1); err == nil {
				v.constant = w.b[at] == 1
			}
		case id == 6 && typ == thriftString:
			if at, err = w.text(); err == nil {
				v.zone = w.b[at+4 : w.p]
			}
		default: // values do not need format (7)
			return false, nil
		}
		return true, err
	})
	return err
}

// data reads the union of a vector's values.
func (w *walker) data(v *vector) error {
	return w.fields(func(typ byte, id int16) (bool, error) {
		if typ != thriftStruct || id <= int16(noArm) || id >= int16(numArms) {
			return false, nil
		}
		if v.arm != noArm {
			return true, w.failf("a vector with both %v and %v", v.arm, arm(id))
		}
		v.arm = arm(id)
		v.at = w.p
		return true, w.arm(v)
	})
}

// arm reads the struct in one arm of the union.
func (w *walker) arm(v *vector) error {
	elem := armElems[v.arm]
	return w.fields(func(typ byte, id int16) (ok bool, err error) {
		switch {
		case id == 1 && elem.list && typ == thriftList:
			if elem.typ == thriftString {
				v.list, err = w.texts(v.list.offs)
			} else {
				v.list, err = w.fixed(elem.typ, minSizes[elem.typ])
			}
		case id == 1 && !elem.list && typ == elem.typ:
			// A constant is a list of one element with stride 0.
			at := w.p
			if err = w.skip(typ, 0); err == nil {
				v.list = list{n: 1, at: at, data: w.b[at:w.p], offs: v.list.offs}
			}
		case id == 2 && v.arm == timeArm && typ == thriftList:
			v.zones, err = w.texts(v.zones.offs)
			v.zoned = true
		case id == 2 && v.arm == timeConstArm && typ == thriftString:
			at := w.p
			if _, err = w.text(); err == nil {
				v.zones = list{n: 1, at: at, data: w.b[at:w.p], offs: v.zones.offs}
				v.zoned = true
			}
		case id == 2 && (v.arm == decimalArm || v.arm == decimalConstArm) && typ == thriftI32:
			if v.scale, err = w.int32(); err == nil && (v.scale < -maxScale || v.scale > maxScale) {
				w.p -= 4
				err = w.failf("decimal scale of %d", v.scale)
			}
		default:
			return false, nil
		}
		return true, err
	})
}

// armElems describes field 1 of each arm's struct.
var armElems = [numArms]struct {
	typ  byte
	list bool
}{
	boolArm: {thriftBool, true}, int32Arm: {thriftI32, true}, int64Arm: {thriftI64, true},
	dateArm: {thriftI64, true}, float32Arm: {thriftDouble, true}, float64Arm: {thriftDouble, true},
	varcharArm: {thriftString, true}, timeArm: {thriftI64, true}, decimalArm: {thriftString, true},
	boolConstArm: {thriftBool, false}, dateConstArm: {thriftI64, false}, nullConstArm: {thriftByte, false},
	numericConstArm: {thriftI64, false}, doubleConstArm: {thriftDouble, false},
	intervalConstArm: {thriftByte, false}, timeConstArm: {thriftI64, false},
	varcharConstArm: {thriftString, false}, decimalConstArm: {thriftString, false},
}
