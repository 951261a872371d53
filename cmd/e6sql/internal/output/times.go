package output

import (
	"strings"
	"time"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 24 * 60 * 60 * microsPerSecond
)

// floorDiv returns a / b, rounded down. b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendDate appends the date of a day since 1970-01-01 in the proleptic Gregorian
// calendar.
func appendDate(dst []byte, day int64) []byte {
	// The year begins on the first of March here, so that the leap day is its last day,
	// and an era of 400 years always has the same number of days.
	const (
		daysPerEra      = 146097
		marchOfYearZero = 719468 // days from 0000-03-01 to 1970-01-01
	)
	day += marchOfYearZero
	era := floorDiv(day, daysPerEra)
	ofEra := day - era*daysPerEra
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	month := (5*ofYear + 2) / 153 // 0 is March
	dayOfMonth := ofYear - (153*month+2)/5 + 1
	year := era*400 + yearOfEra
	month += 3
	if month > 12 {
		month -= 12
		year++
	}
	dst = appendYear(dst, year)
	dst = append(dst, '-')
	dst = append2(dst, int(month))
	dst = append(dst, '-')
	return append2(dst, int(dayOfMonth))
}

// appendYear appends a year with at least four digits. Years after 9999 have a plus
// sign.
func appendYear(dst []byte, year int64) []byte {
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	if year > 9999 {
		return appendInt(dst, year)
	}
	return append2(append2(dst, int(year/100)), int(year%100))
}

// append2 appends a number of two digits.
func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendTime appends the date and the time of day of micros since 1970, of a clock that
// is offset seconds ahead, and nanos nanoseconds later. It leaves out zeros at the end
// of the fraction. The offset is less than a day.
func appendTime(dst []byte, micros int64, offset, nanos int) []byte {
	day := floorDiv(micros, microsPerDay)
	ofDay := micros - day*microsPerDay + int64(offset)*microsPerSecond
	switch {
	case ofDay < 0:
		day, ofDay = day-1, ofDay+microsPerDay
	case ofDay >= microsPerDay:
		day, ofDay = day+1, ofDay-microsPerDay
	}
	seconds := int(ofDay / microsPerSecond)
	dst = append(appendDate(dst, day), ' ')
	dst = append(append2(dst, seconds/3600), ':')
	dst = append(append2(dst, seconds/60%60), ':')
	dst = append2(dst, seconds%60)
	fraction := int(ofDay%microsPerSecond)*1000 + nanos
	if fraction == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := 100_000_000; fraction > 0; unit /= 10 {
		dst = append(dst, byte('0'+fraction/unit))
		fraction %= unit
	}
	return dst
}

// zoneSuffix appends zones. It keeps what it found out about the last zone, because
// most columns have few zones.
type zoneSuffix struct {
	offsetsOnly bool
	last        *time.Location
	name        string // of the last zone, or empty if it is only an offset
}

// appendZoned appends the local time of an instant in a zone, and the zone.
func (z *zoneSuffix) appendZoned(dst []byte, micros int64, zone *time.Location) []byte {
	if zone == time.UTC {
		return append(appendTime(dst, micros, 0, 0), 'Z')
	}
	_, offset := time.UnixMicro(micros).In(zone).Zone()
	dst = appendTime(dst, micros, offset, 0)
	dst = appendOffset(dst, offset)
	if z.offsetsOnly {
		return dst
	}
	if zone != z.last {
		z.last, z.name = zone, zone.String()
		if isOffset(z.name) {
			z.name = ""
		}
	}
	if z.name == "" {
		return dst
	}
	dst = append(dst, '[')
	dst = append(dst, z.name...)
	return append(dst, ']')
}

// isOffset reports whether the engine's name of a zone is an offset, such as +05:30 or
// UTC+05:30.
func isOffset(name string) bool {
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			name = rest
			break
		}
	}
	return name != "" && (name[0] == '+' || name[0] == '-')
}

// appendOffset appends an offset from UTC in seconds, such as +05:30 or -00:00:15.
func appendOffset(dst []byte, seconds int) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = append(append2(append(dst, sign), seconds/3600), ':')
	dst = append2(dst, seconds/60%60)
	if seconds%60 != 0 {
		dst = append2(append(dst, ':'), seconds%60)
	}
	return dst
}
