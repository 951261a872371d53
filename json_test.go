package e6data_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestJSON(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
		at         string // the text at the error's offset; "" for the end of the text
		path       string
		mismatch   bool
	}{
		{"nothing", ``, ``, ``, false},
		{"spaces", `   `, ``, ``, false},
		{"truncated", `{"items": [{"count": 1}, {"count"`, ``, `items[1].count`, false},
		{"no value", `{"items": }`, `}`, `items`, false},
		{"single quotes", `  {'items': []}`, `'items': []}`, ``, false},
		{"Java, no key", `{tag=x, y}`, `y}`, ``, false},
		{"Java, comma in a key", `{tag=x, y, z=1}`, `y, z=1}`, ``, false},
		{"Java, = in a string", `{tag=x=y}`, `=y}`, ``, false},
		{"Java, bracket in a string", `{tag=f(x[1])}`, `[1])}`, ``, false},
		{"Java, twice", `{id=1, id=2}`, `id=2}`, ``, false},
		{"Java, cut off", `{id=1, items=[{count=1}, {count=2`, ``, ``, false},
		{"Java, not closed", `{tags={a=1]}`, `]}`, ``, false},
		{"Java, more", `{id=1} {}`, ` {}`, ``, false},
		{"Java, quoted", `{id="x"}`, `"x"}`, ``, false},
		{"Java, a string", `{id=1, items=[{count=1}, {count=x}]}`, `x}]}`, `items[1].count`, true},
		{"Java, out of range", ` {tags={a=1}, items=[{count=300}]}`, `300}]}`, `items[0].count`, true},
		{"Java, an array", `{items=[{count=[1]}]}`, `[1]}]}`, `items[0].count`, true},
		{"more", `{} {}`, `{}`, ``, false},
		{"more letters", ` {}x `, `x `, ``, false},
		{"a string", `{"items": [{"count": 1}, {"count": "x"}]}`, `"x"}]}`, `items[1].count`, true},
		{"spaces before", "\n\t {\"items\": [{\"count\" :  true}]}", `true}]}`, `items[0].count`, true},
		{"out of range", `{"tags": {"a": 1}, "items": [{"count": 300}]}`, `300}]}`, `items[0].count`, true},
		{"an object", `{"items": [{"count": {"x": 1}}]}`, `{"x": 1}}]}`, `items[0].count`, true},
		{"an array", `{"items": [{"count": [1]}]}`, `[1]}]}`, `items[0].count`, true},
		{"in a map", `{"tags": {"a": 1, "b": null, "c": "x"}}`, `"x"}}`, `tags.c`, true},
		{"the whole text", `[1, 2]`, `[1, 2]`, ``, true},
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

// An error of an UnmarshalJSON or UnmarshalText method has no position.
func TestJSONErrorOfAMethod(t *testing.T) {
	t.Parallel()
	var v []struct{ Price e6data.Decimal }
	err := e6data.JSON(&v).Scan(`[{"Price": 1}, {"Price": "x"}]`)
	var e *e6data.JSONError
	if !errors.As(err, &e) || !errors.Is(err, e6data.ErrDecimalSyntax) || e.Offset != -1 || e.Path != "" || !strings.HasPrefix(e.Near, `[{"Price": 1}`) {
		t.Errorf("%#v", err)
	}
}

func TestJSONErrorsAreShort(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`["` + strings.Repeat("é", 100_000) + `", 5]`,
		`[` + strings.Repeat("7", 100_000) + `]`,
		`[1, "` + strings.Repeat("é", 100_000),
		strings.Repeat(`{"`+strings.Repeat("k", 100)+`":`, 50) + `x`,
		strings.Repeat("[", 5000) + "x",
		strings.Repeat("[", 20_000),
		strings.Repeat("{a=", 20_000),
		strings.Repeat("[{a=", 100) + strings.Repeat("é", 100_000),
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
	t.Parallel()
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

// MAP and STRUCT values are decoded from the form of Java's collections, in which package
// enginetest sends Go values, and from JSON.
func TestJSONInJavaForm(t *testing.T) {
	t.Parallel()
	type line struct {
		SKU   string         `json:"sku"`
		Price e6data.Decimal `json:"price"`
		Notes *string        `json:"notes"`
		At    time.Time
		Any   any
		Tags  []string
		Named map[string]string
	}
	price, _ := e6data.ParseDecimal("12345678901234567890.10")
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("a", "ARRAY").Column("m", "MAP").Column("s", "STRUCT").
		Row([]string{"x", "007", "true", "a,b", "é"}, map[string]any{"a": 1, "b": nil, "c": []string{"y"}}, line{SKU: "7", Price: price, Tags: []string{"1"}, Any: 0.5}).
		Row(`[x, 007, true, a,b, é]`, `{a=1, b=null, c=[y]}`, `{sku=7, price=12345678901234567890.10, Tags=[1], Any=0.5, Named=null}`).
		Row(`["x", "007", "true", "a,b", "é"]`, `{"a": 1, "b": null, "c": ["y"]}`, `{"sku": "7", "price": 12345678901234567890.10, "Tags": ["1"], "Any": 0.5}`).
		Row(`[1, null, , -]`, `{}`, `{SKU=, notes=null, at=2024-02-29T12:00:00Z, named={1=2, =}}`))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var a []string
	var m map[string]any
	var s line
	same := []any{[]string{"x", "007", "true", "a,b", "é"}, map[string]any{"a": json.Number("1"), "b": nil, "c": []any{"y"}}, line{SKU: "7", Price: price, Tags: []string{"1"}, Any: json.Number("0.5")}}
	for i, want := range [][]any{
		same, same, same,
		{[]string{"1", "", "", "-"}, map[string]any{}, line{At: at, Named: map[string]string{"1": "2", "": ""}}},
	} {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		var raw sql.NullString
		if err := rows.Scan(e6data.JSON(&a), e6data.JSON(&m), &raw); err != nil {
			t.Fatal(err)
		}
		if i == 0 { // this row has a year that the driver cannot parse
			raw.String = strings.Replace(raw.String, "0001-01-01 00:00:00", "0001-01-01T00:00:00Z", 1)
			raw.String = strings.Replace(raw.String, "Named={}", "Named=null", 1)
		}
		if err := e6data.JSON(&s).Scan(raw.String); err != nil {
			t.Fatalf("%s: %v", raw.String, err)
		}
		for k, got := range []any{a, m, s} {
			if !reflect.DeepEqual(got, want[k]) {
				t.Errorf("row %d, column %d: %#v, want %#v", i, k, got, want[k])
			}
		}
	}
}

// The destination decides whether a value in Java's form is a number or a string.
func TestJSONInJavaFormByType(t *testing.T) {
	t.Parallel()
	scan := func(dest sql.Scanner, text string) {
		t.Helper()
		if err := dest.Scan(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	var numbers map[string]float64
	var strings map[int]string
	var raw json.RawMessage
	var number struct{ N json.Number }
	var texts []net.IP
	var values any
	var deep **[]*map[string]**string
	scan(e6data.JSON(&numbers), `{a=1.0E10, b=-0.5}`)
	scan(e6data.JSON(&strings), `{1=true, -2=1.0E10}`)
	scan(e6data.JSON(&raw), `{a=x"y\, b=<1>, c=[]}`)
	scan(e6data.JSON(&number), `{n=12.50}`)
	scan(e6data.JSON(&texts), `[10.0.0.1, ::1]`)
	scan(e6data.JSON(&values), `{a=true, b=1e, c= 1, d=[[x], {}], e=NaN}`)
	scan(e6data.JSON(&deep), `[{a=1}, null]`)
	if numbers["a"] != 1e10 || numbers["b"] != -0.5 || strings[1] != "true" || strings[-2] != "1.0E10" || number.N != "12.50" ||
		string(raw) != `{"a":"x\"y\\","b":"<1>","c":[]}` || texts[0].String() != "10.0.0.1" || **(*(**deep)[0])["a"] != "1" || (**deep)[1] != nil {
		t.Errorf("%v, %v, %v, %s, %v", numbers, strings, number, raw, texts)
	}
	if want := map[string]any{"a": true, "b": "1e", "c": " 1", "d": []any{[]any{"x"}, map[string]any{}}, "e": "NaN"}; !reflect.DeepEqual(values, want) {
		t.Errorf("%#v", values)
	}
}

// JSON is decoded as package json does. Java's form is converted to JSON, and a value
// written in Java's form is read back.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`{"a": [1, null, {"b": "x"}]}`, `{a=1, b=[x, {c=d}]}`, `[x, y]`, `[1, 2]`, `{a=x=y}`, `{}`, `[[], {}]`, `{=}`, `[, ]`, `{a={b={c=[`, `[1] x`,
		"{a=\x00\xff}", `{a="x"}`, `{a=1, a=2}`, `[{`, `{ a=1}`, " {a=b}\n",
	} {
		f.Add(text, "key", "value")
	}
	f.Fuzz(func(t *testing.T, text, key, value string) {
		var got, want any
		err := e6data.JSON(&got).Scan(text)
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if json.Valid([]byte(text)) {
			if e := dec.Decode(&want); err != nil || e != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%q: %#v, %v; want %#v, %v", text, got, err, want, e)
			}
		}
		var raw json.RawMessage
		if e := e6data.JSON(&raw).Scan(text); (e == nil) != (err == nil) || e == nil && !json.Valid(raw) {
			t.Fatalf("%q: %q, %v; %v", text, raw, e, err)
		}
		var texts map[string][]string
		_ = e6data.JSON(&texts).Scan(text)

		const structure = `{}[]=,"`
		if strings.ContainsAny(key+value, structure) || value == "null" || !utf8.ValidString(key) || !utf8.ValidString(value) {
			return
		}
		texts = nil
		if err := e6data.JSON(&texts).Scan(`{` + key + `=[` + value + `, ` + value + `]}`); err != nil || !slices.Equal(texts[key], []string{value, value}) {
			t.Fatalf("%q, %q: %q, %v", key, value, texts, err)
		}
	})
}

func TestJSONNull(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	var v map[string]sql.NullString
	text := []byte(`{"a": {"String": "x", "Valid": true}}`)
	if err := e6data.JSON(&v).Scan(text); err != nil || v["a"].String != "x" {
		t.Errorf("%v, %v", v, err)
	}
}
