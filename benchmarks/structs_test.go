package benchmarks_test

import (
	"context"
	"database/sql"
	"reflect"
	"testing"
	"time"

	"github.com/georgysavva/scany/v2/sqlscan"
	"github.com/jmoiron/sqlx"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/internal/typed"
	"github.com/e6data/e6data-go/thriftrows"
)

// Rows of the data sets, as an application would declare them.
type (
	mixedRow struct {
		ID       int64             `db:"id"`
		Quantity int32             `db:"quantity"`
		Price    sql.Null[float64] `db:"price"`
		Name     sql.Null[string]  `db:"name"`
		Day      time.Time         `db:"day"`
		At       time.Time         `db:"at"`
		Amount   e6data.Decimal    `db:"amount"`
		Active   bool              `db:"active"`
	}
	wideRow struct{ A, B, C, D string }
	intsRow struct{ A, B, C, D int64 }
)

// BenchmarkStructs is decoding a chunk into structs, without a network: blocks of them as
// e6data.Select has them (e6data), columns that are made structs by hand (byhand), Scan
// into the fields of a struct, the libraries that do that for the application, and the
// decoder that Apache Thrift generates, which makes no structs of rows.
func BenchmarkStructs(b *testing.B) {
	compareChunks(b,
		ofRows(b, "e6data", func(k rowKind, b *testing.B, s *data.Set) func() { return k.blocks(b, s) }),
		ofRows(b, "byhand", func(k rowKind, b *testing.B, s *data.Set) func() { return k.byHand(b, s) }),
		ofRows(b, "scan", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.scan(b, openDB(b, chunkConnector(s, 0)), s, s.RowsIn(0))
		}),
		ofRows(b, "sqlx", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.sqlx(b, openDB(b, chunkConnector(s, 0)), s, s.RowsIn(0))
		}),
		ofRows(b, "scany", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.scany(b, openDB(b, chunkConnector(s, 0)), s, s.RowsIn(0))
		}),
		competitor{"thrift", thriftDecode},
	)
}

// BenchmarkSelect is a query on loopback, every row read as a struct: by Select, by
// Collect, by Scan; beside columns made structs by hand, and the same bytes fetched and
// not looked at.
func BenchmarkSelect(b *testing.B) {
	compareResults(b,
		ofRows(b, "e6data", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.iterate(b, openE6data(b, engine(b, s).Addr()), s, s.Rows)
		}),
		ofRows(b, "collect", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.collect(b, openE6data(b, engine(b, s).Addr()), s)
		}),
		ofRows(b, "columns", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.columns(b, openE6data(b, engine(b, s).Addr()), s)
		}),
		ofRows(b, "scan", func(k rowKind, b *testing.B, s *data.Set) func() {
			return k.scan(b, openE6data(b, engine(b, s).Addr()), s, s.Rows)
		}),
		competitor{"drain", func(b *testing.B, s *data.Set) func() { return drainAll(b, engine(b, s).Addr(), s) }},
	)
}

// rowKind has the readers for a type of rows. What they return reads all rows.
type rowKind struct {
	blocks, byHand    func(tb testing.TB, s *data.Set) func()
	scan, sqlx, scany func(tb testing.TB, db *sql.DB, s *data.Set, want int) func()
	iterate           func(tb testing.TB, db *sql.DB, s *data.Set, want int) func()
	collect, columns  func(tb testing.TB, db *sql.DB, s *data.Set) func()
}

func ofRows(b *testing.B, name string, setup func(k rowKind, b *testing.B, s *data.Set) func()) competitor {
	b.Helper()
	return competitor{name, func(b *testing.B, s *data.Set) func() { return setup(rowKinds[s], b, s) }}
}

var rowKinds = map[*data.Set]rowKind{
	data.Mixed: kindOf(assembleMixed, func(r *mixedRow) []any {
		return []any{&r.ID, &r.Quantity, &r.Price, &r.Name, &r.Day, &r.At, &r.Amount, &r.Active}
	}),
	data.Wide: kindOf(assembleWide, func(r *wideRow) []any { return []any{&r.A, &r.B, &r.C, &r.D} }),
	data.Ints: kindOf(assembleInts, func(r *intsRow) []any { return []any{&r.A, &r.B, &r.C, &r.D} }),
}

