package main

import (
	"fmt"
	"io"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
)

// pointQuery is the statement with which a reader connects, before it measures.
const pointQuery = "SELECT 1"

func statement(s *data.Set) string { return "SELECT * FROM " + s.Name }

// serve is the main function of the engine's process. It prints the address and serves the
// data sets with these names until the input ends.
func serve(names string, in io.Reader, out io.Writer) error {
	sets, err := chosen(names)
	if err != nil {
		return err
	}
	srv, err := newEngine(sets)
	if err != nil {
		return err
	}
	defer srv.Close()
	if _, err := fmt.Fprintln(out, srv.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// newEngine starts a server with data sets, whose chunks are ready before the first is
// sent. The caller closes it. Compat allows what the connector does: it asks for a batch
// after the last.
func newEngine(sets []*data.Set) (*enginetest.Server, error) {
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1, Compat: true})
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		_ = s.Bytes() // makes the chunks
		srv.Handle(statement(s), result(s))
	}
	srv.Handle(pointQuery, enginetest.NewResult().Column("one", "LONG").Row(1))
	return srv, nil
}

func result(s *data.Set) *enginetest.Result {
	r := enginetest.NewResult()
	for _, c := range s.Columns {
		r.Column(c.Name, c.Type)
	}
	return r.RowCount(int64(s.Rows)).ChunkFunc(func(i int) []byte {
		if i >= s.NumChunks() {
			return nil
		}
		return s.Chunk(i)
	})
}
