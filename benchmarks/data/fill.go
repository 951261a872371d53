package data

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

func list[T any](rows int, f func() T) []T {
	out := make([]T, rows)
	for i := range out {
		out[i] = f()
	}
	return out
}

// longs returns integers that are rarely in 0 to 255, because Go boxes those
// without an allocation.
func longs(r *rand.Rand, rows int) thriftrows.Vector {
	d := list(rows, func() int64 { return int64(r.Uint64()) })
	return thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data(d)}
}

func integers(r *rand.Rand, rows int) thriftrows.Vector {
	d := list(rows, func() int32 { return int32(r.Uint32()) })
	return thriftrows.Vector{Type: thriftrows.Integer, Data: thriftrows.Int32Data(d)}
}

func doubles(r *rand.Rand, rows int) thriftrows.Vector {
	d := list(rows, func() float64 { return r.NormFloat64() * 1e6 })
	return thriftrows.Vector{Type: thriftrows.Double, Data: thriftrows.Float64Data(d)}
}

func bools(r *rand.Rand, rows int) thriftrows.Vector {
	d := list(rows, func() bool { return r.Uint64()&1 == 1 })
	return thriftrows.Vector{Type: thriftrows.Boolean, Data: thriftrows.BoolData(d)}
}

// texts returns texts of n characters each.
func texts(n int) func(*rand.Rand, int) thriftrows.Vector {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return func(r *rand.Rand, rows int) thriftrows.Vector {
		b := make([]byte, n)
		d := list(rows, func() string {
			var bits uint64
			for i := range b {
				if i%10 == 0 {
					bits = r.Uint64()
				}
				b[i] = letters[bits%64]
				bits /= 64
			}
			return string(b)
		})
		return thriftrows.Vector{Type: thriftrows.String, Data: thriftrows.VarcharData(d)}
	}
}

// days returns dates in the years 1960 to 2059.
func days(r *rand.Rand, rows int) thriftrows.Vector {
	first := time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	d := list(rows, func() int64 { return first + r.Int64N(36524)*24*3600*1_000_000 })
	return thriftrows.Vector{Type: thriftrows.Date, Data: thriftrows.DateData(d)}
}

// locations holds the zones of instants, by the engine's spelling.
var locations = map[string]*time.Location{
	"Z":             time.UTC,
	"+05:30":        time.FixedZone("+05:30", 5*3600+30*60),
	"-03:00":        time.FixedZone("-03:00", -3*3600),
	"Europe/Berlin": mustLoad("Europe/Berlin"),
}

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// instants returns instants in the years 2000 to 2029, each row with its own
// zone.
func instants(r *rand.Rand, rows int) thriftrows.Vector {
	zones := [...]string{"Z", "+05:30", "-03:00", "Europe/Berlin"}
	first := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	d := thriftrows.TimeData{
		Micros: list(rows, func() int64 { return first + r.Int64N(30*365*24*3600*1_000_000) }),
		Zones:  list(rows, func() string { return zones[r.IntN(len(zones))] }),
	}
	return thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: d}
}

// decimals returns decimals of up to twelve digits, two of them after the
// point.
func decimals(r *rand.Rand, rows int) thriftrows.Vector {
	d := list(rows, func() []byte {
		n := r.Int64N(2e12) - 1e12
		b := make([]byte, 16)
		binary.BigEndian.PutUint64(b, uint64(n>>63))
		binary.BigEndian.PutUint64(b[8:], uint64(n))
		return b
	})
	return thriftrows.Vector{Type: thriftrows.Decimal128, Data: thriftrows.Decimal128Data{Unscaled: d, Scale: 2}}
}

// withNulls makes three of a hundred rows NULL.
func withNulls(fill func(*rand.Rand, int) thriftrows.Vector) func(*rand.Rand, int) thriftrows.Vector {
	return func(r *rand.Rand, rows int) thriftrows.Vector {
		v := fill(r, rows)
		v.Nulls = list(rows, func() bool { return r.IntN(100) < 3 })
		return v
	}
}
