package thriftrows

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"time"
)

// Zones finds time zones by the engine's spelling: Z, an offset such as +05:30,
// -03:00 or -00:00:15, or an IANA name (WIRE.md section 5), and remembers them.
// The zero value is ready; it is safe for concurrent use, and meant to be shared
// by all results of a connector, since reading an IANA zone opens a file.
type Zones struct {
	known sync.Map // string -> *time.Location
}

// Lookup returns the zone called name; an empty name is UTC. The location's own
// name is the engine's spelling, but for Z and zero offsets, which are time.UTC.
// A name that is none of the known forms is an error: a guess would show
// wrong clocks. name is not kept.
func (z *Zones) Lookup(name []byte) (*time.Location, error) {
	if len(name) == 0 || (len(name) == 1 && name[0] == 'Z') {
		return time.UTC, nil
	}
	if loc, ok := z.known.Load(string(name)); ok {
		return loc.(*time.Location), nil
	}
	loc, err := loadZone(string(name))
	if err != nil {
		return nil, err
	}
	// Only names that exist are kept, so a hostile peer cannot fill the memory.
	z.known.Store(string(name), loc)
	return loc, nil
}

func loadZone(name string) (*time.Location, error) {
	const longest = 64 // no IANA name comes near
	switch {
	case len(name) > longest:
		return nil, fmt.Errorf("unknown time zone of %d bytes", len(name))
	case name[0] == '+' || name[0] == '-':
		offset, ok := parseOffset(name)
		if !ok {
			return nil, fmt.Errorf("unknown time zone %q", name)
		}
		if offset == 0 {
			return time.UTC, nil
		}
		return time.FixedZone(name, offset), nil
	case strings.EqualFold(name, "Local"), strings.EqualFold(name, "localtime"): // would be this machine's zone
		return nil, fmt.Errorf("unknown time zone %q", name)
	case path.Clean(name) != name: // one zone could have any number of names
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q (where the system has no zone database, import time/tzdata)", name)
	}
	return loc, nil
}

// parseOffset reads ±hh, ±hh:mm and ±hh:mm:ss, up to 18 hours as in Java's
// ZoneOffset.
func parseOffset(s string) (seconds int, ok bool) {
	digits := s[1:]
	unit := 3600
	for {
		if len(digits) < 2 || !isDigit(digits[0]) || !isDigit(digits[1]) {
			return 0, false
		}
		n := int(digits[0]-'0')*10 + int(digits[1]-'0')
		if unit < 3600 && n > 59 {
			return 0, false
		}
		seconds += n * unit
		digits = digits[2:]
		if digits == "" {
			break
		}
		if unit == 1 || digits[0] != ':' {
			return 0, false
		}
		unit /= 60
		digits = digits[1:]
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds >= -18*3600 && seconds <= 18*3600
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
