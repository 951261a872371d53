package sqltext

import (
	"encoding/binary"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// decomposer is the interface of decimals in database/sql.
type decomposer interface {
	Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32)
}

// scaled is a decimal with methods for its parts, coefficient * 10^exponent, as in
// github.com/shopspring/decimal and packages with the same methods.
type scaled interface {
	Coefficient() *big.Int
	Exponent() int32
}

// parts returns the parts of a decimal like Decompose, and whether v is a
// decimal.
func parts(v any) (form byte, negative bool, coefficient []byte, exponent int32, ok bool) {
	switch d := v.(type) {
	case decomposer:
		form, negative, coefficient, exponent = d.Decompose(nil)
		return form, negative, coefficient, exponent, true
	case scaled:
		n := d.Coefficient()
		if n == nil {
			return 2, false, nil, 0, true // not a number
		}
		return 0, n.Sign() < 0, n.Bytes(), d.Exponent(), true
	default:
		return 0, false, nil, 0, false
	}
}

// scaledOf returns the decimal v, or the decimal beside a field Valid in v. It returns
// one only if value, the result of v's Value method, is the decimal's text. Another value
// means that v is more than a decimal, for example a type that embeds one.
func scaledOf(v, value any) (scaled, bool) {
	text, ok := value.(string)
	if !ok || text == "" || strings.Trim(text, "0123456789.+-eE") != "" {
		return nil, false
	}
	if d, ok := v.(scaled); ok {
		return d, true
	}
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.Kind() != reflect.Struct || rv.NumField() != 2 || rv.Type().Field(1).Name != "Valid" || !rv.Type().Field(0).IsExported() {
		return nil, false
	}
	d, ok := rv.Field(0).Interface().(scaled)
	return d, ok
}

const (
	// maxDigits is the highest precision of the engine's DECIMAL.
	maxDigits = 38
	// maxBits is the number of bits that any 38 digits need.
	maxBits = 127
)

func tooLong() error { return refuse("a decimal of more than %d digits", maxDigits) }

// appendDecomposed appends a decimal as Decompose returns it.
func appendDecomposed(b []byte, form byte, negative bool, coefficient []byte, exponent int32) ([]byte, error) {
	var buf [64]byte
	digits, err := coefficientDigits(buf[:0], form, coefficient)
	if err != nil {
		return b, err
	}
	return appendDecimal(b, negative, digits, int(exponent))
}

// coefficientDigits appends a coefficient in decimal digits.
func coefficientDigits(b []byte, form byte, coefficient []byte) ([]byte, error) {
	if form != 0 {
		return b, refuse("a decimal that is NaN or infinite has no literal")
	}
	for len(coefficient) > 0 && coefficient[0] == 0 {
		coefficient = coefficient[1:]
	}
	if n := len(coefficient); n <= 8 {
		var word [8]byte
		copy(word[8-n:], coefficient)
		return strconv.AppendUint(b, binary.BigEndian.Uint64(word[:]), 10), nil
	}
	// No valid decimal has 1,000 digits, trailing zeros included.
	if len(coefficient) > 416 {
		return b, tooLong()
	}
	return new(big.Int).SetBytes(coefficient).Append(b, 10), nil
}

// appendDecimal appends digits * 10^exponent; digits has no leading zeros, unless it
// is 0. The engine's type of a number with a point, or of one too long for BIGINT,
// is not known. A CAST makes the type explicit.
func appendDecimal(b []byte, negative bool, digits []byte, exponent int) ([]byte, error) {
	b = append(b, "CAST('"...)
	b, precision, scale, err := appendPlain(b, negative, digits, exponent)
	if err != nil {
		return b, err
	}
	b = append(b, "' AS DECIMAL("...)
	b = strconv.AppendInt(b, int64(precision), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(scale), 10)
	return append(b, "))"...), nil
}

// appendPlain appends digits * 10^exponent without an exponent. It returns the
// precision and scale of that DECIMAL.
func appendPlain(b []byte, negative bool, digits []byte, exponent int) (_ []byte, precision, scale int, err error) {
	// With these exponents every value except 0 is too long, and no sum below
	// overflows.
	exponent = min(max(exponent, -1<<20), 1<<20)
	// Remove zeros at the end while the fraction or the number is too long.
	for (-exponent > maxDigits || len(digits) > maxDigits && exponent < 0) && digits[len(digits)-1] == '0' {
		if len(digits) == 1 {
			exponent = -maxDigits
			break
		}
		digits = digits[:len(digits)-1]
		exponent++
	}
	zero := len(digits) == 1 && digits[0] == '0'
	if zero {
		exponent = min(exponent, 0)
	}
	scale = max(-exponent, 0)
	precision = max(len(digits)+max(exponent, 0), scale)
	if precision > maxDigits {
		return b, 0, 0, tooLong()
	}
	if negative && !zero {
		b = append(b, '-')
	}
	whole := len(digits) - scale
	if whole <= 0 {
		b = append(b, '0')
	} else {
		b = append(b, digits[:whole]...)
	}
	for range max(exponent, 0) {
		b = append(b, '0')
	}
	if scale > 0 {
		b = append(b, '.')
		for range -whole {
			b = append(b, '0')
		}
		b = append(b, digits[max(whole, 0):]...)
	}
	return b, precision, scale, nil
}

// appendBigInt appends an integer of any size up to 38 digits.
func appendBigInt(b []byte, v *big.Int) ([]byte, error) {
	if v.IsInt64() {
		return appendInt(b, v.Int64()), nil
	}
	if v.BitLen() > maxBits {
		return b, tooLong()
	}
	return appendDecomposed(b, 0, v.Sign() < 0, v.Bytes(), 0)
}

// appendRat appends a fraction that has a finite decimal form.
func appendRat(b []byte, v *big.Rat) ([]byte, error) {
	negative, coefficient, exponent, err := ratParts(v)
	if err != nil {
		return b, err
	}
	return appendDecomposed(b, 0, negative, coefficient, exponent)
}

// ratParts returns the parts of a fraction like Decompose.
func ratParts(v *big.Rat) (negative bool, coefficient []byte, exponent int32, err error) {
	if v.Denom().BitLen() > maxBits || v.Num().BitLen() > 2*maxBits {
		return false, nil, 0, tooLong()
	}
	scale, exact := v.FloatPrec()
	switch {
	case !exact:
		return false, nil, 0, refuse("the fraction has no finite decimal form: round it first")
	case scale > maxDigits:
		return false, nil, 0, tooLong()
	}
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	n.Mul(n, v.Num())
	n.Quo(n, v.Denom())
	return n.Sign() < 0, n.Bytes(), -int32(scale), nil
}
