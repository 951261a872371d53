// Package benchmarks measures the driver and its competitors in the same run.
// README.md describes it.
package benchmarks
