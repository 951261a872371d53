package output

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file look for bytes in eight bytes at a time. Most texts hold
// none of them, and a byte at a time takes four times as long.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// each returns a word in which every byte is c.
func each(c byte) uint64 { return uint64(c) * ones }

// zeros returns a word that is 0 if no byte of w is 0. The lowest bit that is set
// belongs to the first such byte.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

// below returns a word that is 0 if no byte of w is below n. n is at most 128.
func below(w uint64, n byte) uint64 { return (w - each(n)) &^ w & highs }

// plainCSV reports whether a field needs no quotes for its characters: it has no
// quote, comma, carriage return or line feed.
func plainCSV(b []byte, comma byte) bool {
	commas := each(comma)
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if below(w, ' ')|zeros(w^commas)|zeros(w^each('"')) == 0 {
			continue
		}
		for _, c := range b[:8] {
			if c == comma || c == '"' || c == '\n' || c == '\r' {
				return false
			}
		}
	}
	for _, c := range b {
		if c == comma || c == '"' || c == '\n' || c == '\r' {
			return false
		}
	}
	return true
}

// plainTSV returns the number of bytes at the beginning of b that tsv does not escape.
func plainTSV(b []byte) int {
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		if found := below(w, ' ') | zeros(w^each('\\')); found != 0 {
			n += bits.TrailingZeros64(found) / 8
			if tsvEscape(b[n]) != 0 {
				return n
			}
			n -= 7 // another control character: continue after it
		}
	}
	for n < len(b) && tsvEscape(b[n]) == 0 {
		n++
	}
	return n
}

// plainJSON returns the number of bytes at the beginning of b that are ASCII and that
// JSON does not escape.
func plainJSON(b []byte) int {
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		if found := below(w, ' ') | zeros(w^each('"')) | zeros(w^each('\\')) | w&highs; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(b) && b[n] >= ' ' && b[n] < 0x80 && b[n] != '"' && b[n] != '\\' {
		n++
	}
	return n
}
