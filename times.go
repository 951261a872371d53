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

// Date is the date of a time, in the time's own location. As an argument, Date(t) is
// DATE '2024-01-31', while t alone is a TIMESTAMP with the wall clock in
// [Config].Loc. DATE columns scan into a Date, or into sql.Null[Date] if they may be
// NULL. Its text, also in JSON, is 2024-01-31.
type Date time.Time

// TimestampTZ is an instant with an offset from UTC. As an argument, TimestampTZ(t)
// is TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30', while t alone is a TIMESTAMP
// with the wall clock in [Config].Loc. An offset with seconds, as local mean times
// have, becomes UTC. TIMESTAMP_TZ columns scan into a TimestampTZ, or into
// sql.Null[TimestampTZ] if they may be NULL. Its text, also in JSON, is that of RFC
// 3339: 2024-01-31T23:59:58.123456+05:30.
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

// AsDate returns the form that the driver writes as a literal. It is for the driver
// only.
func (d Date) AsDate() sqltext.Date { return sqltext.Date(d) }

// Value implements [driver.Valuer] for other drivers and for libraries. It returns
// midnight UTC of the date, as this driver does for a DATE column. This driver does
// not call it. If a library calls it, as sqlx.In does, the argument becomes a
// TIMESTAMP.
func (d Date) Value() (driver.Value, error) {
	year, month, day := time.Time(d).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), nil
}

// Scan implements [sql.Scanner]. It accepts a time.Time that is midnight in its own
// location, as DATE columns return it, and a string or []byte that UnmarshalText
// accepts. NULL is an error; sql.Null[Date] accepts it. If Scan returns an error, d
// is unchanged.
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

// MarshalText returns the date, such as 2024-01-31. It returns an error for years
// before 0 and after 9999.
func (d Date) MarshalText() ([]byte, error) {
	if year := time.Time(d).Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("a date in the year %d has no text", year)
	}
	return []byte(d.String()), nil
}

// UnmarshalText parses a date in the form of MarshalText, and sets d to midnight UTC
// of it. If it returns an error, d is unchanged.
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

// UnmarshalJSON parses the text in a JSON string. If the JSON is null, or
// UnmarshalJSON returns an error, d is unchanged.
func (d *Date) UnmarshalJSON(b []byte) error { return unmarshalString(b, d) }

// String returns the date, time of day and offset, such as 2024-01-31
// 23:59:58.123456+05:30.
func (t TimestampTZ) String() string { return t.AsTimestampTZ().String() }

// AsTimestampTZ returns the form that the driver writes as a literal. It is for the
// driver only.
func (t TimestampTZ) AsTimestampTZ() sqltext.TimestampTZ { return sqltext.TimestampTZ(t) }

// Value implements [driver.Valuer] for other drivers and for libraries. It returns
// the time.Time, as this driver does for a TIMESTAMP_TZ column; see [Date.Value].
func (t TimestampTZ) Value() (driver.Value, error) { return time.Time(t), nil }

// Scan implements [sql.Scanner]. It accepts a time.Time, and a string or []byte that
// UnmarshalText accepts. NULL is an error; sql.Null[TimestampTZ] accepts it. If Scan
// returns an error, t is unchanged.
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

// MarshalText returns the time in the form of RFC 3339, such as
// 2024-01-31T23:59:58.123456+05:30. If the offset has seconds, which RFC 3339 cannot
// express, the time is in UTC. MarshalText returns an error for years before 0 and
// after 9999.
func (t TimestampTZ) MarshalText() ([]byte, error) {
	at := time.Time(t)
	if _, offset := at.Zone(); offset%60 != 0 {
		at = at.UTC()
	}
	return at.MarshalText()
}

// UnmarshalText parses a time in the form of MarshalText or String. If it returns an
// error, t is unchanged.
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

// UnmarshalJSON parses the text in a JSON string. If the JSON is null, or
// UnmarshalJSON returns an error, t is unchanged.
func (t *TimestampTZ) UnmarshalJSON(b []byte) error { return unmarshalString(b, t) }

// marshalString returns a JSON string of a text that needs no escapes in JSON.
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
