package sqltext

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"time"
)

// Value returns an argument as a driver.Value, so that arguments can be compared: nil,
// bool, int64, float64, string, []byte, or time.Time in UTC with the precision of a
// literal. For other values that [Statement.Render] accepts it returns the literal as a
// string. For a value that Render refuses it returns an error.
func Value(v any) (driver.Value, error) {
	literal, err := literalOf(v, inList)
	if err != nil {
		return nil, err
	}
	plain, unfit := scalar(v)
	if unfit != nil {
		return literal, nil //nolint:nilerr // a slice has a literal, although it is not a scalar
	}
	switch x := plain.(type) {
	case nil, bool, float64, string, []byte:
		return x, nil
	case time.Time:
		return x.UTC().Truncate(time.Microsecond), nil
	case number:
		if !strings.HasPrefix(literal, "CAST(") {
			return strconv.ParseInt(x.text, 10, 64)
		}
	}
	return literal, nil
}
