//go:build race

package e6data_test

// raced reports whether the race detector is on.
const raced = true
