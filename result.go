package e6data

import (
	"database/sql/driver"
	"errors"
	"io"
)

// result is the driver.Result of Exec.
type result struct {
	rows int64 // affected rows; negative if unknown
}

// drain reads the rows to their end. dml reports whether the statement changes rows.
// The answer to such a statement may be the number of changed rows.
func (r *rows) drain(dml bool) (driver.Result, error) {
	read := 0
	var first [1]driver.Value // a row with one column
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
			// The statement was executed. A value that cannot be decoded is no
			// count, and no error.
			_ = r.cursor.Values(first[:])
		}
		read += chunk.NumRows()
	}
}

// affected returns the number of affected rows, or a negative number if it is
// unknown. read is the number of rows that were read, promised the number in the
// metadata. If the answer to a DML statement is one row, its value is the number.
// The row itself must not be counted.
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

// LastInsertId returns an error: the engine has no insert ids.
func (r *result) LastInsertId() (int64, error) {
	return 0, errors.New("e6data: the engine has no last insert id")
}

// RowsAffected returns the number of affected rows. For INSERT, UPDATE, DELETE and
// MERGE it is the engine's answer, if that is one row with one integer column.
// Otherwise it is the number of rows in the result, 0 for an empty one. If the
// engine does not report a number, RowsAffected returns an error, and not 0.
func (r *result) RowsAffected() (int64, error) {
	if r.rows < 0 {
		return 0, errors.New("e6data: the engine did not say how many rows the statement affected")
	}
	return r.rows, nil
}
