package sqltext

import "time"

// Date is a date: that of the time in its own location.
type Date time.Time

// String returns the date, such as 2024-01-31.
func (d Date) String() string { return time.Time(d).Format(time.DateOnly) }

// TimestampTZ is a time whose offset from UTC is sent, too. The dialect has no offset
// with seconds, as local mean times have: such a time is written in UTC.
type TimestampTZ time.Time

// String returns date, time of day and offset, such as 2024-01-31
// 23:59:58.123456+05:30.
func (t TimestampTZ) String() string { return t.inMinutes().Format(stampTZ) }

// inMinutes returns the time with an offset of whole minutes.
func (t TimestampTZ) inMinutes() time.Time {
	at := time.Time(t)
	if _, offset := at.Zone(); offset%60 != 0 {
		return at.UTC()
	}
	return at
}

// ownTime returns the Date or TimestampTZ of a value v of package e6data. Its methods
// return types of this internal package, so other modules cannot have them.
func ownTime(v any) (any, bool) {
	switch v := v.(type) {
	case interface{ AsDate() Date }:
		return v.AsDate(), true
	case interface{ AsTimestampTZ() TimestampTZ }:
		return v.AsTimestampTZ(), true
	}
	return nil, false
}

const (
	stamp   = "2006-01-02 15:04:05.000000"
	stampTZ = stamp + "-07:00"
)

func appendTimestamp(b []byte, t time.Time, loc *time.Location) ([]byte, error) {
	return appendTime(b, "TIMESTAMP '", clockIn(t, loc), stamp)
}

// clockIn returns t in loc; nil is UTC.
func clockIn(t time.Time, loc *time.Location) time.Time {
	if loc == nil {
		return t.UTC()
	}
	return t.In(loc)
}

func isMidnight(t time.Time) bool {
	hour, minute, sec := t.Clock()
	return hour == 0 && minute == 0 && sec == 0 && t.Nanosecond() == 0
}

func appendDate(b []byte, d Date) ([]byte, error) {
	return appendTime(b, "DATE '", time.Time(d), time.DateOnly)
}

// appendTimestampTZ appends a TIMESTAMP_TZ literal. Its form is inferred from
// the TIMESTAMP literal and the zones in results (docs/protocol.md, sections 5
// and 10).
func appendTimestampTZ(b []byte, t TimestampTZ) ([]byte, error) {
	return appendTime(b, "TIMESTAMP_TZ '", t.inMinutes(), stampTZ)
}

func appendTime(b []byte, begin string, t time.Time, layout string) ([]byte, error) {
	b = append(b, begin...)
	b, err := appendClock(b, t, layout)
	return append(b, '\''), err
}

func appendClock(b []byte, t time.Time, layout string) ([]byte, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return b, refuse("a time in the year %d has no literal: 0 to 9999 have", y)
	}
	return t.AppendFormat(b, layout), nil
}
