package e6data

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// Date is the date of a time, in that time's own location, and not the instant. As a
// query's argument Date(t) is DATE '2024-01-31', where t alone is a TIMESTAMP, with the
// wall clock in [Config].Loc.
// DATE columns scan into it; sql.Null[Date] where they may be NULL. Its text, in JSON,
// too, is 2024-01-31.
type Date time.Time

// TimestampTZ is an instant with its offset from UTC. As a query's argument
// TimestampTZ(t) is TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30', where t alone is a
// TIMESTAMP with the wall clock in [Config].Loc; an offset with seconds, as of local mean times, becomes UTC.
// TIMESTAMP_TZ columns scan into it; sql.Null[TimestampTZ] where they may be NULL. Its
// text, in JSON, too, is that of RFC 3339: 2024-01-31T23:59:58.123456+05:30.
type TimestampTZ time.Time

var (
	_ driver.Valuer            = Date{}
	_ sql.Scanner              = (*Date)(nil)
	_ encoding.TextMarshaler   = Date{}
	_ encoding.TextUnmarshaler = (*Date)(nil)
	_ json.Marshaler           = Date{}
	_ json.Unmarshaler         = (*Date)(nil)
	_ driver.Valuer            = TimestampTZ{}
	_ sql.Scanner              = (*TimestampTZ)(nil)
	_ encoding.TextMarshaler   = TimestampTZ{}
	_ encoding.TextUnmarshaler = (*TimestampTZ)(nil)
	_ json.Marshaler           = TimestampTZ{}
	_ json.Unmarshaler         = (*TimestampTZ)(nil)
)

// String returns the date, such as 2024-01-31.
func (d Date) String() string { return d.AsDate().String() }

// AsDate is for the driver, which writes the result as a literal.
func (d Date) AsDate() sqltext.Date { return sqltext.Date(d) }

// Value implements [driver.Valuer], for other drivers and for libraries: it returns
// midnight UTC of the date, as this driver does for a DATE column. This driver does not
// call it. A library that calls it, as sqlx.In does, passes on a TIMESTAMP.
func (d Date) Value() (driver.Value, error) {
	year, month, day := time.Time(d).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), nil
}

// Scan implements [sql.Scanner]. It takes a time.Time that is midnight in its own
// location, as DATE columns give it, and a string or []byte that UnmarshalText
// reads. NULL is an error; sql.Null[Date] takes it. An error leaves d as it is.
func (d *Date) Scan(src any) error {
	if d == nil {
		return errors.New("destination is a nil *Date")
	}
	switch src := src.(type) {
	case time.Time:
		if h, m, s := src.Clock(); h != 0 || m != 0 || s != 0 || src.Nanosecond() != 0 {
			return errors.New("a time of day does not fit a Date: scan it into a time.Time")
		}
		*d = Date(src)
		return nil
	case string:
		return d.UnmarshalText([]byte(src))
	case []byte:
		return d.UnmarshalText(src)
	case nil:
		return errors.New("NULL does not fit a Date: use a sql.Null[Date] or a *Date that may be nil")
	}
	return fmt.Errorf("a %T does not fit a Date", src)
}

// MarshalText returns the date, such as 2024-01-31. Years before 0 and after 9999 are
// errors.
func (d Date) MarshalText() ([]byte, error) {
	if year := time.Time(d).Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("a date in the year %d has no text", year)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads a date as MarshalText writes it: midnight UTC. An error leaves d
// as it is.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return err
	}
	*d = Date(t)
	return nil
}

// MarshalJSON returns the text as a JSON string.
func (d Date) MarshalJSON() ([]byte, error) { return marshalString(d) }

// UnmarshalJSON reads the text in a JSON string; null leaves d as it is, as an error
// does.
func (d *Date) UnmarshalJSON(b []byte) error { return unmarshalString(b, d) }

// String returns date, time of day and offset, such as 2024-01-31
// 23:59:58.123456+05:30.
func (t TimestampTZ) String() string { return t.AsTimestampTZ().String() }

// AsTimestampTZ is for the driver, which writes the result as a literal.
func (t TimestampTZ) AsTimestampTZ() sqltext.TimestampTZ { return sqltext.TimestampTZ(t) }

// Value implements [driver.Valuer], for other drivers and for libraries: it returns
// the time.Time, as this driver does for a TIMESTAMP_TZ column; see [Date.Value].
func (t TimestampTZ) Value() (driver.Value, error) { return time.Time(t), nil }

// Scan implements [sql.Scanner]. It takes a time.Time, and a string or []byte that
// UnmarshalText reads. NULL is an error; sql.Null[TimestampTZ] takes it. An error leaves
// t as it is.
func (t *TimestampTZ) Scan(src any) error {
	if t == nil {
		return errors.New("destination is a nil *TimestampTZ")
	}
	switch src := src.(type) {
	case time.Time:
		*t = TimestampTZ(src)
		return nil
	case string:
		return t.UnmarshalText([]byte(src))
	case []byte:
		return t.UnmarshalText(src)
	case nil:
		return errors.New("NULL does not fit a TimestampTZ: use a sql.Null[TimestampTZ] or a *TimestampTZ that may be nil")
	}
	return fmt.Errorf("a %T does not fit a TimestampTZ", src)
}

// MarshalText returns the time as RFC 3339 has it, such as
// 2024-01-31T23:59:58.123456+05:30; in UTC where the offset has seconds, which that
// cannot write. Years before 0 and after 9999 are errors.
func (t TimestampTZ) MarshalText() ([]byte, error) {
	at := time.Time(t)
	if _, offset := at.Zone(); offset%60 != 0 {
		at = at.UTC()
	}
	return at.MarshalText()
}

// UnmarshalText reads a time as MarshalText or String writes it. An error leaves t as
// it is.
func (t *TimestampTZ) UnmarshalText(text []byte) error {
	at, err := time.ParseInLocation(time.RFC3339, string(text), time.UTC)
	if err != nil {
		var other error
		if at, other = time.ParseInLocation("2006-01-02 15:04:05Z07:00", string(text), time.UTC); other != nil {
			return err
		}
	}
	*t = TimestampTZ(at)
	return nil
}

// MarshalJSON returns the text as a JSON string.
func (t TimestampTZ) MarshalJSON() ([]byte, error) { return marshalString(t) }

// UnmarshalJSON reads the text in a JSON string; null leaves t as it is, as an error
// does.
func (t *TimestampTZ) UnmarshalJSON(b []byte) error { return unmarshalString(b, t) }

// marshalString returns a text without characters that JSON escapes as a string.
func marshalString(v encoding.TextMarshaler) ([]byte, error) {
	text, err := v.MarshalText()
	if err != nil {
		return nil, err
	}
	return append(append([]byte{'"'}, text...), '"'), nil
}

func unmarshalString(b []byte, v encoding.TextUnmarshaler) error {
	if string(b) == "null" {
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	return v.UnmarshalText([]byte(text))
}
