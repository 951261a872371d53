package thriftrows_test

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

// maxFuzzRows bounds the rows that are read of a chunk, because a constant
// vector of a few bytes can have 2^31 rows.
const maxFuzzRows = 300

func FuzzDecodeChunk(f *testing.F) {
	for _, c := range loadGolden(f) {
		if len(c.Chunk) < 500 {
			f.Add(c.Chunk, byte(len(c.Columns)))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, columns byte) {
		if err := agree(b, int(columns), maxFuzzRows); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeMetadata(f *testing.F) {
	for _, c := range loadGolden(f) {
		if len(c.Meta) < 500 {
			f.Add(c.Meta)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := thriftrows.DecodeMetadata(b)
		if err != nil {
			if err := plausible(err, b, 1<<31-1); err != nil {
				t.Fatal(err)
			}
			return
		}
		written, err := thriftrows.AppendMetadata(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := thriftrows.DecodeMetadata(written)
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%+v became %+v (%v)", m, again, err)
		}
	})
}

// FuzzRoundTrip encodes and decodes a chunk whose columns depend on the input.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := make([]byte, 8*r.IntN(60))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, columns := randomChunk(rand.New(&byteSource{b: b, rest: rand.NewPCG(uint64(len(b)), 2)}))
		var chunk thriftrows.Chunk
		if err := checkRandom(&chunk, thriftrows.NewCursor(nil, nil), rows, columns); err != nil {
			t.Fatal(err)
		}
	})
}

// byteSource is a source of random numbers. They come from b, then from rest.
type byteSource struct {
	b    []byte
	rest *rand.PCG
}

func (s *byteSource) Uint64() uint64 {
	if len(s.b) < 8 {
		return s.rest.Uint64()
	}
	n := binary.BigEndian.Uint64(s.b)
	s.b = s.b[8:]
	return n
}
