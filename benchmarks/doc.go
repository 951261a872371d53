// Package benchmarks compares the driver with what it is measured against, in
// the same run. See README.md.
package benchmarks
