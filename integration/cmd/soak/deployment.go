package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/haproxy"
	"github.com/e6data/e6data-go/integration/internal/router"
)

// proxy is what both proxies can do.
type proxy interface {
	setLive(ctx context.Context, colours ...string) error
	reload(ctx context.Context) error
	dsn() string
	close()
}

// deployment is the emulator behind a proxy.
type deployment struct {
	proxy
	dir   string
	cmd   *exec.Cmd
	admin string // the URL of the emulator's admin
	live  string
	ended chan struct{} // closed when the emulator has ended
}

// deploy starts the emulator and the proxy. The caller must call close if there
// is no error.
func deploy(ctx context.Context, o options) (_ *deployment, err error) {
	d := &deployment{live: enginetest.Blue, ended: make(chan struct{})}
	if d.dir, err = os.MkdirTemp("", "e6soak"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	program := o.emulator
	if program == "" {
		program = filepath.Join(d.dir, "e6emulator")
		build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/e6emulator") //nolint:gosec // our own program
		build.Dir, build.Stdout, build.Stderr = emulatorModule(), os.Stderr, os.Stderr
		build.Env = append(os.Environ(), "GOWORK=off")
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("building the emulator: %w", err)
		}
	}
	addr, err := d.startEmulator(ctx, program, o)
	if err != nil {
		return nil, err
	}
	engines := map[string]string{enginetest.Blue: addr, enginetest.Green: addr}
	if o.proxy == "haproxy" {
		d.proxy, err = startHAProxy(ctx, d.dir, engines)
	} else {
		d.proxy, err = startRouter(engines)
	}
	if err != nil {
		return nil, err
	}
	return d, d.setLive(ctx, d.live)
}

// emulatorModule returns the directory of the emulator's module, from the
// directory of this module or below.
func emulatorModule() string {
	dir := "../emulator"
	for range 4 {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Join("..", dir)
	}
	return dir
}

// startEmulator starts the emulator and returns its address when it serves.
func (d *deployment) startEmulator(ctx context.Context, program string, o options) (addr string, err error) {
	d.cmd = exec.Command(program, //nolint:gosec // the user's choice
		"--pair", "--admin", "127.0.0.1:0", "--json", "--scale", fmt.Sprint(o.scale), "--catalog", "tpch")
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := d.cmd.Start(); err != nil {
		d.cmd = nil
		return "", err
	}
	type readyLine struct{ Msg, Address, Admin string }
	ready := make(chan readyLine, 1)
	var last bytes.Buffer // the log until the emulator is ready
	go func() {
		defer close(d.ended)
		lines := bufio.NewScanner(stderr)
		for started := false; lines.Scan(); {
			var l readyLine
			if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "ready" && !started {
				started = true
				ready <- l
			} else if !started {
				last.Write(append(lines.Bytes(), '\n'))
			}
		}
		_ = d.cmd.Wait()
	}()
	select {
	case l := <-ready:
		d.admin = "http://" + l.Admin
		return l.Address, nil
	case <-d.ended:
		return "", fmt.Errorf("the emulator did not start: %s", last.String())
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// switchColour moves the deployment to its other colour: both are live until
// the queries of the old colour have ended. In between the proxy may be reloaded.
func (d *deployment) switchColour(ctx context.Context, reload bool) error {
	next := enginetest.Green
	if d.live == enginetest.Green {
		next = enginetest.Blue
	}
	if err := d.setLive(ctx, d.live, next); err != nil {
		return err
	}
	if reload {
		if err := d.reload(ctx); err != nil {
			return err
		}
	}
	if err := d.request(ctx, http.MethodPost, "/switch", nil); err != nil {
		return err
	}
	d.live = next
	return d.setLive(ctx, next)
}

// books returns the emulator's books.
func (d *deployment) books(ctx context.Context) (b enginetest.Stats, err error) {
	err = d.request(ctx, http.MethodGet, "/books", &b)
	return b, err
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

func (d *deployment) request(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, d.admin+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the emulator's admin: %s: %s: %s", path, resp.Status, strings.TrimSpace(string(body)))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// close ends the proxy and the emulator.
func (d *deployment) close() error {
	if d.proxy != nil {
		d.proxy.close()
	}
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		<-d.ended
	}
	return os.RemoveAll(d.dir)
}

// dsnOf returns the data source name of the emulator behind a proxy.
func dsnOf(addr string, params url.Values) string {
	params.Set("catalog", "tpch")
	return (&url.URL{
		Scheme: "e6data", User: url.UserPassword(enginetest.DefaultUser, enginetest.DefaultToken), Host: addr, Path: "/db",
		RawQuery: params.Encode(),
	}).String()
}

type behindHAProxy struct{ *haproxy.Proxy }

func startHAProxy(ctx context.Context, dir string, engines map[string]string) (proxy, error) {
	p, err := haproxy.Start(ctx, haproxy.Config{Engines: engines, Dir: dir})
	if err != nil {
		return nil, err
	}
	return behindHAProxy{p}, nil
}

func (p behindHAProxy) setLive(ctx context.Context, colours ...string) error {
	return p.SetLive(ctx, colours...)
}
func (p behindHAProxy) reload(ctx context.Context) error { return p.Reload(ctx) }
func (p behindHAProxy) close()                           { p.Close() }
func (p behindHAProxy) dsn() string {
	return dsnOf(p.Addr(), url.Values{"secure": {"true"}, "ca_cert": {p.CAFile()}})
}

type behindRouter struct {
	*router.Router
	*router.Frontend
}

func startRouter(engines map[string]string) (proxy, error) {
	r := router.New(engines, nil)
	r.SetFailure("grpc")
	f, err := router.Serve(r, router.Options{})
	if err != nil {
		return nil, err
	}
	return behindRouter{r, f}, nil
}

func (p behindRouter) setLive(_ context.Context, colours ...string) error {
	p.SetLive(colours...)
	return nil
}

func (p behindRouter) reload(ctx context.Context) error {
	p.Reload(context.WithoutCancel(ctx))
	return nil
}

func (p behindRouter) close() {
	p.Frontend.Close()
	p.Router.Close()
}
func (p behindRouter) dsn() string { return dsnOf(p.Addr(), url.Values{}) }
