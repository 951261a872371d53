//go:build cgo

package emulator

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
)

// tree is a vector and those of its type's members.
type tree struct {
	view
	members []*tree
}

func newTree(k *kind, vector duckdb.Vector) *tree {
	t := &tree{view: view{
		k: k, vector: vector,
		data: duckdb.VectorGetData(vector), mask: duckdb.VectorGetValidity(vector),
	}}
	switch k.id {
	case duckdb.TypeList:
		t.members = []*tree{newTree(k.members[0], duckdb.ListVectorGetChild(vector))}
	case duckdb.TypeArray:
		t.members = []*tree{newTree(k.members[0], duckdb.ArrayVectorGetChild(vector))}
	case duckdb.TypeMap: // a list of structs
		entry := duckdb.ListVectorGetChild(vector)
		for i, m := range k.members {
			t.members = append(t.members, newTree(m, duckdb.StructVectorGetChild(entry, duckdb.IdxT(i))))
		}
	case duckdb.TypeStruct:
		for i, m := range k.members {
			t.members = append(t.members, newTree(m, duckdb.StructVectorGetChild(vector, duckdb.IdxT(i))))
		}
	}
	return t
}

// renderer writes values that the protocol carries as text. The text has the form of Java's
// collections, or is JSON.
type renderer struct {
	json bool
	zone string
}

// entry is where a LIST's or MAP's elements lie.
type entry struct{ offset, length uint64 }

// append appends row i of a tree. inner reports whether the value is a member of another.
func (w *renderer) append(b []byte, t *tree, i int, inner bool) ([]byte, error) {
	if t.null(i) {
		return append(b, "null"...), nil
	}
	switch t.k.id {
	case duckdb.TypeList:
		e := at[entry](&t.view, i)
		return w.list(b, t.members[0], int(e.offset), int(e.length))
	case duckdb.TypeArray:
		return w.list(b, t.members[0], i*t.k.size, t.k.size)
	case duckdb.TypeMap:
		return w.object(b, t, i)
	case duckdb.TypeStruct:
		return w.structure(b, t, i)
	}
	s, quoted, err := w.scalar(t, i)
	if err != nil {
		return b, err
	}
	if inner && quoted {
		return w.quote(b, s), nil
	}
	return append(b, s...), nil
}

