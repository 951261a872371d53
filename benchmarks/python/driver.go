package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// readAndReport is the main function of a reader's process: args are those of connector.py.
func readAndReport(args []string, out io.Writer) error {
	s, err := setNamed(strings.TrimPrefix(args[1], statement(&data.Set{})))
	if err != nil {
		return err
	}
	read, ok := driverReaders[s][args[2]]
	if !ok {
		return fmt.Errorf("no reader %q", args[2])
	}
	times, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	m, err := readTimes(args[0], s, read, times)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(m)
}

func readTimes(addr string, s *data.Set, read readFunc, times int) (*measurement, error) {
	db, err := sql.Open("e6data", "e6data://"+enginetest.DefaultUser+":"+enginetest.DefaultToken+"@"+addr+"/db")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	ctx := context.Background()
	var one int64
	if err := db.QueryRowContext(ctx, pointQuery).Scan(&one); err != nil {
		return nil, err
	}
	m := new(measurement)
	for range times {
		start, cpu := time.Now(), cpuTime()
		n, err := read(ctx, db, statement(s))
		if err != nil {
			return nil, err
		}
		m.Seconds = append(m.Seconds, time.Since(start).Seconds())
		m.CPUSeconds = append(m.CPUSeconds, (cpuTime() - cpu).Seconds())
		m.Rows = append(m.Rows, n)
	}
	m.PeakRSS = peakRSS()
	return m, nil
}

// peakRSS returns the most memory that this process has had, in bytes; 0 where the system
// does not tell.
func peakRSS() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}

// readFunc reads the result of a statement and returns the number of rows.
type readFunc func(ctx context.Context, db *sql.DB, query string) (int, error)

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

var driverReaders = map[*data.Set]map[string]readFunc{
	data.Mixed: readersOf(func(r *mixedRow) []any {
		return []any{&r.ID, &r.Quantity, &r.Price, &r.Name, &r.Day, &r.At, &r.Amount, &r.Active}
	}),
	data.Wide: readersOf(func(r *wideRow) []any { return []any{&r.A, &r.B, &r.C, &r.D} }),
	data.Ints: readersOf(func(r *intsRow) []any { return []any{&r.A, &r.B, &r.C, &r.D} }),
}

// readersOf returns the readers of T. fields lists where Scan stores a row.
func readersOf[T any](fields func(*T) []any) map[string]readFunc {
	return map[string]readFunc{
		"scan":    func(ctx context.Context, db *sql.DB, query string) (int, error) { return scan(ctx, db, query, fields) },
		"select":  iterate[T],
		"collect": collect[T],
		"columns": columns,
	}
}

func scan[T any](ctx context.Context, db *sql.DB, query string, fields func(*T) []any) (n int, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }() // the end of the rows has closed them
	var row T
	for dest := fields(&row); rows.Next(); n++ {
		if err := rows.Scan(dest...); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

func iterate[T any](ctx context.Context, db *sql.DB, query string) (n int, err error) {
	for _, err := range e6data.Select[T](ctx, db, query) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func collect[T any](ctx context.Context, db *sql.DB, query string) (int, error) {
	all, err := e6data.Collect[T](ctx, db, query)
	return len(all), err
}

// columns makes a Go value of every value, column by column.
func columns(ctx context.Context, db *sql.DB, query string) (n int, err error) {
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, query)
		if err != nil {
			return err
		}
		for batch, err := range result.All() {
			if err != nil {
				return err
			}
			for i := range batch.NumColumns() {
				if err := convert(batch.Column(i)); err != nil {
					return err
				}
			}
			n += batch.NumRows()
		}
		return nil
	})
	return n, err
}

func convert(c *thriftrows.BatchColumn) error {
	var err error
	switch c.Type() {
	case thriftrows.Integer, thriftrows.Long:
		_, _, err = c.Int64s()
	case thriftrows.Double:
		_, _, err = c.Float64s()
	case thriftrows.Boolean:
		_, _, err = c.Bools()
	case thriftrows.Decimal128:
		_, _, err = c.Decimals()
	case thriftrows.Date, thriftrows.TimestampTZ:
		_, _, err = c.Times()
	case thriftrows.String:
		_, _, err = c.Strings()
	default:
		err = fmt.Errorf("no data set has a column of type %v", c.Type())
	}
	return err
}
