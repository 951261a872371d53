package thriftrows

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
)

// Decimal is the exact value (Hi * 2^64 + Lo) / 10^Scale. Hi and Lo are 128
// bits in two's complement, which can hold any DECIMAL(38, s). The zero value
// is 0.
//
// Its text is in plain notation with Scale digits after the point. 12.30 has
// the scale 2 and 12.3 the scale 1: they are equal for Cmp and different for
// ==. A negative Scale multiplies.
//
// A Scale outside of -255 to 255 is not valid: Value and the methods named
// Append and Marshal fail with [ErrDecimalRange].
//
// A Decimal has no arithmetic: use Rat, Decompose or the text with a package
// that has. A Decimal may be copied. Concurrent reads are safe.
type Decimal struct {
	Hi    int64
	Lo    uint64
	Scale int32
}

// The reasons of a [DecimalError], for errors.Is.
var (
	// ErrDecimalSyntax means that a text is not in decimal notation.
	ErrDecimalSyntax = errors.New("text is not a decimal")
	// ErrDecimalRange means that a Decimal cannot hold the value exactly.
	ErrDecimalRange = errors.New("value is not a decimal of 128 bits with a scale of -255 to 255")
)

// DecimalError is the error for a value that is not a [Decimal].
type DecimalError struct {
	// Text is the value. A long text is cut off.
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

// NewDecimal returns unscaled / 10^scale. The scale must be from -255 to 255.
func NewDecimal(unscaled int64, scale int32) Decimal {
	return Decimal{Hi: unscaled >> 63, Lo: uint64(unscaled), Scale: scale}
}

// ParseDecimal parses decimal notation: an optional sign, digits with at most
// one point, and an optional exponent from -255 to 255 (-12.30, .5, 1.5E+3).
// Blanks are not allowed.
//
// The scale is the number of digits after the point, with the exponent applied.
// If the digits do not fit 128 bits, zeros at the end are removed and the scale
// is smaller; the value is always exact. If it still does not fit, the error is
// a *[DecimalError].
func ParseDecimal(s string) (Decimal, error) {
	d, err := parseDecimal([]byte(s))
	if err != nil {
		return Decimal{}, decimalError(s, err)
	}
	return d, nil
}

// maxBits is more than the bits of any unscaled value that fits a Decimal after
// zeros at its end are removed.
const maxBits = 2048

// DecimalFromBigInt returns unscaled / 10^scale. If that does not fit, it uses
// another scale with which the same value fits. If there is none, the error is
// a *[DecimalError]. The result does not refer to unscaled.
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

// DecimalFromRat returns the value of r with the smallest scale. If r has more
// digits than fit, such as 1/3, the error is a *[DecimalError]: round r first,
// for example with [big.Rat.FloatString].
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
	// r is in lowest terms. It has a finite number of digits if its denominator
	// is 2^twos * 5^fives, and that number is the larger exponent.
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

// signedDecimal returns the Decimal of a magnitude and reports whether it fits.
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

// magnitude returns the magnitude of the unscaled value, at most 2^127, and its
// sign.
func (d Decimal) magnitude() (n int128, neg bool) {
	n = int128{uint64(d.Hi), d.Lo}
	if d.Hi < 0 {
		return n.neg(), true
	}
	return n, false
}

// Unscaled returns Hi * 2^64 + Lo, the value without its point, as a new
// big.Int.
func (d Decimal) Unscaled() *big.Int {
	m, neg := d.magnitude()
	n := new(big.Int).SetUint64(m.hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(m.lo))
	if neg {
		n.Neg(n)
	}
	return n
}

// Rat returns the value as a new big.Rat, or nil if the scale is not valid.
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

// Sign returns -1 for a value below 0, 0 for 0, and 1 for a value above 0.
func (d Decimal) Sign() int {
	switch {
	case d.Hi < 0:
		return -1
	case d.IsZero():
		return 0
	}
	return 1
}

// IsZero reports whether the value is 0, whatever its scale.
func (d Decimal) IsZero() bool { return d.Hi == 0 && d.Lo == 0 }

// Equal reports whether d and e have the same value, whatever their scales.
func (d Decimal) Equal(e Decimal) bool { return d.Cmp(e) == 0 }

// Cmp compares the values, whatever their scales. It returns -1 if d < e, 0 if
// they are equal, and 1 if d > e. It does not allocate.
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