func (w *renderer) list(b []byte, elem *tree, from, n int) (_ []byte, err error) {
	b = append(b, '[')
	for i := range n {
		b = w.comma(b, i)
		if b, err = w.append(b, elem, from+i, true); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func (w *renderer) object(b []byte, t *tree, i int) (_ []byte, err error) {
	e := at[entry](&t.view, i)
	key, value := t.members[0], t.members[1]
	b = append(b, '{')
	for j := range int(e.length) {
		b = w.comma(b, j)
		if b, err = w.key(b, key, int(e.offset)+j); err != nil {
			return b, err
		}
		if b, err = w.append(b, value, int(e.offset)+j, true); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// key appends a MAP's key, which is a string in JSON.
func (w *renderer) key(b []byte, key *tree, i int) ([]byte, error) {
	if !w.json {
		b, err := w.append(b, key, i, true)
		return append(b, '='), err
	}
	s, err := w.append(nil, key, i, false)
	return append(w.quote(b, string(s)), ':'), err
}

func (w *renderer) structure(b []byte, t *tree, i int) (_ []byte, err error) {
	b = append(b, '{')
	for j, m := range t.members {
		b = w.comma(b, j)
		if w.json {
			b = append(w.quote(b, t.k.names[j]), ':')
		} else {
			b = append(append(b, t.k.names[j]...), '=')
		}
		if b, err = w.append(b, m, i, true); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (w *renderer) comma(b []byte, i int) []byte {
	switch {
	case i == 0:
		return b
	case w.json:
		return append(b, ',')
	}
	return append(b, ", "...)
}

// quote appends a text, in quotes in JSON.
func (w *renderer) quote(b []byte, s string) []byte {
	if !w.json {
		return append(b, s...)
	}
	quoted, _ := json.Marshal(s) // a string always can be
	return append(b, quoted...)
}

// scalar returns the text of a value without members, and whether JSON has it in quotes.
func (w *renderer) scalar(t *tree, i int) (s string, quoted bool, err error) {
	v := &t.view
	switch t.k.id {
	case duckdb.TypeBoolean:
		return strconv.FormatBool(at[bool](v, i)), false, nil
	case duckdb.TypeTinyInt:
		return strconv.Itoa(int(at[int8](v, i))), false, nil
	case duckdb.TypeSmallInt:
		return strconv.Itoa(int(at[int16](v, i))), false, nil
	case duckdb.TypeInteger:
		return strconv.Itoa(int(at[int32](v, i))), false, nil
	case duckdb.TypeBigInt:
		return strconv.FormatInt(at[int64](v, i), 10), false, nil
	case duckdb.TypeUTinyInt:
		return strconv.Itoa(int(at[uint8](v, i))), false, nil
	case duckdb.TypeUSmallInt:
		return strconv.Itoa(int(at[uint16](v, i))), false, nil
	case duckdb.TypeUInteger:
		return strconv.FormatUint(uint64(at[uint32](v, i)), 10), false, nil
	case duckdb.TypeUBigInt:
		return strconv.FormatUint(at[uint64](v, i), 10), false, nil
	case duckdb.TypeFloat:
		return w.float(float64(at[float32](v, i)), 32)
	case duckdb.TypeDouble:
		return w.float(at[float64](v, i), 64)
	case duckdb.TypeHugeInt:
		return bigInt(at[thriftrows.Int128](v, i), true).String(), false, nil
	case duckdb.TypeUHugeInt:
		return bigInt(at[thriftrows.Int128](v, i), false).String(), false, nil
	case duckdb.TypeDecimal:
		return decimal(v, i), false, nil
	case duckdb.TypeUUID:
		return uuid(at[thriftrows.Int128](v, i)), true, nil
	case duckdb.TypeEnum:
		return label(v, i), true, nil
	case duckdb.TypeVarchar:
		return strings.Clone((*text)(element(v, i, inPlace+4)).String()), true, nil
	case duckdb.TypeBlob:
		return strings.ToUpper(hex.EncodeToString([]byte((*text)(element(v, i, inPlace+4)).String()))), true, nil
	case duckdb.TypeSQLNull:
		return "null", false, nil
	}
	return w.time(v, i)
}

// time returns the text of a DATE or a point in time.
func (w *renderer) time(v *view, i int) (string, bool, error) {
	n, err := v.micros(i)
	if err != nil {
		return "", false, err
	}
	t := time.UnixMicro(n).UTC()
	switch v.k.vector {
	case thriftrows.Date:
		return t.Format(time.DateOnly), true, nil
	case thriftrows.TimestampTZ:
		if loc, err := time.LoadLocation(w.zone); err == nil {
			t = t.In(loc)
		}
		return t.Format("2006-01-02 15:04:05.999999Z07:00"), true, nil
	}
	return t.Format("2006-01-02 15:04:05.999999"), true, nil
}

// float writes a number as Java does: with a fraction, and with an exponent where it is small or
// large. JSON has NaN and infinity in quotes.
func (w *renderer) float(f float64, bits int) (s string, quoted bool, err error) {
	switch {
	case math.IsNaN(f):
		return "NaN", true, nil
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, bits), "+") + "inity", true, nil
	}
	s = strconv.FormatFloat(f, 'f', -1, bits)
	if abs := math.Abs(f); f != 0 && (abs < 1e-3 || abs >= 1e7) {
		s = strconv.FormatFloat(f, 'E', -1, bits)
	}
	mantissa, exponent, _ := strings.Cut(s, "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent == "" {
		return mantissa, false, nil
	}
	n, err := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n), false, err
}

// decimal returns the text of a DECIMAL.
func decimal(v *view, i int) string {
	var n *big.Int
	switch v.k.internal {
	case duckdb.TypeSmallInt:
		n = big.NewInt(int64(at[int16](v, i)))
	case duckdb.TypeInteger:
		n = big.NewInt(int64(at[int32](v, i)))
	case duckdb.TypeBigInt:
		n = big.NewInt(at[int64](v, i))
	default:
		n = bigInt(at[thriftrows.Int128](v, i), true)
	}
	scale := int(v.k.scale)
	if scale == 0 {
		return n.String()
	}
	sign, digits := "", new(big.Int).Abs(n).String()
	if n.Sign() < 0 {
		sign = "-"
	}
	if short := scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// bigInt returns an integer of 128 bits.
func bigInt(n thriftrows.Int128, signed bool) *big.Int {
	hi := big.NewInt(n.Hi)
	if !signed {
		hi.SetUint64(uint64(n.Hi))
	}
	return hi.Add(hi.Lsh(hi, 64), new(big.Int).SetUint64(n.Lo))
}

// label returns an ENUM's label, of which DuckDB stores the number.
func label(v *view, i int) string {
	switch v.k.internal {
	case duckdb.TypeUTinyInt:
		return v.k.labels[at[uint8](v, i)]
	case duckdb.TypeUSmallInt:
		return v.k.labels[at[uint16](v, i)]
	}
	return v.k.labels[at[uint32](v, i)]
}
