package thriftrows

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The place of a text in a list is known only after the length of the text before it
// was read. A loop over the texts therefore waits for the memory at each of them. leap
// reads a list from four places at the same time, so that the processor waits for four
// texts at once. leap guesses these places. It uses what was read from a place only if
// the texts before the place end exactly there.

const (
	chains = 4
	// fewTexts is the length of a list below which leap costs more than it saves.
	fewTexts = 512
	// sampled is the number of texts whose mean size leap takes for that of all.
	sampled = 128
	// longTexts is the mean size of texts, in bytes, from which a loop is as fast as leap.
	longTexts = 256
)

// chain is a number of texts that follow each other in a list.
type chain struct {
	offs  []uint32 // the offsets of the first n texts
	n     int
	begin int // the offset of the first text
	next  int // the offset after the last text; larger than the list if that does not fit
}

// roomForLeap returns how many elements leap needs in offs for a list of n texts, if the
// offsets of all but left of them are known.
func roomForLeap(n, left int) int { return n + left/4 + chains*8 }

// leap adds to offs the offsets of texts in b, a list of n texts and what follows it. The
// offsets of the first k texts are in offs, and text k begins at next. leap returns the new
// values of k and next. It stops before a text that does not fit b, and it may stop before
// any other text.
func leap(offs []uint32, b []byte, n, k, next int) (int, int) {
	begin := next
	for end := k + sampled; k < end; k++ {
		size, ok := textAt(b, next)
		if !ok {
			return k, next
		}
		offs[k] = uint32(next)
		next += size
	}
	mean := (next - begin) / sampled
	if mean >= longTexts {
		return k, next
	}
	each := (n - k) / chains
	room := each + each/4 + 8
	var all [chains]chain
	for j, at := 0, next; j < chains; j++ {
		if j > 0 {
			before := at
			if at = guess(b, next+j*each*mean, mean); at <= before {
				return k, next
			}
		}
		all[j] = chain{offs: offs[k+j*room:][:room], begin: at, next: at}
	}
	together(&all, each, b)
	for j := range all {
		// The chains before c end where c begins, so the texts of c are texts of the list.
		c, after := &all[j], all[j+1:]
		joined := false
		if len(after) > 0 {
			joined = c.readTo(b, after[0].begin)
		} else if c.next > len(b) {
			c.drop()
		}
		if c.n > n-k { // these are not texts of the list any more
			c.n, c.next, joined = n-k, int(c.offs[n-k]), false
		}
		copy(offs[k:], c.offs[:c.n])
		k, next = k+c.n, c.next
		if !joined {
			break
		}
	}
	return k, next
}

// together reads up to steps texts of each chain.
func together(c *[chains]chain, steps int, b []byte) {
	// An int of 32 bits cannot hold an offset and a length.
	p0, p1, p2, p3 := uint64(c[0].next), uint64(c[1].next), uint64(c[2].next), uint64(c[3].next)
	o0 := c[0].offs[:steps]
	o1, o2, o3 := c[1].offs[:len(o0)], c[2].offs[:len(o0)], c[3].offs[:len(o0)]
	last := uint64(len(b) - 4) // where a length can begin; b has the sampled texts
	k := 0
	for ; k < len(o0) && p0 <= last && p1 <= last && p2 <= last && p3 <= last; k++ {
		o0[k], o1[k], o2[k], o3[k] = uint32(p0), uint32(p1), uint32(p2), uint32(p3)
		p0 += 4 + uint64(binary.BigEndian.Uint32(b[p0:]))
		p1 += 4 + uint64(binary.BigEndian.Uint32(b[p1:]))
		p2 += 4 + uint64(binary.BigEndian.Uint32(b[p2:]))
		p3 += 4 + uint64(binary.BigEndian.Uint32(b[p3:]))
	}
	for j, p := range [chains]uint64{p0, p1, p2, p3} {
		c[j].n, c[j].next = k, int(min(p, uint64(len(b))+1))
	}
}

// readTo reads the texts before target, an offset in b after the chain's beginning. It
// reports whether a text begins at target. After it, the chain has only texts that end
// at target or before.
func (c *chain) readTo(b []byte, target int) bool {
	for c.next < target && c.n < len(c.offs) {
		size, ok := textAt(b, c.next)
		if !ok {
			break
		}
		c.offs[c.n] = uint32(c.next)
		c.n++
		c.next += size
	}
	if c.next > target {
		n, found := slices.BinarySearch(c.offs[:c.n], uint32(target))
		c.n, c.next = n, target
		if !found {
			c.drop()
		}
	}
	return c.next == target
}

// drop removes the last text of the chain.
func (c *chain) drop() {
	c.n--
	c.next = int(c.offs[c.n])
}

// textAt returns the size of the text at an offset of b, with its length prefix, and
// reports whether all of the text is in b.
func textAt(b []byte, at int) (size int, ok bool) {
	if len(b)-at < 4 {
		return 0, false
	}
	n := binary.BigEndian.Uint32(b[at:])
	return 4 + int(n), n <= uint32(len(b)-at-4)
}

// guess returns the offset of what looks like a text at from or after it, or -1 if there
// is none near. The length of a text of less than 256 bytes begins with three zeros, and
// few texts have three zeros in them.
func guess(b []byte, from, mean int) int {
	const enough = 4                // texts that follow each other
	if from < 0 || from >= len(b) { // an int of 32 bits may overflow
		return -1
	}
	near := b[from:min(from+8*mean+64, len(b))]
	for skip := 0; skip < len(near); skip++ {
		i := bytes.Index(near[skip:], []byte{0, 0, 0})
		if i < 0 {
			return -1
		}
		skip += i
		at, n := from+skip, 0
		for ; n < enough; n++ {
			size, ok := textAt(b, at)
			if !ok || size > 16*(mean+8) {
				break
			}
			at += size
		}
		if n == enough {
			return from + skip
		}
	}
	return -1
}

// sameSize returns how many texts at the beginning of b have a length of size bytes. It
// counts n at most.
func sameSize(b []byte, n int, size uint32) int {
	// A size close to 2^32 never passes this test.
	if uint64(size)+4 > uint64(len(b)) {
		return 0
	}
	stride := int(size) + 4
	k := 0
	for n-k >= 4 && len(b)/4 >= stride {
		four := b[:4*stride]
		differ := binary.BigEndian.Uint32(four) ^ size
		differ |= binary.BigEndian.Uint32(four[stride:]) ^ size
		differ |= binary.BigEndian.Uint32(four[2*stride:]) ^ size
		differ |= binary.BigEndian.Uint32(four[3*stride:]) ^ size
		if differ != 0 {
			break
		}
		b = b[4*stride:]
		k += 4
	}
	for k < n && len(b) >= stride && binary.BigEndian.Uint32(b) == size {
		b = b[stride:]
		k++
	}
	return k
}
