package thriftrows

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// maxScale bounds the digits that a scale adds to one value: the scale is a
// free 32-bit number on the wire, and a wrong one would ask for gigabytes of
// zeros. DECIMAL(38, s) needs 38.
const maxScale = 255

// int128 is a number in two's complement.
type int128 struct{ hi, lo uint64 }

var (
	errDecimalSize = errors.New("decimal is not 1 to 16 bytes long")
	errDecimalText = errors.New("text is no decimal, or one with an exponent out of bounds")
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

// times10 returns n * 10 + digit of a number without sign, and whether that
// fits.
func (n int128) times10(digit uint64) (int128, bool) {
	carry, lo := bits.Mul64(n.lo, 10)
	over, hi := bits.Mul64(n.hi, 10)
	lo, c := bits.Add64(lo, digit, 0)
	hi, c2 := bits.Add64(hi, carry, c)
	return int128{hi, lo}, over == 0 && c2 == 0
}

const digitPairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// putDigits writes u in decimal so that it ends before buf[end], and returns
// where it begins. Zero has one digit.
func putDigits(buf *[40]byte, end int, u uint64) int {
	for u >= 100 {
		q := u / 100
		r := (u - q*100) * 2
		end -= 2
		buf[end], buf[end+1] = digitPairs[r], digitPairs[r+1]
		u = q
	}
	if u >= 10 {
		end -= 2
		buf[end], buf[end+1] = digitPairs[u*2], digitPairs[u*2+1]
		return end
	}
	end--
	buf[end] = byte('0' + u)
	return end
}

// appendDecimal appends n / 10^scale in plain notation with exactly scale
// digits after the point; a negative scale multiplies. It does not allocate
// but for dst.
func appendDecimal(dst []byte, n int128, scale int) []byte {
	if sign := int64(n.lo) >> 63; int64(n.hi) == sign && scale >= 0 && scale < 20 {
		return appendDecimal64(dst, int64(n.lo), scale)
	}
	if int64(n.hi) < 0 {
		dst = append(dst, '-')
		n = n.neg()
	}
	var buf [40]byte // 2^127 has 39 digits
	begin := len(buf)
	if n.hi == 0 {
		begin = putDigits(&buf, begin, n.lo)
	} else {
		// hi is at most 2^63, less than the divisor, so the quotient fits.
		const e19 = 1e19
		q, r := bits.Div64(n.hi, n.lo, e19)
		begin = putDigits(&buf, begin, r)
		for begin > len(buf)-19 {
			begin--
			buf[begin] = '0'
		}
		begin = putDigits(&buf, begin, q)
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

// appendDecimal64 is appendDecimal for what fits 64 bits, as most decimals do,
// and a scale of at most 19. It writes from the right, point and all, and divides
// by constants only.
func appendDecimal64(dst []byte, n int64, scale int) []byte {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	var buf [40]byte
	begin := len(buf)
	if scale > 0 {
		for ; scale >= 2; scale -= 2 {
			q := u / 100
			r := (u - q*100) * 2
			begin -= 2
			buf[begin], buf[begin+1] = digitPairs[r], digitPairs[r+1]
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
	begin = putDigits(&buf, begin, u)
	if n < 0 {
		begin--
		buf[begin] = '-'
	}
	return append(dst, buf[begin:]...)
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
// as text; digits after the point are kept as they are.
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
	// The point moves exp digits to the right, with zeros where digits end.
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

// parseExponent reads an exponent of at most maxScale either way.
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
