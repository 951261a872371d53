// Package wire is the e6data engine's gRPC interface: the messages, clients and
// server interfaces generated from query_engine.proto and cluster.proto.
//
// The protos are written from docs/protocol.md, which is the reference; a test holds the
// two together. Nothing here knows of sessions, strategies or retries.
//
// The protos are compiled from the repository's root, so that they are registered
// as wire/query_engine.proto and wire/cluster.proto: two files of one name, however
// unrelated, make a Go program panic at start, and "cluster.proto" alone is a
// common name.
package wire

//go:generate go run github.com/bufbuild/buf/cmd/buf@v1.75.0 generate .. --template buf.gen.yaml --path ../wire
