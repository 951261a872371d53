package integration

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/haproxy"
	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/stack"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// pair is a deployment without containers: two engines in this process.
type pair struct {
	engines map[string]*enginetest.Server
	db      *sql.DB
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{engines: map[string]*enginetest.Server{}}
	for _, colour := range []string{enginetest.Blue, enginetest.Green} {
		srv, err := enginetest.NewServer(enginetest.Config{Live: []string{colour}, MaxCalls: -1})
		must(t, err)
		t.Cleanup(srv.Close)
		srv.HandleFunc(synth.Result)
		p.engines[colour] = srv
	}
	return p
}

// addrs returns the engines' addresses by colour.
func (p *pair) addrs() map[string]string {
	addrs := map[string]string{}
	for colour, srv := range p.engines {
		addrs[colour] = srv.Addr()
	}
	return addrs
}

// open opens a pool of connections.
func (p *pair) open(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("e6data", dsn)
	must(t, err)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	p.db = db
}

// settled waits until the engines' books balance. It checks that as many
// queries were executed as the report says, where no query failed.
func (p *pair) settled(t *testing.T, report load.Report) {
	t.Helper()
	executed := 0
	for colour, srv := range p.engines {
		if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
			t.Errorf("%s: %v", colour, err)
		}
		executed += srv.Stats().Executed
	}
	if report.Failures() == 0 && executed != report.OK {
		t.Errorf("%d queries were executed, %d succeeded", executed, report.OK)
	}
}

// drained waits until an engine has no query.
func drained(t *testing.T, srv *enginetest.Server) {
	t.Helper()
	must(t, srv.Wait(within(t, time.Minute), func(s enginetest.Stats) bool { return s.Open == 0 && s.InFlight == 0 }))
}

// newHAProxy starts HAProxy in front of a pair whose blue engine is live.
func newHAProxy(t *testing.T, cfg haproxy.Config) (*pair, *haproxy.Proxy) {
	t.Helper()
	if _, err := haproxy.Find(); err != nil {
		const reason = "SKIPPED: tests with HAProxy: the program haproxy is not installed"
		if os.Getenv("E6DATA_REQUIRE_HAPROXY") == "1" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	p := newPair(t)
	dir, err := os.MkdirTemp("", "e6ha") //nolint:usetesting // t.TempDir is too long for a Unix socket
	must(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	cfg.Engines, cfg.Live, cfg.Dir = p.addrs(), []string{enginetest.Blue}, dir
	proxy, err := haproxy.Start(within(t, time.Minute), cfg)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("haproxy's log:\n%s", proxy.Log())
		}
		proxy.Close()
	})
	u := url.URL{
		Scheme: "e6data", User: url.UserPassword(enginetest.DefaultUser, enginetest.DefaultToken), Host: proxy.Addr(), Path: "/db",
		RawQuery: url.Values{"secure": {"true"}, "ca_cert": {proxy.CAFile()}}.Encode(),
	}
	p.open(t, u.String())
	return p, proxy
}

func otherColour(colour string) string {
	if colour == enginetest.Blue {
		return enginetest.Green
	}
	return enginetest.Blue
}

// Deployments go on under load: each is announced and drained, and HAProxy is
// reloaded in between. No query fails.
func TestHAProxyRollingDeployments(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, 3*time.Minute)
	r := under(t, p.db, mixed, time.Minute)
	live := enginetest.Blue
	for range 4 {
		next := otherColour(live)
		must(t, proxy.SetLive(ctx, live, next))
		must(t, proxy.Reload(ctx))
		p.engines[live].Announce(next)
		drained(t, p.engines[live])
		must(t, proxy.SetLive(ctx, next))
		p.engines[live].Announce("")
		progress(t, r, connections)
		live = next
	}
	p.settled(t, settle(t, "rolling deployments behind HAProxy", r))
}

// A new process takes over under load, again and again, as when certificates or
// routes change. The old process ends its connections in an orderly way
// (GOAWAY). No query fails.
func TestHAProxyReloads(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, 2*time.Minute)
	r := under(t, p.db, mixed, time.Minute)
	for range 6 {
		must(t, proxy.Reload(ctx))
		progress(t, r, connections)
	}
	p.settled(t, settle(t, "reloads of HAProxy", r))
	must(t, proxy.WaitDrained(ctx))
}

// A switch without an announcement loses the queries of the old colour that are
// executed: the driver reports that, and repeats none of them. Other queries go
// to the new colour.
func TestHAProxyHardSwitch(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, 2*time.Minute)
	r := under(t, p.db, mixed, time.Minute)
	live := enginetest.Blue
	for range 4 {
		live = otherColour(live)
		must(t, proxy.SetLive(ctx, live))
		progress(t, r, connections)
	}
	report := settle(t, "switches without an announcement", r, load.Incomplete)
	executed := 0
	for _, srv := range p.engines {
		executed += srv.Stats().Executed
	}
	if executed != report.Queries {
		t.Errorf("%d queries were executed, %d were started", executed, report.Queries)
	}
	// The router answers 456 to the call that clears a query of a dead colour.
	// The engine ends these queries by itself.
	must(t, proxy.SetLive(ctx, enginetest.Blue, enginetest.Green))
	allGood(t, "afterwards", p.db, mixed)
}

