package e6data

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Select runs a statement and iterates over its rows as values of T. It costs a
// fraction of what [database/sql.Rows.Scan] does, since it writes the columns of some
// hundred rows at a time. db is what [UseConn] takes, or a *[Conn]. The arguments are
// those of [database/sql.DB.QueryContext], with each [QueryOption] among them.
//
//	for user, err := range e6data.Select[User](ctx, db, "SELECT id, name FROM users WHERE age > ?", 30) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(user.ID, user.Name)
//	}
//
// T is one of these:
//
//   - A struct, or a pointer to one. A column goes into the exported field with its
//     name: the name in the field's tag e6 or db, such as `e6:"user_id"`, else the
//     field's own. Where no field has just that name, letter case does not count. The
//     fields of an embedded struct count as the outer struct's own, unless the embedded
//     one has a tag. The tag "-" leaves a field out. A column without a field and a field
//     without a column are errors, which [AllowExtra] and [AllowMissing] permit.
//   - A single value, for a result with one column: what a column can be scanned into,
//     such as int64, string, time.Time, [Decimal], [Date], sql.Null[T], a pointer, which is
//     nil for NULL, or a type whose pointer is an [database/sql.Scanner].
//   - map[string]any, whose keys are the columns' names, or a slice such as []any or
//     []string, with an element for each column.
//
// A cell is converted as [database/sql.Rows.Scan] does with Go 1.27 (what [Into] does
// included), with every Go version, and where that is an error, the same one. NULL goes
// into what can hold it.
//
// The query runs when the iteration begins, and once more with each further iteration.
// When the iteration ends, whether at the end of the result, by break or return, by a
// panic or by an error, the query is closed and its connection is given back. An error is
// the last that is yielded, with the zero value of T: a *[ShapeError] where the columns
// do not fit T, a *[FieldError] where a cell does not fit its field, and else those of
// running a query. The rows before it are right. An iteration without an error has seen
// all rows.
//
// What is yielded belongs to the application: no later row changes it. To save
// allocations, strings, byte slices and what pointers point to share memory with those of
// up to 255 other rows; clone the few that are kept for long ([strings.Clone]). While the
// iteration goes on it holds a connection of the pool, as open [database/sql.Rows] do.
func Select[T any](ctx context.Context, db any, query string, args ...any) iter.Seq2[T, error] {
	return iterate[T](ctx, db, statementOf(query, args))
}

// SelectHandle is [Select] for the result of a query that was submitted: see
// [Conn.Fetch] for how often that may be read, and for opts. The end of the iteration
// clears the query on the engine.
func SelectHandle[T any](ctx context.Context, db any, h QueryHandle, opts ...QueryOption) iter.Seq2[T, error] {
	return iterate[T](ctx, db, submittedAs(h, opts))
}

// Collect runs a statement and returns all its rows; see [Select]. Without rows the
// slice is empty, and not nil. With an error it is nil.
func Collect[T any](ctx context.Context, db any, query string, args ...any) ([]T, error) {
	all := []T{}
	err := readTyped(ctx, db, statementOf(query, args), func(r *typedRows[T]) error {
		for {
			rows, err := r.next()
			if all == nil || cap(all) == 0 {
				all = make([]T, 0, r.expected())
			}
			all = append(all, rows...)
			if err != nil {
				return endOf(err)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// CollectMap runs a statement and returns its rows by the key that the function key
// returns for each; see [Select]. Two rows with the same key are a *[DuplicateKeyError].
// Without rows the map is empty, and not nil. With an error it is nil.
//
//	users, err := e6data.CollectMap(ctx, db, func(u User) int64 { return u.ID }, "SELECT id, name FROM users")
func CollectMap[K comparable, T any](ctx context.Context, db any, key func(T) K, query string, args ...any) (map[K]T, error) {
	all := map[K]T{}
	err := readTyped(ctx, db, statementOf(query, args), func(r *typedRows[T]) error {
		count := int64(0)
		for {
			rows, err := r.next()
			for _, row := range rows {
				k := key(row)
				before := len(all)
				if all[k] = row; len(all) == before {
					return &DuplicateKeyError{Row: count}
				}
				count++
			}
			if err != nil {
				return endOf(err)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// One runs a statement and returns its only row; see [Select]. Where the result has
// no row the error is [database/sql.ErrNoRows], and where it has more than one it is
// [ErrMultipleRows], for errors.Is; both are a *[RowCountError]. With an error the row is
// the zero value of T.
func One[T any](ctx context.Context, db any, query string, args ...any) (T, error) {
	var first T
	err := readTyped(ctx, db, statementOf(query, args), func(r *typedRows[T]) error {
		found := 0
		for found < 2 {
			rows, err := r.next()
			if found == 0 && len(rows) > 0 {
				first = rows[0]
			}
			if found += len(rows); err != nil && found < 2 {
				if err = endOf(err); err != nil || found == 1 {
					return err
				}
				break
			}
		}
		return &RowCountError{QueryID: r.rows.q.queryID, Many: found > 0}
	})
	if err != nil {
		return *new(T), err
	}
	return first, nil
}

// endOf is what a reader of rows returns at the end of a result.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// iterate yields the rows of a query, each time that it is iterated over.
func iterate[T any](ctx context.Context, db any, q typedQuery) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := false
		err := readTyped(ctx, db, q, func(r *typedRows[T]) error {
			done := ctx.Done()
			for {
				rows, err := r.next()
				for i := range rows {
					select {
					case <-done:
						return r.gaveUp()
					default:
					}
					if left = !yield(rows[i], nil); left {
						return nil
					}
				}
				if err != nil {
					return endOf(err)
				}
			}
		})
		if err != nil && !left {
			yield(*new(T), err)
		}
	}
}
