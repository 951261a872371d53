package e6data_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log"
	"math/big"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// shiftsEngine is an engine with a table that has columns of time types.
func shiftsEngine() *enginetest.Server {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	srv.Handle("SELECT day FROM shifts WHERE day >= DATE '2024-01-31'",
		enginetest.NewResult().Column("day", "DATE").
			Row(time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)).
			Row(nil))
	srv.Handle("SELECT start FROM shifts WHERE start > TIMESTAMP_TZ '2024-01-31 09:00:00.000000+05:30'",
		enginetest.NewResult().Column("start", "TIMESTAMP_TZ").
			Row(time.Date(2024, 1, 31, 10, 15, 0, 0, time.FixedZone("", 19800))))
	return srv
}

// A Date as an argument is a DATE, and a DATE column scans into a Date.
func ExampleDate() {
	srv := shiftsEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	from := time.Date(2024, 1, 31, 18, 30, 0, 0, time.UTC)
	rows, err := db.Query("SELECT day FROM shifts WHERE day >= ?", e6data.Date(from))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var day sql.Null[e6data.Date] // e6data.Date for a column without NULL
		if err := rows.Scan(&day); err != nil {
			log.Fatal(err)
		}
		if !day.Valid {
			fmt.Println("no day")
			continue
		}
		fmt.Println(day.V, time.Time(day.V).Weekday())
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2024-01-31 Wednesday
	// no day
}

// A TimestampTZ as an argument keeps the offset of the time, and a TIMESTAMP_TZ
// column scans into a TimestampTZ.
func ExampleTimestampTZ() {
	srv := shiftsEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	after := time.Date(2024, 1, 31, 9, 0, 0, 0, time.FixedZone("", 19800))
	var start e6data.TimestampTZ
	err = db.QueryRow("SELECT start FROM shifts WHERE start > ?", e6data.TimestampTZ(after)).Scan(&start)
	fmt.Println(start, err)
	fmt.Println(time.Time(start).UTC())
	// Output:
	// 2024-01-31 10:15:00.000000+05:30 <nil>
	// 2024-01-31 04:45:00 +0000 UTC
}

// A DECIMAL column scans into a big.Rat, which database/sql cannot do by itself
// before Go 1.27.
func ExampleInto() {
	db, stop := items()
	defer stop()
	rows, err := db.Query("SELECT price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var price *big.Rat // nil for NULL
		if err := rows.Scan(e6data.Into(&price)); err != nil {
			log.Fatal(err)
		}
		fmt.Println(price)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 123/10
	// <nil>
	// -1/20
}

// A mock of database/sql compares the arguments in this form.
func ExampleArgumentConverter() {
	var converter driver.ValueConverter = e6data.ArgumentConverter{}
	day := e6data.Date(time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC))
	for _, argument := range []any{"tea", day, []string{"IN", "SG"}, e6data.NoCache()} {
		v, err := converter.ConvertValue(argument)
		fmt.Println(v, err)
	}
	// Output:
	// tea <nil>
	// DATE '2024-01-31' <nil>
	// 'IN', 'SG' <nil>
	// <nil> driver: remove argument from query
}
