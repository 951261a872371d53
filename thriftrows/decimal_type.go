package thriftrows

import "errors"

// Decimal is the exact value (Hi * 2^64 + Lo) / 10^Scale.
type Decimal struct {
	Hi    int64
	Lo    uint64
	Scale int32
}

// AppendText appends the value in plain notation, with Scale digits after the
// point.
func (d Decimal) AppendText(dst []byte) ([]byte, error) {
	if d.Scale < -maxScale || d.Scale > maxScale {
		return dst, errors.New("decimal scale is out of range")
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

// parseDecimal reads plain notation, as appendDecimalText writes it.
func parseDecimal(text []byte) (Decimal, error) {
	var d Decimal
	var n int128
	neg, point := false, false
	for _, c := range text {
		switch {
		case c == '-':
			neg = true
			continue
		case c == '.':
			point = true
			continue
		case point:
			d.Scale++
		}
		var ok bool
		if n, ok = n.times10(uint64(c - '0')); !ok {
			return Decimal{}, errDecimalRange
		}
	}
	if neg {
		n = n.neg()
	}
	d.Hi, d.Lo = int64(n.hi), n.lo
	return d, nil
}

var errDecimalRange = errors.New("decimal does not fit 128 bits")
