// Package naive is a driver without optimizations. It uses gRPC with its
// default codec and windows, Apache Thrift's generated code, math/big, and a
// boxed value for each cell. It fetches the next batch after it has read the
// last one.
package naive

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/e6data/e6data-go/internal/thriftgen"
)

// Decode decodes a chunk with Apache Thrift's generated code.
func Decode(b []byte) (*thriftgen.Chunk, error) {
	chunk := thriftgen.NewChunk()
	buf := &thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(b)}
	if err := chunk.Read(context.Background(), thrift.NewTBinaryProtocolConf(buf, nil)); err != nil {
		return nil, err
	}
	return chunk, nil
}

// Rows reads chunks row by row.
type Rows struct {
	columns []string
	next    func() ([]byte, error)
	end     func() error
	chunk   *thriftgen.Chunk
	row     int
}

var _ driver.Rows = (*Rows)(nil)

// NewRows returns the rows of the chunks that next returns, up to an empty
// chunk. Close calls end, which may be nil.
func NewRows(columns []string, next func() ([]byte, error), end func() error) *Rows {
	return &Rows{columns: columns, next: next, end: end, chunk: thriftgen.NewChunk()}
}

// Columns returns the columns' names.
func (r *Rows) Columns() []string { return r.columns }

// Close calls the function end of NewRows.
func (r *Rows) Close() error {
	if r.end == nil {
		return nil
	}
	return r.end()
}

// Next boxes the values of a row.
func (r *Rows) Next(dest []driver.Value) error {
	for r.row >= int(r.chunk.Size) {
		b, err := r.next()
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return io.EOF
		}
		if r.chunk, err = Decode(b); err != nil {
			return err
		}
		if len(r.chunk.Vectors) != len(r.columns) {
			return fmt.Errorf("naive: %d vectors for %d columns", len(r.chunk.Vectors), len(r.columns))
		}
		r.row = 0
	}
	for i, v := range r.chunk.Vectors {
		var err error
		if dest[i], err = value(v, r.row); err != nil {
			return err
		}
	}
	r.row++
	return nil
}

func value(v *thriftgen.Vector, row int) (driver.Value, error) {
	if v.IsConstantVector {
		return nil, fmt.Errorf("naive: constant vectors are not read")
	}
	if v.NullSet[row] {
		return nil, nil
	}
	d := v.Data
	switch v.VectorType {
	case thriftgen.VectorType_BOOLEAN:
		return d.BoolData.Data[row], nil
	case thriftgen.VectorType_INTEGER:
		return int64(d.Int32Data.Data[row]), nil
	case thriftgen.VectorType_LONG:
		return d.Int64Data.Data[row], nil
	case thriftgen.VectorType_DOUBLE:
		return d.Float64Data.Data[row], nil
	case thriftgen.VectorType_STRING:
		return d.VarcharData.Data[row], nil
	case thriftgen.VectorType_DATE:
		return time.UnixMicro(d.DateData.Data[row]).UTC(), nil
	case thriftgen.VectorType_TIMESTAMP_TZ:
		loc, err := location(d.TimeData.ZoneData[row])
		if err != nil {
			return nil, err
		}
		return time.UnixMicro(d.TimeData.Data[row]).In(loc), nil
	case thriftgen.VectorType_DECIMAL128:
		return decimal(d.Decimal128Data.Data[row], int(d.Decimal128Data.Scale)), nil
	}
	return nil, fmt.Errorf("naive: %v vectors are not read", v.VectorType)
}

var locations sync.Map // string -> *time.Location

// location returns a zone. It has a cache, because even a naive driver would
// not read a file for each row.
func location(name string) (*time.Location, error) {
	if loc, ok := locations.Load(name); ok {
		return loc.(*time.Location), nil
	}
	var loc *time.Location
	switch {
	case name == "Z":
		loc = time.UTC
	case strings.HasPrefix(name, "+"), strings.HasPrefix(name, "-"):
		t, err := time.Parse("-07:00", name)
		if err != nil {
			return nil, err
		}
		_, offset := t.Zone()
		loc = time.FixedZone(name, offset)
	default:
		var err error
		if loc, err = time.LoadLocation(name); err != nil {
			return nil, err
		}
	}
	locations.Store(name, loc)
	return loc, nil
}

func decimal(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
		n.Neg(n)
	}
	s := n.String()
	if scale <= 0 {
		return sign + s + strings.Repeat("0", -scale)
	}
	if missing := scale + 1 - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	return sign + s[:len(s)-scale] + "." + s[len(s)-scale:]
}
