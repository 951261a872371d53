package thriftrows

import (
	"encoding/binary"
	"fmt"
	"time"
)

const (
	microsPerDay   = 24 * 60 * 60 * 1_000_000
	secondsPerDay  = 24 * 60 * 60
	nanosPerDay    = secondsPerDay * 1_000_000_000
	epochJulianDay = 2440588 // 1970-01-01
)

// date is midnight UTC of the day that holds the instant.
func date(micros int64) time.Time {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	return time.Unix(day*secondsPerDay, 0).UTC()
}

// wallClock places t's UTC wall clock in loc; nil is UTC.
func wallClock(t time.Time, loc *time.Location) time.Time {
	t = t.UTC()
	if loc == nil {
		return t
	}
	y, m, d := t.Date()
	hour, minute, sec := t.Clock()
	return time.Date(y, m, d, hour, minute, sec, t.Nanosecond(), loc)
}

// int96 reads a Julian day and the nanoseconds of that day.
func int96(b []byte) (time.Time, error) {
	day := int64(int32(binary.BigEndian.Uint32(b)))
	nanos := int64(binary.BigEndian.Uint64(b[4:]))
	if nanos < 0 || nanos >= nanosPerDay {
		return time.Time{}, fmt.Errorf("INT96 with %d nanoseconds of the day", nanos)
	}
	return time.Unix((day-epochJulianDay)*secondsPerDay, nanos).UTC(), nil
}

// time reads a row of any temporal vector; see NewCursor for zones and loc.
func (v *vector) time(row int, zones *Zones, memo *zoneMemo, loc *time.Location) (time.Time, error) {
	switch v.kind {
	case dateKind:
		return date(v.int64(row)), nil
	case timeTZKind:
		loc, err := memo.lookup(zones, v.zoneName(row))
		if err != nil {
			return time.Time{}, err
		}
		return time.UnixMicro(v.int64(row)).In(loc), nil
	case int96Kind:
		t, err := int96(v.list.text(row))
		return wallClock(t, loc), err
	}
	return wallClock(time.UnixMicro(v.int64(row)), loc), nil
}

// zoneMemo remembers the zones of a column, of which most columns have few:
// a look-up costs a comparison of strings.
type zoneMemo [16]struct {
	name string
	loc  *time.Location
}

func (m *zoneMemo) lookup(zones *Zones, name []byte) (*time.Location, error) {
	if len(name) == 0 {
		return time.UTC, nil
	}
	n := len(name)
	e := &m[(name[0]^name[n/2]<<1^name[n-1]<<2^byte(n))%byte(len(m))]
	if e.loc != nil && e.name == string(name) {
		return e.loc, nil
	}
	loc, err := zones.Lookup(name)
	if err != nil {
		return nil, err
	}
	e.name, e.loc = string(name), loc
	return loc, nil
}
