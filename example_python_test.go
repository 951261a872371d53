package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/url"
	"strings"
	"sync"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The examples in this file are the recipes of docs/coming-from-python.md.

// itemsQuery is the statement of the examples. Its result has five rows in batches of two.
const itemsQuery = "SELECT id, name, price FROM items ORDER BY id"

// itemsEngine returns an engine inside the process, with a result for itemsQuery.
func itemsEngine(cfg enginetest.Config) *enginetest.Server {
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		log.Fatal(err)
	}
	srv.Handle(itemsQuery, enginetest.NewResult().
		Column("id", "LONG").
		Column("name", "STRING").
		Column("price", "DECIMAL(10,2)").
		BatchRows(2).
		Row(1, "bolt", "0.10").
		Row(2, "nut", "0.05").
		Row(3, "screw", nil).
		Row(4, "nail", "0.02").
		Row(5, "washer", "0.01"))
	return srv
}

// Connect, and check that the engine answers.
func Example_connect() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()

	// Such as e6data://me@example.com:token@e6.example.com:443/sales?catalog=lake&secure=true
	db, err := sql.Open("e6data", srv.DSN("catalog=lake"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println("ping:", db.PingContext(ctx))
	// Output: ping: <nil>
}

// A sql.DB is a pool, and returns connections to itself.
func Example_pool() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxIdleConns(10)           // max_size
	db.SetMaxOpenConns(15)           // max_size and max_overflow
	db.SetConnMaxLifetime(time.Hour) // recycle

	// The bound for the wait for a connection, and for the query.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var queries sync.WaitGroup
	for range 50 {
		queries.Go(func() {
			var id int64
			var name, price string
			if err := db.QueryRowContext(ctx, itemsQuery).Scan(&id, &name, &price); err != nil {
				log.Print(err)
			}
		})
	}
	queries.Wait()

	stats := db.Stats() // get_statistics()
	fmt.Println("at most:", stats.MaxOpenConnections, "in use:", stats.InUse)
	fmt.Println("executed:", srv.Stats().Executed)
	// Output:
	// at most: 15 in use: 0
	// executed: 50
}

// A statement without use for its rows: Exec reads them to the end.
func Example_execute() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	result, err := db.ExecContext(context.Background(), itemsQuery+" ;") // as in Python, the semicolon is removed
	if err != nil {
		log.Fatal(err)
	}
	rowCount, err := result.RowsAffected()
	fmt.Println(rowCount, err)
	// Output: 5 <nil>
}

// Arguments for ? or for names. The driver writes the literals.
func Example_parameters() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.Handle("SELECT id FROM items WHERE name = 'nut' AND price < CAST('0.10' AS DECIMAL(2,2)) AND added > DATE '2024-01-31'",
		enginetest.NewResult().Column("id", "LONG").Row(2))
	srv.Handle("SELECT count(*) FROM items WHERE name IN ('bolt', 'Bob''s nut') OR maker = 'Bob''s'",
		enginetest.NewResult().Column("n", "LONG").Row(7))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx := context.Background()

	var id, n int64
	err = db.QueryRowContext(ctx, "SELECT id FROM items WHERE name = ? AND price < ? AND added > ?",
		"nut", e6data.NewDecimal(10, 2), e6data.Date(time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC))).Scan(&id)
	fmt.Println(id, err)

	err = db.QueryRowContext(ctx, "SELECT count(*) FROM items WHERE name IN (:names) OR maker = :maker",
		sql.Named("names", []string{"bolt", "Bob's nut"}), sql.Named("maker", "Bob's")).Scan(&n)
	fmt.Println(n, err)

	_, err = db.QueryContext(ctx, "SELECT id FROM items WHERE name = ? AND price < ?", "nut")
	fmt.Println(err)
	// Output:
	// 2 <nil>
	// 7 <nil>
	// e6data: argument 2: it is missing: the statement has 2 placeholders
}

