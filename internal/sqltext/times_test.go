package sqltext

import (
	"database/sql"
	"testing"
	"time"
)

// Times are written as the wall clock in loc, however deep in an argument they
// are. Dates and times with an offset do not depend on loc.
func TestTimesInLocation(t *testing.T) {
	ist := time.FixedZone("IST", 19800)
	at := time.Date(2024, 1, 31, 18, 29, 58, 123456789, time.UTC)
	const want = "TIMESTAMP '2024-01-31 23:59:58.123456'"
	for _, test := range []struct {
		v    any
		want string
	}{
		{at, want}, {at.In(time.FixedZone("", -3600)), want}, {&at, want}, {sql.NullTime{Time: at, Valid: true}, want},
		{sql.Null[time.Time]{V: at, Valid: true}, want}, {[]time.Time{at, at}, want + ", " + want}, {[]any{&at}, want},
		{Date(at), "DATE '2024-01-31'"}, {Date(at.In(ist)), "DATE '2024-01-31'"}, {TimestampTZ(at), "TIMESTAMP_TZ '2024-01-31 18:29:58.123456+00:00'"},
		// The year is that of the wall clock.
		{time.Date(9999, 12, 31, 18, 0, 0, 0, time.UTC), "TIMESTAMP '9999-12-31 23:30:00.000000'"},
	} {
		got, err := parse(t, "x in (?)").Render(args(test.v), ist)
		if err != nil || got != "x in ("+test.want+")" {
			t.Errorf("%v: %s, %v", test.v, got, err)
		}
	}
	if _, err := parse(t, "?").Render(args(time.Date(9999, 12, 31, 19, 0, 0, 0, time.UTC)), ist); err == nil {
		t.Error("the year 10000 was written")
	}
	midnight := time.Date(2024, 1, 31, 0, 0, 0, 0, ist)
	for _, test := range []struct {
		v         any
		typ, want string
	}{
		{at, "TIMESTAMP", "2024-01-31 23:59:58.123456"}, {at, "DATETIME", "2024-01-31 23:59:58.123456"}, {at, "STRING", "2024-01-31 23:59:58.123456"},
		{TimestampTZ(at), "TIMESTAMP", "2024-01-31 23:59:58.123456"}, {at, "TIMESTAMP_TZ", "2024-01-31 18:29:58.123456+00:00"},
		{midnight, "DATE", "2024-01-31"}, {time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), "DATE", "2024-01-31"},
		{Date(midnight.UTC()), "DATE", "2024-01-30"}, {Date(midnight), "TIMESTAMP", "2024-01-31 00:00:00.000000"},
	} {
		if got, err := Text(arg(test.v), test.typ, ist); err != nil || got != test.want {
			t.Errorf("%v as %s: %s, %v", test.v, test.typ, got, err)
		}
	}
	if _, err := Text(arg(at), "DATE", ist); err == nil || err.Error() != "argument 3: the engine expects a DATE, and the time has a time of day in IST: give its date as e6data.Date(t)" {
		t.Error(err)
	}
}
