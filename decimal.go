package e6data

import (
	"math/big"

	"github.com/e6data/e6data-go/thriftrows"
)

// Decimal is an exact decimal of 128 bits with a scale, which DECIMAL columns
// scan into; sql.Null[Decimal] where they may be NULL. Batches return it, too.
//
// It is the type of package thriftrows, where the decoder of columns makes it, so that
// a batch's values are these without being copied. Its methods are
// [thriftrows.Decimal.String], [thriftrows.Decimal.MarshalText] and
// [thriftrows.Decimal.MarshalJSON] with their opposites; [thriftrows.Decimal.Scan] and
// [thriftrows.Decimal.Value] for database/sql; [thriftrows.Decimal.Cmp],
// [thriftrows.Decimal.Equal], [thriftrows.Decimal.Sign] and [thriftrows.Decimal.IsZero];
// and to calculate with it, [thriftrows.Decimal.Rat], [thriftrows.Decimal.Unscaled] and
// [thriftrows.Decimal.Decompose], which other packages' decimals read as they do its text.
type Decimal = thriftrows.Decimal

// DecimalError says of which value no [Decimal] could be made. Its Err is
// ErrDecimalSyntax or ErrDecimalRange.
type DecimalError = thriftrows.DecimalError

// Why no [Decimal] could be made, for errors.Is.
var (
	// ErrDecimalSyntax: a text is not in decimal notation.
	ErrDecimalSyntax = thriftrows.ErrDecimalSyntax
	// ErrDecimalRange: a Decimal cannot hold the value exactly.
	ErrDecimalRange = thriftrows.ErrDecimalRange
)

// NewDecimal returns unscaled / 10^scale; see [thriftrows.NewDecimal].
func NewDecimal(unscaled int64, scale int32) Decimal {
	return thriftrows.NewDecimal(unscaled, scale)
}

// ParseDecimal reads decimal notation; see [thriftrows.ParseDecimal].
func ParseDecimal(s string) (Decimal, error) { return thriftrows.ParseDecimal(s) }

// DecimalFromBigInt returns unscaled / 10^scale, exactly or an error; see
// [thriftrows.DecimalFromBigInt].
func DecimalFromBigInt(unscaled *big.Int, scale int32) (Decimal, error) {
	return thriftrows.DecimalFromBigInt(unscaled, scale)
}

// DecimalFromRat returns the value of r, exactly or an error; see
// [thriftrows.DecimalFromRat].
func DecimalFromRat(r *big.Rat) (Decimal, error) { return thriftrows.DecimalFromRat(r) }
