package thriftrows

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// ZoneSet numbers the zones of TIMESTAMP_TZ columns, from 0. [BatchColumn.AppendZones]
// adds to it. Zones of one name have one number. The zero value is empty. It is not safe
// for concurrent use, and a loop over many columns should have one for each.
type ZoneSet struct {
	short [64]struct { // the numbers of names of up to 20 bytes
		key   zoneKey
		index int32
	}
	locs  []*time.Location
	index map[string]int32 // by the name of the location
}

// Locations returns the zones by their numbers. The slice is valid until the next call
// of AppendZones, and must not be changed.
func (s *ZoneSet) Locations() []*time.Location { return s.locs }

// of returns the number of a zone.
func (s *ZoneSet) of(loc *time.Location) int32 {
	i, ok := s.index[loc.String()]
	if !ok {
		if s.index == nil {
			s.index = map[string]int32{}
		}
		i = int32(len(s.locs))
		s.locs = append(s.locs, loc)
		s.index[loc.String()] = i
	}
	return i
}

// lookup returns the number of the zone with the engine's spelling name.
func (s *ZoneSet) lookup(zones *Zones, name []byte) (int32, error) {
	loc, err := zones.Lookup(name)
	if err != nil {
		return 0, err
	}
	return s.of(loc), nil
}

// AppendZones appends the number of each row's zone in set to dst. It adds the zones
// that set does not have.
func (c *BatchColumn) AppendZones(dst []int32, set *ZoneSet) ([]int32, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	nulls := c.Nulls()
	switch {
	case v.kind == nullKind:
	case v.kind != timeTZKind:
		return dst, Nulls{}, c.mismatch("points in time with a zone")
	case v.constant || !v.zoned:
		if b.NumRows() == 0 {
			break
		}
		index, err := set.lookup(b.zones, v.zoneName(0))
		if err != nil {
			return dst, Nulls{}, c.fail(b.from, err)
		}
		fill(add, index)
	default:
		if row, err := c.zoneNumbers(add, set); err != nil {
			return dst, Nulls{}, c.fail(row, err)
		}
	}
	return whole, nulls, nil
}

// zoneNumbers stores the numbers of the rows' zones. It returns the row of an error.
func (c *BatchColumn) zoneNumbers(dst []int32, set *ZoneSet) (int, error) {
	b, v := c.batch, c.v
	for i := range dst {
		row := b.from + i
		if v.nulls != nil && v.nulls[row] == 1 {
			dst[i] = 0
			continue
		}
		from, to := v.zones.bounds(row)
		n, data := to-from, v.zones.data[from:]
		if n <= 4 || n > 24 || len(data) < 24 {
			index, err := set.lookup(b.zones, v.zoneName(row))
			if err != nil {
				return row, err
			}
			dst[i] = index
			continue
		}
		key := keyOf((*[24]byte)(data), n)
		z := &set.short[key.slot()]
		if z.key != key {
			index, err := set.lookup(b.zones, data[4:n])
			if err != nil {
				return row, err
			}
			z.key, z.index = key, index
		}
		dst[i] = z.index
	}
	return 0, nil
}

// keyOf returns the key of a name that begins at data and has n bytes, from 5 to 24, with
// its length.
func keyOf(data *[24]byte, n int) zoneKey {
	last := max(n-8, 0)
	rest := max(64-8*n, 0) & 63 // bits of the next element
	return zoneKey{
		binary.BigEndian.Uint64(data[:8]) >> rest,
		binary.BigEndian.Uint64(data[last/2:][:8]) >> rest,
		binary.BigEndian.Uint64(data[last:][:8]) >> rest,
	}
}

// slot returns the index of a key in a cache of 64.
func (k zoneKey) slot() uint64 {
	return slot(k.head ^ bits.RotateLeft64(k.middle, 21) ^ bits.RotateLeft64(k.tail, 43))
}
