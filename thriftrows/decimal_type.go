package thriftrows

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
)

// Decimal is the exact value (Hi * 2^64 + Lo) / 10^Scale: 128 bits in two's
// complement, which hold any DECIMAL(38, s), and where the point is. The zero
// value is 0.
//
// Its text is in plain notation with Scale digits after the point: 12.30 has
// the scale 2 and stays apart from 12.3, though Cmp finds them equal; == does
// not. A negative Scale multiplies.
//
// A Scale outside of -255 to 255 is not valid: Value and the methods named
// Append and Marshal fail with [ErrDecimalRange].
//
// A Decimal is for passing on, not for arithmetic: Rat, Decompose and the text
// take it to a package that calculates. It may be copied, and used by several
// goroutines as any other value may.
type Decimal struct {
	Hi    int64
	Lo    uint64
	Scale int32
}

// Why no [Decimal] could be made, for errors.Is.
var (
	// ErrDecimalSyntax: a text is not in decimal notation.
	ErrDecimalSyntax = errors.New("text is not a decimal")
	// ErrDecimalRange: a Decimal cannot hold the value exactly.
	ErrDecimalRange = errors.New("value is not a decimal of 128 bits with a scale of -255 to 255")
)

// DecimalError says of which value no [Decimal] could be made, and why.
type DecimalError struct {
	// Text is the value, cut where it is long.
	Text string
	// Err is ErrDecimalSyntax or ErrDecimalRange.
	Err error
}

func (e *DecimalError) Error() string { return fmt.Sprintf("%v: %q", e.Err, e.Text) }

// Unwrap returns Err.
func (e *DecimalError) Unwrap() error { return e.Err }

func decimalError[T string | []byte](text T, err error) error {
	const most = 64
	if len(text) > most {
		return &DecimalError{Text: string(text[:most]) + "...", Err: err}
	}
	return &DecimalError{Text: string(text), Err: err}
}

// NewDecimal returns unscaled / 10^scale. The scale must be within -255 and
// 255.
func NewDecimal(unscaled int64, scale int32) Decimal {
	return Decimal{Hi: unscaled >> 63, Lo: uint64(unscaled), Scale: scale}
}

// ParseDecimal reads decimal notation: digits with at most one point, a sign
// before them if any, and an exponent of -255 to 255 behind them if any
// (-12.30, .5, 1.5E+3). Nothing else may surround it.
//
// The scale is the number of digits after the point, once the exponent has
// moved it. Where the digits do not fit 128 bits so, zeros at their end are
// given up for a smaller scale; the value is exact in any case. Else the error
// is a *[DecimalError].
func ParseDecimal(s string) (Decimal, error) {
	d, err := parseDecimal([]byte(s))
	if err != nil {
		return Decimal{}, decimalError(s, err)
	}
	return d, nil
}

// maxBits is more than what any unscaled value has that can be brought into a
// Decimal by dropping zeros at its end.
const maxBits = 2048

// DecimalFromBigInt returns unscaled / 10^scale. Where that does not fit, but
// the same value with another scale does, it has that one; else the error is a
// *[DecimalError]. It keeps no reference to unscaled.
func DecimalFromBigInt(unscaled *big.Int, scale int32) (Decimal, error) {
	var b [16]byte
	if unscaled.BitLen() <= 128 && scale >= -maxScale && scale <= maxScale {
		unscaled.FillBytes(b[:])
		n, _ := parseInt128(b[:])
		if d, ok := signedDecimal(unscaled.Sign() < 0, n, int(scale)); ok {
			return d, nil
		}
	}
	if unscaled.BitLen() > maxBits {
		return Decimal{}, decimalError(fmt.Sprintf("a number of %d bits", unscaled.BitLen()), ErrDecimalRange)
	}
	digits := new(big.Int).Abs(unscaled).Append(nil, 10)
	target := min(max(int(scale), -maxScale), maxScale)
	d, err := fitDecimal(unscaled.Sign() < 0, digits, int(scale), target)
	if err != nil {
		return Decimal{}, decimalError(fmt.Sprintf("%vE%d", unscaled, -int64(scale)), err)
	}
	return d, nil
}

