package thriftrows

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// maxScale bounds the digits that a scale adds to a value. The scale is a
// 32-bit number on the wire, and a wrong one would cause gigabytes of zeros.
// DECIMAL(38, s) needs 38.
const maxScale = 255

// int128 is a number in two's complement.
type int128 struct{ hi, lo uint64 }

var (
	errDecimalSize = errors.New("decimal is not 1 to 16 bytes long")
	errDecimalText = errors.New("text is not a decimal, or its exponent is out of bounds")
)

// parseInt128 reads 1 to 16 bytes, big-endian.
func parseInt128(b []byte) (int128, error) {
	if len(b) == 16 {
		return int128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, nil
	}
	if len(b) == 0 || len(b) > 16 {
		return int128{}, errDecimalSize
	}
	n := int128{}
	if b[0]&0x80 != 0 {
		n = int128{^uint64(0), ^uint64(0)}
	}
	for _, c := range b {
		n.hi = n.hi<<8 | n.lo>>56
		n.lo = n.lo<<8 | uint64(c)
	}
	return n, nil
}

func (n int128) neg() int128 {
	lo, borrow := bits.Sub64(0, n.lo, 0)
	hi, _ := bits.Sub64(0, n.hi, borrow)
	return int128{hi, lo}
}

// times10 returns n * 10 + digit for an unsigned n, and reports whether that
// fits.
func (n int128) times10(digit uint64) (int128, bool) {
	carry, lo := bits.Mul64(n.lo, 10)
	over, hi := bits.Mul64(n.hi, 10)
	lo, c := bits.Add64(lo, digit, 0)
	hi, c2 := bits.Add64(hi, carry, c)
	return int128{hi, lo}, over == 0 && c2 == 0
}

// digitPairs holds the numbers from 00 to 99.
var digitPairs = func() (pairs [100][2]byte) {
	for i := range pairs {
		pairs[i] = [2]byte{byte('0' + i/10), byte('0' + i%10)}
	}
	return pairs
}()

// putDigits writes u in decimal so that it ends before buf[end], and returns
// the index of the first digit. Zero has one digit.
func putDigits(buf []byte, end int, u uint64) int {
	for u >= 100 {
		q := u / 100
		end -= 2
		*(*[2]byte)(buf[end:]) = digitPairs[u-q*100]
		u = q
	}
	if u >= 10 {
		end -= 2
		*(*[2]byte)(buf[end:]) = digitPairs[u]
		return end
	}
	end--
	buf[end] = byte('0' + u)
	return end
}

// appendDecimal appends n / 10^scale in plain notation with exactly scale
// digits after the point; a negative scale multiplies. It allocates only to
// grow dst.
func appendDecimal(dst []byte, n int128, scale int) []byte {
	if n.small(scale) {
		var buf [maxDecimal64]byte
		return append(dst, buf[putDecimal64(buf[:], len(buf), int64(n.lo), scale):]...)
	}
	if int64(n.hi) < 0 {
		dst = append(dst, '-')
		n = n.neg()
	}
	var buf [40]byte // 2^127 has 39 digits
	begin := len(buf)
	if n.hi == 0 {
		begin = putDigits(buf[:], begin, n.lo)
	} else {
		// hi is at most 2^63, less than the divisor, so the quotient fits.
		const e19 = 1e19
		q, r := bits.Div64(n.hi, n.lo, e19)
		begin = putDigits(buf[:], begin, r)
		for begin > len(buf)-19 {
			begin--
			buf[begin] = '0'
		}
		begin = putDigits(buf[:], begin, q)
	}
	digits := buf[begin:]
	switch {
	case scale == 0:
		return append(dst, digits...)
	case scale < 0:
		dst = append(dst, digits...)
		if digits[0] != '0' {
			dst = appendZeros(dst, -scale)
		}
		return dst
	case len(digits) <= scale:
		dst = append(dst, '0', '.')
		dst = appendZeros(dst, scale-len(digits))
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

// maxDecimal64 bounds the length of putDecimal64's text.
const maxDecimal64 = 24

// small reports whether putDecimal64 accepts n and scale. It does for most
// decimals.
func (n int128) small(scale int) bool {
	return int64(n.hi) == int64(n.lo)>>63 && scale >= 0 && scale < 20
}

// putDecimal64 is appendDecimal for a number of 64 bits and a scale of 0 to 19. It
// writes the text from right to left so that it ends before buf[end], and returns
// the index of the first byte. It divides by constants only. There must be
// maxDecimal64 bytes before end.
func putDecimal64(buf []byte, end int, n int64, scale int) int {
	first := end - maxDecimal64
	buf = buf[first:end]
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	begin := maxDecimal64
	if scale > 0 {
		for ; scale >= 2; scale -= 2 {
			q := u / 100
			begin -= 2
			*(*[2]byte)(buf[begin:]) = digitPairs[u-q*100]
			u = q
		}
		if scale > 0 {
			q := u / 10
			begin--
			buf[begin] = byte('0' + u - q*10)
			u = q
		}
		begin--
		buf[begin] = '.'
	}
	begin = putDigits(buf, begin, u)
	if n < 0 {
		begin--
		buf[begin] = '-'
	}
	return first + begin
}

func appendZeros(dst []byte, n int) []byte {
	const zeros = "00000000000000000000000000000000"
	for n > len(zeros) {
		dst = append(dst, zeros...)
		n -= len(zeros)
	}
	return append(dst, zeros[:n]...)
}

// appendDecimalText appends, in plain notation, a decimal that the engine sent
// as text. It keeps the digits after the point.
func appendDecimalText(dst, b []byte) ([]byte, error) {
	rest := b
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		if rest[0] == '-' {
			dst = append(dst, '-')
		}
		rest = rest[1:]
	}
	whole, rest := cutDigits(rest)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = cutDigits(rest[1:])
	}
	if len(whole)+len(fraction) == 0 {
		return dst, errDecimalText
	}
	exp := 0
	if len(rest) > 0 {
		if rest[0] != 'e' && rest[0] != 'E' {
			return dst, errDecimalText
		}
		var ok bool
		if exp, ok = parseExponent(rest[1:]); !ok {
			return dst, errDecimalText
		}
	}
	// Move the point exp digits to the right, and add zeros if there are not
	// enough digits.
	point := len(whole) + exp
	digit := func(i int) byte {
		switch {
		case i < 0 || i >= len(whole)+len(fraction):
			return '0'
		case i < len(whole):
			return whole[i]
		}
		return fraction[i-len(whole)]
	}
	first := 0
	for first < point-1 && digit(first) == '0' {
		first++
	}
	if point < 1 {
		dst = append(dst, '0')
	}
	for i := first; i < point; i++ {
		dst = append(dst, digit(i))
	}
	if end := len(whole) + len(fraction); end > point {
		dst = append(dst, '.')
		for i := point; i < end; i++ {
			dst = append(dst, digit(i))
		}
	}
	return dst, nil
}

func cutDigits(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	return b[:n], b[n:]
}

// parseExponent parses an exponent from -maxScale to maxScale.
func parseExponent(b []byte) (int, bool) {
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 4 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	if neg {
		n = -n
	}
	return n, n >= -maxScale && n <= maxScale
}
