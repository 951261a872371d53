package simulation

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/grpc"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/strategy"
)

// deployments counts the deployments, so that each has its own name and the driver
// shares nothing between them.
var deployments atomic.Uint64

// tooLong is the virtual time after which a schedule is considered to hang. It is more
// than the sum of the driver's time limits.
const tooLong = time.Hour

// run runs a schedule in a bubble of its own, and judges it.
func run(t *testing.T, s *schedule, broken *sabotage, tracing bool) (d *deployment) {
	defer func() {
		if dead := recover(); dead != nil {
			d.violate("leak", "%v", dead)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Duration(s.Seed % uint64(time.Second))) // the driver's pauses depend on the time
		d = newDeployment(s)
		d.broken, d.tracing = broken, tracing
		d.drive(t)
	})
	return d
}

// pauseOf replaces the driver's random pauses. It depends on the op of ctx and on the
// virtual time.
func pauseOf(ctx context.Context, d time.Duration) time.Duration {
	id, _ := ctx.Value(opKey{}).(int)
	return time.Duration(mix(uint64(id), uint64(time.Now().UnixNano()), uint64(d)) % uint64(d))
}

// config returns the driver's configuration.
func (s *setup) config(cluster string) *e6data.Config {
	cfg := e6data.NewConfig()
	cfg.Host, cfg.Port = "127.0.0.1", 80
	if !s.OAuth {
		cfg.User, cfg.Token = "user@example.com", e6data.NewSecret("token")
	}
	cfg.ClusterName = cluster
	cfg.MaxAttempts = s.Attempts
	cfg.StrategyTTL = time.Duration(s.TTL)
	cfg.QueryTimeout = time.Duration(s.QueryTimeout)
	if !s.Prefetch {
		cfg.PrefetchBytes = 0
	}
	if s.Catalog {
		cfg.Catalog = "catalog"
	}
	if s.V2 != "" {
		cfg.ResultBatchV2 = e6data.BatchV2(s.V2)
	}
	return cfg
}

// drive uses the driver as the schedule demands.
func (d *deployment) drive(t *testing.T) {
	cfg := d.s.Setup.config(fmt.Sprintf("simulation-%d", deployments.Add(1)))
	defer strategy.Shared().Forget(strategy.Key{Endpoint: "127.0.0.1:80", Cluster: cfg.ClusterName})
	c, err := e6data.NewConnector(cfg, d.options()...)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	var ops, events sync.WaitGroup
	d.kill = func(a *account) { ops.Go(func() { d.killQuery(db, a) }) }
	stop := make(chan struct{})
	events.Go(func() { d.play(stop) })
	for _, a := range d.sorted() {
		ops.Go(func() { d.perform(db, a) })
	}
	done := make(chan struct{})
	go func() {
		ops.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(tooLong):
		d.mu.Lock()
		d.violate("hang", "a statement has not ended after %v", tooLong)
		d.mu.Unlock()
	}
	close(stop)
	events.Wait()
	d.shutDown(db, c)
	d.judge(c.Stats())
}

// options returns the driver's options.
func (d *deployment) options() []e6data.Option {
	dial := []grpc.DialOption{grpc.WithUnaryInterceptor(d.invoke)}
	if d.s.Setup.Ready {
		dial = append(dial, grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"`+alwaysReady+`":{}}]}`))
	}
	opts := []e6data.Option{e6data.WithDialOptions(dial...)}
	if d.s.Setup.OAuth {
		opts = append(opts, e6data.WithTokenSource(&tokens{}))
	}
	return opts
}

// killQuery cancels the latest query of a statement on another connection.
func (d *deployment) killQuery(db *sql.DB, a *account) {
	d.mu.Lock()
	id := a.queries[len(a.queries)-1].id
	d.mu.Unlock()
	defer d.connect()()
	ctx := context.WithValue(context.Background(), opKey{}, a.op.ID)
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error { return c.CancelID(ctx, id) })
	d.note("op %d: cancelling %s: %v", a.op.ID, id, err)
}

// shutDown closes the pool and waits for the driver's background work.
func (d *deployment) shutDown(db *sql.DB, c *e6data.Connector) {
	if err := db.Close(); err != nil {
		d.mu.Lock()
		d.violate("closed", "Close: %v", err)
		d.mu.Unlock()
	}
	for c.Shutdown(context.Background()) != nil && d.now() < 2*tooLong {
	}
	d.note("closed")
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	time.Sleep(tooLong) // a call that is still to come is noticed
}

// perform runs one statement and records its outcome.
func (d *deployment) perform(db *sql.DB, a *account) {
	time.Sleep(time.Duration(a.op.At) - d.now())
	ctx, stop := context.WithCancel(context.WithValue(context.Background(), opKey{}, a.op.ID))
	defer stop()
	if a.op.Timeout > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(a.op.Timeout))
		defer stop()
	}
	d.mu.Lock()
	d.cancels[a.op.ID] = stop
	a.began = d.now()
	d.mu.Unlock()
	defer d.connect()()
	err := d.ask(ctx, db, a)
	d.note("op %d ends: %d rows, %v", a.op.ID, a.rows, err)
	d.mu.Lock()
	a.ended, a.err = d.now(), err
	d.mu.Unlock()
}

// connect counts a connection that is in use until the returned function is called.
func (d *deployment) connect() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.active++
	d.peak = max(d.peak, d.active)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.active--
	}
}

// ask makes the application's calls.
func (d *deployment) ask(ctx context.Context, db *sql.DB, a *account) error {
	switch a.op.Kind {
	case opPing:
		return db.PingContext(ctx)
	case opExec:
		r, err := db.ExecContext(ctx, a.op.text())
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != a.op.value(0) {
			d.wrong("op %d: %d rows affected, %v", a.op.ID, n, err)
		}
		a.rows = 1
		return nil
	}
	rows, err := d.query(ctx, db, a)
	if err != nil {
		return err
	}
	defer rows.Close()
	for (a.op.Read == 0 || a.rows < a.op.Read) && rows.Next() {
		var got int64
		if err := rows.Scan(&got); err != nil || got != a.op.value(a.rows) {
			d.wrong("op %d: row %d is %d, %v", a.op.ID, a.rows, got, err)
		}
		a.rows++
		time.Sleep(time.Duration(a.op.Think) + 1) // the other goroutines have done their work afterwards
	}
	return rows.Err()
}

// query returns the rows of a statement, after it has submitted it if the op says so.
func (d *deployment) query(ctx context.Context, db *sql.DB, a *account) (*sql.Rows, error) {
	if a.op.Kind == opQuery {
		return db.QueryContext(ctx, a.op.text())
	}
	var h e6data.QueryHandle
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) (err error) {
		h, err = c.Submit(ctx, a.op.text())
		return err
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	a.submitted = true
	d.mu.Unlock()
	time.Sleep(time.Duration(a.op.Think) + 1)
	rows, err := e6data.FetchRows(ctx, db, h)
	if err != nil {
		late := context.WithoutCancel(ctx)
		a.given = e6data.UseConn(late, db, func(c *e6data.Conn) error { return c.Clear(late, h) })
	}
	return rows, err
}

// tokens is a source of access tokens, each of which is new.
type tokens struct{ n atomic.Uint64 }

func (s *tokens) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", s.n.Add(1))}, nil
}

// wrong records a wrong value.
func (d *deployment) wrong(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.violate("rows", format, args...)
}
