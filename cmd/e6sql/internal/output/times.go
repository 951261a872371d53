package output

import (
	"fmt"
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

// civil returns the date of a day since 1970-01-01 in the proleptic Gregorian calendar.
func civil(day int64) (year int64, month, dayOfMonth uint) {
	// The year begins on the first of March here, so that the leap day is its last day,
	// and an era of 400 years always has the same number of days.
	const (
		daysPerEra      = 146097
		marchOfYearZero = 719468 // days from 0000-03-01 to 1970-01-01
	)
	day += marchOfYearZero
	era := floorDiv(day, daysPerEra)
	ofEra := uint(day - era*daysPerEra)
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	month = (5*ofYear + 2) / 153 // 0 is March
	dayOfMonth = ofYear - (153*month+2)/5 + 1
	year = era*400 + int64(yearOfEra)
	if month += 3; month > 12 {
		return year + 1, month - 12, dayOfMonth
	}
	return year, month, dayOfMonth
}

// appendDate appends the date of a day since 1970-01-01. Years have at least four digits,
// and those after 9999 a plus sign.
func appendDate(dst []byte, day int64) []byte {
	year, month, dayOfMonth := civil(day)
	text := [10]byte{4: '-', 7: '-'}
	put2(text[5:], month)
	put2(text[8:], dayOfMonth)
	if year < 0 || year > 9999 {
		dst = fmt.Appendf(dst, "%+05d", year)
		return append(dst, text[4:]...)
	}
	put2(text[0:], uint(year)/100)
	put2(text[2:], uint(year)%100)
	return append(dst, text[:]...)
}

// put2 sets the first two bytes of b to a number of two digits.
func put2(b []byte, n uint) {
	b[0] = byte('0' + n/10)
	b[1] = byte('0' + n%10)
}

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
	dst = appendDate(dst, day)
	seconds := uint(ofDay / microsPerSecond)
	text := [9]byte{0: ' ', 3: ':', 6: ':'}
	put2(text[1:], seconds/3600)
	put2(text[4:], seconds/60%60)
	put2(text[7:], seconds%60)
	dst = append(dst, text[:]...)
	if fraction := uint(ofDay%microsPerSecond)*1000 + uint(nanos); fraction > 0 {
		return appendFraction(dst, fraction)
	}
	return dst
}

// appendFraction appends nanoseconds without zeros at the end.
func appendFraction(dst []byte, nanos uint) []byte {
	text := [10]byte{0: '.'}
	for i := len(text) - 1; i > 0; i-- {
		text[i] = byte('0' + nanos%10)
		nanos /= 10
	}
	n := len(text)
	for text[n-1] == '0' {
		n--
	}
	return append(dst, text[:n]...)
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
	n := uint(seconds)
	text := [9]byte{0: sign, 3: ':', 6: ':'}
	put2(text[1:], n/3600)
	put2(text[4:], n/60%60)
	if n%60 == 0 {
		return append(dst, text[:6]...)
	}
	put2(text[7:], n%60)
	return append(dst, text[:]...)
}
