package enginetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/e6data/e6data-go/thriftrows"
)

// program is an encoded Result, ready to be played. A program never changes.
type program struct {
	play
	err      error
	metadata []byte
	rows     int64 // the row count in the metadata
	// chunk returns chunk i of the result, and reports whether there is one.
	chunk func(i int) ([]byte, bool, error)
	// count is the number of chunks, or -1 when it is unknown and chunk must be called.
	count int
	// zero is a chunk of size 0 with all columns.
	zero []byte
}

// compile encodes the result.
func (r *Result) compile() *program {
	p := &program{play: r.play, count: -1, rows: -1}
	p.failAt, p.params = maps.Clone(r.failAt), slices.Clone(r.params)
	errs := slices.Clone(r.errs)
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	sources := 0
	for _, set := range []bool{len(r.items) > 0, r.generate != nil, r.chunkFunc != nil} {
		if set {
			sources++
		}
	}
	if sources > 1 {
		note(errors.New("rows come from more than one source: use either Row, Structs, CSV, JSON and other items, or Generate, or ChunkFunc"))
	}
	if len(errs) == 0 {
		columns := slices.Clone(r.columns)
		var err error
		p.zero, err = encodeRows(columns, 0, nil)
		note(err)
		switch {
		case r.chunkFunc != nil:
			f := r.chunkFunc
			p.chunk = func(i int) ([]byte, bool, error) {
				b := f(i)
				return b, len(b) > 0, nil
			}
		case r.generate != nil:
			p.generate(columns, r.generated, r.batchRows, r.generate)
		default:
			note(p.encode(r, columns))
		}
		if r.rowCount != nil {
			p.rows = *r.rowCount
		}
		note(p.describe(r))
	}
	if err := errors.Join(errs...); err != nil {
		p.err = fmt.Errorf("enginetest: the scripted result is wrong: %w", err)
	}
	return p
}

// describe encodes the metadata.
func (p *program) describe(r *Result) (err error) {
	if p.metadata = r.metadata; p.metadata != nil {
		return nil
	}
	m := thriftrows.Metadata{RowCount: p.rows}
	for _, c := range r.columns {
		m.Columns = append(m.Columns, c.Column)
	}
	p.metadata, err = thriftrows.AppendMetadata(nil, &m)
	return err
}

// generate sets up chunks that are made by a row function while they are fetched.
func (p *program) generate(columns []column, rows, batch int, f func(int) []any) {
	p.rows = int64(rows)
	p.count = (rows + batch - 1) / batch
	p.chunk = func(i int) ([]byte, bool, error) {
		first := i * batch
		if first >= rows {
			return nil, false, nil
		}
		b, err := encodeRows(columns, min(batch, rows-first), func(j int) []any { return f(first + j) })
		return b, true, err
	}
}

// encode encodes the items as chunks.
func (p *program) encode(r *Result, columns []column) error {
	var chunks [][]byte
	var total int64
	known := true
	for _, it := range r.items {
		switch it.kind {
		case itemEmpty:
			chunks = append(chunks, p.zero)
		case itemRaw:
			chunks = append(chunks, it.raw)
			known = false
		case itemVectors:
			b, err := thriftrows.AppendChunk(nil, it.size, it.vectors)
			if err != nil {
				return err
			}
			chunks = append(chunks, b)
			total += int64(it.size)
		case itemRows:
			for rows := range slices.Chunk(it.rows, r.batchRows) {
				b, err := encodeRows(columns, len(rows), func(i int) []any { return rows[i] })
				if err != nil {
					return fmt.Errorf("batch %d: %w", len(chunks), err)
				}
				chunks = append(chunks, b)
			}
			total += int64(len(it.rows))
		}
	}
	if known {
		p.rows = total
	}
	p.count = len(chunks)
	p.chunk = func(i int) ([]byte, bool, error) {
		if i >= len(chunks) {
			return nil, false, nil
		}
		return chunks[i], true, nil
	}
	return nil
}

// encodeRows encodes a chunk of n rows.
func encodeRows(columns []column, n int, row func(i int) []any) ([]byte, error) {
	values := make([]any, n*len(columns)) // by column
	for i := range n {
		vs := row(i)
		if len(vs) != len(columns) {
			return nil, fmt.Errorf("row %d has %d values for %d columns", i, len(vs), len(columns))
		}
		for c, v := range vs {
			var err error
			if values[c*n+i], err = nested(columns[c].typ, v); err != nil {
				return nil, fmt.Errorf("column %q: row %d: %w", columns[c].Name, i, err)
			}
		}
	}
	vectors := make([]thriftrows.Vector, len(columns))
	for c := range columns {
		col := &columns[c]
		v, err := thriftrows.NewVector(col.typ, col.scale, values[c*n:(c+1)*n])
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", col.Name, err)
		}
		vectors[c] = v
	}
	return thriftrows.AppendChunk(nil, n, vectors)
}
