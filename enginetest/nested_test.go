package enginetest_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// A Go value in a column of a nested type has the text of the same value in Java.
func TestNestedValues(t *testing.T) {
	t.Parallel()
	type point struct {
		X      int `json:"x"`
		Y      *int
		hidden int
		Skip   int    `json:"-"`
		Name   string `json:"name,omitempty"`
	}
	var loop any
	loop = &loop
	for _, test := range []struct {
		word  string
		value any
		want  string
	}{
		{"ARRAY", []int{1, 2}, "[1, 2]"},
		{"ARRAY", [2]string{"a", ""}, "[a, ]"},
		{"ARRAY", []any{nil, true, 'x', uint8(7), "null"}, "[null, true, 120, 7, null]"},
		{"ARRAY", []float64{1, 0.5, 1e7, 1.25e-4, -2e100, 0, math.NaN(), math.Inf(1), math.Inf(-1)}, "[1.0, 0.5, 1.0E7, 1.25E-4, -2.0E100, 0.0, NaN, Infinity, -Infinity]"},
		{"ARRAY", []float32{0.1}, "[0.1]"},
		{"ARRAY", []any{big.NewInt(5), thriftrows.NewDecimal(1230, 2), time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC)}, "[5, 12.30, 2024-02-29 01:02:03.000004]"},
		{"ARRAY", []int(nil), "[]"},
		{"MAP", map[string]int{"b": 2, "a": 1}, "{a=1, b=2}"},
		{"MAP", map[int][]string{10: {"x"}}, "{10=[x]}"},
		{"STRUCT", point{X: 1, hidden: 2, Skip: 3, Name: "p"}, "{x=1, Y=null, name=p}"},
		{"STRUCT", &point{X: 1, Y: new(int)}, "{x=1, Y=0, name=}"},
		{"MAP", map[string]any{"a": map[string]any{"b": []any{}}}, "{a={b=[]}}"},
		{"MAP", `{"as": "it is"}`, `{"as": "it is"}`},
		{"STRUCT", json.RawMessage(`{"x": 1}`), `{"x": 1}`},
	} {
		r := enginetest.NewResult().Column("c", test.word).Row(test.value)
		if err := r.Err(); err != nil {
			t.Errorf("%v: %v", test.value, err)
			continue
		}
		p, _ := play(t, r, enginetest.Config{})
		var chunk thriftrows.Chunk
		b, err := p.Batch()
		noErr(t, err)
		noErr(t, chunk.Decode(b, 1))
		cur := thriftrows.NewCursor(nil, nil)
		cur.Reset(&chunk)
		cur.Next()
		if got, err := cur.Value(0); err != nil || got != test.want {
			t.Errorf("%v: %q, %v; want %q", test.value, got, err, test.want)
		}
	}
	for _, value := range []any{loop, []any{make(chan int)}, func() {}, struct{ C complex128 }{}} {
		if err := enginetest.NewResult().Column("c", "ARRAY").Row(value).Err(); err == nil || !strings.Contains(err.Error(), `column "c": row 0: a`) {
			t.Errorf("%T: %v", value, err)
		}
	}
	if err := enginetest.NewResult().Column("c", "STRING").Row([]int{1}).Err(); err == nil {
		t.Error("a STRING column accepts a slice")
	}
}
