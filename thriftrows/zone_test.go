package thriftrows_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

func TestZones(t *testing.T) {
	t.Parallel()
	summer := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		want   string // the location's name
		offset int    // in the summer of 2024, in seconds
	}{
		{"", "UTC", 0},
		{"Z", "UTC", 0},
		{"UTC", "UTC", 0},
		{"+00:00", "UTC", 0},
		{"-00:00", "UTC", 0},
		{"+00", "UTC", 0},
		{"+05:30", "+05:30", 19800},
		{"-03:00", "-03:00", -10800},
		{"-03:30", "-03:30", -12600},
		{"+14", "+14", 50400},
		{"-00:00:15", "-00:00:15", -15},
		{"+00:00:01", "+00:00:01", 1},
		{"+01:02:03", "+01:02:03", 3723},
		{"+18:00", "+18:00", 64800},
		{"-18:00:00", "-18:00:00", -64800},
		{"+5", "+5", 18000},
		{"+0530", "+0530", 19800},
		{"-053015", "-053015", -19815},
		{"UT", "UTC", 0},
		{"UTC+05:30", "UTC+05:30", 19800},
		{"UTC-3", "UTC-3", -10800},
		{"GMT+05:30", "GMT+05:30", 19800},
		{"GMT-08:00", "GMT-08:00", -28800},
		{"GMT+0", "UTC", 0},
		{"UT+05:30", "UT+05:30", 19800},
		{"UT-00:00", "UTC", 0},
		{"SystemV/EST5", "SystemV/EST5", -18000},
		{"SystemV/EST5EDT", "SystemV/EST5EDT", -14400},
		{"SystemV/AST4ADT", "SystemV/AST4ADT", -10800},
		{"SystemV/HST10", "SystemV/HST10", -36000},
		{"Europe/Berlin", "Europe/Berlin", 7200},
		{"America/New_York", "America/New_York", -14400},
		{"Asia/Kolkata", "Asia/Kolkata", 19800},
		{"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires", -10800},
		{"Etc/GMT+5", "Etc/GMT+5", -18000},
		{"GMT", "GMT", 0},
	} {
		var zones thriftrows.Zones
		for range 2 { // loaded, then from the cache
			name := []byte(test.name)
			loc, err := zones.Lookup(name)
			if err != nil {
				t.Errorf("%q: %v", test.name, err)
				continue
			}
			clear(name) // not kept
			if _, offset := summer.In(loc).Zone(); loc.String() != test.want || offset != test.offset {
				t.Errorf("%q: %v, %d seconds", test.name, loc, offset)
			}
			if (test.want == "UTC") != (loc == time.UTC) {
				t.Errorf("%q is %p, not time.UTC", test.name, loc)
			}
		}
	}
}

func TestUnknownZones(t *testing.T) {
	t.Parallel()
	var zones thriftrows.Zones
	for _, name := range []string{
		"Local", "local", "LOCAL", "localtime", "Mars/Olympus", "Europe", "Europe/",
		"../etc/passwd", "..", "Europe/../UTC", "/etc/localtime", `\etc\localtime`, ".", "/",
		"Europe//Berlin", "./Europe/Berlin", "Europe/./Berlin", "Europe/Berlin/", "Europe/Berlin\x00", "\x00", "\xFF",
		"+", "-", "+5:30", "+05:3", "+05:", "+053", "+05301", "+0530:15", "+05:3015", "+05301500", "+0560", "UTC+", "UTC-", "GMT+5:30", "utc+05:30", "UTC+19", "UT0",
		"UTCZ", "GMTUTC+05:30", "UTC ", "SystemV/", "SystemV", "SystemV/EST", "SystemV/EST5 ", "SystemV/EST5 EST5EDT", "SystemV/est5", "systemv/EST5", "SystemV/EST6EDT", "SystemV/UTC", "+05:30:", "+05:30:1", "+05:30:15:00", "+05:60", "+05:30:60",
		"+25:00", "+18:01", "+18:00:01", "-18:00:01", "-19", "+99", "+0x:00", "+ 5:00", "++5:00", "05:30", "+05.30", "Z ", "z+1",
		strings.Repeat("A", 64), strings.Repeat("A", 65), strings.Repeat("Europe/", 1<<16),
	} {
		for range 2 {
			loc, err := zones.Lookup([]byte(name))
			if err == nil {
				t.Errorf("%q is %v", name, loc)
			} else if len(err.Error()) > 300 {
				t.Errorf("%.20q: an error of %d bytes", name, len(err.Error()))
			}
		}
	}
}

