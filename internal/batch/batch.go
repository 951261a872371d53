// Package batch decodes the answers to a request for results (docs/protocol.md, sections
// 2 and 3) into memory that it reuses.
package batch

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/e6data/e6data-go/thriftrows"
)

// Batch is an answer to a request for results: one chunk of getNextResultBatch, or
// several of getNextResultBatchV2. It owns the memory of its chunks and reuses it for
// the next answer. Call Reset on the zero Batch before Read. A Batch is for one
// goroutine at a time.
type Batch struct {
	// v2 reports whether the answer is a GetNextResultBatchV2Response.
	v2 bool
	// buf holds the chunks of the answer, one after the other.
	buf []byte
	// ends holds the end of each chunk in buf.
	ends        []int
	sessionID   string
	newStrategy string
	endOfStream bool

	chunks []thriftrows.Chunk
	next   int // the index of the chunk that NextChunk returns next
	// held is the size of all the memory above, in bytes.
	held int64
}

// The getters have the names of the generated messages' getters.

// GetSessionId returns the session id in the answer, or "" if it has none.
func (b *Batch) GetSessionId() string { return b.sessionID }

// GetNewStrategy returns the colour that the answer announces, or "" if it
// announces none.
func (b *Batch) GetNewStrategy() string { return b.newStrategy }

// EndOfStream reports whether the answer is marked as the last one. Only V2 has such
// a mark.
func (b *Batch) EndOfStream() bool { return b.endOfStream }

// Held returns the size of b's memory after Decode, in bytes. It is more than
// Bytes.
func (b *Batch) Held() int64 { return b.held }

// NextChunk returns the next decoded chunk, or nil after the last. The chunk is valid
// until the next Reset.
func (b *Batch) NextChunk() *thriftrows.Chunk {
	if b.next == len(b.chunks) {
		return nil
	}
	b.next++
	return &b.chunks[b.next-1]
}

// Reset prepares b for an answer; v2 selects the message.
func (b *Batch) Reset(v2 bool) {
	b.v2 = v2
	b.buf, b.ends = b.buf[:0], b.ends[:0]
	b.sessionID, b.newStrategy, b.endOfStream = "", "", false
	b.next = 0
}

// Bytes returns the size of the chunks, in bytes.
func (b *Batch) Bytes() int64 { return int64(len(b.buf)) }

// measure sets held. In a result with many columns and few rows a chunk, the
// chunks' indexes are most of it.
func (b *Batch) measure() {
	b.held = int64(cap(b.buf)) + int64(cap(b.ends))*8
	chunks := b.chunks[:cap(b.chunks)]
	for i := range chunks {
		b.held += chunkSize + int64(chunks[i].IndexSize())
	}
}

// chunkSize is the size of a Chunk without its index, in bytes.
const chunkSize = 32

// Decode decodes the chunks and returns the number of their rows.
func (b *Batch) Decode(columns int) (rows int64, err error) {
	b.chunks = b.chunks[:0]
	from := 0
	for i, to := range b.ends {
		if from == to {
			return 0, errors.New("the engine sent a chunk of no bytes") // docs/protocol.md, section 3, V2
		}
		if i < cap(b.chunks) {
			b.chunks = b.chunks[:i+1] // reuses the chunk's memory
		} else {
			b.chunks = append(b.chunks, thriftrows.Chunk{})
		}
		if err := b.chunks[i].Decode(b.buf[from:to:to], columns); err != nil {
			return 0, err
		}
		rows += int64(b.chunks[i].NumRows())
		from = to
	}
	b.measure()
	return rows, nil
}

// Poison overwrites the answer's memory, so that a test finds code that still
// reads it.
func (b *Batch) Poison() {
	buf := b.buf[:cap(b.buf)]
	for i := range buf {
		buf[i] = 0xA5
	}
}

// Read reads the answer to a request for results. It copies the received bytes once,
// into reused memory. The protobuf codec would copy them twice, into new memory.
func (b *Batch) Read(data mem.BufferSlice) error {
	r := data.Reader()
	defer func() { _ = r.Close() }()
	// A refused call may have returned a message. That message is dropped,
	// because the call is repeated with the same batch.
	b.Reset(b.v2)
	return b.unmarshal(r)
}

