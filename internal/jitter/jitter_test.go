package jitter

import (
	"context"
	"testing"
	"time"
)

func TestN(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := N(t.Context(), 1000)
		if d < 0 || d >= 1000 {
			t.Fatalf("%v is outside of the range", d)
		}
		seen[d] = true
	}
	if len(seen) < 100 {
		t.Errorf("1000 calls returned %d values", len(seen))
	}
}

func TestReplace(t *testing.T) {
	t.Cleanup(func() { replacement.Store(nil) })
	Replace(func(_ context.Context, d time.Duration) time.Duration { return d / 4 })
	if d := N(t.Context(), time.Second); d != 250*time.Millisecond {
		t.Errorf("%v", d)
	}
}
