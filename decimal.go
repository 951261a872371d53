package e6data

import (
	"math/big"

	"github.com/e6data/e6data-go/thriftrows"
)

// Decimal is an exact decimal of 128 bits with a scale. DECIMAL columns scan into
// it, or into sql.Null[Decimal] if they may be NULL. Batches return Decimals, too.
//
// It is the type of package thriftrows, so that a batch's values need no copy. The
// methods of the type are there:
//
//   - for text and JSON: [thriftrows.Decimal.String],
//     [thriftrows.Decimal.MarshalText], [thriftrows.Decimal.MarshalJSON] and their
//     opposites;
//   - for database/sql: [thriftrows.Decimal.Scan] and [thriftrows.Decimal.Value];
//   - to compare: [thriftrows.Decimal.Cmp], [thriftrows.Decimal.Equal],
//     [thriftrows.Decimal.Sign] and [thriftrows.Decimal.IsZero];
//   - to calculate with other packages: [thriftrows.Decimal.Rat],
//     [thriftrows.Decimal.Unscaled] and [thriftrows.Decimal.Decompose].
type Decimal = thriftrows.Decimal

// DecimalError is the error for a value of which no [Decimal] can be made. Its Err
// is ErrDecimalSyntax or ErrDecimalRange.
type DecimalError = thriftrows.DecimalError

// The reasons of a [DecimalError], for errors.Is.
var (
	// ErrDecimalSyntax is the error for a text that is not in decimal notation.
	ErrDecimalSyntax = thriftrows.ErrDecimalSyntax
	// ErrDecimalRange is the error for a value that a Decimal cannot hold exactly.
	ErrDecimalRange = thriftrows.ErrDecimalRange
)

// NewDecimal returns unscaled / 10^scale; see [thriftrows.NewDecimal].
func NewDecimal(unscaled int64, scale int32) Decimal {
	return thriftrows.NewDecimal(unscaled, scale)
}

// ParseDecimal reads decimal notation; see [thriftrows.ParseDecimal].
func ParseDecimal(s string) (Decimal, error) { return thriftrows.ParseDecimal(s) }

// DecimalFromBigInt returns unscaled / 10^scale. It returns an error if a Decimal
// cannot hold that exactly; see [thriftrows.DecimalFromBigInt].
func DecimalFromBigInt(unscaled *big.Int, scale int32) (Decimal, error) {
	return thriftrows.DecimalFromBigInt(unscaled, scale)
}

// DecimalFromRat returns the value of r. It returns an error if a Decimal cannot
// hold that exactly; see [thriftrows.DecimalFromRat].
func DecimalFromRat(r *big.Rat) (Decimal, error) { return thriftrows.DecimalFromRat(r) }
