package thriftrows_test

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/e6data/e6data-go/thriftrows"
)

// checkUnscaled tries some types for the decimals of a column.
func checkUnscaled(c *thriftrows.BatchColumn, rows int) error {
	want, nulls, wantErr := c.Decimals()
	for _, typ := range [][2]int32{{38, 0}, {38, 2}, {38, -3}, {18, 2}, {37, 18}, {5, 3}, {38, 38}, {1, 0}} {
		precision, scale := typ[0], typ[1]
		got, _, err := c.AppendUnscaled([]byte("0123456789abcdef"), precision, scale)
		if wantErr != nil {
			if err == nil {
				return fmt.Errorf("no error, want %w", wantErr)
			}
			continue
		}
		fits := true
		for i := range rows {
			if nulls.Null(i) {
				continue
			}
			n, ok := unscaled(want[i], precision, scale)
			if fits = fits && ok; !fits {
				break
			}
			if err == nil && n.Cmp(littleEndian(got[16+16*i:][:16])) != 0 {
				return fmt.Errorf("row %d as DECIMAL%v: want %v", i, typ, n)
			}
		}
		if fits != (err == nil) {
			return fmt.Errorf("DECIMAL%v: error %w, and it is %v that all fit", typ, err, fits)
		}
	}
	return nil
}

// unscaled computes d * 10^scale with package big, and reports whether it fits.
func unscaled(d thriftrows.Decimal, precision, scale int32) (*big.Int, bool) {
	r := d.Rat()
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil))
	if scale < 0 {
		ten.Inv(ten)
	}
	r.Mul(r, ten)
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	n := r.Num()
	if precision >= 38 {
		top := new(big.Int).Lsh(big.NewInt(1), 127)
		return n, r.IsInt() && n.Cmp(top) < 0 && n.Cmp(new(big.Int).Neg(top)) >= 0
	}
	return n, r.IsInt() && n.CmpAbs(limit) < 0
}

// littleEndian reads 16 bytes of two's complement.
func littleEndian(b []byte) *big.Int {
	n := new(big.Int).SetInt64(int64(binary.LittleEndian.Uint64(b[8:])))
	n.Lsh(n, 64)
	return n.Or(n, new(big.Int).SetUint64(binary.LittleEndian.Uint64(b)))
}
