package thriftrows

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Metadata describes a result (docs/protocol.md, section 4).
type Metadata struct {
	// RowCount is the number of rows of the whole result. 0 or less means that
	// the number is unknown.
	RowCount int64
	Columns  []Column
}

// Column describes a result column.
type Column struct {
	Name string
	// Type is the engine's word, such as LONG or DECIMAL(10,2).
	Type string
	// Zone and Format are usually empty.
	Zone, Format string
}

// maxColumns bounds the columns of a result, because each column of a small chunk
// takes some hundred bytes of memory.
const maxColumns = 1 << 16

// minColumnSize is the size of four empty strings.
const minColumnSize = 4 * 2

// DecodeMetadata decodes result metadata. The result does not refer to b. Bytes after the
// last column are ignored, because a newer engine may append fields (docs/protocol.md,
// section 12). An error is a *[FormatError].
func DecodeMetadata(b []byte) (*Metadata, error) {
	const head = 8 + 4
	if len(b) < head {
		return nil, &FormatError{Column: -1, Row: -1, Offset: len(b), Msg: fmt.Sprintf("result metadata of %d bytes is shorter than its %d-byte head", len(b), head)}
	}
	n := int32(binary.BigEndian.Uint32(b[8:]))
	if n < 0 || int(n) > (len(b)-head)/minColumnSize {
		return nil, &FormatError{Column: -1, Row: -1, Offset: 8, Msg: fmt.Sprintf("result metadata of %d bytes promises %d columns", len(b), n)}
	}
	if n > maxColumns {
		return nil, &FormatError{Column: -1, Row: -1, Offset: 8, Msg: fmt.Sprintf("result of %d columns: %d are the most", n, maxColumns)}
	}
	m := &Metadata{
		RowCount: int64(binary.BigEndian.Uint64(b)),
		Columns:  make([]Column, n),
	}
	p := head
	for i := range m.Columns {
		c := &m.Columns[i]
		for _, field := range []*string{&c.Name, &c.Type, &c.Zone, &c.Format} {
			if len(b)-p < 2 {
				return nil, &FormatError{Column: i, Row: -1, Offset: p, Msg: "result metadata ends in the middle"}
			}
			l := int(binary.BigEndian.Uint16(b[p:]))
			if l > len(b)-p-2 {
				return nil, &FormatError{Column: i, Row: -1, Offset: p, Msg: fmt.Sprintf("text of %d bytes with %d left", l, len(b)-p-2)}
			}
			*field = fromModifiedUTF8(b[p+2 : p+2+l])
			p += 2 + l
		}
	}
	return m, nil
}

// AppendMetadata appends the wire form of m to dst. It returns dst unchanged
// and an error if a text is longer than 65,535 bytes.
func AppendMetadata(dst []byte, m *Metadata) ([]byte, error) {
	out := binary.BigEndian.AppendUint64(dst, uint64(m.RowCount))
	out = binary.BigEndian.AppendUint32(out, uint32(len(m.Columns)))
	for i, c := range m.Columns {
		for _, s := range []string{c.Name, c.Type, c.Zone, c.Format} {
			if len(s) > 1<<16-1 {
				return dst, fmt.Errorf("thriftrows: column %d: a text of %d bytes does not fit result metadata", i, len(s))
			}
			out = binary.BigEndian.AppendUint16(out, uint16(len(s)))
			out = append(out, s...)
		}
	}
	return out, nil
}

// fromModifiedUTF8 decodes Java's modified UTF-8. That encoding writes U+0000
// as C0 80, and a character above U+FFFF as a surrogate pair of two three-byte
// groups. Other bytes, such as standard UTF-8, are not changed.
func fromModifiedUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		if len(b) >= 2 && b[0] == 0xC0 && b[1] == 0x80 {
			s.WriteByte(0)
			b = b[2:]
			continue
		}
		if hi, lo := surrogate(b), surrogate(b[min(3, len(b)):]); hi != 0 && lo != 0 {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				s.WriteRune(r)
				b = b[6:]
				continue
			}
		}
		_, n := utf8.DecodeRune(b)
		s.Write(b[:n])
		b = b[n:]
	}
	return s.String()
}

// surrogate returns the surrogate that b's first three bytes encode like UTF-8,
// or 0.
func surrogate(b []byte) rune {
	if len(b) < 3 || b[0] != 0xED || b[1]&0xE0 != 0xA0 || b[2]&0xC0 != 0x80 {
		return 0
	}
	return 0xD000 | rune(b[1]&0x3F)<<6 | rune(b[2]&0x3F)
}
