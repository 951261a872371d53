package e6data

import (
	"database/sql"
	"database/sql/driver"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// ArgumentConverter converts an argument to a value that a mock of database/sql can
// compare, and refuses the values that the driver refuses. With go-sqlmock:
//
//	sqlmock.New(sqlmock.ValueConverterOption(e6data.ArgumentConverter{}))
//
// Then a [Date], a [TimestampTZ], a [Decimal] or the slice of an IN list may be an
// argument of a query and of WithArgs. A [QueryOption] among the arguments of a
// query is removed, as the driver does.
//
// Nil, a bool, a number, text or binary data becomes the value that database/sql has
// for it. A time.Time is converted to UTC and truncated to microseconds. Any other
// value becomes the literal that the driver writes, as a string: "DATE '2024-01-31'"
// or "'IN', 'SG'".
type ArgumentConverter struct{}

var _ driver.ValueConverter = ArgumentConverter{}

// ConvertValue returns the value to compare. It returns [driver.ErrRemoveArgument]
// for a [QueryOption].
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
