package e6data

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// However long the function takes, its calls are a tenth of a second apart, and
// only the last one says that the query is over.
func TestProgressOfASlowFunction(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			r := &record{c: &Connector{}, s: QueryState{Start: time.Now()}}
			var began []time.Time
			done := 0
			r.reporter = report(context.Background(), r, func(p Progress) {
				began = append(began, time.Now())
				if p.Done {
					done++
					return
				}
				if len(began)%2 == 0 {
					time.Sleep(progressEvery * 3 / 2)
				}
			})
			time.Sleep(progressEvery * 34 / 5)
			r.finished(nil) // during a call
			for i, at := range began[1 : len(began)-1] {
				if pause := at.Sub(began[i]); pause < progressEvery {
					t.Errorf("call %d came %v after the one before", i+1, pause)
				}
			}
			if done != 1 {
				t.Errorf("%d calls are the last", done)
			}
		})
	}
}