var errBatch = errors.New("malformed answer to a request for results")

// maxChunks bounds the number of chunks in an answer, because even an empty chunk
// takes memory.
const maxChunks = 1 << 14

// unmarshal reads GetNextResultBatchResponse or GetNextResultBatchV2Response
// (docs/protocol.md, section 2).
func (b *Batch) unmarshal(r *mem.Reader) error {
	data, session, strategy := protowire.Number(2), protowire.Number(3), protowire.Number(4)
	if b.v2 {
		data, session, strategy = 1, 2, 3
	}
	const endOfStream = protowire.Number(4)
	for r.Remaining() > 0 {
		tag, err := readVarint(r)
		if err != nil {
			return err
		}
		num, typ := protowire.DecodeTag(tag)
		switch {
		case num == data && typ == protowire.BytesType:
			if !b.v2 {
				b.buf, b.ends = b.buf[:0], b.ends[:0] // as in protobuf, the last field wins
			}
			if err := b.append(r); err != nil {
				return err
			}
		case num == session && typ == protowire.BytesType:
			b.sessionID, err = readString(r)
		case num == strategy && typ == protowire.BytesType:
			b.newStrategy, err = readString(r)
		case num == endOfStream && typ == protowire.VarintType && b.v2:
			var v uint64
			v, err = readVarint(r)
			b.endOfStream = v != 0
		default:
			err = skipField(r, num, typ)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// append reads a bytes field into buf.
func (b *Batch) append(r *mem.Reader) error {
	n, err := readLength(r)
	if err != nil {
		return err
	}
	from := len(b.buf)
	if need := from + n; need > cap(b.buf) {
		// The rest of the message bounds the size of all further chunks.
		buf := make([]byte, from, from+r.Remaining())
		copy(buf, b.buf)
		b.buf = buf
	}
	b.buf = b.buf[:from+n]
	if _, err := io.ReadFull(r, b.buf[from:]); err != nil {
		return err
	}
	if len(b.ends) == maxChunks {
		return fmt.Errorf("%w: more than %d chunks", errBatch, maxChunks)
	}
	if n > 0 || b.v2 {
		b.ends = append(b.ends, len(b.buf))
	}
	return nil
}

func readVarint(r *mem.Reader) (uint64, error) {
	var v uint64
	for shift := 0; shift < 70; shift += 7 {
		c, err := r.ReadByte()
		if err != nil {
			return 0, errBatch
		}
		v |= uint64(c&0x7F) << shift
		if c < 0x80 {
			return v, nil
		}
	}
	return 0, errBatch
}

// readLength reads a length, and checks that as many bytes follow.
func readLength(r *mem.Reader) (int, error) {
	n, err := readVarint(r)
	if err != nil {
		return 0, err
	}
	if n > uint64(r.Remaining()) {
		return 0, fmt.Errorf("%w: %d bytes promised with %d left", errBatch, n, r.Remaining())
	}
	return int(n), nil
}

func readString(r *mem.Reader) (string, error) {
	n, err := readLength(r)
	if err != nil {
		return "", err
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", err
	}
	// protobuf could not send such a text back with the next call.
	if !utf8.Valid(text) {
		return "", fmt.Errorf("%w: a text that is not UTF-8", errBatch)
	}
	return string(text), nil
}

// skipField skips a field that a newer engine may send.
func skipField(r *mem.Reader, num protowire.Number, typ protowire.Type) error {
	if num < protowire.MinValidNumber {
		return errBatch
	}
	var n int
	var err error
	switch typ {
	case protowire.VarintType:
		_, err = readVarint(r)
	case protowire.Fixed32Type:
		n = 4
	case protowire.Fixed64Type:
		n = 8
	case protowire.BytesType:
		n, err = readLength(r)
	default: // groups are not proto3
		err = errBatch
	}
	if err != nil {
		return err
	}
	if _, err := r.Discard(n); err != nil {
		return errBatch
	}
	return nil
}
