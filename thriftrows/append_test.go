package thriftrows_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// checkAppended compares what the methods for other columnar memory append with the
// slices of Go types. The slices begin with elements of the caller.
func checkAppended(c *thriftrows.BatchColumn, rows int) error {
	for name, check := range map[string]func(*thriftrows.BatchColumn, int) error{
		"AppendBits": checkNullBits, "AppendBoolBits": checkBoolBits, "AppendInt32s": checkInt32s, "AppendFloat32s": checkFloat32s,
		"AppendDays": checkDays, "AppendNanos": checkNanos, "AppendTexts": checkTexts, "AppendUnscaled": checkUnscaled,
	} {
		if err := check(c, rows); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func bit(bits []byte, i int) bool { return bits[i/8]>>(i%8)&1 == 1 }

func checkNullBits(c *thriftrows.BatchColumn, rows int) error {
	bits, count := c.Nulls().AppendBits([]byte{0xA5}, rows)
	if bits[0] != 0xA5 || len(bits) != 1+(rows+7)/8 {
		return fmt.Errorf("%d bytes for %d rows", len(bits), rows)
	}
	for i := range (len(bits) - 1) * 8 {
		if i < rows && c.Nulls().Null(i) {
			count--
		}
		if want := i < rows && !c.Nulls().Null(i); bit(bits[1:], i) != want {
			return fmt.Errorf("row %d of %d: want %v", i, rows, want)
		}
	}
	if count != 0 {
		return fmt.Errorf("the number of NULLs is wrong by %d", count)
	}
	return nil
}

// bothFail reports whether one of two methods failed, and returns an error if the other
// did not.
func bothFail(err, twin error) (bool, error) {
	if (err == nil) != (twin == nil) {
		return true, fmt.Errorf("error %w, want %w", err, twin)
	}
	return err != nil, nil
}

func checkBoolBits(c *thriftrows.BatchColumn, rows int) error {
	bits, nulls, err := c.AppendBoolBits([]byte{0xA5})
	want, _, wantErr := c.Bools()
	if failed, err := bothFail(err, wantErr); failed {
		return err
	}
	for i := range rows {
		if !nulls.Null(i) && bit(bits[1:], i) != want[i] {
			return fmt.Errorf("row %d: want %v", i, want[i])
		}
	}
	return nil
}

func checkInt32s(c *thriftrows.BatchColumn, rows int) error {
	got, nulls, err := c.AppendInt32s([]int32{7})
	if c.Type() == thriftrows.Long && !nulls.All() {
		if err == nil && !c.Nulls().All() {
			return errors.New("no error for a LONG column")
		}
		return nil
	}
	want, _, wantErr := c.Int64s()
	if failed, err := bothFail(err, wantErr); failed {
		return err
	}
	for i := range rows {
		if !nulls.Null(i) && int64(got[1+i]) != want[i] || got[0] != 7 {
			return fmt.Errorf("row %d: %d, want %d", i, got[1+i], want[i])
		}
	}
	return nil
}

func checkFloat32s(c *thriftrows.BatchColumn, rows int) error {
	got, nulls, err := c.AppendFloat32s([]float32{7})
	if c.Type() == thriftrows.Double {
		if err == nil && !c.Nulls().All() {
			return errors.New("no error for a DOUBLE column")
		}
		return nil
	}
	want, _, wantErr := c.Float64s()
	if failed, err := bothFail(err, wantErr); failed {
		return err
	}
	for i := range rows {
		g, w := got[1+i], float32(want[i])
		if !nulls.Null(i) && math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) || got[0] != 7 {
			return fmt.Errorf("row %d: %v, want %v", i, g, w)
		}
	}
	return nil
}

func checkDays(c *thriftrows.BatchColumn, rows int) error {
	got, nulls, err := c.AppendDays([]int32{7})
	if c.Type() != thriftrows.Date && !c.Nulls().All() {
		if err == nil {
			return fmt.Errorf("no error for a column of type %v", c.Type())
		}
		return nil
	}
	want, _, wantErr := c.Times()
	if failed, err := bothFail(err, wantErr); failed {
		return err
	}
	for i := range rows {
		if !nulls.Null(i) && int64(got[1+i])*24*60*60 != want[i].Unix() || got[0] != 7 {
			return fmt.Errorf("row %d: day %d, want %v", i, got[1+i], want[i])
		}
	}
	return nil
}

func checkNanos(c *thriftrows.BatchColumn, rows int) error {
	got, nulls, err := c.AppendNanos([]int64{7})
	want, _, wantErr := c.Micros()
	if wantErr != nil {
		_, err = bothFail(err, wantErr)
		return err
	}
	var times []time.Time
	if c.Type() == thriftrows.Int96 {
		if times, _, wantErr = c.Times(); wantErr != nil {
			return wantErr
		}
	}
	fits := true
	for i := range rows {
		if nulls = c.Nulls(); nulls.Null(i) {
			continue
		}
		t := time.UnixMicro(want[i])
		if times != nil {
			t = times[i]
		}
		if !time.Unix(0, t.UnixNano()).Equal(t) {
			fits = false
		} else if err == nil && got[1+i] != t.UnixNano() || err == nil && got[0] != 7 {
			return fmt.Errorf("row %d: %d, want %d", i, got[1+i], t.UnixNano())
		}
	}
	var format *thriftrows.FormatError
	if fits != (err == nil) || err != nil && !errors.As(err, &format) {
		return fmt.Errorf("error %w, and it is %v that all fit", err, fits)
	}
	return nil
}

func checkTexts(c *thriftrows.BatchColumn, rows int) error {
	got, ends, nulls, err := c.AppendTexts([]byte("before"), []int32{6})
	want, _, wantErr := c.Bytes()
	if failed, err := bothFail(err, wantErr); failed {
		if c.TextSize() != 0 {
			return fmt.Errorf("TextSize is %d", c.TextSize())
		}
		return err
	}
	if len(ends) != rows+1 || int(ends[rows]) != len(got) || int64(len(got)) != 6+c.TextSize() || string(got[:6]) != "before" {
		return fmt.Errorf("%d ends, %d bytes, TextSize %d", len(ends), len(got), c.TextSize())
	}
	for i := range rows {
		if text := got[ends[i]:ends[i+1]]; !nulls.Null(i) && string(text) != string(want[i]) {
			return fmt.Errorf("row %d: %q, want %q", i, text, want[i])
		}
	}
	return nil
}

// checkUnscaled tries some types for the decimals of a column.
func checkUnscaled(c *thriftrows.BatchColumn, rows int) error {
	want, nulls, wantErr := c.Decimals()
	for _, typ := range [][2]int32{{38, 0}, {38, 2}, {38, -3}, {18, 2}, {37, 18}, {5, 3}, {38, 38}, {1, 0}} {
		precision, scale := typ[0], typ[1]
		got, _, err := c.AppendUnscaled([]byte("0123456789abcdef"), precision, scale)
		if wantErr != nil {
			if err == nil {
				return fmt.Errorf("no error, want %w", wantErr)
			}
			continue
		}
		fits := true
		for i := range rows {
			if nulls.Null(i) {
				continue
			}
			n, ok := unscaled(want[i], precision, scale)
			if fits = fits && ok; !fits {
				break
			}
			if err == nil && n.Cmp(littleEndian(got[16+16*i:][:16])) != 0 {
				return fmt.Errorf("row %d as DECIMAL%v: want %v", i, typ, n)
			}
		}
		if fits != (err == nil) {
			return fmt.Errorf("DECIMAL%v: error %w, and it is %v that all fit", typ, err, fits)
		}
	}
	return nil
}

// unscaled computes d * 10^scale with package big, and reports whether it fits.
func unscaled(d thriftrows.Decimal, precision, scale int32) (*big.Int, bool) {
	r := d.Rat()
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil))
	if scale < 0 {
		ten.Inv(ten)
	}
	r.Mul(r, ten)
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	n := r.Num()
	if precision >= 38 {
		top := new(big.Int).Lsh(big.NewInt(1), 127)
		return n, r.IsInt() && n.Cmp(top) < 0 && n.Cmp(new(big.Int).Neg(top)) >= 0
	}
	return n, r.IsInt() && n.CmpAbs(limit) < 0
}

