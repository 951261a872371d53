package thriftrows

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// AppendText appends the value in plain notation, with Scale digits after the
// point.
func (d Decimal) AppendText(dst []byte) ([]byte, error) {
	if !d.valid() {
		return dst, ErrDecimalRange
	}
	return appendDecimal(dst, int128{uint64(d.Hi), d.Lo}, int(d.Scale)), nil
}

// String returns the value in plain notation.
func (d Decimal) String() string {
	b, err := d.AppendText(nil)
	if err != nil {
		return "%!(" + err.Error() + ")"
	}
	return string(b)
}

// MarshalText returns the value in plain notation.
func (d Decimal) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText parses the text like [ParseDecimal]. It does not change d if
// there is an error.
func (d *Decimal) UnmarshalText(text []byte) error {
	n, err := parseDecimal(text)
	if err != nil {
		return decimalError(text, err)
	}
	*d = n
	return nil
}

// MarshalJSON returns the value as a JSON string, because most JSON parsers
// read a number as a float64.
func (d Decimal) MarshalJSON() ([]byte, error) {
	b, err := d.AppendText([]byte{'"'})
	if err != nil {
		return nil, err
	}
	return append(b, '"'), nil
}

// UnmarshalJSON parses a JSON string or number exactly. It does not change d
// for null or if there is an error.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		return nil
	case len(b) == 0 || b[0] != '"':
		return d.UnmarshalText(b)
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}

var errDecimalNull = errors.New("NULL does not fit a Decimal: use a sql.Null[Decimal] or a *Decimal that may be nil")

// Scan implements [sql.Scanner]. It accepts
//
//   - decimal notation as string or []byte, like [ParseDecimal];
//   - int64;
//   - float64: the shortest decimal that reads back as the same number, so that
//     0.1 is 0.1; infinities and NaN are errors.
//
// NULL is an error; scan into a sql.Null[Decimal] instead. Scan does not change
// d if there is an error.
//
// From Go 1.27 on, this driver stores a DECIMAL column in a Decimal, a
// sql.Null[Decimal] or a *Decimal without Scan and without a text. Before Go
// 1.27, Scan gets a string.
func (d *Decimal) Scan(src any) error {
	if d == nil {
		return errors.New("destination is a nil *Decimal")
	}
	switch src := src.(type) {
	case string:
		return d.UnmarshalText([]byte(src))
	case []byte:
		return d.UnmarshalText(src)
	case int64:
		*d = NewDecimal(src, 0)
		return nil
	case float64:
		text := strconv.AppendFloat(nil, src, 'f', -1, 64)
		if math.IsInf(src, 0) || math.IsNaN(src) {
			return decimalError(text, ErrDecimalRange)
		}
		return d.UnmarshalText(text)
	case nil:
		return errDecimalNull
	}
	return fmt.Errorf("a %T does not fit a Decimal", src)
}

// Value implements [driver.Valuer] with the text in plain notation.
func (d Decimal) Value() (driver.Value, error) {
	b, err := d.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}

// finiteForm is the form of a finite number in database/sql's decimal interface.
const finiteForm = 0

// Decompose returns the parts of the value for database/sql's decimal
// interface. The form is 0 (finite). The coefficient is the magnitude of the
// unscaled value, big-endian and without leading zeros. The exponent is -Scale.
// The coefficient uses buf's memory if buf has 16 bytes.
func (d Decimal) Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32) {
	n, neg := d.magnitude()
	if cap(buf) < 16 {
		buf = make([]byte, 16)
	}
	buf = buf[:16]
	binary.BigEndian.PutUint64(buf, n.hi)
	binary.BigEndian.PutUint64(buf[8:], n.lo)
	for len(buf) > 0 && buf[0] == 0 {
		buf = buf[1:]
	}
	return finiteForm, neg, buf, -d.Scale
}

// Compose sets the value from the parts that Decompose returns. It returns a
// *[DecimalError] for infinities, NaN and a value that a Decimal cannot hold
// exactly, and does not change d then.
func (d *Decimal) Compose(form byte, negative bool, coefficient []byte, exponent int32) error {
	if form != finiteForm {
		return decimalError("a number that is not finite", ErrDecimalRange)
	}
	if exponent == math.MinInt32 {
		exponent++ // only 0 fits with either exponent, and -exponent is now an int32
	}
	n := new(big.Int).SetBytes(coefficient)
	if negative {
		n.Neg(n)
	}
	v, err := DecimalFromBigInt(n, -exponent)
	if err != nil {
		return err
	}
	*d = v
	return nil
}
