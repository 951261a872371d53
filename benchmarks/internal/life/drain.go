package life

import (
	"context"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
)

// Dial opens a channel with the same options as the driver (channel.go). Both
// must be kept the same.
func Dial(addr string) (*grpc.ClientConn, error) {
	const window = 16 << 20
	return grpc.NewClient(addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDisableServiceConfig(),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(window),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(math.MaxInt),
			grpc.MaxCallSendMsgSize(300<<20),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                30 * time.Second,
			Timeout:             20 * time.Second,
			PermitWithoutStream: true,
		}),
	)
}

// Drain fetches a statement's whole result batch by batch without decoding it.
// It returns the number of bytes of all batches, including the few bytes of
// protobuf.
func Drain(ctx context.Context, cc *grpc.ClientConn, session, sql string) (int64, error) {
	q, err := Start(ctx, cc, session, sql)
	if err != nil {
		return 0, err
	}
	if _, err := q.Metadata(); err != nil {
		return 0, err
	}
	codec := grpc.ForceCodecV2(discarder{encoding.GetCodecV2(proto.Name)})
	var total int64
	for {
		var m discarded
		if err := q.Batch(&m, codec); err != nil {
			return 0, err
		}
		total += m.size
		if m.empty {
			return total, q.Clear()
		}
	}
}

// discarded is an answer that was not decoded.
type discarded struct {
	size  int64
	empty bool // no result batch
}

// discarder is gRPC's codec, except that it discards answers.
type discarder struct{ encoding.CodecV2 }

func (discarder) Unmarshal(b mem.BufferSlice, v any) error {
	m := v.(*discarded)
	m.size = int64(b.Len())
	// The result batch is field 2, and its length is not 0 in an enginetest
	// server's answers; it is their first field.
	const tag = 2<<3 | 2
	var first [1]byte
	m.empty = m.size == 0
	if !m.empty {
		if _, err := b.Reader().Read(first[:]); err != nil {
			return err
		}
		m.empty = first[0] != tag
	}
	return nil
}
