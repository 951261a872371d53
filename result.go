package e6data

import (
	"database/sql/driver"
	"errors"
	"io"
)

// result is the answer to Exec.
type result struct {
	rows int64 // affected; negative when the engine did not say
}

// drain reads the rows to their end. dml is that the statement changes rows: the answer
// to it may be their number.
func (r *rows) drain(dml bool) (driver.Result, error) {
	read := 0
	var first [1]driver.Value // of a row with one column
	for {
		chunk, err := r.nextChunk()
		if errors.Is(err, io.EOF) {
			return &result{rows: affected(r.meta.RowCount, read, dml, first[0])}, nil
		}
		if err != nil {
			return nil, err
		}
		if dml && read == 0 && chunk.NumRows() == 1 && len(r.columns) == 1 {
			r.cursor.Reset(chunk)
			r.cursor.Next()
			// The statement has run: a value that cannot be made is no count, and no failure.
			_ = r.cursor.Values(first[:])
		}
		read += chunk.NumRows()
	}
}

// affected is how many rows a statement affected whose result of read rows the metadata
// announced as promised; negative is unknown. A DML statement of which the engine tells
// one row has its number there or nowhere: the row counts itself.
func affected(promised int64, read int, dml bool, first driver.Value) int64 {
	switch {
	case dml && read == 1:
		if n, ok := first.(int64); ok {
			return n
		}
		return -1
	case promised == 0 && read > 0:
		return -1
	}
	return promised
}

// LastInsertId fails: the engine has no such thing.
func (r *result) LastInsertId() (int64, error) {
	return 0, errors.New("e6data: the engine has no last insert id")
}

// RowsAffected returns the number that is the engine's answer to INSERT, UPDATE, DELETE
// and MERGE, where the answer is one row with one integer column; else the number of the
// result's rows, 0 where it has none. A count that the engine does not know is an error,
// not 0.
func (r *result) RowsAffected() (int64, error) {
	if r.rows < 0 {
		return 0, errors.New("e6data: the engine did not say how many rows the statement affected")
	}
	return r.rows, nil
}
