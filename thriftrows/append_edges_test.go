package thriftrows_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// A flag that is not 1 is not NULL, and a boolean that is not 1 is false.
func TestAppendBitsOfOddFlags(t *testing.T) {
	t.Parallel()
	const rows = 21
	values := make(thriftrows.BoolData, rows)
	nulls := make([]bool, rows)
	for i := range rows {
		values[i], nulls[i] = i%3 == 0, i%5 == 0
	}
	b, err := thriftrows.AppendChunk(nil, rows, []thriftrows.Vector{{Type: thriftrows.Boolean, Data: values, Nulls: nulls}})
	if err != nil {
		t.Fatal(err)
	}
	odd := 0
	for i := 40; i < len(b)-10; i++ { // in the middle of both lists, where only their elements are
		if b[i] <= 1 && b[i-1] <= 1 && b[i+1] <= 1 && b[i-2] <= 1 && b[i+2] <= 1 && b[i-3] <= 1 && b[i+3] <= 1 && i%4 == 0 {
			b[i], odd = 2, odd+1
		}
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 1); err != nil || odd == 0 {
		t.Fatal(odd, err)
	}
	if err := appendedChunk(&chunk, rows, rows); err != nil {
		t.Error(err)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	values := make(thriftrows.Int64Data, 10)
	for i := range values {
		values[i] = int64(i)
	}
	batch := batchOf(t, 10, thriftrows.Vector{Type: thriftrows.Long, Data: values})
	for _, rows := range []int{0, -1, 10, 11} {
		if batch.Shorten(rows); batch.NumRows() != 10 {
			t.Fatalf("%d rows after Shorten(%d)", batch.NumRows(), rows)
		}
	}
	var got []int64
	for more := true; more; more = batch.Next() {
		batch.Shorten(4)
		column, _, err := batch.Column(0).Int64s()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, column...)
		if len(got) == 4 && batch.FirstRow() != 0 || len(got) == 8 && batch.FirstRow() != 4 {
			t.Errorf("from row %d on after %d rows", batch.FirstRow(), len(got))
		}
	}
	if fmt.Sprint(got) != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Errorf("%v", got)
	}
}

// A constant text may be larger in all rows than positions of 32 bits allow.
func TestAppendTextsTooLong(t *testing.T) {
	t.Parallel()
	const rows = 50_000
	text := strings.Repeat("x", 50_000)
	batch := batchOf(t, rows, thriftrows.Vector{Type: thriftrows.String, Data: thriftrows.VarcharConstantData(text), Constant: true, Size: rows})
	c := batch.Column(0)
	if want := int64(rows) * int64(len(text)); c.TextSize() != want {
		t.Errorf("TextSize is %d, want %d", c.TextSize(), want)
	}
	if _, _, _, err := c.AppendTexts(nil, nil); err == nil {
		t.Error("2.5 GB of texts have positions of 32 bits")
	}
	batch.Shorten(2)
	if b, ends, _, err := c.AppendTexts(nil, nil); err != nil || len(b) != 2*len(text) || int(ends[1]) != len(b) {
		t.Errorf("%d bytes, %v, %v", len(b), ends, err)
	}
}

// Days are those of package time, also at the ends of 64 bits and around midnight.
func TestAppendDaysBoundaries(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * 60 * 1_000_000
	micros := thriftrows.DateData{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1}
	for k := range int64(63) {
		for d := int64(-2); d <= 2; d++ {
			days := min(int64(1)<<k, math.MaxInt64/day-1)
			micros = append(micros, 1<<k+d, -1<<k-d, days*day+d, -days*day+d)
		}
	}
	batch := batchOf(t, len(micros), thriftrows.Vector{Type: thriftrows.Date, Data: micros})
	got, _, err := batch.Column(0).AppendDays(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range micros {
		if want := time.UnixMicro(m).UTC().Truncate(24*time.Hour).Unix() / 86400; int64(got[i]) != want {
			t.Errorf("%d: day %d, want %d", m, got[i], want)
		}
	}
}

// Texts of all lengths around those that are copied in another way, in any mixture.
func TestAppendTextsOfAllLengths(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	for length := range 140 {
		texts := make(thriftrows.VarcharData, 20)
		mixed := make(thriftrows.VarcharData, 20)
		for i := range texts {
			texts[i] = strings.Repeat(string(rune('a'+i)), length)
			mixed[i] = strings.Repeat(string(rune('A'+i)), r.IntN(length+1))
		}
		batch := batchOf(t, 20, thriftrows.Vector{Type: thriftrows.String, Data: texts}, thriftrows.Vector{Type: thriftrows.Binary, Data: mixed})
		for k := range 2 {
			if err := checkTexts(batch.Column(k), 20); err != nil {
				t.Fatalf("length %d, column %d: %v", length, k, err)
			}
		}
	}
}