// Java's rule uses the last Sundays of April and October, whatever the law was.
func TestSystemVZones(t *testing.T) {
	t.Parallel()
	var zones thriftrows.Zones
	for _, id := range strings.Fields("AST4ADT EST5EDT CST6CDT MST7MDT PST8PDT YST9YDT") {
		loc, err := zones.Lookup([]byte("SystemV/" + id))
		if err != nil {
			t.Fatal(err)
		}
		west := int(id[3] - '0')
		for at, want := range map[string]string{
			"2024-04-27T12:00:00Z": id[:3], "2024-04-28T12:00:00Z": id[4:],
			"2024-10-26T12:00:00Z": id[4:], "2024-10-27T12:00:00Z": id[:3],
			"1960-01-01T00:00:00Z": id[:3], "2100-07-01T00:00:00Z": id[4:],
		} {
			instant, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			offset := -west * 3600
			if want != id[:3] {
				offset += 3600
			}
			if name, got := instant.In(loc).Zone(); name != want || got != offset {
				t.Errorf("%s at %s: %s, %d; want %s, %d", id, at, name, got, want, offset)
			}
		}
	}
}

// A server that sends many offsets does not fill the memory.
func TestZonesAreBounded(t *testing.T) {
	t.Parallel()
	var zones thriftrows.Zones
	remembered := 0
	for i := range 10_000 {
		name := fmt.Appendf(nil, "UTC+%02d%02d%02d", i/3600, i/60%60, i%60)
		first, err := zones.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := zones.Lookup(name); again == first {
			remembered++
		}
	}
	if remembered < 1000 || remembered > 5000 {
		t.Errorf("%d offsets are remembered", remembered)
	}
	if loc, err := zones.Lookup([]byte("Asia/Kolkata")); err != nil || loc.String() != "Asia/Kolkata" {
		t.Errorf("%v, %v", loc, err)
	}
}

// All results of a connector may use one Zones concurrently.
func TestZonesConcurrently(t *testing.T) {
	t.Parallel()
	var zones thriftrows.Zones
	v, spoil := zoned("Mars/Olympus")(200)
	spoil(199)
	b, err := thriftrows.AppendChunk(nil, 200, []thriftrows.Vector{v})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 200 {
				name := zoneNames[(g+i)%len(zoneNames)]
				want, err := referenceZone(name)
				if err != nil {
					t.Error(err)
					return
				}
				loc, err := zones.Lookup([]byte(name))
				if err != nil || loc.String() != want.String() {
					t.Errorf("%q: %v, %v", name, loc, err)
				}
			}
			var chunk thriftrows.Chunk
			cur := thriftrows.NewCursor(&zones, nil)
			for range 20 {
				if err := chunk.Decode(b, 1); err != nil {
					t.Error(err)
					return
				}
				cur.Reset(&chunk)
				if n, err := readTimes(cur); n != 199 || err == nil {
					t.Errorf("%d rows, %v", n, err)
				}
			}
		})
	}
	wg.Wait()
}

func readTimes(cur *thriftrows.Cursor) (n int, err error) {
	dest := newRow(1)
	for ; cur.Next(); n++ {
		if err := cur.Values(dest); err != nil {
			return n, err
		}
	}
	return n, nil
}
