// Package simulation tests the driver's failover under schedules of disturbances in
// virtual time. A schedule lists statements and events: switches, early
// announcements, moments without a live colour, expired sessions, restarts,
// suspensions, lost answers and ended contexts. The driver runs unchanged, through
// sql.DB. A simulated deployment answers its calls in the process, in place of gRPC's
// transport. The clock belongs to a bubble of package testing/synctest, so that a
// pause costs no time and a schedule takes less than a millisecond of work. The
// package contains tests only.
//
//	go test ./internal/simulation -sim.schedules=100000
//	go test ./internal/simulation -run '^TestSchedules$' -sim.seed=42 -sim.schedules=1 -sim.trace
//	go test ./internal/simulation -run '^TestSchedules$' -sim.schedule='{...}' -sim.trace
//
// A seed determines a schedule, the duration of each call and the driver's random
// pauses. A schedule that breaks a rule is shrunk: the test removes statements and
// events as long as a rule is still broken, and prints the rest as the argument of
// -sim.schedule.
//
// # What must hold
//
//   - No statement is executed twice.
//   - A result without an error is complete. Each row that is delivered is right, and
//     in its place.
//   - An error does not hide an execution: if the statement was executed, the error
//     is [e6data.ErrAmbiguousExecution] or comes from a later phase.
//   - The deployment's answers to the statement explain the kind of its error.
//   - An error has the query, the colour and the place in the statement that it is
//     about.
//   - If each answer to a statement allows another try, and there are fewer of them
//     than Config.MaxAttempts, the statement succeeds.
//   - A query stays on the colour and the planner that prepared it, and has one
//     result call at a time.
//   - A query is cleared once, and nothing is sent about it later. A query is left on
//     the engine only if the driver could not learn its id or could not clear it.
//   - There are no more sessions than connections, apart from those that replace
//     denied sessions.
//   - New statements follow an announcement.
//   - Nothing is sent after Close, no goroutine is left, and the driver's own counts
//     agree.
//
// TestSabotage breaks these rules on purpose, and checks that each is noticed.
package simulation
