package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"

	"github.com/e6data/e6data-go/integration/internal/synth"
)

// Query is a query with a known result.
type Query interface {
	fmt.Stringer
	// Run runs the query and checks its rows. wrong describes a wrong row, or a result
	// that ends early or late without an error. If err is not nil, missing rows are not
	// wrong.
	Run(ctx context.Context, db *sql.DB) (rows int, wrong string, err error)
}

// Synthetic returns a function that returns one of the queries, each time with a new ID.
func Synthetic(mix ...synth.Query) func() Query {
	return func() Query {
		q := mix[rand.IntN(len(mix))]
		q.ID = NextID()
		return synthetic{q}
	}
}

// synthetic is a query of the engine of these tests.
type synthetic struct{ synth.Query }

func (q synthetic) Run(ctx context.Context, db *sql.DB) (n int, wrong string, err error) {
	rows, err := db.QueryContext(ctx, q.String())
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = rows.Close() }()
	return Check(rows, q.Query, 0, q.Rows)
}

// SQL runs each statement and keeps its result. It returns a function that returns one of
// them as a query that must have the same result.
func SQL(ctx context.Context, db *sql.DB, statements ...string) (func() Query, error) {
	mix := make([]*statement, len(statements))
	for i, text := range statements {
		q := &statement{text: text}
		n, _, err := q.read(ctx, db, func(_ int, row uint64) bool {
			q.rows = append(q.rows, row)
			return true
		})
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, fmt.Errorf("no rows: %s", text)
		}
		mix[i] = q
	}
	return func() Query { return mix[rand.IntN(len(mix))] }, nil
}

// statement is a statement in SQL.
type statement struct {
	text string
	rows []uint64 // a hash of each row
}

func (q *statement) String() string { return q.text }

func (q *statement) Run(ctx context.Context, db *sql.DB) (n int, wrong string, err error) {
	n, wrong, err = q.read(ctx, db, func(i int, row uint64) bool { return i < len(q.rows) && q.rows[i] == row })
	if err == nil && wrong == "" && n < len(q.rows) {
		wrong = fmt.Sprintf("%s: ended without an error after %d of %d rows", q.text, n, len(q.rows))
	}
	return n, wrong, err
}

var seed = maphash.MakeSeed()

// read calls right with the number and the hash of each row, until it returns false.
func (q *statement) read(ctx context.Context, db *sql.DB, right func(i int, row uint64) bool) (n int, wrong string, err error) {
	rows, err := db.QueryContext(ctx, q.text)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return 0, "", err
	}
	cells := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range cells {
		dest[i] = &cells[i]
	}
	var hash maphash.Hash
	hash.SetSeed(seed)
	for ; rows.Next(); n++ {
		if err := rows.Scan(dest...); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				return n, "", err // the deadline passed between Next and Scan
			}
			return n, fmt.Sprintf("%s: row %d: %v", q.text, n, err), nil
		}
		hash.Reset()
		for _, cell := range cells {
			_, _ = fmt.Fprintf(&hash, "%T %v\x00", cell, cell)
		}
		if !right(n, hash.Sum64()) {
			return n, fmt.Sprintf("%s: row %d is %v", q.text, n, cells), nil
		}
	}
	return n, "", rows.Err()
}
