// Package thriftrows turns an e6data engine's results into Go values and back:
// result metadata (docs/protocol.md, section 4) and result chunks, which are Apache
// Thrift structs in the binary protocol (docs/protocol.md, section 5).
//
// It is bytes in, values out: no network, no context, no logging.
//
// # Reading
//
// [Chunk.Decode] walks a chunk's bytes once. It checks every length against
// what is left, and remembers for each column where its values lie; nothing is
// copied out. A [Cursor] then goes through the rows and makes values straight
// from those bytes. Both are reused from chunk to chunk, and neither is safe
// for concurrent use. A Chunk refers to the bytes it was given until the next
// Decode or [Chunk.Reset]; values handed out by a Cursor never do.
//
// # Writing
//
// [AppendChunk] and [AppendMetadata] write what the engine would, for test
// engines. [NewVector] makes a column from Go values. A [ChunkBuilder] writes chunks from typed
// slices and bitmaps of NULLs.
//
// # Hostile input
//
// Any input is either decoded or answered by a [FormatError] that names column
// and byte offset. Nothing here panics on input, recurses without bound, or
// allocates more than a small multiple of the input's length.
package thriftrows