// littleEndian reads 16 bytes of two's complement.
func littleEndian(b []byte) *big.Int {
	n := new(big.Int).SetInt64(int64(binary.LittleEndian.Uint64(b[8:])))
	n.Lsh(n, 64)
	return n.Or(n, new(big.Int).SetUint64(binary.LittleEndian.Uint64(b)))
}

// appendedChunk checks a chunk run by run, up to so many rows.
func appendedChunk(chunk *thriftrows.Chunk, run, most int) error {
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(chunk)
	rows := 0
	for batch.NextRun(run) && rows < most {
		for k := range batch.NumColumns() {
			if err := checkAppended(batch.Column(k), batch.NumRows()); err != nil {
				return fmt.Errorf("column %d, %d rows from row %d on: %w", k, batch.NumRows(), rows, err)
			}
		}
		rows += batch.NumRows()
	}
	return nil
}

func TestAppendedIsLikeSlices(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		var chunk thriftrows.Chunk
		if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
			t.Fatal(err)
		}
		for _, run := range []int{1, 7, 64, 100_000} {
			if err := appendedChunk(&chunk, run, 300); err != nil {
				t.Errorf("%s in runs of %d: %v", c.Name, run, err)
			}
		}
	}
}

func TestAppendedRandomColumns(t *testing.T) {
	t.Parallel()
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range rounds {
		rows, columns := randomChunk(r)
		b, err := encode(rows, columns)
		if err != nil {
			t.Fatal(err)
		}
		var chunk thriftrows.Chunk
		if err := chunk.Decode(b, len(columns)); err != nil {
			t.Fatal(err)
		}
		if err := appendedChunk(&chunk, 1+r.IntN(200), math.MaxInt); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, c := range loadGolden(f) {
		if len(c.Chunk) < 500 {
			f.Add(c.Chunk, byte(len(c.Columns)), byte(3))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, columns, run byte) {
		var chunk thriftrows.Chunk
		if chunk.Decode(b, int(columns)) != nil {
			return
		}
		batch := thriftrows.NewBatch(nil, nil)
		batch.Reset(&chunk)
		rows := 0
		for batch.NextRun(max(int(run), 1)) && rows < maxFuzzRows {
			for k := range batch.NumColumns() {
				c := batch.Column(k)
				if c.TextSize() > 1<<20 {
					continue
				}
				// A value that cannot be decoded is an error of both methods, which
				// the random tests do not have.
				for _, check := range []func(*thriftrows.BatchColumn, int) error{checkNullBits, checkBoolBits, checkInt32s, checkFloat32s, checkDays, checkTexts, checkUnscaled} {
					if err := check(c, batch.NumRows()); err != nil {
						t.Fatalf("column %d: %v", k, err)
					}
				}
				_, _, _ = c.AppendNanos(nil)
			}
			rows += batch.NumRows()
		}
	})
}

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

func BenchmarkAppend(b *testing.B) {
	raw, columns := mixedChunk(b, 8192)
	var chunk thriftrows.Chunk
	if err := chunk.Decode(raw, columns); err != nil {
		b.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	batch.Next()
	bits, wide, ends, i32 := make([]byte, 0, 8192), make([]byte, 0, 1<<20), make([]int32, 0, 8192), make([]int32, 0, 8192)
	for name, read := range map[string]func() error{
		"AppendBits":     func() error { batch.Column(0).Nulls().AppendBits(bits, 8192); return nil },
		"AppendInt32s":   func() error { _, _, err := batch.Column(1).AppendInt32s(i32); return err },
		"AppendTexts":    func() error { _, _, _, err := batch.Column(3).AppendTexts(wide, ends); return err },
		"AppendDays":     func() error { _, _, err := batch.Column(4).AppendDays(i32); return err },
		"AppendUnscaled": func() error { _, _, err := batch.Column(6).AppendUnscaled(wide, 18, 2); return err },
		"AppendBoolBits": func() error { _, _, err := batch.Column(7).AppendBoolBits(bits); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8192, "ns/value")
		})
	}
}
