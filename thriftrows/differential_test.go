package thriftrows_test

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/e6data/e6data-go/internal/thriftgen"
	"github.com/e6data/e6data-go/thriftrows"
)

// Generated code and this package read the same values from every golden chunk.
func TestGoldenChunksAgainstGenerated(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			rows := rowsOf(t, c.Chunk, len(c.Columns))
			if err := agree(c.Chunk, len(c.Columns), c.RowCount); err != nil {
				t.Fatal(err)
			}
			// A chunk that generated code writes has the same values.
			chunk, err := readGenerated(c.Chunk)
			if err != nil {
				t.Fatal(err)
			}
			again, err := writeGenerated(chunk)
			if err != nil {
				t.Fatal(err)
			}
			if err := sameRows(rowsOf(t, again, len(c.Columns)), rows); err != nil {
				t.Error(err)
			}
		})
	}
}

// After a byte is changed the decoder does not panic, and does not read another
// value than generated code.
func TestCorruptedGoldenChunks(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		if len(c.Chunk) > 2000 || testing.Short() && len(c.Chunk) > 150 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			for i, old := range c.Chunk {
				for k, b := range []byte{0, 1, 0x7F, 0x80, 0xFF, old + 1, old - 1, old ^ 0x10} {
					if len(c.Chunk) > 150 && (i+k)%2 == 1 {
						continue // neighbours get the other half of the values
					}
					bad := bytes.Clone(c.Chunk)
					bad[i] = b
					if err := agree(bad, len(c.Columns), 200); err != nil {
						t.Fatalf("byte %d = %#x: %v", i, b, err)
					}
				}
			}
		})
	}
}

func TestRandomChunks(t *testing.T) {
	t.Parallel()
	n := uint64(3000)
	if testing.Short() {
		n = 300
	}
	var chunk thriftrows.Chunk
	cur := thriftrows.NewCursor(nil, nil)
	for seed := range n {
		rows, columns := randomChunk(rand.New(rand.NewPCG(seed, 20)))
		if err := checkRandom(&chunk, cur, rows, columns); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// checkRandom writes the columns with AppendChunk and with generated code, and
// expects their values from both.
func checkRandom(chunk *thriftrows.Chunk, cur *thriftrows.Cursor, rows int, columns []column) error {
	b, err := encode(rows, columns)
	if err != nil {
		return err
	}
	if err := holds(chunk, cur, b, rows, columns); err != nil {
		return err
	}
	if err := agree(b, len(columns), rows); err != nil {
		return err
	}
	read, err := readGenerated(b)
	if err != nil {
		return fmt.Errorf("generated code does not read what AppendChunk writes: %w", err)
	}
	got, err := writeGenerated(read)
	if err != nil {
		return err
	}
	generated, err := writeGenerated(toGenerated(rows, columns))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, generated) {
		return fmt.Errorf("generated code reads another struct: %x, want %x", got, generated)
	}
	if err := holds(chunk, cur, generated, rows, columns); err != nil {
		return fmt.Errorf("written by generated code: %w", err)
	}
	return nil
}

// holds checks that a chunk has the columns' values.
func holds(chunk *thriftrows.Chunk, cur *thriftrows.Cursor, b []byte, rows int, columns []column) error {
	if err := chunk.Decode(b, len(columns)); err != nil {
		return err
	}
	if chunk.NumRows() != rows || chunk.NumColumns() != len(columns) {
		return fmt.Errorf("%d rows of %d columns, want %d of %d", chunk.NumRows(), chunk.NumColumns(), rows, len(columns))
	}
	for k, c := range columns {
		if got := chunk.Type(k); got != c.vector.Type {
			return fmt.Errorf("column %d is %v, want %v", k, got, c.vector.Type)
		}
	}
	cur.Reset(chunk)
	dest := make([]driver.Value, len(columns))
	for row := range rows {
		if !cur.Next() {
			return fmt.Errorf("ends at row %d of %d", row, rows)
		}
		if err := cur.Values(dest); err != nil {
			return err
		}
		for k, got := range dest {
			if want := columns[k].want[row]; !same(got, want) {
				return fmt.Errorf("row %d of %d, column %d (%v, %T): got %T %v, want %T %v", row, rows, k,
					columns[k].vector.Type, columns[k].vector.Data, got, got, want, want)
			}
		}
	}
	if cur.Next() {
		return errors.New("a row too many")
	}
	return nil
}

// agree compares the decoder with the reference on any bytes, for up to limit
// rows. If both read a value, it must be the same. If the decoder refuses a
// row, the reference must refuse a value in it.
func agree(b []byte, columns, limit int) error {
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, columns); err != nil {
		if chunk.NumRows() != 0 || chunk.NumColumns() != 0 {
			return fmt.Errorf("a chunk of %d rows after %w", chunk.NumRows(), err)
		}
		return plausible(err, b, columns)
	}
	if n := chunk.NumColumns(); n != columns && (n != 0 || chunk.NumRows() != 0) {
		return fmt.Errorf("%d rows of %d columns, want %d", chunk.NumRows(), n, columns)
	}
	generated, err := readGenerated(b)
	if err == nil && (int(generated.Size) != chunk.NumRows() || len(generated.Vectors) != chunk.NumColumns()) {
		return fmt.Errorf("%d rows of %d columns, want %d of %d", chunk.NumRows(), chunk.NumColumns(), generated.Size, len(generated.Vectors))
	}
	var refs []*reference
	if err == nil {
		for _, v := range generated.Vectors {
			refs = append(refs, newReference(v, chunk.NumRows()))
		}
	}
	cur := thriftrows.NewCursor(nil, nil)
	cur.Reset(&chunk)
	dest := make([]driver.Value, chunk.NumColumns())
	for row := 0; row < limit && cur.Next(); row++ {
		if err := cur.Values(dest); err != nil {
			return errors.Join(plausible(err, b, columns), refuses(refs, row, err))
		}
		for k, ref := range refs {
			if want, err := ref.value(row); err != nil || !same(dest[k], want) {
				return fmt.Errorf("row %d, column %d: got %T %v, want %T %v (%v)", row, k, dest[k], dest[k], want, want, err)
			}
		}
	}
	return nil
}

