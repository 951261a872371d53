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

// codec is gRPC's own, except that the ids of sessions and queries carry the
// process's mark outside. enginetest counts them from 1, so that an engine that
// was restarted would take an id of its former life for one of this; real ids
// are not given twice. A foreign id is passed on as it is, and unknown.
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

// replace changes the ids in a message that are not empty.
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
