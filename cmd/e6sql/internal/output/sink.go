package output

import "io"

const (
	// flushAt is the size of the pieces that a sink writes.
	flushAt = 64 << 10
	// keepAt is the largest buffer that a sink keeps after a long value.
	keepAt = 1 << 20
)

// sink collects output in a buffer. After an error of the writer it writes nothing
// more.
type sink struct {
	w   io.Writer
	buf []byte
	err error
}

// spill writes the buffer if it is large. It is called between rows, so that a row is
// never split.
func (s *sink) spill() error {
	if len(s.buf) < flushAt {
		return s.err
	}
	return s.flush()
}

// flush writes the buffer.
func (s *sink) flush() error {
	if s.err == nil && len(s.buf) > 0 {
		_, s.err = s.w.Write(s.buf)
	}
	s.buf = s.buf[:0]
	if cap(s.buf) > keepAt {
		s.buf = nil
	}
	return s.err
}

// fail keeps the first error for all further calls.
func (s *sink) fail(err error) error {
	if s.err == nil {
		s.err = err
	}
	return s.err
}