// DecimalFromRat returns the value of r, with as few digits after the point as
// it has. Where that takes more digits than fit, without end for a third, the
// error is a *[DecimalError]: round first, as [big.Rat.FloatString] does.
func DecimalFromRat(r *big.Rat) (Decimal, error) {
	fail := func() (Decimal, error) {
		text := "a fraction of very many digits"
		if r.Num().BitLen() < maxBits && r.Denom().BitLen() < maxBits {
			text = r.RatString()
		}
		return Decimal{}, decimalError(text, ErrDecimalRange)
	}
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return fail()
	}
	// r is in lowest terms: the denominator is 2^twos * 5^fives, or there is no
	// end of digits. Then the longer of the two is the number of digits.
	twos := int(r.Denom().TrailingZeroBits())
	rest := new(big.Int).Rsh(r.Denom(), uint(twos))
	fives := 0
	five, mod := big.NewInt(5), new(big.Int)
	for rest.BitLen() > 1 && fives <= maxScale {
		if rest.QuoRem(rest, five, mod); mod.Sign() != 0 {
			return fail()
		}
		fives++
	}
	scale := max(twos, fives)
	if scale > maxScale {
		return fail()
	}
	unscaled := powerOf10(scale)
	unscaled.Mul(unscaled, r.Num()).Quo(unscaled, r.Denom())
	d, err := DecimalFromBigInt(unscaled, int32(scale))
	if err != nil {
		return fail()
	}
	return d, nil
}

func powerOf10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// signedDecimal returns the Decimal of a magnitude, and whether it fits.
func signedDecimal(neg bool, n int128, scale int) (Decimal, bool) {
	const top = 1 << 63
	if n.hi >= top && (!neg || n != int128{hi: top}) {
		return Decimal{}, false
	}
	if neg {
		n = n.neg()
	}
	return Decimal{Hi: int64(n.hi), Lo: n.lo, Scale: int32(scale)}, scale >= -maxScale && scale <= maxScale
}

// magnitude returns the unscaled value's, of up to 2^127, and its sign.
func (d Decimal) magnitude() (n int128, neg bool) {
	n = int128{uint64(d.Hi), d.Lo}
	if d.Hi < 0 {
		return n.neg(), true
	}
	return n, false
}

// Unscaled returns Hi * 2^64 + Lo in memory of its own: the value without its
// point.
func (d Decimal) Unscaled() *big.Int {
	m, neg := d.magnitude()
	n := new(big.Int).SetUint64(m.hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(m.lo))
	if neg {
		n.Neg(n)
	}
	return n
}

// Rat returns the value in memory of its own; nil if the scale is not valid.
func (d Decimal) Rat() *big.Rat {
	if !d.valid() {
		return nil
	}
	r := new(big.Rat).SetInt(d.Unscaled())
	switch {
	case d.Scale > 0:
		r.Quo(r, new(big.Rat).SetInt(powerOf10(int(d.Scale))))
	case d.Scale < 0:
		r.Mul(r, new(big.Rat).SetInt(powerOf10(int(-d.Scale))))
	}
	return r
}

func (d Decimal) valid() bool { return d.Scale >= -maxScale && d.Scale <= maxScale }

// Sign returns -1, 0 or 1 for a value below, of or above 0.
func (d Decimal) Sign() int {
	switch {
	case d.Hi < 0:
		return -1
	case d.IsZero():
		return 0
	}
	return 1
}

// IsZero tells whether the value is 0, whatever its scale.
func (d Decimal) IsZero() bool { return d.Hi == 0 && d.Lo == 0 }

// Equal tells whether both have the same value, whatever their scales.
func (d Decimal) Equal(e Decimal) bool { return d.Cmp(e) == 0 }

// Cmp compares the values, whatever their scales: -1 for d < e, 0 for d == e, 1
// for d > e. It does not allocate.
func (d Decimal) Cmp(e Decimal) int {
	sign := d.Sign()
	if other := e.Sign(); sign != other || sign == 0 {
		return cmp.Compare(sign, other)
	}
	m, _ := d.magnitude()
	n, _ := e.magnitude()
	if d.Scale < e.Scale {
		return sign * m.compareShifted(n, int64(e.Scale)-int64(d.Scale))
	}
	return -sign * n.compareShifted(m, int64(d.Scale)-int64(e.Scale))
}

// compareShifted compares n * 10^shift with m; n is not 0.
func (n int128) compareShifted(m int128, shift int64) int {
	for ; shift > 0; shift-- {
		var ok bool
		if n, ok = n.times10(0); !ok {
			return 1
		}
	}
	if n.hi != m.hi {
		return cmp.Compare(n.hi, m.hi)
	}
	return cmp.Compare(n.lo, m.lo)
}
