// Package chaos tries to break the driver: many connections ask an in-process
// engine for results whose every cell is known, while colours switch and die,
// sessions expire, connections are reset in mid-message, calls are delayed,
// refused or answered in vain, and callers give up. Colours are announced before they
// serve, no colour is live for a moment, everything is answered with 503 for a moment,
// the engine's errors quote such answers, and rows are dropped without Close. It holds
// tests only.
//
//	go test ./internal/chaos -chaos.time=60s
//	go test ./internal/chaos -run '^TestChaos$' -v -chaos.time=10m -chaos.seed=42
//
// What is asked and what goes wrong follow from the seed, which is printed; how
// both meet is up to the scheduler and the network, so that a failure may take
// some runs of its seed to come back.
//
// # What must hold
//
//   - A query that succeeds returns exactly the rows that the engine made for it,
//     and the engine executed it exactly once.
//   - No statement is ever executed twice.
//   - An error is an [e6data.Error], or the context's own, of a kind that something
//     that went wrong at the time explains. When nothing went wrong, nothing fails.
//   - Nothing explains that an early announcement or a fast switch fails a query. A
//     moment without a live colour, or of 503, fails none that was not executed, unless
//     something else went wrong, too.
//   - An error of the engine's that quotes the signature of another arrives as it is.
//   - In the end every query is cleared, also one whose rows were dropped, but those
//     that nobody can clear: their colour has died, or the engine's answer with their
//     id was lost.
//   - No call was made that no correct driver makes, and no goroutine is left.
//
// # Rolling switches
//
// TestRollingSwitchUnderLoad is the gentle counterpart: a deployment that is
// announced and drained must not fail a single query.
package chaos
