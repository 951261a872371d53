package e6data

import "io"

// MaxUnpacked is the bound of compressed answers that have no other.
var MaxUnpacked = (&unpacker{maxRecvBytes: NewConfig().MaxRecvBytes}).bound()

// Unpack reads a compressed answer of a connector with this max_recv_bytes.
func Unpack(maxRecvBytes int, r io.Reader) ([]byte, error) {
	return (&unpacker{maxRecvBytes: maxRecvBytes}).Do(r)
}
