package output

import (
	"encoding/hex"
	"math"
	"strconv"
)

// appendInt appends an integer.
func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendHex appends bytes as hexadecimal digits.
func appendHex(dst, b []byte) []byte { return hex.AppendEncode(dst, b) }

// appendFloat appends the shortest number that reads back as f. A number of single
// precision reads back as the same number of single precision. The notation is that of
// encoding/json: an exponent is used below 1e-6 and from 1e21 on.
func appendFloat(dst []byte, f float64, single bool) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	// An engine may send a FLOAT that is not of single precision.
	bits := 64
	if single && float64(float32(f)) == f {
		bits = 32
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

// isFinite reports whether f is neither NaN nor infinite.
func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
