package thriftrows

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"strconv"
	"time"
)

// Scan stores the current row's value of a column in *dest and returns true, if
// it can do so without a driver.Value. The stored value is the same as that of
// database/sql's conversion. If that conversion would fail or if Scan does not
// support it, Scan returns false and does not change *dest: convert the result
// of [Cursor.Value] then.
//
// Scan stores decimals in a [Decimal], also in a sql.Null or behind a pointer,
// without a text. It supports more destinations than database/sql. A *big.Rat, or a
// **big.Rat that becomes nil for NULL, accepts integers and the decimals that
// [ParseRat] parses. A [json.RawMessage], also in a sql.Null, accepts texts and
// NULL. An error is a *[FormatError].
func (c *Cursor) Scan(column int, dest any) (bool, error) {
	col := &c.cols[column]
	v := col.v
	row := c.row
	if v.kind == nullKind || col.nulls != nil && col.nulls[row] == 1 {
		return scanNull(dest), nil
	}
	var ok bool
	var err error
	switch v.kind {
	case int32Kind:
		ok = scanInteger(int64(v.int32(row)), dest)
	case int64Kind:
		ok = scanInteger(v.int64(row), dest)
	case floatKind:
		ok = scanFloat(v.float(row), dest)
	case boolKind:
		ok = scanBool(v.bool(row), dest)
	case textKind:
		ok = scanText(c, col, row, dest)
	case bytesKind:
		ok = scanBytes(v.list.text(row), dest)
	case decimalKind, decimalTextKind:
		ok, err = scanDecimal(c, col, row, dest)
	case dateKind, timeKind, timeTZKind, int96Kind:
		ok, err = scanTime(c, col, row, dest)
	}
	if err != nil {
		err = c.fail(column, row, err)
	}
	return ok, err
}

// Decimal returns the current row's value of a column, and reports whether it
// is a valid Decimal. If it is not, [Cursor.Value] returns the value or the
// error.
func (c *Cursor) Decimal(column int) (Decimal, bool) {
	v := c.cols[column].v
	if v.kind != decimalKind && v.kind != decimalTextKind || v.isNull(c.row) {
		return Decimal{}, false
	}
	d, err := v.decimal(c.row)
	return d, err == nil
}

// scanNull stores NULL if dest supports NULL, and reports whether it does.
func scanNull(dest any) bool {
	switch d := dest.(type) {
	case *sql.NullInt64:
		return store(d, sql.NullInt64{})
	case *sql.NullInt32:
		return store(d, sql.NullInt32{})
	case *sql.NullFloat64:
		return store(d, sql.NullFloat64{})
	case *sql.NullString:
		return store(d, sql.NullString{})
	case *sql.NullTime:
		return store(d, sql.NullTime{})
	case *sql.NullBool:
		return store(d, sql.NullBool{})
	case *sql.Null[int64]:
		return store(d, sql.Null[int64]{})
	case *sql.Null[int32]:
		return store(d, sql.Null[int32]{})
	case *sql.Null[int]:
		return store(d, sql.Null[int]{})
	case *sql.Null[float64]:
		return store(d, sql.Null[float64]{})
	case *sql.Null[string]:
		return store(d, sql.Null[string]{})
	case *sql.Null[time.Time]:
		return store(d, sql.Null[time.Time]{})
	case *sql.Null[bool]:
		return store(d, sql.Null[bool]{})
	case *sql.Null[Decimal]:
		return store(d, sql.Null[Decimal]{})
	case *any:
		return store(d, nil)
	case *[]byte:
		return store(d, nil)
	case *json.RawMessage:
		return store(d, nil)
	case *sql.Null[json.RawMessage]:
		return store(d, sql.Null[json.RawMessage]{})
	case **int64:
		return store(d, nil)
	case **float64:
		return store(d, nil)
	case **string:
		return store(d, nil)
	case **time.Time:
		return store(d, nil)
	case **bool:
		return store(d, nil)
	case **Decimal:
		return store(d, nil)
	case **big.Rat:
		return store(d, nil)
	}
	return false
}

// store sets *d unless d is nil. database/sql has an error for a nil pointer.
func store[T any](d *T, v T) bool {
	if d == nil {
		return false
	}
	*d = v
	return true
}

// storeNew sets *d to a pointer to a new copy of v.
func storeNew[T any](d **T, v T) bool {
	if d == nil {
		return false
	}
	p := new(T)
	*p = v
	*d = p
	return true
}

// storeInt is like store for an integer. It returns false if the integer does
// not fit T.
func storeInt[T int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64](d *T, n int64) bool {
	t := T(n)
	if d == nil || int64(t) != n || (t < 0) != (n < 0) {
		return false
	}
	*d = t
	return true
}

