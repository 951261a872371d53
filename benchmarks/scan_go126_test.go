//go:build !go1.27

package benchmarks_test

import "database/sql/driver"

func newChunkRows(r *chunkRows) driver.Rows { return r }

// scanFloor holds the competitors of BenchmarkScan that need Go 1.27.
var scanFloor []competitor
