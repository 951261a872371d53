package e6data

import "errors"

// result is the answer to Exec.
type result struct{ rows int64 }

// LastInsertId fails: the engine has no such thing.
func (r *result) LastInsertId() (int64, error) {
	return 0, errors.New("e6data: the engine has no last insert id")
}

// RowsAffected returns the row count of the result's metadata. A count that the
// engine does not know is an error, not 0.
func (r *result) RowsAffected() (int64, error) {
	if r.rows <= 0 {
		return 0, errors.New("e6data: the engine did not say how many rows the statement affected")
	}
	return r.rows, nil
}
