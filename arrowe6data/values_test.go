package arrowe6data_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

// variants are the options with which every table is read.
var variants = map[string][]arrowe6data.Option{
	"plain":   nil,
	"options": {arrowe6data.WithZones(), arrowe6data.WithDictionary(), arrowe6data.WithPlainNested()},
}

func TestGoldenCases(t *testing.T) {
	t.Parallel()
	cases, err := golden.Load("../testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDB(t, srv)
	for _, c := range cases {
		// Two chunks, so that dictionaries go on.
		res := enginetest.NewResult().Metadata(c.Meta)
		if c.RowCount > 0 {
			res.Chunks(c.Chunk, c.Chunk)
		}
		srv.Handle(c.Name, res)
	}
	for _, c := range cases {
		for name, opts := range variants {
			t.Run(c.Name+"/"+name, func(t *testing.T) { checkQuery(t, db, c.Name, opts...) })
		}
	}
}

// randomVectors makes columns of all types with random rows, NULLs and constants.
func randomVectors(r *rand.Rand, columns []thriftrows.Column, scales []int32, rows int) ([]thriftrows.Vector, error) {
	vectors := make([]thriftrows.Vector, len(columns))
	for i, c := range columns {
		typ, _ := thriftrows.ParseType(c.Type)
		one := r.IntN(6)
		values := make([]any, rows)
		for k := range values {
			if one == 0 || r.IntN(6) >= one {
				values[k] = randomValue(r, typ, c.Type, scales[i])
			}
		}
		v, err := thriftrows.NewVector(typ, scales[i], values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Type, err)
		}
		vectors[i] = v
		if r.IntN(8) == 0 {
			vectors[i] = thriftrows.Vector{Type: typ, Data: thriftrows.NullConstantData(0), Constant: true, Nulls: []bool{true}, Size: rows}
		}
	}
	return vectors, nil
}

var randomZones = []*time.Location{time.UTC, time.FixedZone("+05:30", 19800), time.FixedZone("-00:00:15", -15), time.FixedZone("-03:00", -10800)}

func randomValue(r *rand.Rand, typ thriftrows.VectorType, word string, scale int32) any {
	switch typ {
	case thriftrows.Boolean:
		return r.IntN(2) == 0
	case thriftrows.Integer:
		return int32(r.Uint32())
	case thriftrows.Long:
		return int64(r.Uint64())
	case thriftrows.Float:
		return math.Float32frombits(r.Uint32())
	case thriftrows.Double:
		return math.Float64frombits(r.Uint64())
	case thriftrows.Date, thriftrows.Datetime, thriftrows.Timestamp:
		return time.UnixMicro(r.Int64N(1<<60) - 1<<59).UTC()
	case thriftrows.Int96:
		return time.UnixMicro(r.Int64N(1<<52) - 1<<51).UTC()
	case thriftrows.TimestampTZ:
		return time.UnixMicro(r.Int64N(1<<55) - 1<<54).In(randomZones[r.IntN(len(randomZones))])
	case thriftrows.Decimal128:
		digits := int64(38)
		if p, _, ok := thriftrows.TypePrecisionScale(word); ok {
			digits = p
		}
		n := new(big.Int)
		for range 1 + r.Int64N(digits) {
			n.Add(n.Mul(n, big.NewInt(10)), big.NewInt(r.Int64N(10)))
		}
		if r.IntN(2) == 0 {
			n.Neg(n)
		}
		d, err := thriftrows.DecimalFromBigInt(n, scale)
		if err != nil {
			panic(err) // a fault of this test
		}
		return d
	case thriftrows.Null:
		return nil
	case thriftrows.Binary:
		return binary.BigEndian.AppendUint64(nil, r.Uint64())[:r.IntN(9)]
	}
	if r.IntN(3) == 0 {
		return strings.Repeat("é", r.IntN(40))
	}
	return fmt.Sprint("text ", r.IntN(20))
}

var randomWords = []string{
	"BOOLEAN", "INTEGER", "SHORT", "BYTE", "LONG", "BIGINT", "FLOAT", "DOUBLE", "STRING", "VARCHAR(10)", "BINARY", "DATE", "DATETIME", "TIMESTAMP",
	"TIMESTAMP_TZ", "INT96", "ARRAY", "map<string,int>", "STRUCT", "NULL", "DECIMAL", "DECIMAL(38,0)", "DECIMAL(38,38)", "decimal(10,2)", "DECIMAL(1,0)", "DECIMAL(20,7)", "DECIMAL128",
}

