package thriftgen

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

const goldenDir = "../../testdata/golden"

// decode reads data as one Chunk and returns how many bytes it left unread.
func decode(t *testing.T, data []byte) (*Chunk, uint64) {
	t.Helper()
	buf := thrift.NewTMemoryBufferLen(len(data))
	if _, err := buf.Write(data); err != nil {
		t.Fatal(err)
	}
	chunk := NewChunk()
	if err := chunk.Read(context.Background(), thrift.NewTBinaryProtocolConf(buf, nil)); err != nil {
		t.Fatalf("Read: %v", err)
	}
	return chunk, buf.RemainingBytes()
}

func TestReadsGoldenChunks(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(goldenDir, "*.chunk"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("no golden chunks in %s", goldenDir)
	}
	for _, path := range paths {
		stem := strings.TrimSuffix(path, ".chunk")
		name := filepath.Base(stem)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(stem + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var truth struct {
				RowCount *int32 `json:"row_count"`
				Columns  []struct {
					VectorType string `json:"vector_type"`
					Constant   bool   `json:"constant"`
				} `json:"columns"`
			}
			if err := json.Unmarshal(text, &truth); err != nil {
				t.Fatal(err)
			}
			if truth.RowCount == nil {
				t.Fatal("no row_count in the JSON")
			}

			chunk, unread := decode(t, data)
			if unread != 0 {
				t.Errorf("%d bytes left after the chunk", unread)
			}
			if chunk.Size != *truth.RowCount {
				t.Errorf("size %d, want %d", chunk.Size, *truth.RowCount)
			}
			want := truth.Columns
			if name == "zero_rows_no_vectors" {
				want = nil
			}
			if len(chunk.Vectors) != len(want) {
				t.Fatalf("%d vectors, want %d", len(chunk.Vectors), len(want))
			}
			for i, v := range chunk.Vectors {
				if v.VectorType.String() != want[i].VectorType {
					t.Errorf("vector %d is %v, want %v", i, v.VectorType, want[i].VectorType)
				}
				if v.IsConstantVector != want[i].Constant {
					t.Errorf("vector %d: constant %t, want %t", i, v.IsConstantVector, want[i].Constant)
				}
			}
		})
	}
}
