package enginetest_test

import (
	"bytes"
	"database/sql"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// same checks that two results have the same metadata and chunks.
func same(t *testing.T, got, want *enginetest.Result) {
	t.Helper()
	meta, chunks, err := got.Encoded()
	if err != nil {
		t.Error(err)
		return
	}
	wantMeta, wantChunks, err := want.Encoded()
	noErr(t, err)
	if !bytes.Equal(meta, wantMeta) {
		t.Errorf("metadata\n%q, want\n%q", meta, wantMeta)
	}
	if !slices.EqualFunc(chunks, wantChunks, bytes.Equal) {
		t.Errorf("chunks\n%q, want\n%q", chunks, wantChunks)
	}
}

var (
	day  = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	noon = time.Date(2026, 1, 31, 12, 0, 0, 123456000, time.UTC)
)

// every returns a result with a column of each type.
func every() *enginetest.Result {
	r := enginetest.NewResult()
	for _, c := range [][2]string{
		{"b", "BOOLEAN"}, {"i", "INTEGER"}, {"l", "LONG"}, {"f", "FLOAT"}, {"d", "DOUBLE"}, {"s", "STRING"}, {"bin", "BINARY"},
		{"day", "DATE"}, {"ts", "TIMESTAMP"}, {"tz", "TIMESTAMP_TZ"}, {"dec", "DECIMAL(10,2)"}, {"arr", "ARRAY"},
	} {
		r.Column(c[0], c[1])
	}
	return r
}

// everyRow returns a result of every with two rows: one with values, one with NULLs.
func everyRow() *enginetest.Result {
	return every().
		Row(true, -5, int64(1)<<40, 0.5, -1.5e300, "a,\"b\"", "bin", day, noon, noon.In(time.FixedZone("", 19800)), "12.30", "[1,2]").
		Row(make([]any, 12)...)
}

func TestCSV(t *testing.T) {
	t.Parallel()
	same(t, every().CSV(`
b,i,l,f,d,s,bin,day,ts,tz,dec,arr
true,-5,1099511627776,.5,-1.5e300,"a,""b""",bin,2026-01-31,2026-01-31 12:00:00.123456,2026-01-31T17:30:00.123456+05:30,12.30,"[1,2]"
NULL,,,,NULL,NULL,,,,,NULL,`), everyRow())
	// A text may declare the columns, or name the result's columns in another order.
	want := enginetest.NewResult().Column("id", "LONG").Column("price", "DECIMAL(10,2)").Column("name", "STRING").
		Row(1, "12.30", "bolt").Row(2, nil, "").Row(nil, "0", nil)
	same(t, enginetest.NewResult().CSV("id LONG,\"price DECIMAL(10,2)\",name\n1,12.30,bolt\n2,NULL,\n,0,NULL\n"), want)
	same(t, enginetest.NewResult().Column("id", "LONG").Column("price", "DECIMAL(10,2)").Column("name", "STRING").
		CSV("name,id,price\nbolt,1,12.30\n,2,\nNULL,,0").RowCount(3), want)
	same(t, enginetest.NewResult().CSV("id LONG\r\n"), enginetest.NewResult().Column("id", "LONG"))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	same(t, every().JSON(`[
		{"b": true, "i": -5, "l": 1099511627776, "f": 0.5, "d": -1.5e300, "s": "a,\"b\"", "bin": "bin", "day": "2026-01-31",
		 "ts": "2026-01-31T12:00:00.123456", "tz": "2026-01-31 17:30:00.123456+05:30", "dec": 12.30, "arr": [1, 2]},
		{"b": null}]`), everyRow())
	same(t, enginetest.NewResult().Column("id", "LONG").Column("dec", "DECIMAL(38,2)").
		JSON(`[[1, "12.30"], ["2", 123456789012345678901234567890.12], [null, null]]`),
		enginetest.NewResult().Column("id", "LONG").Column("dec", "DECIMAL(38,2)").
			Row(1, "12.30").Row(2, "123456789012345678901234567890.12").Row(nil, nil))
	same(t, enginetest.NewResult().JSON(`[{"z": 1, "a": 1}, {"d": null, "a": 1.5, "b": true, "s": "x", "l": [], "o": {"k": 1}}]`),
		enginetest.NewResult().Column("z", "LONG").Column("a", "DOUBLE").Column("d", "STRING").Column("b", "BOOLEAN").
			Column("s", "STRING").Column("l", "ARRAY").Column("o", "STRUCT").
			Row(1, 1.0, nil, nil, nil, nil, nil).Row(nil, 1.5, nil, true, "x", "[]", `{"k":1}`))
	same(t, enginetest.NewResult().JSON(`[]`), enginetest.NewResult())
}

type base struct {
	ID int64
}

type everything struct {
	base
	*Extra
	Name    string     `db:"label,omitempty"`
	Hidden  int        `db:"-"`
	Day     time.Time  `engine:"DATE"`
	At      *time.Time `db:"at"`
	Price   *big.Rat   `db:"-"`
	Amount  string     `engine:"DECIMAL(10,2)"`
	Ratio   float64    `engine:"DECIMAL(10,2)"`
	Small   int16
	Wide    uint32
	Half    float32
	OK      sql.NullBool
	Count   sql.Null[int32]
	Raw     []byte
	Tags    []string           `engine:"ARRAY"`
	Decimal thriftrows.Decimal `engine:"DECIMAL(10,2)"`
	Any     any                `engine:"STRING"`
}

type Extra struct{ Note *string }

func TestStructs(t *testing.T) {
	t.Parallel()
	note := "n"
	rows := []*everything{
		{base{1}, &Extra{&note}, "bolt", 9, day, &noon, nil, "12.30", 0.25, -5, 1 << 31, 0.5, sql.NullBool{Bool: true, Valid: true},
			sql.Null[int32]{V: 7, Valid: true}, []byte{}, []string{"a"}, thriftrows.NewDecimal(1230, 2), "any"},
		{Amount: "0"},
	}
	zero := time.Time{}
	same(t, enginetest.NewResult().Structs(rows),
		enginetest.NewResult().Column("id", "LONG").Column("note", "STRING").Column("label", "STRING").Column("day", "DATE").Column("at", "TIMESTAMP").
			Column("amount", "DECIMAL(10,2)").Column("ratio", "DECIMAL(10,2)").Column("small", "INTEGER").Column("wide", "LONG").
			Column("half", "FLOAT").Column("ok", "BOOLEAN").Column("count", "INTEGER").Column("raw", "BINARY").Column("tags", "ARRAY").
			Column("decimal", "DECIMAL(10,2)").Column("any", "STRING").
			Row(1, "n", "bolt", day, noon, "12.30", "0.25", -5, int64(1)<<31, 0.5, true, 7, "", `["a"]`, "12.30", "any").
			Row(0, nil, "", zero, nil, "0", "0", 0, 0, 0.0, nil, nil, nil, nil, "0", nil))
	// If the result has columns, fields without a column are left out.
	same(t, enginetest.NewResult().Column("label", "STRING").Column("id", "DECIMAL(3,1)").Structs([]everything{{base: base{4}, Name: "x"}}),
		enginetest.NewResult().Column("label", "STRING").Column("id", "DECIMAL(3,1)").Row("x", 4))
}

func TestTextMistakes(t *testing.T) {
	t.Parallel()
	two := func() *enginetest.Result { return enginetest.NewResult().Column("a", "LONG").Column("b", "DATE") }
	for _, test := range []struct {
		r    *enginetest.Result
		want string
	}{
		{two().CSV(""), "CSV: no line with the columns' names"},
		{two().CSV("a,c\n"), `CSV: no column "c"`},
		{two().CSV("a,a\n"), `CSV: two columns "a"`},
		{two().CSV("a\n"), `CSV: no values for column "b"`},
		{two().CSV("a,b\n1\n"), "CSV: record on line 2: wrong number of fields"},
		{two().CSV("a,b\n1,\nx,\n"), `CSV: row 1, column "a": strconv.ParseInt: parsing "x"`},
		{two().CSV("a,b\n1,yesterday\n"), `CSV: row 0, column "b": "yesterday" is not a date or time`},
		{enginetest.NewResult().CSV("a NONSENSE\n"), `column "a": unknown type "NONSENSE"`},
		{two().JSON("{}"), "JSON: "},
		{two().JSON("[1]"), "JSON: row 0: neither an object nor an array"},
		{two().JSON("[null]"), "JSON: row 0: neither an object nor an array"},
		{two().JSON(`[{"c": 1}]`), `JSON: row 0: no column "c"`},
		{two().JSON(`[[]]`), "JSON: row 0 has 0 values for 2 columns"},
		{two().JSON(`[[1, null, 3]]`), "JSON: row 0 has 3 values for 2 columns"},
		{enginetest.NewResult().JSON(`[[1]]`), "JSON: row 0 has 1 values for 0 columns"},
		{two().JSON(`[{"a": 1.5}]`), `JSON: row 0, column "a": strconv.ParseInt`},
		{enginetest.NewResult().JSON(`[{"a": 1}, {"a": "x"}]`), `JSON: row 1, column "a": strconv.ParseInt`},
		{two().Structs(1), "Structs: int is not a slice"},
		{two().Structs([]int{1}), "Structs: []int is not a slice of structs"},
		{two().Structs([]struct{ A int }{}), `Structs: no values for column "b"`},
		{two().Structs([]*struct{ A, B int }{nil}), `Structs: row 0, column "a": a nil pointer`},
		{two().Structs([]struct{ A, B int }{{}}), `Structs: row 0, column "b": "0" is not a date or time`},
		{enginetest.NewResult().Structs([]struct{ A, B []int }{}), "Structs: field A: a []int has no default column type: add the tag engine"},
		{enginetest.NewResult().Structs([]struct {
			A chan int `engine:"STRING"`
		}{{make(chan int)}}), `Structs: row 0, column "a": a chan int does not fit`},
	} {
		if err := test.r.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// No text makes CSV or JSON panic. A result that they accept can be encoded, or returns
// an error.
func FuzzTexts(f *testing.F) {
	for _, text := range []string{
		"", "a,b\n1,2\n", "id LONG,\"p DECIMAL(10,2)\"\n1,\"2\"\n", "a ARRAY\n\"\"\"\"", "[[1]]", `[{"a": 1, "a": [{}]}]`, `[null]`, `[{"a": 1e999}]`, "\xff,\x00\n", `[{"": ""}]`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []*enginetest.Result{
			enginetest.NewResult().CSV(text), enginetest.NewResult().JSON(text), every().CSV(text), every().JSON(text),
		} {
			_, _, _ = r.Encoded()
		}
	})
}