func scanInteger(n int64, dest any) bool {
	switch d := dest.(type) {
	case *int64:
		return store(d, n)
	case *int:
		return storeInt(d, n)
	case *int32:
		return storeInt(d, n)
	case *int16:
		return storeInt(d, n)
	case *int8:
		return storeInt(d, n)
	case *uint64:
		return storeInt(d, n)
	case *uint:
		return storeInt(d, n)
	case *uint32:
		return storeInt(d, n)
	case *uint16:
		return storeInt(d, n)
	case *uint8:
		return storeInt(d, n)
	case *sql.NullInt64:
		return store(d, sql.NullInt64{Int64: n, Valid: true})
	case *sql.NullInt32:
		return int64(int32(n)) == n && store(d, sql.NullInt32{Int32: int32(n), Valid: true})
	case *sql.Null[int64]:
		return store(d, sql.Null[int64]{V: n, Valid: true})
	case *sql.Null[int32]:
		return int64(int32(n)) == n && store(d, sql.Null[int32]{V: int32(n), Valid: true})
	case *sql.Null[int]:
		return int64(int(n)) == n && store(d, sql.Null[int]{V: int(n), Valid: true})
	case **int64:
		return storeNew(d, n)
	case *float64:
		return store(d, float64(n))
	case *big.Rat:
		return d != nil && d.SetInt64(n) != nil
	case **big.Rat:
		return store(d, new(big.Rat).SetInt64(n))
	}
	return false
}

// storeRat stores the result of ParseRat.
func storeRat(d *big.Rat, s string) bool {
	if d == nil {
		return false
	}
	r, err := ParseRat(s)
	if err != nil {
		return false
	}
	d.Set(r)
	return true
}

func scanFloat(f float64, dest any) bool {
	switch d := dest.(type) {
	case *float64:
		return store(d, f)
	case *float32:
		// database/sql converts by text, and an inexact value may round
		// differently.
		return float64(float32(f)) == f && store(d, float32(f))
	case *sql.NullFloat64:
		return store(d, sql.NullFloat64{Float64: f, Valid: true})
	case *sql.Null[float64]:
		return store(d, sql.Null[float64]{V: f, Valid: true})
	case **float64:
		return storeNew(d, f)
	}
	return false
}

func scanBool(b bool, dest any) bool {
	switch d := dest.(type) {
	case *bool:
		return store(d, b)
	case *sql.NullBool:
		return store(d, sql.NullBool{Bool: b, Valid: true})
	case *sql.Null[bool]:
		return store(d, sql.Null[bool]{V: b, Valid: true})
	case **bool:
		return storeNew(d, b)
	}
	return false
}

func scanString(s string, dest any) bool {
	switch d := dest.(type) {
	case *string:
		return store(d, s)
	case *sql.NullString:
		return store(d, sql.NullString{String: s, Valid: true})
	case *sql.Null[string]:
		return store(d, sql.Null[string]{V: s, Valid: true})
	case **string:
		return storeNew(d, s)
	}
	return false
}

func scanText(c *Cursor, col *columnCursor, row int, dest any) bool {
	switch d := dest.(type) {
	case *[]byte:
		return scanBytes(col.v.list.text(row), d)
	case *json.RawMessage:
		return d != nil && store(d, append(json.RawMessage{}, col.v.list.text(row)...))
	case *sql.Null[json.RawMessage]:
		return d != nil && store(d, sql.Null[json.RawMessage]{V: append(json.RawMessage{}, col.v.list.text(row)...), Valid: true})
	}
	return scanString(c.text(col, row), dest)
}

// scanBytes stores a copy of b, because b is part of the chunk.
func scanBytes(b []byte, dest any) bool {
	switch d := dest.(type) {
	case *[]byte:
		return d != nil && store(d, append([]byte{}, b...))
	case *string:
		return d != nil && store(d, string(b))
	}
	return false
}

func scanDecimal(c *Cursor, col *columnCursor, row int, dest any) (bool, error) {
	switch d := dest.(type) {
	case *Decimal:
		v, err := col.v.decimal(row)
		return err == nil && store(d, v), nil
	case *sql.Null[Decimal]:
		v, err := col.v.decimal(row)
		return err == nil && store(d, sql.Null[Decimal]{V: v, Valid: true}), nil
	case **Decimal:
		v, err := col.v.decimal(row)
		return err == nil && storeNew(d, v), nil
	}
	s, err := c.decimal(col, row)
	if err != nil {
		return false, err
	}
	switch d := dest.(type) {
	case *float64:
		f, err := strconv.ParseFloat(s, 64)
		return err == nil && store(d, f), nil
	case *big.Rat:
		return storeRat(d, s), nil
	case **big.Rat:
		r := new(big.Rat)
		return d != nil && storeRat(r, s) && store(d, r), nil
	}
	return scanString(s, dest), nil
}

func scanTime(c *Cursor, col *columnCursor, row int, dest any) (bool, error) {
	t, err := col.v.time(row, c.zones, col.zones, c.loc)
	if err != nil {
		return false, err
	}
	switch d := dest.(type) {
	case *time.Time:
		return store(d, t), nil
	case *sql.NullTime:
		return store(d, sql.NullTime{Time: t, Valid: true}), nil
	case *sql.Null[time.Time]:
		return store(d, sql.Null[time.Time]{V: t, Valid: true}), nil
	case **time.Time:
		return storeNew(d, t), nil
	}
	return false, nil
}