// Another schema for one query. An option may stand anywhere among the arguments.
func Example_withSchema() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("at", "STRING").Row(q.Catalog + "." + q.Schema), nil
	})
	db, err := sql.Open("e6data", srv.DSN("catalog=lake"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx := context.Background()

	var one, all string
	err = db.QueryRowContext(ctx, "SELECT at FROM t WHERE id = ?", 7, e6data.InSchema("archive")).Scan(&one)
	fmt.Println(one, err)

	// For every query that is made with a context.
	ctx = e6data.ContextWithOptions(ctx, e6data.InCatalog("other"), e6data.InSchema("archive"), e6data.NoCache())
	err = db.QueryRowContext(ctx, "SELECT at FROM t").Scan(&all)
	fmt.Println(all, err)
	// Output:
	// lake.archive <nil>
	// other.archive <nil>
}

// All rows into a slice, as fetchall does.
func Example_fetchAll() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	type item struct {
		ID    int64
		Name  string
		Price sql.NullString // a decimal, exact
	}
	rows, err := db.QueryContext(context.Background(), itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []item
	for rows.Next() {
		var it item
		if err := rows.Scan(&it.ID, &it.Name, &it.Price); err != nil {
			log.Fatal(err)
		}
		all = append(all, it)
	}
	if err := rows.Err(); err != nil { // also tells of a result that was cut short
		log.Fatal(err)
	}
	fmt.Println(len(all), all[0], all[2])
	// Output: 5 {1 bolt {0.10 true}} {3 screw { false}}
}

// The first row only, as fetchone does. The rest of the result is dropped.
func Example_fetchOne() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.Handle("SELECT 1 WHERE FALSE", enginetest.NewResult().Column("one", "INTEGER"))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	var id int64
	var name, price string
	err = db.QueryRowContext(context.Background(), itemsQuery).Scan(&id, &name, &price)
	fmt.Println(id, name, price, err)

	err = db.QueryRowContext(context.Background(), "SELECT 1 WHERE FALSE").Scan(&id)
	fmt.Println("none:", errors.Is(err, sql.ErrNoRows)) // where Python gives None
	// Output:
	// 1 bolt 0.10 <nil>
	// none: true
}

// A few rows at a time, as fetchmany(2) does. The engine's batches may have other
// sizes, and are fetched ahead in the background.
func Example_fetchMany() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	rows, err := db.QueryContext(context.Background(), itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	fetchMany := func(size int) (names []string) {
		for len(names) < size && rows.Next() {
			var id int64
			var name string
			var price sql.NullString
			if err := rows.Scan(&id, &name, &price); err != nil {
				log.Fatal(err)
			}
			names = append(names, name)
		}
		return names
	}
	for names := fetchMany(2); len(names) > 0; names = fetchMany(2) {
		fmt.Println(names)
	}
	fmt.Println(rows.Err())
	// Output:
	// [bolt nut]
	// [screw nail]
	// [washer]
	// <nil>
}

// Batch by batch, as fetchall_buffer does, and column by column. Memory does not
// grow with the result.
func Example_fetchBuffer() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx := context.Background()
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, itemsQuery)
		if err != nil {
			return err
		}
		fmt.Println("query", result.QueryID())
		for batch, err := range result.All() {
			if err != nil {
				return err
			}
			ids, _, err := batch.Column(0).Int64s()
			if err != nil {
				return err
			}
			fmt.Println(ids) // valid until the next batch
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// query query-blue-000001
	// [1 2]
	// [3 4]
	// [5]
	// <nil>
}

// The columns of a result, which cursor.description lists.
func Example_description() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	rows, err := db.QueryContext(context.Background(), itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range columns {
		precision, scale, _ := c.DecimalSize()
		fmt.Println(c.Name(), c.DatabaseTypeName(), precision, scale)
	}
	fmt.Println(rows.Err())
	// Output:
	// id LONG 0 0
	// name STRING 0 0
	// price DECIMAL 10 2
	// <nil>
}

// Rows of any statement as maps by column, as dict(zip(columns, row)) makes them.
func Example_rowsAsMaps() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	rows, err := db.QueryContext(context.Background(), itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		log.Fatal(err)
	}
	values := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			log.Fatal(err)
		}
		row := make(map[string]any, len(columns))
		for i, c := range columns {
			row[c] = values[i]
		}
		fmt.Println(row)
	}
	fmt.Println(rows.Err())
	// Output:
	// map[id:1 name:bolt price:0.10]
	// map[id:2 name:nut price:0.05]
	// map[id:3 name:screw price:<nil>]
	// map[id:4 name:nail price:0.02]
	// map[id:5 name:washer price:0.01]
	// <nil>
}

// Ending the context ends the query, here and on the engine, in any phase.
func Example_cancel() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.Handle("SELECT count(*) FROM a, b, c", enginetest.NewResult().
		Column("n", "LONG").
		Delay(enginetest.PhaseExecute, time.Hour))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		// Somebody loses patience once the query runs.
		_ = srv.Wait(ctx, func(s enginetest.Stats) bool { return s.Executed > 0 })
		cancel()
	}()
	var n int64
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM a, b, c").Scan(&n)
	fmt.Println("cancelled:", errors.Is(err, context.Canceled))
	fmt.Println("left on the engine:", srv.WaitBalanced(context.Background()))
	// Output:
	// cancelled: true
	// left on the engine: <nil>
}

// Another database has its own pool. Pools to the same endpoint share the known live
// colour.
func Example_otherDatabase() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("place", "STRING").Row(q.Catalog + "." + q.Schema), nil
	})

	cfg, err := e6data.ParseDSN(srv.DSN("catalog=lake"))
	if err != nil {
		log.Fatal(err)
	}
	for _, database := range []string{"sales", "stock"} {
		other := cfg.Clone()
		other.Database = database
		connector, err := e6data.NewConnector(other)
		if err != nil {
			log.Fatal(err)
		}
		db := sql.OpenDB(connector)
		var place string
		err = db.QueryRowContext(context.Background(), "SELECT current_place()").Scan(&place)
		fmt.Println(place, err)
		_ = db.Close()
	}
	// Output:
	// lake.sales <nil>
	// lake.stock <nil>
}

