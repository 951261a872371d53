//go:build cgo

package emulator

// addDemo makes the catalog demo.
func addDemo(run func(string) error) error { return run(demo) }

const demo = ``
