package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

const (
	// benchChunkRows and benchChunks make 5 million rows.
	benchChunkRows = 8000
	benchChunks    = 625
	// readRowsVariable makes the test binary the row reader of BenchmarkExport.
	readRowsVariable = "E6SQL_TEST_READ_ROWS"
)

// benchColumns are the ten columns of the benchmark's result.
var benchColumns = []struct {
	name, word string
	typ        thriftrows.VectorType
	scale      int32
	value      func(r *rand.Rand) any
}{
	{"id", "LONG", thriftrows.Long, 0, func(r *rand.Rand) any { return r.Int64() }},
	{"customer", "LONG", thriftrows.Long, 0, func(r *rand.Rand) any { return r.Int64N(1e6) }},
	{"quantity", "INTEGER", thriftrows.Integer, 0, func(r *rand.Rand) any { return r.Int32N(1000) }},
	{"price", "DOUBLE", thriftrows.Double, 0, func(r *rand.Rand) any { return r.Float64() * 1000 }},
	{"amount", "DECIMAL(18,2)", thriftrows.Decimal128, 2, func(r *rand.Rand) any { return fmt.Sprintf("%d.%02d", r.Int64N(1e9), r.IntN(100)) }},
	{"name", "STRING", thriftrows.String, 0, func(r *rand.Rand) any { return nullable(r, fmt.Sprintf("name %06d", r.IntN(1e6))) }},
	{"note", "STRING", thriftrows.String, 0, func(r *rand.Rand) any { return strings.Repeat("note ", 1+r.IntN(5)) }},
	{"day", "DATE", thriftrows.Date, 0, func(r *rand.Rand) any { return time.Unix(r.Int64N(2e9), 0).UTC() }},
	{"moment", "TIMESTAMP", thriftrows.Timestamp, 0, func(r *rand.Rand) any { return time.UnixMicro(r.Int64N(2e15)).UTC() }},
	{"active", "BOOLEAN", thriftrows.Boolean, 0, func(r *rand.Rand) any { return r.IntN(2) == 0 }},
}

// nullable returns nil for three of a hundred values.
func nullable(r *rand.Rand, v any) any {
	if r.IntN(100) < 3 {
		return nil
	}
	return v
}

// benchEngine starts an engine with 5 million rows.
func benchEngine(b *testing.B) *enginetest.Server {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	result := enginetest.NewResult().RowCount(benchChunkRows * benchChunks)
	vectors := make([]thriftrows.Vector, len(benchColumns))
	for i, c := range benchColumns {
		values := make([]any, benchChunkRows)
		for k := range values {
			values[k] = c.value(r)
		}
		var err error
		if vectors[i], err = thriftrows.NewVector(c.typ, c.scale, values); err != nil {
			b.Fatal(err)
		}
		result.Column(c.name, c.word)
	}
	chunk, err := thriftrows.AppendChunk(nil, benchChunkRows, vectors)
	if err != nil {
		b.Fatal(err)
	}
	result.ChunkFunc(func(batch int) []byte {
		if batch >= benchChunks {
			return nil
		}
		return chunk
	}).RowCount(benchChunkRows * benchChunks)
	srv := cmdtest.Engine(b, enginetest.Config{MaxCalls: -1})
	srv.Handle("SELECT all", result)
	return srv
}

// BenchmarkExport writes a result of 5 million rows and 10 columns to /dev/null, and for
// comparison scans it with database/sql. Each runs in a process of its own. It reports
// rows in a second, the processor time, which other work on the machine changes little,
// and the largest resident memory.
//
//	go test -run '^$' -bench Export -benchtime 3x .
func BenchmarkExport(b *testing.B) {
	srv := benchEngine(b)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	program := cmdtest.Binary(b)
	for _, c := range []struct {
		name string
		cmd  func() *exec.Cmd
	}{
		{"rows", func() *exec.Cmd {
			cmd := exec.Command(self, "-test.run=^TestReadRows$")
			cmd.Env = append(os.Environ(), readRowsVariable+"="+srv.DSN())
			return cmd
		}},
		{"csv", func() *exec.Cmd { return exec.Command(program, srv.DSN(), "-F", "csv", "-c", "SELECT all") }},
		{"jsonl", func() *exec.Cmd { return exec.Command(program, srv.DSN(), "-F", "jsonl", "-c", "SELECT all") }},
		{"json", func() *exec.Cmd { return exec.Command(program, srv.DSN(), "-F", "json", "-c", "SELECT all") }},
		{"tsv", func() *exec.Cmd { return exec.Command(program, srv.DSN(), "-F", "tsv", "-c", "SELECT all") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var most int64
			var busy time.Duration
			for b.Loop() {
				cmd := c.cmd()
				got, err := runWatched(cmd)
				if err != nil {
					b.Fatal(err)
				}
				most = max(most, got)
				busy += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(busy.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(b.N)*benchChunkRows*benchChunks/b.Elapsed().Seconds()/1e6, "Mrows/s")
			b.ReportMetric(float64(most)/(1<<20), "MiB-RSS")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// runWatched runs a program and returns its largest resident memory in bytes. The
// system's own record of a process that has ended begins with the memory of the process
// that started it, so that it is not used.
func runWatched(cmd *exec.Cmd) (most int64, err error) {
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return most, err
		case <-tick.C:
			most = max(most, peakMemory(cmd.Process.Pid))
		}
	}
}

// peakMemory returns the largest resident memory of a running process so far.
func peakMemory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib) // 0 if the process has just ended
	return kib << 10
}

// TestReadRows is the row reader of BenchmarkExport, in a process of its own.
func TestReadRows(t *testing.T) {
	dsn := os.Getenv(readRowsVariable)
	if dsn == "" {
		t.Skip("it is a part of BenchmarkExport")
	}
	db, err := sql.Open("e6data", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(context.Background(), "SELECT all")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var (
		id, customer, quantity int64
		price                  float64
		amount, note           string
		name                   sql.NullString
		day, moment            time.Time
		active                 bool
		n                      int
	)
	for rows.Next() {
		if err := rows.Scan(&id, &customer, &quantity, &price, &amount, &name, &note, &day, &moment, &active); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil || n != benchChunkRows*benchChunks {
		t.Fatalf("%d rows, %v", n, err)
	}
}

// BenchmarkStartup measures the program from its start to its end: without an engine,
// with one on loopback, and with the embedded one.
//
//	go test -run '^$' -bench Startup -benchtime 20x .
func BenchmarkStartup(b *testing.B) {
	srv := cmdtest.Engine(b, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	program := cmdtest.Binary(b)
	for _, c := range []struct {
		name string
		args []string
	}{
		{"version", []string{"--version"}},
		{"select", []string{srv.DSN(), "-c", "SELECT 1"}},
		{"embedded", []string{"--embedded", "-c", "SELECT 1"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if out, err := exec.Command(program, c.args...).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/run")
			b.ReportMetric(0, "ns/op")
		})
	}
}