// A private certificate authority. With a public one, secure=true is sufficient.
func Example_tls() {
	srv := itemsEngine(enginetest.Config{TLS: true})
	defer srv.Close()

	authority := string(srv.CertPEM()) // or the name of a PEM file
	// The DSN of srv has secure=true.
	db, err := sql.Open("e6data", srv.DSN("ca_cert="+url.QueryEscape(authority)))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	fmt.Println("ping:", db.PingContext(context.Background()))
	// Output: ping: <nil>
}

// A TLS setting without a parameter: a registered configuration.
func Example_tlsConfig() {
	srv := itemsEngine(enginetest.Config{TLS: true})
	defer srv.Close()

	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(srv.CertPEM())
	err := e6data.RegisterTLSConfig("python-recipe", &tls.Config{
		RootCAs:    authorities,
		MinVersion: tls.VersionTLS13,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer e6data.DeregisterTLSConfig("python-recipe")
	db, err := sql.Open("e6data", srv.DSN("tls_config=python-recipe"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	fmt.Println("ping:", db.PingContext(context.Background()))
	// Output: ping: <nil>
}

// Several chunks in one call, as with enable_result_batch_v2=True. With "auto" the pool
// remembers an engine that lacks the call. With "on" each query tries the call.
func Example_resultBatchV2() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN("result_batch_v2=auto"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	result, err := db.ExecContext(context.Background(), itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	rowCount, err := result.RowsAffected()
	fmt.Println(rowCount, err)
	fmt.Println("calls for the three batches:", srv.Count("getNextResultBatchV2"))
	// Output:
	// 5 <nil>
	// calls for the three batches: 1
}

// A deployment moves from blue to green. A running query ends where it began, and the
// next one runs on green. No setting is necessary. The parameters here are those of the
// Python connector's README; the first two have their default values.
func Example_zeroDowntime() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN(
		"strategy_ttl=300s",     // E6DATA_STRATEGY_CACHE_TIMEOUT
		"max_attempts=5",        // E6DATA_MAX_RETRY_ATTEMPTS
		"keepalive_timeout=60s", // grpc_options: keepalive_timeout_ms
		"keepalive_time=30s",    // keepalive_time_ms
		"max_recv_bytes=100MiB", // max_receive_message_length
		"max_send_bytes=100MiB", // max_send_message_length
		"prefetch_bytes=0",      // so that the switch falls into the middle of the result
	))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	for range 2 {
		rows, err := db.QueryContext(context.Background(), itemsQuery)
		if err != nil {
			log.Fatal(err)
		}
		n := 0
		for ; rows.Next(); n++ {
			srv.SetLive(enginetest.Blue, enginetest.Green) // the deployment's doing
			srv.Announce(enginetest.Green)
		}
		fmt.Println(n, rows.Err())
		_ = rows.Close()
		srv.SetLive(enginetest.Green)
	}
	for _, call := range srv.CallsTo("executeStatement") {
		fmt.Println("ran on", call.Strategy)
	}
	// Output:
	// 5 <nil>
	// 5 <nil>
	// ran on blue
	// ran on green
}

// The first query resumes a suspended cluster. With auto_resume=false it fails instead.
func Example_autoResume() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.SetCluster(enginetest.ClusterSuspended)

	for _, params := range []string{"auto_resume=false", "resume_timeout=5m"} {
		cfg, err := e6data.ParseDSN(srv.DSN(params))
		if err != nil {
			log.Fatal(err)
		}
		// The engine of this example is quick to wake: ask it more often than
		// every five seconds.
		connector, err := e6data.NewConnector(cfg, e6data.WithResumePoll(time.Millisecond))
		if err != nil {
			log.Fatal(err)
		}
		db := sql.OpenDB(connector)
		_, err = db.ExecContext(context.Background(), itemsQuery)
		fmt.Println("suspended:", errors.Is(err, e6data.ErrClusterSuspended))
		_ = db.Close()
	}
	fmt.Println("cluster:", srv.Cluster())
	// Output:
	// suspended: true
	// suspended: false
	// cluster: active
}

// The message of an SQL error, and the query's id.
func Example_queryError() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	srv.Handle("SELECT nothing FROM items", enginetest.NewResult().
		Fail(enginetest.PhasePrepare, errors.New("line 1:8: column nothing is unknown")))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	_, err = db.ExecContext(context.Background(), "SELECT nothing FROM items")
	var e *e6data.Error
	fmt.Println(errors.As(err, &e))
	fmt.Println(e.Phase, e.Code, e.Message)
	fmt.Println("the token is in it:", strings.Contains(err.Error(), enginetest.DefaultToken))
	// Output:
	// true
	// prepare Internal line 1:8: column nothing is unknown
	// the token is in it: false
}