func TestRandomTables(t *testing.T) {
	t.Parallel()
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDB(t, srv)
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 17))
		columns := make([]thriftrows.Column, 1+r.IntN(10))
		scales := make([]int32, len(columns))
		res := enginetest.NewResult()
		open := int32(r.IntN(30)) // of the DECIMAL columns without a scale
		for i := range columns {
			columns[i] = thriftrows.Column{Name: fmt.Sprint("c", i), Type: randomWords[r.IntN(len(randomWords))]}
			scales[i] = open
			if _, s, ok := thriftrows.TypePrecisionScale(columns[i].Type); ok {
				scales[i] = int32(s)
			}
			typ, _ := thriftrows.ParseType(columns[i].Type)
			res.ColumnAs(columns[i].Name, columns[i].Type, typ, scales[i])
		}
		for range 1 + r.IntN(4) {
			rows := 1 + r.IntN(300)
			vectors, err := randomVectors(r, columns, scales, rows)
			if err != nil {
				t.Fatal(err)
			}
			if res.Vectors(rows, vectors...); res.Err() != nil {
				t.Fatal(res.Err())
			}
		}
		query := fmt.Sprint("table ", seed)
		srv.Handle(query, res)
		for name, opts := range variants {
			// Without WithDecimal the scale would be wrong where the first batch has NULLs only.
			opts = append(opts[:len(opts):len(opts)], arrowe6data.WithDecimal(38, open))
			t.Run(query+"/"+name, func(t *testing.T) { checkQuery(t, db, query, opts...) })
		}
	}
}

// A result without a zone keeps its wall clock, whatever the location of the Config.
func TestLocationHasNoEffect(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	at := time.Date(2024, 3, 31, 2, 30, 0, 0, time.UTC) // a clock that Berlin does not have
	srv.Handle("q", enginetest.NewResult().Column("a", "DATETIME").Column("b", "INT96").Column("c", "DATE").Row(at, at, at))
	r, err := arrowe6data.Query(within(t, time.Minute), openDB(t, srv, "loc=Europe/Berlin"), "q", arrowe6data.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if err := compareRecords(r, [][]any{{at, at, at.Truncate(24 * time.Hour)}}); err != nil {
		t.Error(err)
	}
}

// An INT96 has nanoseconds, and Arrow's timestamps of nanoseconds end in 2262.
func TestInt96(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	for name, data := range map[string]thriftrows.Data{
		"near":    thriftrows.VarcharData{julian(-1, 1), julian(3, 86399999999999)},
		"far":     thriftrows.VarcharData{julian(200_000, 2000), julian(-800_000, 0)},
		"micros":  thriftrows.TimeData{Micros: []int64{1, 1 << 60}},
		"invalid": thriftrows.VarcharData{julian(0, 0), julian(0, 86400_000_000_000)},
	} {
		srv.Handle(name, enginetest.NewResult().Column("t", "INT96").Vectors(2, thriftrows.Vector{Type: thriftrows.Int96, Data: data}))
	}
	db := openDB(t, srv)
	nanos := arrowe6data.WithInt96(arrow.Nanosecond)
	checkQuery(t, db, "near", nanos)
	checkQuery(t, db, "far")
	checkQuery(t, db, "micros")
	wantFailure(t, db, "near", "row 0 has nanoseconds: use WithInt96(arrow.Nanosecond)")
	wantFailure(t, db, "far", "use WithInt96(arrow.Microsecond)", nanos)
	wantFailure(t, db, "micros", "use WithInt96(arrow.Microsecond)", nanos)
	wantFailure(t, db, "invalid", "row 1")
	wantFailure(t, db, "invalid", "row 1", nanos)
	wantFailure(t, db, "near", "the unit is", arrowe6data.WithInt96(arrow.Second))
}

// julian returns an INT96 of a day since 1970 and the nanoseconds of that day.
func julian(day int32, nanos int64) string {
	return string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, uint32(day+2440588)), uint64(nanos)))
}
