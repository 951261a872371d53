package integration

import (
	"net/http"
	"testing"
	"time"
)

// The router answers with plain HTTP, like the proxies of deployments.
func TestRouterAnswers(t *testing.T) {
	s, _ := deploy(t)
	ctx := within(t, 30*time.Second)
	ask := func(colour string, want int) {
		t.Helper()
		if code, err := status(ctx, s, colour); err != nil || code != want {
			t.Errorf("HTTP %d for strategy %q, want %d; %v", code, colour, want, err)
		}
	}
	ask("blue", http.StatusOK)
	ask("green", 456)
	ask("", 456)
	must(t, s.SetSuspended(ctx, true))
	ask("blue", http.StatusServiceUnavailable)
	ask("green", 456)
	must(t, s.SetSuspended(ctx, false))
	must(t, s.SetLive(ctx, "blue", "green"))
	ask("blue", http.StatusOK)
	ask("green", http.StatusBadGateway) // live, but not there
	must(t, s.SetLive(ctx))
	ask("blue", 456)
}
