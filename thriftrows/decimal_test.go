package thriftrows

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// bigDecimal writes n / 10^scale by way of math/big.
func bigDecimal(n *big.Int, scale int) string {
	r := new(big.Rat).SetInt(n)
	pow := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	if scale < 0 {
		return r.Mul(r, new(big.Rat).SetInt(pow)).FloatString(0)
	}
	return r.Quo(r, new(big.Rat).SetInt(pow)).FloatString(scale)
}

func bigOf(n int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(int64(n.hi)), 64)
	return b.Add(b, new(big.Int).SetUint64(n.lo))
}

func int128Of(t testing.TB, n *big.Int) int128 {
	t.Helper()
	if n.BitLen() > 127 && n.Cmp(new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 127))) != 0 {
		t.Fatalf("%v does not fit", n)
	}
	m := new(big.Int).Mod(n, new(big.Int).Lsh(big.NewInt(1), 128))
	b := m.FillBytes(make([]byte, 16))
	return int128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func checkDecimal(t *testing.T, n int128, scale int) {
	t.Helper()
	const before = "before"
	want := before + bigDecimal(bigOf(n), scale)
	if got := string(appendDecimal([]byte(before), n, scale)); got != want {
		t.Errorf("%v / 10^%d: %s, want %s", bigOf(n), scale, got, want)
	}
}

func TestAppendDecimalRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	for scale := -38; scale <= 38; scale++ {
		for range rounds {
			n := int128{r.Uint64(), r.Uint64()}
			for range r.IntN(128) { // of any magnitude, sign kept
				n.lo = n.lo>>1 | n.hi<<63
				n.hi = uint64(int64(n.hi) >> 1)
			}
			checkDecimal(t, n, scale)
		}
	}
}

func TestAppendDecimalBoundaries(t *testing.T) {
	t.Parallel()
	power := func(base, exp int64) *big.Int { return new(big.Int).Exp(big.NewInt(base), big.NewInt(exp), nil) }
	var numbers []*big.Int
	for _, n := range []*big.Int{
		big.NewInt(0), big.NewInt(10), big.NewInt(100), big.NewInt(math.MaxInt64), big.NewInt(math.MinInt64),
		new(big.Int).SetUint64(math.MaxUint64), power(10, 18), power(10, 19), power(10, 20), power(10, 37), power(10, 38), power(2, 126),
	} {
		for d := int64(-1); d <= 1; d++ {
			m := new(big.Int).Add(n, big.NewInt(d))
			numbers = append(numbers, m, new(big.Int).Neg(m))
		}
	}
	for d := int64(-19); d <= 19; d++ { // around multiples of 10^19, where digits are cut in two
		numbers = append(numbers, new(big.Int).Add(new(big.Int).Mul(power(10, 19), big.NewInt(1_000_000_007)), big.NewInt(d)))
	}
	top := power(2, 127)
	numbers = append(numbers, new(big.Int).Sub(top, big.NewInt(1)), new(big.Int).Neg(top), new(big.Int).Sub(big.NewInt(1), top))
	for _, n := range numbers {
		for _, scale := range []int{-maxScale, -38, -1, 0, 1, 2, 18, 19, 20, 37, 38, 39, 40, 64, 65, maxScale} {
			checkDecimal(t, int128Of(t, n), scale)
		}
	}
}

