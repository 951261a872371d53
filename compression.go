package e6data

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc"
)

// Compression is a property of a channel here, not of the process: gRPC's registry of
// compressors, which the options below go round, would have every gRPC client of the
// process announce gzip and inflate what comes, however little was asked for it.

// gzipName is the compression's name in Config.Compression and on the wire.
const gzipName = "gzip"

// maxUnpacked bounds a compressed answer after decompression, in bytes, where
// Config.MaxRecvBytes is no bound. A few hundred bytes of gzip may stand for as many
// kilobytes.
const maxUnpacked = 256 << 20

// compressionOptions make a channel compress its requests and read compressed answers, or refuse
// those before anything of them is inflated.
func (cfg *Config) compressionOptions() []grpc.DialOption {
	if cfg.Compression == "" {
		return []grpc.DialOption{
			grpc.WithDecompressor(refusal{}), //nolint:staticcheck // what replaces it is the process's, not the channel's
		}
	}
	return []grpc.DialOption{
		grpc.WithCompressor(grpc.NewGZIPCompressor()),                    //nolint:staticcheck // as above
		grpc.WithDecompressor(&unpacker{maxRecvBytes: cfg.MaxRecvBytes}), //nolint:staticcheck // as above
	}
}

// refusal reads no compressed answer.
type refusal struct{}

func (refusal) Type() string { return gzipName }

func (refusal) Do(io.Reader) ([]byte, error) {
	return nil, errors.New("it is compressed, which was not asked for; compression=gzip accepts it")
}

// unpacker reads compressed answers up to a size.
type unpacker struct {
	maxRecvBytes int
	readers      sync.Pool
}

func (u *unpacker) Type() string { return gzipName }

// Do returns what r is compressed from. Its errors become part of gRPC's "failed to
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

// bound is how many bytes an answer may have.
func (u *unpacker) bound() int {
	if u.maxRecvBytes < 0 {
		return maxUnpacked
	}
	return u.maxRecvBytes
}