// kindOf makes the readers of T. assemble makes structs of columns by hand; fields
// lists where Scan stores a row.
func kindOf[T any](assemble func(*thriftrows.Batch, []T) error, fields func(*T) []any) rowKind {
	return rowKind{
		blocks: fillBlocks[T],
		byHand: func(tb testing.TB, s *data.Set) func() { return byHand(tb, s, assemble) },
		scan: func(tb testing.TB, db *sql.DB, s *data.Set, want int) func() {
			return func() {
				rows, err := db.QueryContext(context.Background(), statement(s))
				must(tb, err)
				n := 0
				var row T
				for dest := fields(&row); rows.Next(); n++ {
					must(tb, rows.Scan(dest...))
				}
				must(tb, rows.Err())
				must(tb, rows.Close())
				wantRows(tb, n, want)
			}
		},
		sqlx: func(tb testing.TB, db *sql.DB, s *data.Set, want int) func() {
			x := sqlx.NewDb(db, "e6data")
			var all []T
			return func() {
				all = all[:0]
				must(tb, x.Select(&all, statement(s)))
				wantRows(tb, len(all), want)
			}
		},
		scany: func(tb testing.TB, db *sql.DB, s *data.Set, want int) func() {
			var all []T
			return func() {
				all = all[:0]
				must(tb, sqlscan.Select(context.Background(), db, &all, statement(s)))
				wantRows(tb, len(all), want)
			}
		},
		iterate: iterateRows[T],
		collect: collectRows[T],
		columns: func(tb testing.TB, db *sql.DB, s *data.Set) func() { return columnRows(tb, db, s, assemble) },
	}
}

func wantRows(tb testing.TB, n, want int) {
	if n != want {
		tb.Fatalf("%d rows, want %d", n, want)
	}
}

func fillBlocks[T any](tb testing.TB, s *data.Set) func() {
	plan, err := typed.Compile(reflect.TypeFor[T](), names(s), typed.Options{})
	must(tb, err)
	block := typed.NewBlock[T](plan, typed.BlockRows)
	var chunk thriftrows.Chunk
	batch := thriftrows.NewBatch(nil, nil)
	return func() {
		must(tb, chunk.Decode(s.Chunk(0), len(s.Columns)))
		batch.Reset(&chunk)
		n := 0
		for batch.NextRun(typed.BlockRows) {
			rows, err := block.Fill(batch, nil)
			must(tb, err)
			n += len(rows)
		}
		wantRows(tb, n, data.ChunkRows)
	}
}

func byHand[T any](tb testing.TB, s *data.Set, assemble func(*thriftrows.Batch, []T) error) func() {
	var chunk thriftrows.Chunk
	batch := thriftrows.NewBatch(nil, nil)
	rows := make([]T, data.ChunkRows)
	return func() {
		must(tb, chunk.Decode(s.Chunk(0), len(s.Columns)))
		batch.Reset(&chunk)
		n := 0
		for batch.Next() {
			must(tb, assemble(batch, rows))
			n += batch.NumRows()
		}
		wantRows(tb, n, data.ChunkRows)
	}
}

func iterateRows[T any](tb testing.TB, db *sql.DB, s *data.Set, want int) func() {
	return func() {
		n := 0
		for _, err := range e6data.Select[T](context.Background(), db, statement(s)) {
			must(tb, err)
			n++
		}
		wantRows(tb, n, want)
	}
}

func collectRows[T any](tb testing.TB, db *sql.DB, s *data.Set) func() {
	return func() {
		all, err := e6data.Collect[T](context.Background(), db, statement(s))
		must(tb, err)
		wantRows(tb, len(all), s.Rows)
	}
}

