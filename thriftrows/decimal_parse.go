package thriftrows

import (
	"bytes"
	"math/big"
)

// parseDecimal parses the same syntax as appendDecimalText. An error is
// ErrDecimalSyntax or ErrDecimalRange.
func parseDecimal(text []byte) (Decimal, error) {
	rest := text
	neg := false
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		neg = rest[0] == '-'
		rest = rest[1:]
	}
	whole, rest := cutDigits(rest)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = cutDigits(rest[1:])
	}
	if len(whole)+len(fraction) == 0 {
		return Decimal{}, ErrDecimalSyntax
	}
	exp := 0
	if len(rest) > 0 {
		if rest[0] != 'e' && rest[0] != 'E' || !isExponent(rest[1:]) {
			return Decimal{}, ErrDecimalSyntax
		}
		var ok bool
		if exp, ok = parseExponent(rest[1:]); !ok {
			return Decimal{}, ErrDecimalRange
		}
	}
	scale := len(fraction) - exp
	if scale >= 0 {
		n, ok := int128{}.digits(whole)
		if ok {
			n, ok = n.digits(fraction)
		}
		if ok {
			if d, ok := signedDecimal(neg, n, scale); ok {
				return d, nil
			}
		}
	}
	digits := append(append(make([]byte, 0, len(whole)+len(fraction)), whole...), fraction...)
	return fitDecimal(neg, digits, scale, min(max(scale, 0), maxScale))
}

// maxRatDigits bounds the digits of a big.Rat, because the time to parse it
// grows faster than its length.
const maxRatDigits = 1024

// ParseRat parses the same syntax as [ParseDecimal], of up to 1,024 characters.
// The value is exact and may be too large for a Decimal. An error is a
// *[DecimalError].
func ParseRat(s string) (*big.Rat, error) {
	if len(s) > maxRatDigits {
		return nil, decimalError(s, ErrDecimalRange)
	}
	d, err := parseDecimal([]byte(s))
	if err == nil {
		return d.Rat(), nil
	}
	text, bad := appendDecimalText(nil, []byte(s))
	if bad != nil {
		return nil, decimalError(s, err)
	}
	r, _ := new(big.Rat).SetString(string(text))
	return r, nil
}

func isExponent(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	digits, rest := cutDigits(b)
	return len(digits) > 0 && len(rest) == 0
}

// digits returns the unsigned n followed by these digits, and reports whether
// that fits.
func (n int128) digits(digits []byte) (int128, bool) {
	for _, c := range digits {
		var ok bool
		if n, ok = n.times10(uint64(c - '0')); !ok {
			return n, false
		}
	}
	return n, true
}

// fitDecimal returns the value digits / 10^scale with the fitting scale that is
// closest to target. target must be valid. To fit, it adds or removes zeros at
// the end of digits. If the value does not fit, it returns ErrDecimalRange.
func fitDecimal(neg bool, digits []byte, scale, target int) (Decimal, error) {
	digits = bytes.TrimLeft(digits, "0")
	if len(digits) == 0 {
		return Decimal{Scale: int32(target)}, nil
	}
	short := bytes.TrimRight(digits, "0")
	n, ok := int128{}.digits(short)
	if !ok {
		return Decimal{}, ErrDecimalRange
	}
	n, scale = n.raise(scale-(len(digits)-len(short)), target)
	d, ok := signedDecimal(neg, n, scale)
	if !ok {
		return Decimal{}, ErrDecimalRange
	}
	return d, nil
}

// raise adds zeros at the end of a magnitude until its scale is target or a
// further zero does not fit a Decimal.
func (n int128) raise(scale, target int) (int128, int) {
	for scale < target {
		more, ok := n.times10(0)
		if !ok || int64(more.hi) < 0 {
			break
		}
		n, scale = more, scale+1
	}
	return n, scale
}

// decimal returns the value of a row that is not NULL. The value is that of its
// text in plain notation: it has no negative scale if it fits without one.
func (v *vector) decimal(row int) (Decimal, error) {
	b := v.list.text(row)
	if v.kind == decimalTextKind {
		return parseDecimal(b)
	}
	n, err := parseInt128(b)
	d := Decimal{Hi: int64(n.hi), Lo: n.lo, Scale: v.scale}
	if v.scale < 0 && err == nil {
		m, neg := d.magnitude()
		if m == (int128{}) {
			return Decimal{}, nil
		}
		m, scale := m.raise(int(v.scale), 0)
		d, _ = signedDecimal(neg, m, scale) // still fits
	}
	return d, err
}
