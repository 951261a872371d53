package thriftrows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// readOneByOne is the simple form of walker.texts for the elements of a list: the offsets
// of its texts and of its end, or the offset and the message of an error.
func readOneByOne(b []byte, n int) (offs []int, failed int, msg string) {
	at := 0
	for i := range n {
		if len(b)-at < 4 {
			return nil, at, fmt.Sprintf("list of %d texts ends at number %d", n, i)
		}
		size := int(binary.BigEndian.Uint32(b[at:]))
		if left := len(b) - at - 4; size > left {
			return nil, at, fmt.Sprintf("text of %d bytes with %d left", int32(size), left)
		}
		offs = append(offs, at)
		at += 4 + size
	}
	return append(offs, at), 0, ""
}

// sameTexts compares walker.texts with readOneByOne. elements are those of a list of n,
// and what follows it.
func sameTexts(elements []byte, n int) error {
	header := binary.BigEndian.AppendUint32([]byte{thriftString}, uint32(n))
	w := walker{b: append(header, elements...), col: 3}
	if n > len(elements)/4 {
		return nil // the walker refuses the list because of its header
	}
	l, err := w.texts(nil)
	want, failed, msg := readOneByOne(elements, n)
	if msg != "" {
		if e, ok := errors.AsType[*FormatError](err); !ok || e.Msg != msg || e.Offset != len(header)+failed || e.Column != 3 {
			return fmt.Errorf("error %v (%+v), want %q at %d", err, e, msg, len(header)+failed)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w in a list without an error", err)
	}
	if l.n != n || w.p != len(header)+want[n] || len(l.data) != want[n] {
		return fmt.Errorf("%d texts in %d bytes up to %d, want %d in %d", l.n, len(l.data), w.p, n, want[n])
	}
	for i := range n {
		if from, to := l.bounds(i); from != want[i] || to != want[i+1] {
			return fmt.Errorf("text %d from %d to %d, want from %d to %d", i, from, to, want[i], want[i+1])
		}
	}
	return nil
}

// listOf returns the elements of a list.
func listOf(texts ...string) []byte {
	var b []byte
	for _, text := range texts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return b
}

// textKinds make the text i of a list of n. Some of them make guesses wrong.
var textKinds = []struct {
	name string
	text func(r *rand.Rand, i, n int) string
}{
	{"short", func(r *rand.Rand, _, _ int) string { return strings.Repeat("x", r.IntN(20)) }},
	{"empty or not", func(r *rand.Rand, _, _ int) string { return strings.Repeat("y", r.IntN(2)*r.IntN(9)) }},
	{"zeros", func(r *rand.Rand, _, _ int) string { return strings.Repeat("\x00", r.IntN(30)) }},
	{"like lengths", func(r *rand.Rand, _, _ int) string {
		return strings.Repeat("\x00\x00\x00\x04", r.IntN(9)) + strings.Repeat("z", r.IntN(3))
	}},
	{"few are long", func(r *rand.Rand, _, _ int) string {
		if r.IntN(100) == 0 {
			return strings.Repeat("l", r.IntN(5000))
		}
		return strings.Repeat("s", r.IntN(9))
	}},
	{"short at first", func(r *rand.Rand, i, n int) string { return strings.Repeat("g", r.IntN(4)+20*i/n) }},
	{"long at first", func(r *rand.Rand, i, n int) string { return strings.Repeat("d", r.IntN(4)+40*(n-i)/n) }},
	{"long", func(r *rand.Rand, _, _ int) string { return strings.Repeat("L", 200+r.IntN(300)) }},
	{"one length", func(r *rand.Rand, i, n int) string { return strings.Repeat("o", 7+(i+1)/n*r.IntN(2)) }},
	{"bytes", func(r *rand.Rand, _, _ int) string {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = byte(r.IntN(3))
		}
		return string(b)
	}},
}

func TestTextsAreFoundLikeOneByOne(t *testing.T) {
	t.Parallel()
	for _, kind := range textKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, uint64(len(kind.name))))
			for _, n := range []int{fewTexts - 1, fewTexts, fewTexts + 1, 700, 1023, 3000} {
				texts := make([]string, n)
				for i := range texts {
					texts[i] = kind.text(r, i, n)
				}
				whole := listOf(texts...)
				for _, after := range []string{"", "\x00\x00\x00\x01a", strings.Repeat("\x00\x00\x00\x02bc", 2000)} {
					if err := sameTexts(append(bytes.Clone(whole), after...), n); err != nil {
						t.Fatalf("%d texts and %d bytes: %v", n, len(after), err)
					}
				}
				for range 60 {
					cut := bytes.Clone(whole[:r.IntN(len(whole))])
					if err := sameTexts(cut, n); err != nil {
						t.Fatalf("%d texts, cut after %d bytes: %v", n, len(cut), err)
					}
					damaged := bytes.Clone(whole)
					for range 1 + r.IntN(3) {
						damaged[r.IntN(len(damaged))] = byte(r.IntN(4))
					}
					if err := sameTexts(damaged, n); err != nil {
						t.Fatalf("%d texts, damaged: %v", n, err)
					}
				}
			}
		})
	}
}

// Nearly all texts of an ordinary list are read from the four places.
func TestLeapFindsTexts(t *testing.T) {
	t.Parallel()
	const n = 8192
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat("x", 1+r.IntN(30))
	}
	b := listOf(texts...)
	k, next := leap(make([]uint32, roomForLeap(n, n)), b, n, 0, 0)
	if k < n*9/10 || k > n || next > len(b) {
		t.Errorf("%d of %d texts, up to %d of %d bytes", k, n, next, len(b))
	}
}

func FuzzTexts(f *testing.F) {
	for seed := range uint64(20) {
		f.Add([]byte("some \x00\x00\x00\x02 bytes"), seed, uint16(600+100*seed))
	}
	f.Fuzz(func(t *testing.T, damage []byte, seed uint64, n uint16) {
		r := rand.New(rand.NewPCG(seed, 0))
		kind := textKinds[seed%uint64(len(textKinds))]
		texts := make([]string, n%4096)
		for i := range texts {
			texts[i] = kind.text(r, i, len(texts))
		}
		b := listOf(texts...)
		if len(b) > 0 {
			copy(b[r.IntN(len(b)):], damage)
		}
		if err := sameTexts(b, len(texts)); err != nil {
			t.Fatal(err)
		}
	})
}
