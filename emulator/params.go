//go:build cgo

package emulator

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// parameter is a placeholder of a statement.
type parameter struct {
	word string // the engine's type
	open bool   // DuckDB leaves the type open; word is STRING
}

// parametersOf finds the parameters of a prepared statement.
func parametersOf(p duckdb.PreparedStatement) []parameter {
	out := make([]parameter, duckdb.NParams(p))
	for i := range out {
		out[i] = parameter{"STRING", true}
		typ := duckdb.ParamLogicalType(p, duckdb.IdxT(i+1))
		if typ.Ptr == nil {
			continue
		}
		if t, err := describe(typ); err == nil && t.vector != thriftrows.Null {
			out[i] = parameter{t.word, false}
		}
		duckdb.DestroyLogicalType(&typ)
	}
	return out
}

// Params returns the parameters' types.
func (st *statement) Params() []string {
	out := make([]string, len(st.params))
	for i, p := range st.params {
		out[i] = p.word
	}
	return out
}

// plan binds the values and plans the execution.
func (st *statement) plan(values []*wire.ParameterValue, pending *duckdb.PendingResult) error {
	if len(values) != len(st.params) {
		return fmt.Errorf("the statement has %d parameters, %d were given", len(st.params), len(values))
	}
	err := st.planAs(values, pending)
	if guessed, ok := st.guess(values); err != nil && ok {
		// Not every function takes a text in the place of a number.
		if st.planAs(guessed, pending) == nil {
			return nil
		}
	}
	return err
}

func (st *statement) planAs(values []*wire.ParameterValue, pending *duckdb.PendingResult) error {
	if err := bindAll(st.prepared, values); err != nil {
		return err
	}
	duckdb.DestroyPending(pending)
	if duckdb.PendingPreparedStreaming(st.prepared, pending) == duckdb.StateError {
		return engineError(&st.sql, duckdb.PendingError(*pending))
	}
	return nil
}

// guess returns the values with the type of a number for each text that looks like one and
// whose parameter has no type. ok reports whether there is such a value.
func (st *statement) guess(values []*wire.ParameterValue) (out []*wire.ParameterValue, ok bool) {
	for i, v := range values {
		if i < len(st.params) && st.params[i].open {
			for _, word := range [...]string{"LONG", "DOUBLE"} {
				value, err := valueOf(word, v.GetValue())
				if err != nil {
					continue
				}
				duckdb.DestroyValue(&value)
				v, ok = &wire.ParameterValue{Index: v.GetIndex(), Type: word, Value: v.GetValue()}, true
				break
			}
		}
		out = append(out, v)
	}
	return out, ok
}

func bindAll(p duckdb.PreparedStatement, values []*wire.ParameterValue) error {
	for _, v := range values {
		if v.GetType() == "" { // of a plan without values
			if duckdb.BindNull(p, duckdb.IdxT(v.GetIndex())) == duckdb.StateError {
				return errors.New(duckdb.PrepareError(p))
			}
			continue
		}
		value, err := valueOf(v.GetType(), v.GetValue())
		if err != nil {
			return fmt.Errorf("parameter %d: %w", v.GetIndex(), err)
		}
		state := duckdb.BindValue(p, duckdb.IdxT(v.GetIndex()), value)
		duckdb.DestroyValue(&value)
		if state == duckdb.StateError {
			return fmt.Errorf("parameter %d: %s", v.GetIndex(), duckdb.PrepareError(p))
		}
	}
	return nil
}

// valueOf reads a parameter's text (docs/protocol.md, section 9) as the type that it has.
func valueOf(word, text string) (duckdb.Value, error) {
	typ, ok := thriftrows.ParseType(word)
	if !ok {
		return duckdb.Value{}, fmt.Errorf("type %q is unknown", word)
	}
	v, err := convert(typ, word, text)
	if err != nil {
		return v, fmt.Errorf("%q is no %s", text, word)
	}
	return v, nil
}

// convert makes a value of a text.
func convert(typ thriftrows.VectorType, word, text string) (v duckdb.Value, err error) {
	switch typ {
	case thriftrows.Boolean:
		var b bool
		b, err = strconv.ParseBool(strings.ToLower(text))
		v = duckdb.CreateBool(b)
	case thriftrows.Integer:
		var n int64
		n, err = strconv.ParseInt(text, 10, 32)
		v = duckdb.CreateInt32(int32(n))
	case thriftrows.Long:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v = duckdb.CreateInt64(n)
	case thriftrows.Float:
		var f float64
		f, err = strconv.ParseFloat(text, 32)
		v = duckdb.CreateFloat(float32(f))
	case thriftrows.Double:
		var f float64
		f, err = strconv.ParseFloat(text, 64)
		v = duckdb.CreateDouble(f)
	case thriftrows.Decimal128:
		return decimalValue(word, text)
	case thriftrows.Binary:
		var b []byte
		b, err = hex.DecodeString(text)
		v = duckdb.CreateBlob(b)
	case thriftrows.Date, thriftrows.Timestamp, thriftrows.Datetime, thriftrows.TimestampTZ:
		return timeValue(typ, text)
	default:
		v = duckdb.CreateVarcharLength(text, duckdb.IdxT(len(text)))
		if v.Ptr == nil {
			err = errors.New("no UTF-8")
		}
	}
	if err != nil {
		duckdb.DestroyValue(&v)
	}
	return v, err
}

// timeValue reads a point in time.
func timeValue(typ thriftrows.VectorType, text string) (duckdb.Value, error) {
	layout := map[thriftrows.VectorType]string{
		thriftrows.Date:        time.DateOnly,
		thriftrows.TimestampTZ: time.DateTime + "Z07:00",
	}[typ]
	if layout == "" {
		layout = time.DateTime
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return duckdb.Value{}, err
	}
	switch typ {
	case thriftrows.Date:
		return duckdb.CreateDate(duckdb.NewDate(int32(t.Unix() / 86400))), nil
	case thriftrows.TimestampTZ:
		return duckdb.CreateTimestampTZ(duckdb.NewTimestamp(t.UnixMicro())), nil
	}
	return duckdb.CreateTimestamp(duckdb.NewTimestamp(t.UnixMicro())), nil
}

// decimalValue reads a decimal of the type DECIMAL(p,s).
func decimalValue(word, text string) (duckdb.Value, error) {
	var width, scale uint8
	if _, err := fmt.Sscanf(strings.ToUpper(word), "DECIMAL(%d,%d)", &width, &scale); err != nil || width == 0 || width > 38 || scale > width {
		return duckdb.Value{}, fmt.Errorf("type %q has no precision", word)
	}
	r, err := thriftrows.ParseRat(text)
	if err != nil {
		return duckdb.Value{}, err
	}
	pow := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	r.Mul(r, new(big.Rat).SetInt(pow))
	if n := r.Num(); !r.IsInt() || len(n.Text(10)) > int(width)+1 {
		return duckdb.Value{}, errors.New("out of range")
	}
	low := new(big.Int).And(r.Num(), new(big.Int).SetUint64(math.MaxUint64))
	high := new(big.Int).Rsh(r.Num(), 64)
	return duckdb.CreateDecimal(duckdb.NewDecimal(width, scale, duckdb.NewHugeInt(low.Uint64(), high.Int64()))), nil
}
