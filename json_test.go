package e6data_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestJSON(t *testing.T) {
	type line struct {
		SKU   string         `json:"sku"`
		Price e6data.Decimal `json:"price"`
		Notes *string        `json:"notes"`
	}
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("a", "ARRAY").Column("m", "MAP").Column("s", "STRUCT").Column("x", "ARRAY").
		Row(`[1, 2, 3]`, `{"a": 1}`, `{"sku": "x", "price": 12345678901234567890.12, "notes": "é"}`, ` [12345678901234567890, 0.10, {"k": null}] `).
		Row(nil, nil, nil, nil).
		Row(`[]`, `{"b": 2}`, `{"sku": "y"}`, `null`).
		Row(`[9]`, `{}`, `null`, `"text"`))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var (
		a []int
		m map[string]int
		s *line
		x any
	)
	dest := []any{e6data.JSON(&a), e6data.JSON(&m), e6data.JSON(&s), e6data.JSON(&x)}
	note := "é"
	price, _ := e6data.ParseDecimal("12345678901234567890.12")
	var keptArray []int
	var keptMap map[string]int
	var keptLine *line
	for i, want := range [][]any{
		{[]int{1, 2, 3}, map[string]int{"a": 1}, &line{"x", price, &note}, []any{json.Number("12345678901234567890"), json.Number("0.10"), map[string]any{"k": nil}}},
		{[]int(nil), map[string]int(nil), (*line)(nil), nil},
		{[]int{}, map[string]int{"b": 2}, &line{SKU: "y"}, nil},
		{[]int{9}, map[string]int{}, (*line)(nil), "text"},
	} {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for k, got := range []any{a, m, s, x} {
			if !reflect.DeepEqual(got, want[k]) {
				t.Errorf("row %d, column %d: %#v, want %#v", i, k, got, want[k])
			}
		}
		if i == 0 {
			keptArray, keptMap, keptLine = a, m, s
		}
	}
	if !reflect.DeepEqual(keptArray, []int{1, 2, 3}) || !reflect.DeepEqual(keptMap, map[string]int{"a": 1}) || keptLine.SKU != "x" {
		t.Errorf("a later row changed %v, %v, %v", keptArray, keptMap, keptLine)
	}
}

func TestJSONErrors(t *testing.T) {
	type item struct {
		Price e6data.Decimal `json:"price"`
		Count int8           `json:"count"`
	}
	type order struct {
		Items []item         `json:"items"`
		Tags  map[string]int `json:"tags"`
	}
	for _, test := range []struct {
		name, text string
		at         string // what is at the error's offset; "" for its end
		path       string
		mismatch   bool
	}{
		{"nothing", ``, ``, ``, false},
		{"spaces", `   `, ``, ``, false},
		{"cut off", `{"items": [{"count": 1}, {"count"`, ``, `items[1].count`, false},
		{"no value", `{"items": }`, `}`, `items`, false},
		{"single quotes", `  {'items': []}`, `'items': []}`, ``, false},
		{"not JSON", `{id=7, tag=x}`, `id=7, tag=x}`, ``, false},
		{"more", `{} {}`, `{}`, ``, false},
		{"more letters", ` {}x `, `x `, ``, false},
		{"a string", `{"items": [{"count": 1}, {"count": "x"}]}`, `"x"}]}`, `items[1].count`, true},
		{"spaces before", "\n\t {\"items\": [{\"count\" :  true}]}", `true}]}`, `items[0].count`, true},
		{"out of range", `{"tags": {"a": 1}, "items": [{"count": 300}]}`, `300}]}`, `items[0].count`, true},
		{"an object", `{"items": [{"count": {"x": 1}}]}`, `{"x": 1}}]}`, `items[0].count`, true},
		{"an array", `{"items": [{"count": [1]}]}`, `[1]}]}`, `items[0].count`, true},
		{"in a map", `{"tags": {"a": 1, "b": null, "c": "x"}}`, `"x"}}`, `tags.c`, true},
		{"all of it", `[1, 2]`, `[1, 2]`, ``, true},
		{"the first of two", `{"tags": {"a": "x", "b": "y"}}`, `"x", "b": "y"}}`, `tags.a`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := order{Tags: map[string]int{"before": 1}}
			o := before
			err := e6data.JSON(&o).Scan(test.text)
			var e *e6data.JSONError
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			t.Log(err)
			var mismatch *json.UnmarshalTypeError
			if errors.As(err, &mismatch) != test.mismatch {
				t.Errorf("cause %T", e.Err)
			}
			wantAt := len(test.text) - len(test.at)
			if test.name == "more" {
				wantAt = 3
			}
			if e.Offset != wantAt || e.Path != test.path || e.Type != reflect.TypeFor[order]() {
				t.Errorf("byte %d, path %q, type %v; want %d, %q", e.Offset, e.Path, e.Type, wantAt, test.path)
			}
			if !strings.Contains(err.Error(), "e6data_test.order") || !strings.Contains(test.text, strings.Trim(e.Near, ".")) {
				t.Errorf("message %v", err)
			}
			if !reflect.DeepEqual(o, before) {
				t.Errorf("the error left %+v", o)
			}
		})
	}
}

