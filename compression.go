package e6data

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc"
)

// Compression is set for each channel and not for the whole process. The options
// below bypass gRPC's registry of compressors: a compressor that is registered there
// makes every gRPC client of the process accept gzip and decompress answers.

// gzipName is the compression's name in Config.Compression and in the protocol.
const gzipName = "gzip"

// maxUnpacked bounds a compressed answer after decompression, in bytes, if
// Config.MaxRecvBytes sets no bound. It is needed because a few hundred bytes of
// gzip can become hundreds of kilobytes.
const maxUnpacked = 256 << 20

// compressionOptions returns the options for a channel that compresses requests and
// reads compressed answers. Without Config.Compression the channel refuses
// compressed answers before it decompresses any part of them.
func (cfg *Config) compressionOptions() []grpc.DialOption {
	if cfg.Compression == "" {
		return []grpc.DialOption{
			grpc.WithDecompressor(refusal{}), //nolint:staticcheck // the replacement is process-wide
		}
	}
	return []grpc.DialOption{
		grpc.WithCompressor(grpc.NewGZIPCompressor()),                    //nolint:staticcheck // as above
		grpc.WithDecompressor(&unpacker{maxRecvBytes: cfg.MaxRecvBytes}), //nolint:staticcheck // as above
	}
}

// refusal is a decompressor that refuses every compressed answer.
type refusal struct{}

func (refusal) Type() string { return gzipName }

func (refusal) Do(io.Reader) ([]byte, error) {
	return nil, errors.New("it is compressed, which was not asked for; compression=gzip accepts it")
}

// unpacker is a decompressor that bounds the size of an answer.
type unpacker struct {
	maxRecvBytes int
	readers      sync.Pool
}

func (u *unpacker) Type() string { return gzipName }

// Do returns the decompressed bytes of r. gRPC puts its errors into "failed to
// decompress the received message".
func (u *unpacker) Do(r io.Reader) ([]byte, error) {
	z, _ := u.readers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer u.readers.Put(z)
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	bound := u.bound()
	out, err := io.ReadAll(io.LimitReader(z, int64(bound)+1))
	if err == nil && len(out) > bound {
		err = fmt.Errorf("it is larger than %s; max_recv_bytes is %s", formatSize(int64(bound)), formatSize(int64(u.maxRecvBytes)))
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// bound returns the largest size of an answer after decompression, in bytes.
func (u *unpacker) bound() int {
	if u.maxRecvBytes < 0 {
		return maxUnpacked
	}
	return u.maxRecvBytes
}