// refuses checks that the reference also fails for a value that the decoder
// refuses.
func refuses(refs []*reference, row int, err error) error {
	var fault *thriftrows.FormatError
	if !errors.As(err, &fault) || fault.Row != row {
		return fmt.Errorf("in row %d: %w", row, err)
	}
	if refs == nil {
		return nil
	}
	if want, refErr := refs[fault.Column].value(row); refErr == nil {
		return fmt.Errorf("%w, want %T %v", err, want, want)
	}
	return nil
}

// plausible checks that an error is a *FormatError that points into the input.
func plausible(err error, b []byte, columns int) error {
	var fault *thriftrows.FormatError
	switch {
	case !errors.As(err, &fault):
		return fmt.Errorf("not a *FormatError: %w", err)
	case fault.Column < -1 || fault.Column >= columns, fault.Offset < 0 || fault.Offset > len(b), fault.Row < -1, fault.Msg == "":
		return fmt.Errorf("implausible %+v with %d columns in %d bytes", *fault, columns, len(b))
	}
	return nil
}

func sameRows(got, want [][]driver.Value) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for k := range got[i] {
			if !same(got[i][k], want[i][k]) {
				return fmt.Errorf("row %d, column %d: got %T %v, want %T %v", i, k, got[i][k], got[i][k], want[i][k], want[i][k])
			}
		}
	}
	return nil
}

// toGenerated returns the columns as structs of the generated code.
func toGenerated(rows int, columns []column) *thriftgen.Chunk {
	chunk := &thriftgen.Chunk{Size: int32(rows), Vectors: []*thriftgen.Vector{}}
	for _, c := range columns {
		v := &thriftgen.Vector{
			Size: int32(rows), VectorType: thriftgen.VectorType(c.vector.Type), NullSet: c.vector.Nulls,
			IsConstantVector: c.vector.Constant, ZoneOffset: c.vector.ZoneOffset, Format: c.vector.Format,
		}
		if c.vector.Data != nil {
			v.Data = &thriftgen.Data{}
			setGenerated(v.Data, c.vector.Data)
		}
		chunk.Vectors = append(chunk.Vectors, v)
	}
	return chunk
}

func setGenerated(to *thriftgen.Data, from thriftrows.Data) {
	switch d := from.(type) {
	case thriftrows.BoolData:
		to.BoolData = &thriftgen.BoolData{Data: d}
	case thriftrows.Int32Data:
		to.Int32Data = &thriftgen.Int32Data{Data: d}
	case thriftrows.Int64Data:
		to.Int64Data = &thriftgen.Int64Data{Data: d}
	case thriftrows.DateData:
		to.DateData = &thriftgen.DateData{Data: d}
	case thriftrows.Float32Data:
		to.Float32Data = &thriftgen.Float32Data{Data: d}
	case thriftrows.Float64Data:
		to.Float64Data = &thriftgen.Float64Data{Data: d}
	case thriftrows.VarcharData:
		to.VarcharData = &thriftgen.VarcharData{Data: d}
	case thriftrows.TimeData:
		to.TimeData = &thriftgen.TimeData{Data: d.Micros, ZoneData: d.Zones}
	case thriftrows.Decimal128Data:
		to.Decimal128Data = &thriftgen.Decimal128Data{Data: d.Unscaled, Scale: d.Scale}
	case thriftrows.BoolConstantData:
		to.BoolConstantData = &thriftgen.BoolConstantData{Data: bool(d)}
	case thriftrows.DateConstantData:
		to.DateConstantData = &thriftgen.DateConstantData{Data: int64(d)}
	case thriftrows.NullConstantData:
		to.NullConstantData = &thriftgen.NullConstantData{Data: int8(d)}
	case thriftrows.NumericConstantData:
		to.NumericConstantData = &thriftgen.NumericConstantData{Data: int64(d)}
	case thriftrows.NumericDecimalConstantData:
		to.NumericDecimalConstantData = &thriftgen.NumericDecimalConstantData{Data: float64(d)}
	case thriftrows.TimeConstantData:
		to.TimeConstantData = &thriftgen.TimeConstantData{Data: d.Micros}
		if d.Zone != "" {
			to.TimeConstantData.ZoneData = &d.Zone
		}
	case thriftrows.VarcharConstantData:
		to.VarcharConstantData = &thriftgen.VarcharConstantData{Data: string(d)}
	case thriftrows.NumericDecimal128ConstantData:
		to.NumericDecimal128ConstantData = &thriftgen.NumericDecimal128ConstantData{Data: d.Unscaled, Scale: d.Scale}
	default:
		panic(fmt.Sprintf("no generated struct for %T", from))
	}
}
