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

// zoneMemo remembers the zones of a column, of which most columns have few.
type zoneMemo [64]zoneEntry

type zoneEntry struct {
	// key is the name itself where it is short, else 0.
	key  uint64
	name string
	loc  *time.Location
}

// shortKey packs a name of 1 to 7 bytes, such as +05:30, and its length into a
// number.
func shortKey(name []byte) uint64 {
	key := uint64(len(name)) << 56
	if len(name) == 6 { // an offset
		return key | uint64(binary.BigEndian.Uint32(name))<<16 | uint64(binary.BigEndian.Uint16(name[4:]))
	}
	for i, c := range name {
		key |= uint64(c) << (8 * i)
	}
	return key
}

func (m *zoneMemo) lookup(zones *Zones, name []byte) (*time.Location, error) {
	n := len(name)
	if n == 0 {
		return time.UTC, nil
	}
	key := uint64(0)
	hash := uint64(name[0]) | uint64(name[n/2])<<8 | uint64(name[n-1])<<16 | uint64(n)<<24
	if n < 8 {
		key = shortKey(name)
		hash = key
	}
	const multiplier = 0x9E3779B97F4A7C15
	slot := hash * multiplier >> 58
	e := &m[slot]
	if e.is(key, name) {
		return e.loc, nil
	}
	if e.loc != nil { // another zone's: its neighbour is the second choice
		if e = &m[slot^1]; e.is(key, name) {
			return e.loc, nil
		}
	}
	loc, err := zones.Lookup(name)
	if err != nil {
		return nil, err
	}
	*e = zoneEntry{key, string(name), loc}
	return loc, nil
}

func (e *zoneEntry) is(key uint64, name []byte) bool {
	return e.loc != nil && e.key == key && (key != 0 || e.name == string(name))
}
