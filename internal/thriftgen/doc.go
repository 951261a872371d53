// Package thriftgen is Apache Thrift's own reader and writer of result chunks,
// generated from chunk.thrift. Tests and benchmarks measure thriftrows against
// it; nothing that ships imports it.
//
// The committed files were made by version 0.17.0 of the Thrift compiler, and
// run on github.com/apache/thrift v0.25.0.
package thriftgen

//go:generate thrift --strict --out .. --gen go:skip_remote chunk.thrift
//go:generate gofmt -w chunk.go chunk-consts.go GoUnusedProtection__.go
