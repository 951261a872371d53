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

// date returns midnight UTC of the instant's day.
func date(micros int64) time.Time {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	return time.Unix(day*secondsPerDay, 0).UTC()
}

// wallClock returns the time in loc with the wall clock that t has in UTC; nil
// is UTC.
func wallClock(t time.Time, loc *time.Location) time.Time {
	t = t.UTC()
	if loc == nil {
		return t
	}
	y, m, d := t.Date()
	hour, minute, sec := t.Clock()
	return time.Date(y, m, d, hour, minute, sec, t.Nanosecond(), loc)
}

// int96 decodes a Julian day and the nanoseconds of that day.
func int96(b []byte) (time.Time, error) {
	day := int64(int32(binary.BigEndian.Uint32(b)))
	nanos := int64(binary.BigEndian.Uint64(b[4:]))
	if nanos < 0 || nanos >= nanosPerDay {
		return time.Time{}, fmt.Errorf("INT96 with %d nanoseconds of the day", nanos)
	}
	return time.Unix((day-epochJulianDay)*secondsPerDay, nanos).UTC(), nil
}

// time decodes a row of any temporal vector. NewCursor describes zones and loc.
func (v *vector) time(row int, zones *Zones, memo *zoneMemo, loc *time.Location) (time.Time, error) {
	switch v.kind {
	case dateKind:
		return date(v.int64(row)), nil
	case timeTZKind:
		loc, err := memo.of(zones, v, row)
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

// zoneMemo is the cache of a column's zones. Most columns have few zones.
type zoneMemo struct {
	short [64]shortZone
	long  [64]longZone
}

// shortZone is a zone with a name of up to 20 bytes.
type shortZone struct {
	key zoneKey
	loc *time.Location
}

// zoneKey is a zone name with its length prefix of four bytes, together 5 to 24
// bytes. It holds the first, the middle and the last eight bytes, which overlap in
// a short name.
type zoneKey struct{ head, middle, tail uint64 }

// longZone is a zone with a longer name.
type longZone struct {
	name string
	loc  *time.Location
}

// slot returns the index in the memo for a hash.
func slot(hash uint64) uint64 { return hash * 0x9E3779B97F4A7C15 >> 58 }

// of returns the zone of a row. The code has no branch on the length of a short
// name, because the processor cannot predict such a branch when the rows have
// different zones.
func (m *zoneMemo) of(zones *Zones, v *vector, row int) (*time.Location, error) {
	if !v.zoned {
		return m.ofLong(zones, v.zone)
	}
	from, to := v.zones.bounds(row)
	data, n := v.zones.data[from:], to-from
	if n <= 4 || n > 24 || len(data) < 24 {
		return m.ofLong(zones, v.zoneName(row))
	}
	key := keyOf((*[24]byte)(data), n)
	i := key.slot()
	if z := &m.short[i]; z.key == key {
		return z.loc, nil
	}
	return m.ofShort(zones, data[4:n], key, i)
}

func (m *zoneMemo) ofShort(zones *Zones, name []byte, key zoneKey, i uint64) (*time.Location, error) {
	z := &m.short[i]
	if z.loc != nil { // the slot has another zone: try its neighbour
		if z = &m.short[i^1]; z.key == key {
			return z.loc, nil
		}
	}
	loc, err := zones.Lookup(name)
	if err == nil {
		*z = shortZone{key, loc}
	}
	return loc, err
}

func (m *zoneMemo) ofLong(zones *Zones, name []byte) (*time.Location, error) {
	n := len(name)
	if n < 2 {
		return zones.Lookup(name) // UTC, mostly
	}
	z := &m.long[slot(uint64(name[0])|uint64(name[n/2])<<8|uint64(name[n-1])<<16|uint64(n)<<24)]
	if z.name == string(name) {
		return z.loc, nil
	}
	loc, err := zones.Lookup(name)
	if err == nil {
		*z = longZone{string(name), loc}
	}
	return loc, err
}
