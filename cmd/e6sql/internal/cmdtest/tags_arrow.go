//go:build arrow

package cmdtest

// tags are the build tags of the tests, with which the program is built, too.
const tags = "arrow"
