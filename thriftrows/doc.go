// Package thriftrows decodes and encodes the results of an e6data engine: result
// metadata (docs/protocol.md, section 4) and result chunks, which are Apache Thrift
// structs in the binary protocol (docs/protocol.md, section 5). It does no I/O and
// needs no other package of the driver.
//
// # Metadata
//
// [DecodeMetadata] returns the columns and the number of rows of a result.
// [ParseType], [TypeName], [TypeLength] and [TypePrecisionScale] parse the type
// words of the columns. [AppendMetadata] encodes metadata.
//
// # Chunks
//
// [Chunk.Decode] reads a chunk's bytes once. It checks every length, and stores the
// position of each column's values. It does not copy the values, so a Chunk refers to
// its bytes until the next Decode or [Chunk.Reset].
//
// A [Cursor] reads a Chunk row by row. Its values are those of database/sql/driver,
// do not refer to the bytes, and may be kept.
//
// A [Batch] reads a Chunk column by column, as slices of Go types. [Batch.Column] and
// [Batch.ColumnByName] return a column; [ColumnValues] returns its elements as one Go
// type. Some slices are valid only until the next rows: see [BatchColumn].
//
// # Reuse and concurrency
//
// Chunk, Cursor and Batch keep their memory and are reused for the next chunk. They are
// not safe for concurrent use. [Zones], the cache of time zones, is: one Zones should
// serve all results of a program.
//
// # Decimals
//
// [Decimal] is an exact decimal of 128 bits. [ParseDecimal], [DecimalFromBigInt] and
// [DecimalFromRat] return one. [ParseRat] parses decimals that are too large for it.
//
// # Encoding
//
// [AppendChunk] and [AppendMetadata] encode results for test engines. [NewVector] makes
// a column from Go values. A [Vector] can also hold what a correct engine would not send.
// A [ChunkBuilder] encodes a chunk from typed slices and bitmaps of NULLs.
//
// # Malformed input
//
// For malformed bytes the error is a [FormatError] with the column and the byte offset.
// No input causes a panic or unbounded recursion. The decoder allocates at most a small
// multiple of the input's length.
package thriftrows
