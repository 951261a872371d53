package enginetest

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/e6data/e6data-go/wire"
)

// codec is gRPC's codec, with one difference: it sends a result batch without copying it
// into a message first. A benchmark against this server should measure the driver.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	switch m := v.(type) {
	case *wire.GetNextResultBatchResponse:
		var out mem.BufferSlice
		if len(m.ResultBatch) > 0 {
			out = appendBytes(out, 2, m.ResultBatch)
		}
		tail := appendText(nil, 3, m.SessionId)
		if m.NewStrategy != nil {
			tail = protowire.AppendTag(tail, 4, protowire.BytesType)
			tail = protowire.AppendString(tail, *m.NewStrategy)
		}
		return appendTail(out, tail), nil
	case *wire.GetNextResultBatchV2Response:
		var out mem.BufferSlice
		for _, b := range m.ResultBatches {
			out = appendBytes(out, 1, b)
		}
		tail := appendText(nil, 2, m.SessionId)
		if m.NewStrategy != nil {
			tail = protowire.AppendTag(tail, 3, protowire.BytesType)
			tail = protowire.AppendString(tail, *m.NewStrategy)
		}
		if m.EndOfStream {
			tail = protowire.AppendTag(tail, 4, protowire.VarintType)
			tail = protowire.AppendVarint(tail, 1)
		}
		return appendTail(out, tail), nil
	}
	return c.CodecV2.Marshal(v)
}

// appendBytes appends a bytes field; b itself becomes part of the message.
func appendBytes(out mem.BufferSlice, field protowire.Number, b []byte) mem.BufferSlice {
	head := protowire.AppendTag(nil, field, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(b)))
	out = append(out, mem.SliceBuffer(head))
	if len(b) > 0 {
		out = append(out, mem.SliceBuffer(b))
	}
	return out
}

// appendText appends a proto3 string, which is left out when empty.
func appendText(dst []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return protowire.AppendString(protowire.AppendTag(dst, field, protowire.BytesType), s)
}

func appendTail(out mem.BufferSlice, tail []byte) mem.BufferSlice {
	if len(tail) > 0 {
		out = append(out, mem.SliceBuffer(tail))
	}
	return out
}
