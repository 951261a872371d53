package main

import (
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// The statements for which the engine of this example has a result.
const (
	everyType = "SELECT * FROM every_type"
	divide    = "SELECT 1 / 0"
	endless   = "SELECT count(*) FROM a, b, c"
)

// record is the value of a STRUCT.
type record struct {
	ID  int    `json:"id"`
	Tag string `json:"tag"`
}

// everyTypeResult returns a result with a column of each engine type and three
// rows. All values of the last row are NULL.
func everyTypeResult() *enginetest.Result {
	mumbai := time.FixedZone("+05:30", 5*60*60+30*60)
	noon := time.Date(2024, 2, 29, 12, 30, 15, 123456000, time.UTC)
	columns := []struct {
		name, word    string
		first, second any
	}{
		{"flag", "BOOLEAN", true, false},
		{"small", "INTEGER", 42, -2147483648},
		{"big", "LONG", int64(9007199254740993), int64(-9223372036854775808)},
		{"single", "FLOAT", 1.5, -0.25},
		{"real", "DOUBLE", 3.141592653589793, 1e100},
		{"price", "DECIMAL(38,2)", "12.30", "-123456789012345678901234567890123456.78"},
		{"name", "STRING", "Zoë", ""},
		{"list", "ARRAY", []int{1, 2, 3}, []int{}},
		{"pairs", "MAP", map[string]int{"a": 1, "b": 2}, map[string]int{}},
		{"record", "STRUCT", record{ID: 7, Tag: "x"}, nil},
		{"raw", "BINARY", []byte{0xCA, 0xFE, 0x00}, []byte{}},
		{"day", "DATE", noon, time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)},
		{"at", "DATETIME", noon, time.Unix(0, 0)},
		{"seen", "TIMESTAMP", noon, time.Unix(-1, 0)},
		{"old", "INT96", noon, time.Unix(0, 0)},
		{"local", "TIMESTAMP_TZ", noon.In(mumbai), noon},
		{"nothing", "NULL", nil, nil},
	}
	r := enginetest.NewResult()
	var first, second, third []any
	for _, c := range columns {
		r.Column(c.name, c.word)
		first = append(first, c.first)
		second = append(second, c.second)
		third = append(third, nil)
	}
	return r.Row(first...).Row(second...).Row(third...)
}
