package batch

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/wire"
)

// pieces cuts data into buffers of n bytes, like the frames of a connection.
func pieces(data []byte, n int) mem.BufferSlice {
	var s mem.BufferSlice
	for len(data) > 0 {
		k := min(n, len(data))
		s = append(s, mem.SliceBuffer(data[:k]))
		data = data[k:]
	}
	return s
}

func fieldsOf(b *Batch) (chunks [][]byte) {
	from := 0
	for _, to := range b.ends {
		chunks = append(chunks, b.buf[from:to])
		from = to
	}
	return chunks
}

// Read reads an answer as the protobuf library does, whatever the frames are,
// and whatever the reused memory held before. It refuses each answer that
// protobuf refuses, unless the fault is in a field that it skips. Unknown
// groups are such fields.
func FuzzAnswer(f *testing.F) {
	session, green := "session-2", "green"
	v1, err := proto.Marshal(&wire.GetNextResultBatchResponse{ResultBatch: []byte("a chunk"), SessionId: session, NewStrategy: &green})
	if err != nil {
		f.Fatal(err)
	}
	v2, err := proto.Marshal(&wire.GetNextResultBatchV2Response{ResultBatches: [][]byte{[]byte("one"), {}, []byte("three")}, SessionId: session, EndOfStream: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v1, false, uint8(3))
	f.Add(v2, true, uint8(1))
	f.Add([]byte{}, true, uint8(1))
	f.Add([]byte("\x1a\x02\xff\xfe"), false, uint8(1))                                               // a session that is not UTF-8
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, false, uint8(9)) // 2^64-1 bytes
	f.Add([]byte{0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x78, 0x80, 1}, false, uint8(2))    // unknown fields
	f.Fuzz(func(t *testing.T, data []byte, isV2 bool, size uint8) {
		b := &Batch{buf: []byte("what was there before"), ends: []int{3}}
		b.Reset(isV2)
		err := b.Read(pieces(data, max(int(size), 1)))

		var wantErr error
		var chunks [][]byte
		var wantSession, wantStrategy string
		var wantEnd bool
		if isV2 {
			var m wire.GetNextResultBatchV2Response
			wantErr = proto.Unmarshal(data, &m)
			chunks, wantSession, wantStrategy, wantEnd = m.GetResultBatches(), m.GetSessionId(), m.GetNewStrategy(), m.GetEndOfStream()
		} else {
			var m wire.GetNextResultBatchResponse
			wantErr = proto.Unmarshal(data, &m)
			wantSession, wantStrategy = m.GetSessionId(), m.GetNewStrategy()
			if c := m.GetResultBatch(); len(c) > 0 {
				chunks = [][]byte{c}
			}
		}
		if !utf8.ValidString(b.sessionID) || !utf8.ValidString(b.newStrategy) {
			t.Fatalf("%x: %q, %q", data, b.sessionID, b.newStrategy)
		}
		if wantErr != nil {
			return // Read may accept more than protobuf
		}
		if err != nil {
			if hasGroup(data) {
				return // groups are proto2, and no engine sends them
			}
			t.Fatalf("%x: %v", data, err)
		}
		got := fieldsOf(b)
		if len(got) != len(chunks) || b.sessionID != wantSession || b.newStrategy != wantStrategy || b.endOfStream != wantEnd {
			t.Fatalf("%x: %q %q %q %v, want %q %q %q %v", data, got, b.sessionID, b.newStrategy, b.endOfStream, chunks, wantSession, wantStrategy, wantEnd)
		}
		for i := range got {
			if !bytes.Equal(got[i], chunks[i]) {
				t.Fatalf("chunk %d: %q, want %q", i, got[i], chunks[i])
			}
		}
	})
}

// A session id that cannot be sent back is refused when it arrives, not with the next
// call.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	many := make([]byte, 0, 2*maxChunks+2)
	for range maxChunks {
		many = append(many, 0x0A, 0)
	}
	for _, test := range []struct {
		name   string
		answer []byte
		v2, ok bool
	}{
		{"session", []byte("\x1a\x02ab"), false, true},
		{"session that is not UTF-8", []byte("\x1a\x02\xff\xfe"), false, false},
		{"session that is not UTF-8, V2", []byte("\x12\x02\xff\xfe"), true, false},
		{"announcement that is not UTF-8", []byte("\x22\x01\xff"), false, false},
		{"as many chunks as may be", many, true, true},
		{"a chunk more", append(bytes.Clone(many), 0x0A, 0), true, false},
	} {
		b := &Batch{v2: test.v2}
		err := b.Read(pieces(test.answer, 1000))
		if test.ok != (err == nil) || err != nil && !errors.Is(err, errBatch) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// hasGroup reports whether a message that protobuf accepts contains a group.
func hasGroup(data []byte) bool {
	for len(data) > 0 {
		_, typ, n := protowire.ConsumeTag(data)
		if typ == protowire.StartGroupType {
			return true
		}
		data = data[n:]
		data = data[protowire.ConsumeFieldValue(1, typ, data):]
	}
	return false
}