func columnRows[T any](tb testing.TB, db *sql.DB, s *data.Set, assemble func(*thriftrows.Batch, []T) error) func() {
	rows := make([]T, data.ChunkRows)
	ctx := context.Background()
	return func() {
		n := 0
		must(tb, e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
			result, err := c.Query(ctx, statement(s))
			if err != nil {
				return err
			}
			for batch, err := range result.All() {
				if err != nil {
					return err
				}
				if err := assemble(batch, rows); err != nil {
					return err
				}
				n += batch.NumRows()
			}
			return nil
		}))
		wantRows(tb, n, s.Rows)
	}
}

// column returns the elements of a column, and goes on with errors where there are any.
func column[V any](err *error, read func() ([]V, thriftrows.Nulls, error)) ([]V, thriftrows.Nulls) {
	values, nulls, failed := read()
	if *err == nil {
		*err = failed
	}
	return values, nulls
}

func assembleMixed(b *thriftrows.Batch, rows []mixedRow) (err error) {
	ids, _ := column(&err, b.Column(0).Int64s)
	quantities, _ := column(&err, b.Column(1).Int64s)
	prices, noPrice := column(&err, b.Column(2).Float64s)
	texts, noName := column(&err, b.Column(3).Strings)
	days, _ := column(&err, b.Column(4).Times)
	instants, _ := column(&err, b.Column(5).Times)
	amounts, _ := column(&err, b.Column(6).Decimals)
	active, _ := column(&err, b.Column(7).Bools)
	if err != nil {
		return err
	}
	for i := range ids {
		r := &rows[i]
		r.ID, r.Quantity, r.Day, r.At, r.Amount, r.Active = ids[i], int32(quantities[i]), days[i], instants[i], amounts[i], active[i]
		r.Price, r.Name = sql.Null[float64]{}, sql.Null[string]{}
		if !noPrice.Null(i) {
			r.Price = sql.Null[float64]{V: prices[i], Valid: true}
		}
		if !noName.Null(i) {
			r.Name = sql.Null[string]{V: texts[i], Valid: true}
		}
	}
	return nil
}

func assembleWide(b *thriftrows.Batch, rows []wideRow) (err error) {
	p, _ := column(&err, b.Column(0).Strings)
	q, _ := column(&err, b.Column(1).Strings)
	r, _ := column(&err, b.Column(2).Strings)
	s, _ := column(&err, b.Column(3).Strings)
	for i := range s {
		rows[i] = wideRow{p[i], q[i], r[i], s[i]}
	}
	return err
}

func assembleInts(b *thriftrows.Batch, rows []intsRow) (err error) {
	p, _ := column(&err, b.Column(0).Int64s)
	q, _ := column(&err, b.Column(1).Int64s)
	r, _ := column(&err, b.Column(2).Int64s)
	s, _ := column(&err, b.Column(3).Int64s)
	for i := range s {
		rows[i] = intsRow{p[i], q[i], r[i], s[i]}
	}
	return err
}

// TestStructsAgree compares the rows of Select with those made by hand.
func TestStructsAgree(t *testing.T) {
	t.Parallel()
	t.Run("mixed", func(t *testing.T) { structsAgree(t, data.Mixed, assembleMixed) })
	t.Run("wide", func(t *testing.T) { structsAgree(t, data.Wide, assembleWide) })
	t.Run("ints", func(t *testing.T) { structsAgree(t, data.Ints, assembleInts) })
}

func structsAgree[T any](t *testing.T, s *data.Set, assemble func(*thriftrows.Batch, []T) error) {
	var chunk thriftrows.Chunk
	must(t, chunk.Decode(s.Chunk(0), len(s.Columns)))
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	batch.Next()
	want := make([]T, data.ChunkRows)
	must(t, assemble(batch, want))

	plan, err := typed.Compile(reflect.TypeFor[T](), names(s), typed.Options{})
	must(t, err)
	block := typed.NewBlock[T](plan, typed.BlockRows)
	batch.Reset(&chunk)
	n := 0
	for batch.NextRun(typed.BlockRows) {
		rows, err := block.Fill(batch, nil)
		must(t, err)
		for _, row := range rows {
			if !reflect.DeepEqual(row, want[n]) {
				t.Fatalf("row %d: %+v, want %+v", n, row, want[n])
			}
			n++
		}
	}
	wantRows(t, n, data.ChunkRows)
}
