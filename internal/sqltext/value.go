package sqltext

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"time"
)

// Value returns an argument as a value of database/sql, for those who compare arguments:
// nil, a bool, an int64, a float64, a string, []byte, or a time.Time in UTC whose fraction
// of a second is as long as a literal's. Of all else that [Statement.Render] takes it is
// the literal, as a string. What Render refuses is an error here, too.
func Value(v any) (driver.Value, error) {
	literal, err := literalOf(v, inList)
	if err != nil {
		return nil, err
	}
	plain, unfit := scalar(v)
	if unfit != nil {
		return literal, nil //nolint:nilerr // a slice has a literal, and is no scalar
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
