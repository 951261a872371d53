package typed

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

type (
	inner struct {
		ID    int
		Depth string
	}
	Named int
	outer struct {
		inner
		time.Time // a value, and no struct to look into
		Named
		ID     int64
		Tagged inner `db:"tagged"`
		Both   int   `e6:"first" db:"second,omitempty"`
		Left   int   `db:"-"`
		hidden int
	}
)

func described(p *Plan) string {
	var parts []string
	for _, l := range p.leaves {
		parts = append(parts, fmt.Sprintf("%s=%s %v", p.columns[l.column], l.name, l.path))
	}
	return strings.Join(parts, ", ")
}

func TestFields(t *testing.T) {
	t.Parallel()
	_ = outer{hidden: 1}
	p, err := Compile(reflect.TypeFor[outer](), []string{"DEPTH", "id", "Time", "named", "tagged", "First"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := described(p), "DEPTH=inner.Depth [0 1], id=ID [3], Time=Time [1], named=Named [2], tagged=Tagged [4], First=Both [5]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Exact names come before those in another letter case.
func TestFindIsExactFirst(t *testing.T) {
	t.Parallel()
	type row struct {
		ID    int
		Other int `e6:"id"`
	}
	p, err := Compile(reflect.TypeFor[*row](), []string{"id", "ID"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := described(p), "id=Other [1], ID=ID [0]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := Compile(reflect.TypeFor[row](), []string{"Id", "ID"}, Options{}); err == nil || !strings.Contains(err.Error(), `"Id" fits both the fields ID and Other`) {
		t.Error(err)
	}
}

func TestShapeErrors(t *testing.T) {
	t.Parallel()
	type twins struct {
		inner
		Deep struct{ X int }
		other
	}
	type behindPointer struct{ *inner }
	type two struct{ A, B int }
	for _, test := range []struct {
		typ     reflect.Type
		columns []string
		opts    Options
		want    string
	}{
		{reflect.TypeFor[twins](), []string{"depth"}, Options{AllowMissing: true}, `"depth" fits both the fields other.Depth and inner.Depth`},
		{reflect.TypeFor[behindPointer](), []string{"id"}, Options{}, "inner is embedded by a pointer: embed typed.inner itself"},
		{reflect.TypeFor[two](), []string{"a", "A", "b"}, Options{AllowExtra: true}, `the columns "a" and "A" both fit the field A`},
		{reflect.TypeFor[two](), []string{"a", "c"}, Options{}, `no field for the column "c" (AllowExtra permits that); no column for the field B (AllowMissing permits that)`},
		{reflect.TypeFor[two](), []string{"a"}, Options{AllowExtra: true}, "no column for the field B"},
		{reflect.TypeFor[two](), []string{"a", "b", "c", "d"}, Options{AllowMissing: true}, `no field for 2 columns, "c", "d"`},
		{reflect.TypeFor[map[string]int](), []string{"a"}, Options{}, "only map[string]any"},
		{reflect.TypeFor[map[int]any](), []string{"a"}, Options{}, "only map[string]any"},
		{reflect.TypeFor[map[string]any](), []string{"a", "b", "a"}, Options{}, `more than one column is called "a"`},
		{reflect.TypeFor[int](), nil, Options{}, "0 columns"},
		{reflect.TypeFor[sql.Null[int]](), []string{"a", "b"}, Options{AllowExtra: true}, "2 columns"},
	} {
		_, err := Compile(test.typ, test.columns, test.opts)
		var shape *ShapeError
		if !errors.As(err, &shape) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.typ.String()) {
			t.Errorf("%v of %q: %v, want %s", test.typ, test.columns, err, test.want)
		}
	}
}

type other struct{ Depth string }

// A list of a thousand names is not shown.
func TestShapeErrorIsShort(t *testing.T) {
	t.Parallel()
	var columns []string
	for i := range 1000 {
		columns = append(columns, fmt.Sprint("column ", i))
	}
	if _, err := Compile(reflect.TypeFor[struct{}](), columns, Options{}); err == nil || len(err.Error()) > 300 {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	var c Cache
	typ := reflect.TypeFor[map[string]any]()
	first, err := c.Plan(typ, []string{"a", "b"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Plan(typ, []string{"a", "b"}, Options{}); again != first || err != nil {
		t.Error("the plan was made anew", err)
	}
	for _, columns := range [][]string{{"a"}, {"a:1:b"}, {"b", "a"}, {"ab"}} {
		if other, err := c.Plan(typ, columns, Options{}); err != nil || other == first || !reflect.DeepEqual(other.columns, columns) {
			t.Errorf("%q: %v, %v", columns, other.columns, err)
		}
	}
	if other, err := c.Plan(typ, []string{"a", "b"}, Options{AllowExtra: true}); other == first || err != nil {
		t.Error("other options have the same plan", err)
	}
	for i := range 3 * maxPlans {
		if _, err := c.Plan(typ, []string{fmt.Sprint(i)}, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	c.plans.Range(func(_, _ any) bool {
		kept++
		return true
	})
	if kept > maxPlans {
		t.Errorf("%d plans are kept", kept)
	}
}

type noCells struct{ testing.TB }

func (c noCells) Seek(int)             { c.Fatal("Seek was called") }
func (c noCells) IsNull(int) bool      { return false }
func (c noCells) Store(int, any) error { return errors.New("Store was called") }

type plainRow struct {
	N int64
	I int32
	F sql.Null[float64]
	S sql.NullString
	P *int64
	T time.Time
	D thriftrows.Decimal
	B []byte
}

// chunkOf is a chunk for plainRow.
func chunkOf(t testing.TB, rows int) *thriftrows.Chunk {
	t.Helper()
	at := time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	var vectors []thriftrows.Vector
	for _, c := range []struct {
		typ   thriftrows.VectorType
		value func(i int) any
	}{
		{thriftrows.Long, func(i int) any { return int64(i) << 32 }},
		{thriftrows.Integer, func(i int) any { return i << 8 }},
		{thriftrows.Double, func(i int) any { return nullEvery(i, 7, float64(i)) }},
		{thriftrows.String, func(i int) any { return nullEvery(i, 5, fmt.Sprint("text ", i)) }},
		{thriftrows.Long, func(i int) any { return nullEvery(i, 3, i) }},
		{thriftrows.Timestamp, func(i int) any { return at.Add(time.Duration(i) * time.Hour) }},
		{thriftrows.Decimal128, func(i int) any { return fmt.Sprint(i, ".5") }},
		{thriftrows.Binary, func(i int) any { return []byte(fmt.Sprint(i)) }},
	} {
		values := make([]any, rows)
		for i := range values {
			values[i] = c.value(i)
		}
		v, err := thriftrows.NewVector(c.typ, 1, values)
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	b, err := thriftrows.AppendChunk(nil, rows, vectors)
	if err != nil {
		t.Fatal(err)
	}
	chunk := new(thriftrows.Chunk)
	if err := chunk.Decode(b, len(vectors)); err != nil {
		t.Fatal(err)
	}
	return chunk
}

func nullEvery(i, n int, v any) any {
	if i%n == 0 {
		return nil
	}
	return v
}

var plainColumns = strings.Split("n i f s p t d b", " ")

// A block allocates what rows refer to, for all its rows at once, and nothing else.
func TestFillAllocations(t *testing.T) {
	const rows = 8 * BlockRows
	chunk := chunkOf(t, rows)
	p, err := Compile(reflect.TypeFor[plainRow](), plainColumns, Options{})
	if err != nil {
		t.Fatal(err)
	}
	block := NewBlock[plainRow](p, BlockRows)
	batch := thriftrows.NewBatch(nil, nil)
	allocs := testing.AllocsPerRun(20, func() {
		batch.Reset(chunk)
		for batch.NextRun(BlockRows) {
			if _, err := block.Fill(batch, noCells{t}); err != nil {
				t.Fatal(err)
			}
		}
	})
	if perRow := allocs / rows; perRow > 0.02 {
		t.Errorf("%.3f allocations a row", perRow)
	}
}

// A block that was released knows nothing of what it held, and is filled as a new one.
func TestBlocksAreReused(t *testing.T) {
	t.Parallel()
	chunk := chunkOf(t, 2*BlockRows)
	p, err := Compile(reflect.TypeFor[plainRow](), plainColumns, Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	for range 3 {
		block := NewBlock[plainRow](p, BlockRows)
		batch.Reset(chunk)
		for n := 0; batch.NextRun(BlockRows); {
			rows, err := block.Fill(batch, noCells{t})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if r.N != int64(n)<<32 || r.I != int32(n)<<8 || r.F.Valid == (n%7 == 0) || r.S.Valid == (n%5 == 0) || (r.P == nil) != (n%3 == 0) ||
					r.F.Valid && r.F.V != float64(n) || r.S.Valid && r.S.String != fmt.Sprint("text ", n) || r.P != nil && *r.P != int64(n) ||
					r.D.String() != fmt.Sprint(n, ".5") || string(r.B) != fmt.Sprint(n) {
					t.Fatalf("row %d is %+v", n, r)
				}
				n++
			}
		}
		block.Release()
		for i, r := range block.rows {
			if !reflect.ValueOf(r).IsZero() {
				t.Fatalf("row %d still is %+v", i, r)
			}
		}
	}
}
