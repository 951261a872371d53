// Package wire holds the e6data engine's gRPC interface: the messages, clients
// and server interfaces generated from query_engine.proto and cluster.proto.
//
// The reference for the protos is docs/protocol.md, and a test compares both. Sessions,
// strategies and retries are not part of this package.
//
// The protos are compiled from the repository's root, so that they are registered
// as wire/query_engine.proto and wire/cluster.proto. A Go program panics at start
// if two of its packages register files of one name, and "cluster.proto" is a
// common name.
package wire

//go:generate go run github.com/bufbuild/buf/cmd/buf@v1.75.0 generate .. --template buf.gen.yaml --path ../wire
