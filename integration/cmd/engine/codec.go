package main

import (
	"crypto/rand"
	"strings"

	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// codec is gRPC's codec, except that it adds a mark of the process to the ids
// of sessions and queries. enginetest counts ids from 1, so a restarted engine
// would accept an id from before the restart; real ids are unique. An id with
// another mark is not changed, and the engine does not find it.
type codec struct {
	encoding.CodecV2
	mark string
}

func newCodec() codec {
	return codec{encoding.GetCodecV2(protocodec.Name), "-" + rand.Text()[:8]}
}

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	c.replace(v, func(id string) string { return id + c.mark })
	return c.CodecV2.Marshal(v)
}

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if err := c.CodecV2.Unmarshal(data, v); err != nil {
		return err
	}
	c.replace(v, func(id string) string {
		if own, ok := strings.CutSuffix(id, c.mark); ok {
			return own
		}
		return "foreign " + id
	})
	return nil
}

// replace replaces each id in a message that is not empty by the result of
// change.
func (c codec) replace(v any, change func(string) string) {
	p, ok := v.(proto.Message)
	if !ok {
		return
	}
	m := p.ProtoReflect()
	for _, name := range [...]protoreflect.Name{"sessionId", "queryId"} {
		if f := m.Descriptor().Fields().ByName(name); f != nil && m.Get(f).String() != "" {
			m.Set(f, protoreflect.ValueOfString(change(m.Get(f).String())))
		}
	}
}
