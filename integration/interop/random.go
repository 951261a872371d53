package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// randomCases are results with columns, rows, NULLs and batches by chance. The same seed makes
// the same case.
func randomCases(n int) []Case {
	var cases []Case
	for seed := range n {
		name := fmt.Sprintf("random/%d", seed)
		cases = append(cases, Case{
			Name:   name,
			Script: func(srv *enginetest.Server) { srv.Handle(name, randomResult(rand.New(rand.NewPCG(uint64(seed), 0)))) },
			Steps:  []Step{{Statement: Statement{SQL: name}, Size: []int{0, 1, 100}[seed%3]}},
			Large:  true,
			Shared: "random",
		})
	}
	return cases
}

// words are the types of columns that the connector decodes, and values for them.
var words = []struct {
	word  string
	value func(*rand.Rand) any
}{
	{"LONG", func(r *rand.Rand) any { return int64(r.Uint64()) >> r.IntN(64) }},
	{"INTEGER", func(r *rand.Rand) any { return int64(int32(r.Uint32()) >> r.IntN(32)) }},
	{"DOUBLE", func(r *rand.Rand) any { return math.Float64frombits(r.Uint64()) }},
	{"FLOAT", func(r *rand.Rand) any { return math.Float32frombits(r.Uint32()) }},
	{"BOOLEAN", func(r *rand.Rand) any { return r.IntN(2) == 0 }},
	{"STRING", func(r *rand.Rand) any { return randomText(r) }},
	{"ARRAY", func(r *rand.Rand) any { return "[" + randomText(r) + "]" }},
	{"BINARY", func(r *rand.Rand) any { return []byte(randomText(r)) }},
	{"DATE", func(r *rand.Rand) any { return randomTime(r) }},
	{"DATETIME", func(r *rand.Rand) any { return randomTime(r) }},
	{"TIMESTAMP_TZ", func(r *rand.Rand) any {
		minutes := r.IntN(28*60+1) - 14*60
		return randomTime(r).In(time.FixedZone(offsetName(minutes), minutes*60))
	}},
	{"DECIMAL(38,0)", func(r *rand.Rand) any { return int64(r.Uint64()) >> r.IntN(64) }},
	{"DECIMAL(18,4)", func(r *rand.Rand) any { return fmt.Sprintf("%d.%04d", r.Int64N(2e14)-1e14, r.IntN(10000)) }},
}

func randomResult(r *rand.Rand) *enginetest.Result {
	result := enginetest.NewResult()
	columns := make([]int, 1+r.IntN(8))
	nulls := make([]int, len(columns)) // of ten rows
	for i := range columns {
		columns[i], nulls[i] = r.IntN(len(words)), []int{0, 1, 5, 10}[r.IntN(4)]
		result.Column(fmt.Sprintf("c%d", i), words[columns[i]].word)
	}
	for range r.IntN(200) {
		row := make([]any, len(columns))
		for i, k := range columns {
			if r.IntN(10) >= nulls[i] {
				row[i] = words[k].value(r)
			}
		}
		result.Row(row...)
	}
	return result.BatchRows(1 + r.IntN(80))
}

// randomText returns up to 20 characters, of one to four bytes each.
func randomText(r *rand.Rand) string {
	letters := []rune("az09 '\"\\%\x00\n\u00e9\u00df\u20ac\u65e5\U0001F600\u0301\uFEFF")
	text := make([]rune, r.IntN(21))
	for i := range text {
		text[i] = letters[r.IntN(len(letters))]
	}
	return string(text)
}

// randomTime returns a time in the years 1000 to 9998, in UTC and whole milliseconds.
func randomTime(r *rand.Rand) time.Time {
	first := time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	last := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	return time.UnixMilli(first + r.Int64N(last-first)).UTC()
}

// offsetName returns the engine's spelling of an offset, such as +05:30.
func offsetName(minutes int) string {
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d:%02d", sign, minutes/60, minutes%60)
}
