package synth

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, q := range []Query{
		{Rows: 100000, Batch: 5000, Delay: 5 * time.Millisecond, ID: 42},
		{Batch: 1, Prepare: time.Second, Execute: 1500 * time.Millisecond},
	} {
		if got, err := Parse(q.String()); got != q || err != nil {
			t.Errorf("Parse(%q) = %+v, %v", q, got, err)
		}
	}
	if q, err := Parse("select rows=3"); err != nil || q.Batch != 1000 {
		t.Errorf("%+v, %v", q, err)
	}
	for _, text := range []string{"", "INSERT rows=1", "SELECT 1", "SELECT rows=x", "SELECT rows=-1", "SELECT delay=5"} {
		if q, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %+v", text, q)
		}
	}
}

func TestRowsDiffer(t *testing.T) {
	seen := map[Row]bool{}
	for id := range int64(50) {
		for i := range 50 {
			r := Query{ID: id}.Row(i)
			if seen[r] {
				t.Fatalf("query %d row %d is a row of another query", id, i)
			}
			seen[r] = true
		}
	}
}