// What an UnmarshalJSON or UnmarshalText method finds has no position.
func TestJSONErrorOfAMethod(t *testing.T) {
	var v []struct{ Price e6data.Decimal }
	err := e6data.JSON(&v).Scan(`[{"Price": 1}, {"Price": "x"}]`)
	var e *e6data.JSONError
	if !errors.As(err, &e) || !errors.Is(err, e6data.ErrDecimalSyntax) || e.Offset != -1 || e.Path != "" || !strings.HasPrefix(e.Near, `[{"Price": 1}`) {
		t.Errorf("%#v", err)
	}
}

func TestJSONErrorsAreShort(t *testing.T) {
	for _, text := range []string{
		`["` + strings.Repeat("é", 100_000) + `", 5]`,
		`[` + strings.Repeat("7", 100_000) + `]`,
		`[1, "` + strings.Repeat("é", 100_000),
		strings.Repeat(`{"`+strings.Repeat("k", 100)+`":`, 50) + `x`,
		strings.Repeat("[", 5000) + "x",
		strings.Repeat("[", 20_000),
		"\"" + strings.Repeat("\x80", 1000),
	} {
		var v []int
		err := e6data.JSON(&v).Scan(text)
		if err == nil || len(err.Error()) > 600 {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

func TestJSONThroughSQLErrors(t *testing.T) {
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("tags", "ARRAY").Column("n", "LONG").Row(`["a", 5]`, 1).Row(`["b"]`, 2))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var tags []string
	var n int
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	var e *e6data.JSONError
	if err := rows.Scan(e6data.JSON(&tags), &n); !errors.As(err, &e) || e.Path != "[1]" || !strings.Contains(err.Error(), `name "tags"`) {
		t.Errorf("%v", err)
	}
	if err := rows.Scan(e6data.JSON(&tags), e6data.JSON(&n)); err == nil {
		t.Errorf("a number is no text")
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(e6data.JSON(&tags), &n); err != nil || len(tags) != 1 || tags[0] != "b" {
		t.Errorf("%q, %v", tags, err)
	}
	var nowhere *[]string
	if err := e6data.JSON(nowhere).Scan("[]"); err == nil {
		t.Error("a nil destination was accepted")
	}
}

func TestJSONNull(t *testing.T) {
	number, raw := 7, json.RawMessage("before")
	if err := errors.Join(e6data.JSON(&number).Scan(" null "), e6data.JSON(&raw).Scan("null")); err != nil || number != 0 || string(raw) != "null" {
		t.Errorf("%d, %q, %v", number, raw, err)
	}
	number = 7
	if err := errors.Join(e6data.JSON(&number).Scan(nil), e6data.JSON(&raw).Scan(nil)); err != nil || number != 0 || raw != nil {
		t.Errorf("%d, %q, %v", number, raw, err)
	}
}

func TestJSONTakesBytes(t *testing.T) {
	var v map[string]sql.NullString
	text := []byte(`{"a": {"String": "x", "Valid": true}}`)
	if err := e6data.JSON(&v).Scan(text); err != nil || v["a"].String != "x" {
		t.Errorf("%v, %v", v, err)
	}
}
