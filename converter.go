package e6data

import (
	"database/sql"
	"database/sql/driver"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// ArgumentConverter makes of an argument what a mock of database/sql can compare, and
// refuses what the driver refuses. With go-sqlmock:
//
//	sqlmock.New(sqlmock.ValueConverterOption(e6data.ArgumentConverter{}))
//
// Then a [Date], a [TimestampTZ], a [Decimal] or the slice of an IN list may be an argument
// of a query and of WithArgs, and a [QueryOption] among the arguments of a query counts as
// none of them, as with the driver.
//
// A value that is nil, a bool, a number, text or binary data becomes the value of
// database/sql for it; a time.Time is in UTC, cut off to microseconds; all else is the
// literal that the driver writes, as a string: "DATE '2024-01-31'" or "'IN', 'SG'".
type ArgumentConverter struct{}

var _ driver.ValueConverter = ArgumentConverter{}

// ConvertValue returns the value to compare, or [driver.ErrRemoveArgument] for a
// [QueryOption].
func (ArgumentConverter) ConvertValue(v any) (driver.Value, error) {
	switch v.(type) {
	case QueryOption:
		return nil, driver.ErrRemoveArgument
	case sql.Out:
		return nil, errOut
	}
	value, err := sqltext.Value(v)
	if err != nil {
		return nil, statementError(err)
	}
	return value, nil
}
