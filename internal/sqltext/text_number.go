package sqltext

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/thriftrows"
)

// maxText bounds the digits of a numeric string on each side of its point, so
// that the number is fast to compute.
const maxText = 400

// numeric reports whether s is a decimal number such as -12.30 or 1.5e-7. It has
// at most maxText digits on each side and an exponent of at most three digits.
func numeric(s string) bool {
	s = unsigned(s)
	whole, fraction := digits(s, 0), 0
	s = s[whole:]
	if s != "" && s[0] == '.' {
		fraction = digits(s, 1) - 1
		s = s[1+fraction:]
	}
	if whole+fraction == 0 || whole > maxText || fraction > maxText {
		return false
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	exponent := unsigned(s[1:])
	n := digits(exponent, 0)
	return n == len(exponent) && n >= 1 && n <= 3
}

// unsigned returns s without its sign, if it has one.
func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// numberOf returns the number of a scalar, or an error if the scalar is not a
// number.
func numberOf(v any) (number, error) {
	var text string
	switch v := v.(type) {
	case number:
		return v, nil
	case float64:
		// The shortest text is the intended decimal value of a float.
		text = strconv.FormatFloat(v, 'e', -1, 64)
	case string:
		if !numeric(v) {
			return number{}, refuse("the string is not a number")
		}
		text = v
	default:
		return number{}, errMismatch
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return number{}, errMismatch
	}
	return number{r, text}, nil
}

// bitsOf returns the number of bits of an integer type.
func bitsOf(typ thriftrows.VectorType, word string) uint {
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "BYTE", "TINYINT":
		return 8
	case "SHORT", "SMALLINT":
		return 16
	}
	if typ == thriftrows.Integer {
		return 32
	}
	return 64
}

func wholeText(v any, bits uint) (string, error) {
	n, err := numberOf(v)
	if err != nil {
		return "", err
	}
	if !n.IsInt() {
		return "", refuse("the number has a fraction, and the engine expects a whole one of %d bits", bits)
	}
	low := -(int64(1) << (bits - 1))
	if whole := n.Num(); !whole.IsInt64() || whole.Int64() < low || whole.Int64() > -(low+1) {
		return "", refuse("the number is out of range: the engine expects one of %d bits", bits)
	}
	return n.Num().String(), nil
}

func floatText(v any, bits int) (string, error) {
	f, ok := v.(float64)
	if !ok {
		n, err := numberOf(v)
		if err != nil {
			return "", err
		}
		var exact bool
		if f, exact = n.Float64(); bits == 32 {
			var f32 float32
			f32, exact = n.Float32()
			f = float64(f32)
		}
		if f == 0 && n.Sign() != 0 {
			return "", floatRange(bits)
		}
		if n.IsInt() && !exact && !math.IsInf(f, 0) {
			return "", refuse("the number has more digits than the engine's float of %d bits", bits)
		}
		if !math.IsInf(f, 0) && bits == 32 {
			f, _ = n.Float64() // the shorter text
		}
	}
	if math.IsInf(f, 0) || bits == 32 && (math.IsInf(float64(float32(f)), 0) || f != 0 && float32(f) == 0) {
		return "", floatRange(bits)
	}
	b, err := appendFloat(nil, f)
	return strings.Trim(string(b), "()"), err
}

func floatRange(bits int) error {
	return refuse("the number is out of the range of a float of %d bits", bits)
}

// decimalText formats the number and checks it against the type's precision and
// scale. Without them it checks it against the largest DECIMAL.
func decimalText(v any, engineType string) (string, error) {
	n, err := numberOf(v)
	if err != nil {
		return "", err
	}
	scale, _ := n.FloatPrec()
	precision, most := maxDigits, scale
	if p, s, ok := precisionScale(engineType); ok {
		if scale > s {
			return "", refuse("the number has %d digits after the point, and the engine expects %s", scale, engineType)
		}
		precision, most = p, s
	}
	whole := new(big.Int).Quo(n.Num(), n.Denom())
	if whole.Sign() != 0 && len(new(big.Int).Abs(whole).String()) > precision-most || most > precision {
		return "", refuse("the number has too many digits for %s", engineType)
	}
	return n.FloatString(most), nil
}

// precisionScale parses DECIMAL(p,s) and DECIMAL(p). ok is false if no DECIMAL has
// that precision and scale, because a large scale would cause as many zeros.
func precisionScale(word string) (precision, scale int, ok bool) {
	_, in, _ := strings.Cut(word, "(")
	in, _, ok = strings.Cut(in, ")")
	if !ok {
		return 0, 0, false
	}
	p, s, _ := strings.Cut(in, ",")
	precision, err := strconv.Atoi(strings.TrimSpace(p))
	if err != nil {
		return 0, 0, false
	}
	if s = strings.TrimSpace(s); s != "" {
		scale, err = strconv.Atoi(s)
	}
	return precision, scale, err == nil && 0 <= scale && scale <= precision && precision <= maxDigits
}