// HAProxy answers 503 while the cluster is suspended. The driver wakes the
// cluster once for all its connections, and no query fails.
func TestHAProxySuspendedCluster(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, 2*time.Minute)
	blue := p.engines[enginetest.Blue]
	for round := range 3 {
		blue.SetCluster(enginetest.ClusterSuspended)
		must(t, proxy.SetSuspended(ctx, true))
		woken := make(chan error, 1)
		go func() {
			// The platform routes calls to the engines again when they run.
			err := stack.Until(ctx, func() error {
				if state := blue.Cluster(); state != enginetest.ClusterActive {
					return errors.New(state)
				}
				return nil
			})
			woken <- errors.Join(err, proxy.SetSuspended(ctx, false))
		}()
		r := load.Load{DB: p.db, Connections: connections, Timeout: time.Minute, Next: mixed}.Start()
		t.Cleanup(func() { r.Stop() })
		must(t, <-woken)
		progress(t, r, connections)
		settle(t, "a suspended cluster", r)
		if n := blue.Count("ClusterService/resume"); n > round+1 {
			t.Errorf("%d calls woke the cluster, want %d at most", n, round+1)
		}
		drained(t, blue)
	}
}

// A connection carries at most four calls. The others wait for it or for another
// connection, and none fails.
func TestHAProxyStreamLimit(t *testing.T) {
	p, _ := newHAProxy(t, haproxy.Config{Streams: 4})
	r := under(t, p.db, mixed, time.Minute)
	progress(t, r, 4*connections)
	p.settled(t, settle(t, "four calls a connection", r))
}

// HAProxy closes idle connections. The next query needs another one, and does
// not fail.
func TestHAProxyIdleTimeout(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{Idle: 50 * time.Millisecond})
	ctx := within(t, time.Minute)
	for range 5 {
		q := load.Synthetic(synth.Query{Rows: 3})()
		if n, wrong, err := q.Run(t.Context(), p.db); n != 3 || wrong != "" || err != nil {
			t.Fatalf("%d rows, %s, %v", n, wrong, err)
		}
		must(t, stack.Until(ctx, func() error {
			if n, err := proxy.Connections(ctx); n != 0 || err != nil {
				return fmt.Errorf("%d connections, %w", n, err)
			}
			return nil
		}))
	}
}

// An engine dies under load, and comes back. HAProxy answers 503 in between,
// and no cluster is suspended. Only queries that were lost fail, and each of
// them with an error that says so.
func TestHAProxyEngineDies(t *testing.T) {
	p, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, 2*time.Minute)
	must(t, proxy.SetLive(ctx, enginetest.Blue, enginetest.Green))
	r := under(t, p.db, mixed, time.Minute)
	p.engines[enginetest.Blue].Close()
	must(t, proxy.SetLive(ctx, enginetest.Green))
	progress(t, r, 2*connections)
	report := settle(t, "an engine that dies", r, load.Incomplete, load.Ambiguous, load.Connection)
	if report.Failures() == 0 {
		t.Error("no query was lost")
	}
}

// HAProxy answers like the proxies of deployments, in plain HTTP.
func TestHAProxyAnswers(t *testing.T) {
	_, proxy := newHAProxy(t, haproxy.Config{})
	ctx := within(t, time.Minute)
	expect := func(method, colour string, want int) {
		t.Helper()
		tls := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		pem, err := os.ReadFile(proxy.CAFile())
		if err != nil || !tls.RootCAs.AppendCertsFromPEM(pem) {
			t.Fatal("no certificate", err)
		}
		transport := &http.Transport{TLSClientConfig: tls, ForceAttemptHTTP2: true}
		if code, err := ask(ctx, transport, "https://"+proxy.Addr()+method, colour); err != nil || code != want {
			t.Errorf("%s: HTTP %d for strategy %q, want %d; %v", method, code, colour, want, err)
		}
	}
	const query = "/QueryEngineService/healthCheck"
	expect(query, "blue", http.StatusOK)
	expect(query, "green", 456)
	expect(query, "", 456)
	must(t, proxy.SetLive(ctx, "blue", "green"))
	expect(query, "green", http.StatusOK)
	must(t, proxy.SetSuspended(ctx, true))
	expect(query, "blue", http.StatusServiceUnavailable)
	must(t, proxy.Reload(ctx)) // keeps the state
	expect(query, "blue", http.StatusServiceUnavailable)
	must(t, proxy.SetSuspended(ctx, false))
	must(t, proxy.SetLive(ctx))
	expect(query, "blue", 456)
}
