package e6data_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// readTime returns the only value of a query as a time.
func readTime(t *testing.T, db *sql.DB, query string) time.Time {
	t.Helper()
	var at time.Time
	if err := db.QueryRowContext(t.Context(), query).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// finds reports whether a query with an argument has a row.
func finds(t *testing.T, db *sql.DB, query string, arg any) bool {
	t.Helper()
	var id int64
	err := db.QueryRowContext(t.Context(), query, arg).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Error(err)
	}
	return err == nil
}

// With loc, a time that was read from a row finds that row again: the driver writes the
// time as the wall clock in loc, in the same way as it reads it.
func TestTimesInLocationFindTheirRows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, loc string
		clock     time.Time // as in the table
		found     bool
	}{
		{"UTC", "UTC", time.Date(2024, 1, 31, 23, 59, 58, 123456000, time.UTC), true},
		{"east", "Asia/Kolkata", time.Date(2024, 1, 31, 23, 59, 58, 123456000, time.UTC), true},
		{"west, on the next day in UTC", "America/New_York", time.Date(2024, 1, 31, 23, 59, 58, 0, time.UTC), true},
		{"offset", "%2B05:30", time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), true},
		// Clocks went back from 3 to 2. They showed this time twice, and both instants
		// are written as this time.
		{"twice", "Europe/Berlin", time.Date(2024, 10, 27, 2, 30, 0, 0, time.UTC), true},
		// Clocks went forward from 2 to 3. They never showed this time, and the driver
		// reads a time an hour away.
		{"never", "Europe/Berlin", time.Date(2024, 3, 31, 2, 30, 0, 0, time.UTC), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("SELECT at FROM t", enginetest.NewResult().Column("at", "TIMESTAMP").Row(test.clock))
			literal := "TIMESTAMP '" + test.clock.Format("2006-01-02 15:04:05.000000") + "'"
			srv.Handle("SELECT id FROM t WHERE at = "+literal, ids(1, 1))
			none := enginetest.NewResult().Column("id", "LONG")
			for _, hour := range []int{-1, 1} {
				other := test.clock.Add(time.Duration(hour) * time.Hour)
				srv.Handle("SELECT id FROM t WHERE at = TIMESTAMP '"+other.Format("2006-01-02 15:04:05.000000")+"'", none)
			}
			db := openDB(t, srv, "loc="+test.loc)
			at := readTime(t, db, "SELECT at FROM t")
			for _, arg := range []any{at, at.UTC(), &at, sql.NullTime{Time: at, Valid: true}} {
				if found := finds(t, db, "SELECT id FROM t WHERE at = ?", arg); found != test.found {
					t.Errorf("%T %v: found %v", arg, arg, found)
				}
			}
		})
	}
}

// A DATE has no time of day and no zone. It is midnight UTC with every loc, and as a Date
// it finds its row again.
func TestDatesInLocation(t *testing.T) {
	t.Parallel()
	for _, loc := range []string{"Asia/Kolkata", "America/New_York"} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("SELECT day FROM t", enginetest.NewResult().Column("day", "DATE").Row(time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)))
		srv.Handle("SELECT id FROM t WHERE day = DATE '2024-01-31'", ids(1, 1))
		db := openDB(t, srv, "loc="+loc)
		day := readTime(t, db, "SELECT day FROM t")
		if !finds(t, db, "SELECT id FROM t WHERE day = ?", e6data.Date(day)) {
			t.Errorf("%s: %v is not found", loc, day)
		}
	}
}

func TestServerParametersInLocation(t *testing.T) {
	t.Parallel()
	srv := serverEngine(t, "TIMESTAMP", "DATE", "TIMESTAMP_TZ")
	db := openDB(t, srv, "params=server", "loc=Asia/Kolkata")
	at := time.Date(2024, 1, 31, 18, 30, 0, 0, time.UTC)
	_, values, err := serverValues(db, "SELECT ?, ?, ?", at, at, at)
	want := []string{"1 TIMESTAMP 2024-02-01 00:00:00.000000", "2 DATE 2024-02-01", "3 TIMESTAMP_TZ 2024-01-31 18:30:00.000000+00:00"}
	if err != nil || !slices.Equal(values, want) {
		t.Error(fmt.Sprintf("%q", values), err)
	}
}
