package enginetest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// recordingTB is a test of its own that fails without the real one.
type recordingTB struct {
	testing.TB
	cleanups []func()
	errors   []string
	logs     []string
	fatal    bool
}

func (r *recordingTB) Helper()          {}
func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recordingTB) Error(args ...any) {
	r.errors = append(r.errors, fmt.Sprint(args...))
}
func (r *recordingTB) Log(args ...any) { r.logs = append(r.logs, fmt.Sprint(args...)) }
func (r *recordingTB) Failed() bool    { return len(r.errors) > 0 || r.fatal }
func (r *recordingTB) Fatal(args ...any) {
	r.fatal = true
	r.Log(args...)
	panic(r)
}

// end does what the test package does after a test.
func (r *recordingTB) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

// Start closes the server with the test.
func TestStart(t *testing.T) {
	var srv *enginetest.Server
	t.Run("test", func(t *testing.T) {
		srv = enginetest.Start(t, enginetest.Config{})
		srv.Handle(items, itemsResult())
		p := connect(t, srv).MustExecute(items)
		p.Sizes()
		p.MustClear()
	})
	if _, err := plainClient(t, srv).HealthCheck(t.Context(), &wire.HealthCheckRequest{}); err == nil {
		t.Error("the server is not closed")
	}
}

// plainClient is a client whose connection outlives no test.
func plainClient(t *testing.T, srv *enginetest.Server) wire.QueryEngineServiceClient {
	t.Helper()
	cc, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	noErr(t, err)
	t.Cleanup(func() { _ = cc.Close() })
	return wire.NewQueryEngineServiceClient(cc)
}

// A test that leaves something on the server, or fails in another way, says what
// the server saw.
func TestStartReports(t *testing.T) {
	for _, leak := range []bool{false, true} {
		r := &recordingTB{TB: t}
		srv := enginetest.Start(r, enginetest.Config{})
		srv.Handle(items, itemsResult())
		p := connect(t, srv).MustExecute(items)
		if leak {
			_, err := p.Batch() // before its metadata is fine; clearing twice is not
			noErr(t, err)
			p.MustClear()
			p.MustClear()
		} else {
			p.MustClear()
			r.Error("something else")
		}
		r.end()
		if want := map[bool]string{true: "cleared or cancelled again 1 times", false: "something else"}[leak]; len(r.errors) != 1 || !strings.Contains(r.errors[0], want) {
			t.Errorf("errors %q, want %q", r.errors, want)
		}
		if len(r.logs) != 1 {
			t.Fatalf("logs %q", r.logs)
		}
		for _, want := range []string{"queries: 1 prepared, 1 executed, 1 cleared", "2 prepareStatement blue query-blue-000001: OK", `"` + items + `"`} {
			if !strings.Contains(r.logs[0], want) {
				t.Errorf("the log lacks %q:\n%s", want, r.logs[0])
			}
		}
		if strings.Contains(r.logs[0], enginetest.DefaultToken) {
			t.Errorf("the log shows the token:\n%s", r.logs[0])
		}
	}
}

func TestStartFails(t *testing.T) {
	r := &recordingTB{TB: t}
	defer func() {
		if recover() != any(r) || !r.fatal {
			t.Errorf("logs %q", r.logs)
		}
	}()
	enginetest.Start(r, enginetest.Config{Listen: "127.0.0.1:none"})
}

// The log holds the latest calls only.
func TestLogIsBounded(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	c := dial(t, srv)
	for range 150 {
		_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{})
		noErr(t, err)
	}
	r := &recordingTB{TB: t}
	srv.Log(r)
	if n := strings.Count(r.logs[0], "\n"); n != 100 || !strings.Contains(r.logs[0], "150 healthCheck blue: OK") || !strings.Contains(r.logs[0], "150 calls") {
		t.Errorf("%d lines:\n%s", n, r.logs[0])
	}
}
