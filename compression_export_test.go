package e6data

import "io"

// MaxUnpacked is the size limit of a decompressed answer without max_recv_bytes.
var MaxUnpacked = (&unpacker{maxRecvBytes: NewConfig().MaxRecvBytes}).bound()

// Unpack decompresses an answer as a connector with this max_recv_bytes does.
func Unpack(maxRecvBytes int, r io.Reader) ([]byte, error) {
	return (&unpacker{maxRecvBytes: maxRecvBytes}).Do(r)
}
