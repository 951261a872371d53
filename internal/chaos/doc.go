// Package chaos tests the driver under many disturbances at once. Many connections
// query an in-process engine for results whose every cell is known. Meanwhile colours
// switch and die, sessions expire, connections are reset in mid-message, calls are
// delayed or refused, answers are lost, and callers cancel. Colours are announced
// before they serve, no colour is live for a moment, every call is answered with 503
// for a moment, the engine's errors quote such answers, and rows are dropped without
// Close. The package contains tests only.
//
//	go test ./internal/chaos -chaos.time=60s
//	go test ./internal/chaos -run '^TestChaos$' -v -chaos.time=10m -chaos.seed=42
//
// The seed determines the queries and the disturbances, and the test prints it.
// The scheduler and the network determine how both meet. It may therefore take
// several runs of a seed to repeat a failure.
//
// # What must hold
//
//   - A query that succeeds returns exactly the rows that the engine made for it,
//     and the engine executed it exactly once.
//   - No statement is ever executed twice.
//   - An error is an [e6data.Error] or the context's error, and a disturbance at
//     that time explains its kind. Without a disturbance no query fails.
//   - An early announcement or a fast switch never explains a failed query. A moment
//     without a live colour, or with 503, fails no query before its execution, unless
//     there is another disturbance.
//   - An error of the engine that quotes the text of another error arrives unchanged.
//   - In the end every query is cleared, also one whose rows were dropped. The
//     exceptions are queries that cannot be cleared: their colour has died, or the
//     engine's answer with their id was lost.
//   - The driver made no call that violates the protocol, and no goroutine is
//     left.
//
// # Rolling switches
//
// TestRollingSwitchUnderLoad tests an orderly deployment: the switch is
// announced and the old colour is drained. No query may fail.
package chaos