func TestParseInt128(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		b    string
		want string // "" for an error
	}{
		{"no bytes", "", ""},
		{"zero", "\x00", "0"},
		{"one byte", "\x7F", "127"},
		{"negative byte", "\x80", "-128"},
		{"minus one", "\xFF", "-1"},
		{"two bytes", "\x01\x00", "256"},
		{"negative two bytes", "\xFF\x00", "-256"},
		{"nine bytes", "\x01\x00\x00\x00\x00\x00\x00\x00\x00", "18446744073709551616"},
		{"negative nine bytes", "\xFF\x00\x00\x00\x00\x00\x00\x00\x00", "-18446744073709551616"},
		{"leading zero for the sign", "\x00\xFF", "255"},
		{"fifteen bytes", "\x80" + strings.Repeat("\x00", 14), "-664613997892457936451903530140172288"},
		{"smallest", "\x80" + strings.Repeat("\x00", 15), "-170141183460469231731687303715884105728"},
		{"largest", "\x7F" + strings.Repeat("\xFF", 15), "170141183460469231731687303715884105727"},
		{"seventeen bytes", strings.Repeat("\x00", 17), ""},
	} {
		n, err := parseInt128([]byte(test.b))
		if (err != nil) != (test.want == "") || err == nil && bigOf(n).String() != test.want {
			t.Errorf("%s: %v, %v, want %s", test.name, bigOf(n), err, test.want)
		}
	}
}

func TestAppendDecimalText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"0", "0"},
		{"7", "7"},
		{"-7", "-7"},
		{"+5", "5"},
		{".5", "0.5"},
		{"-.5", "-0.5"},
		{"+.5", "0.5"},
		{"5.", "5"},
		{"0.00", "0.00"},
		{"12.50", "12.50"},
		{"007", "7"},
		{"-007.50", "-7.50"},
		{"000", "0"},
		{"1.5E+3", "1500"},
		{"1.5E3", "1500"},
		{"1.5e3", "1500"},
		{"1.5E+0", "1.5"},
		{"1.5E-0", "1.5"},
		{"1.2345E+2", "123.45"},
		{"-12E-4", "-0.0012"},
		{"12E-1", "1.2"},
		{"12E-2", "0.12"},
		{"12.5E-2", "0.125"},
		{"0E+3", "0"},
		{"0E-3", "0.000"},
		{"0.00E+1", "0.0"},
		{"0.05E+1", "0.5"},
		{"0.05E+2", "5"},
		{".5E+1", "5"},
		{"5.E-1", "0.5"},
		{"1E-38", "0." + strings.Repeat("0", 37) + "1"},
		{"9.99E+37", "999" + strings.Repeat("0", 35)},
		{"1E255", "1" + strings.Repeat("0", 255)},
		{"1E-255", "0." + strings.Repeat("0", 254) + "1"},
		{"1E+0003", "1000"},
		{strings.Repeat("9", 100) + "." + strings.Repeat("8", 100), strings.Repeat("9", 100) + "." + strings.Repeat("8", 100)},
	} {
		const before = "1.5,"
		if got, err := appendDecimalText([]byte(before), []byte(test.text)); err != nil || string(got) != before+test.want {
			t.Errorf("%q: %s, %v, want %s", test.text, got[len(before):], err, test.want)
		}
	}
}

func TestAppendDecimalTextErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", "+", ".", "-.", "E", "E5", ".E5", "--5", "+-5", "5-", "1-5", "1.2.3", "1E", "1E+", "1E-", "1E--1", "1E1E1",
		"1E1.5", "1E1.", "1E256", "1E-256", "1E00001", "1E99999999999999999999", " 1", "1 ", "0x1", "1,5", "NaN", "Infinity", "1_0", "１",
	} {
		if got, err := appendDecimalText(nil, []byte(text)); err == nil {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestDecimalsDoNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 1024)
	numbers := []int128{{}, {0, 5}, {0, math.MaxUint64}, {1 << 62, 7}, {1 << 63, 0}, {math.MaxUint64, math.MaxUint64}}
	texts := [][]byte{[]byte("12.50"), []byte("-1.5E+3"), []byte("12E-40")}
	var err error
	if n := testing.AllocsPerRun(100, func() {
		for _, n := range numbers {
			for scale := -38; scale <= 38; scale++ {
				dst = appendDecimal(dst[:0], n, scale)
			}
		}
		for _, s := range texts {
			dst, err = appendDecimalText(dst[:0], s)
		}
	}); n != 0 || err != nil {
		t.Errorf("%v allocations, %v", n, err)
	}
}
