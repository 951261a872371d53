package naive

import (
	"encoding/hex"
	"testing"
)

func TestDecimal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		hex   string
		scale int
		want  string
	}{
		{"00", 2, "0.00"},
		{"05", 2, "0.05"},
		{"0000000000000000000000000000007b", 2, "1.23"},
		{"ffffffffffffffffffffffffffffff85", 2, "-1.23"},
		{"ff", 2, "-0.01"},
		{"7b", 0, "123"},
	} {
		b, err := hex.DecodeString(tc.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := decimal(b, tc.scale); got != tc.want {
			t.Errorf("%s with scale %d: %s, want %s", tc.hex, tc.scale, got, tc.want)
		}
	}
}
