package thriftrows_test

import (
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

func BenchmarkBatchColumn(b *testing.B) {
	raw, columns := mixedChunk(b, 8192)
	var chunk thriftrows.Chunk
	if err := chunk.Decode(raw, columns); err != nil {
		b.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	batch.Next()
	for name, read := range map[string]func() error{
		"Int64s/LONG":    func() error { _, _, err := batch.Column(0).Int64s(); return err },
		"Int64s/INTEGER": func() error { _, _, err := batch.Column(1).Int64s(); return err },
		"Float64s":       func() error { _, _, err := batch.Column(2).Float64s(); return err },
		"Strings":        func() error { _, _, err := batch.Column(3).Strings(); return err },
		"Bytes":          func() error { _, _, err := batch.Column(3).Bytes(); return err },
		"Micros":         func() error { _, _, err := batch.Column(4).Micros(); return err },
		"Zones":          func() error { _, _, err := batch.Column(5).Zones(); return err },
		"Times":          func() error { _, _, err := batch.Column(5).Times(); return err },
		"Decimals":       func() error { _, _, err := batch.Column(6).Decimals(); return err },
		"Bools":          func() error { _, _, err := batch.Column(7).Bools(); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8192, "ns/value")
		})
	}
}
