package thriftrows

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Zones finds time zones by the engine's spelling and caches them. The spelling
// is that of Java's ZoneId (docs/protocol.md, sections 5 and 12):
//
//   - Z, UT, UTC and GMT;
//   - an offset such as +05:30, -03:00, -00:00:15, +0530 or +05, alone or after UT,
//     UTC or GMT; both +05:30 and UTC+05:30 are east of Greenwich;
//   - an IANA name such as Asia/Kolkata;
//   - a name such as SystemV/EST5 or SystemV/EST5EDT.
//
// The zero value is ready to use. Zones is safe for concurrent use. All results
// of a connector should share one, because loading an IANA zone opens a file.
type Zones struct {
	known   sync.Map // string -> *time.Location
	offsets atomic.Int32
}

// maxOffsets bounds the cached offsets, because there are a million valid
// spellings.
const maxOffsets = 4096

// Lookup returns the zone called name; an empty name is UTC. The location has the
// engine's spelling as its name, except that Z, UT and all offsets of zero are
// time.UTC. An unknown name is an error, because a guess would give wrong times.
// Lookup does not keep name.
func (z *Zones) Lookup(name []byte) (*time.Location, error) {
	if len(name) == 0 || (len(name) == 1 && name[0] == 'Z') {
		return time.UTC, nil
	}
	if loc, ok := z.known.Load(string(name)); ok {
		return loc.(*time.Location), nil
	}
	return z.load(string(name))
}

// load finds a zone and caches it. It caches only existing names and a bounded
// number of offsets, so that a hostile server cannot fill the memory.
func (z *Zones) load(name string) (*time.Location, error) {
	loc, isOffset, err := loadZone(name)
	if err == nil && (!isOffset || z.offsets.Add(1) <= maxOffsets) {
		z.known.Store(name, loc)
	}
	return loc, err
}

func loadZone(name string) (loc *time.Location, isOffset bool, err error) {
	const longest = 64 // all IANA names are much shorter
	if len(name) > longest {
		return nil, false, fmt.Errorf("unknown time zone of %d bytes", len(name))
	}
	if name == "UT" {
		return time.UTC, false, nil
	}
	if offset := withoutPrefix(name); offset[0] == '+' || offset[0] == '-' {
		seconds, ok := parseOffset(offset)
		switch {
		case !ok:
			return nil, false, fmt.Errorf("unknown time zone %q", name)
		case seconds == 0:
			return time.UTC, true, nil
		}
		return time.FixedZone(name, seconds), true, nil
	}
	if id, ok := strings.CutPrefix(name, "SystemV/"); ok {
		loc, err = loadSystemV(name, id)
		return loc, false, err
	}
	if strings.EqualFold(name, "Local") || strings.EqualFold(name, "localtime") || // would be this machine's zone
		path.Clean(name) != name { // otherwise a zone would have any number of names
		return nil, false, fmt.Errorf("unknown time zone %q", name)
	}
	loc, err = time.LoadLocation(name)
	if err != nil {
		return nil, false, fmt.Errorf("unknown time zone %q (where the system has no zone database, import time/tzdata)", name)
	}
	return loc, false, nil
}

// withoutPrefix returns the rest of name after UTC, GMT or UT, or name itself.
func withoutPrefix(name string) string {
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			return rest
		}
	}
	return name
}

// parseOffset parses ±h, ±hh, ±hh:mm, ±hh:mm:ss, ±hhmm and ±hhmmss, up to 18
// hours, like Java's ZoneOffset.
func parseOffset(s string) (seconds int, ok bool) {
	digits := s[1:]
	if len(digits) == 1 {
		digits = "0" + digits
	}
	colons := strings.Contains(digits, ":")
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
		if unit == 1 || colons && digits[0] != ':' {
			return 0, false
		}
		unit /= 60
		if colons {
			digits = digits[1:]
		}
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds >= -18*3600 && seconds <= 18*3600
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// systemV holds the zones that Java had as SystemV/..., in the form of POSIX:
// the name of standard time, the hours west of Greenwich, and the name of
// summer time.
const systemV = " AST4 AST4ADT EST5 EST5EDT CST6 CST6CDT MST7 MST7MDT PST8 PST8PDT YST9 YST9YDT HST10 "

// loadSystemV returns the zone SystemV/id. If it has a summer time, that begins on
// the last Sunday of April and ends on the last Sunday of October of each year.
// Java also had the exceptions of 1974 and 1975.
func loadSystemV(name, id string) (*time.Location, error) {
	if id == "" || strings.Contains(id, " ") || !strings.Contains(systemV, " "+id+" ") {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	rule := id
	if !isDigit(id[len(id)-1]) {
		rule += ",M4.5.0,M10.5.0"
	}
	// A TZif file (RFC 9636) of version 2 with an empty block of version 1, one type
	// of local time, no transitions, and the rule.
	counts := [6]byte{}
	data := tzifHeader(counts)
	counts[4], counts[5] = 1, 1 // types, characters of their names
	data += tzifHeader(counts) + "\x00\x00\x00\x00\x00\x00" + "\x00" + "\n" + rule + "\n"
	return time.LoadLocationFromTZData(name, []byte(data))
}

// tzifHeader returns the header of a block of a TZif file with these counts.
func tzifHeader(counts [6]byte) string {
	head := "TZif2" + strings.Repeat("\x00", 15)
	for _, n := range counts {
		head += string([]byte{0, 0, 0, n})
	}
	return head
}
