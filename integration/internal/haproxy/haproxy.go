// Package haproxy runs the real HAProxy in front of the two engines of a
// deployment, as the vendor's deployments have a proxy: it ends TLS, routes
// HTTP/2 by the strategy header, and answers 456 for a colour that is not live
// and 503 while the cluster is suspended.
package haproxy

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"
)

// Config describes the proxy.
type Config struct {
	// Engines holds the address of each colour's engine.
	Engines map[string]string
	// Live holds the colours that are live at first.
	Live []string
	// Dir is a directory for the files of the proxy. It must be short, because
	// it holds a Unix socket.
	Dir string
	// Streams is the number of calls that a connection may have in flight.
	// Default: 100.
	Streams int
	// BufferSize is the size of the proxy's buffers in bytes. Default: 512 KiB,
	// which is more than an answer of the engines in these tests. HAProxy 2.6
	// resets the connection to the engine, and all calls on it, when the end of an
	// answer arrives while the buffers of the connection and of the call are full.
	// If an answer fits into a buffer, they are never full.
	BufferSize int
	// Idle is the time after which the proxy closes a connection without calls.
	// Default: a minute.
	Idle time.Duration
}

// Proxy is a running HAProxy. Its methods may be called concurrently.
type Proxy struct {
	cfg    Config
	binary string
	lis    *net.TCPListener
	socket *os.File // lis, for the processes
	caPEM  []byte
	log    log

	mu        sync.Mutex
	live      []string
	suspended bool
	current   *exec.Cmd
	processes []process
}

// process is a process of the proxy. ended is closed when it has ended.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// Find returns the path of the program haproxy.
func Find() (string, error) {
	path, err := exec.LookPath("haproxy")
	if err == nil {
		return path, nil
	}
	const debian = "/usr/sbin/haproxy" // not in the PATH of every user
	if _, statErr := os.Stat(debian); statErr == nil {
		return debian, nil
	}
	return "", err
}

// Start starts HAProxy on a free port of 127.0.0.1 and waits until it serves.
// The caller must call Close.
func Start(ctx context.Context, cfg Config) (*Proxy, error) {
	binary, err := Find()
	if err != nil {
		return nil, err
	}
	if cfg.Streams == 0 {
		cfg.Streams = 100
	}
	if cfg.BufferSize == 0 {
		cfg.BufferSize = 512 << 10
	}
	if cfg.Idle == 0 {
		cfg.Idle = time.Minute
	}
	p := &Proxy{cfg: cfg, binary: binary, live: cfg.Live}
	var keyPEM []byte
	if p.caPEM, keyPEM, err = newCertificates(); err != nil {
		return nil, err
	}
	// The processes share one listening socket, so that no connection is refused
	// while one replaces the other.
	if p.lis, err = net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, err
	}
	if p.socket, err = p.lis.File(); err != nil {
		return nil, errors.Join(err, p.lis.Close())
	}
	err = errors.Join(
		os.WriteFile(p.file("front.pem"), keyPEM, 0o600),
		os.WriteFile(p.file("ca.pem"), p.caPEM, 0o600),
		p.writeState(),
		p.writeConfig(),
	)
	if err == nil {
		err = p.Reload(ctx)
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("haproxy: %w\n%s", err, p.Log())
	}
	return p, nil
}

// Addr returns the proxy's address.
func (p *Proxy) Addr() string { return p.lis.Addr().String() }

// CAFile returns the file with the certificate of the authority that signed the
// proxy's certificate.
func (p *Proxy) CAFile() string { return p.file("ca.pem") }

// Log returns the output of the processes up to now.
func (p *Proxy) Log() string { return p.log.String() }

func (p *Proxy) file(name string) string { return filepath.Join(p.cfg.Dir, name) }

// configuration is the proxy's configuration file. The file state.map holds a
// line for each colour that is live, and one for a suspended cluster.
var configuration = template.Must(template.New("").Parse(`global
	stats socket {{.Dir}}/admin.sock mode 600 level admin
	tune.h2.max-concurrent-streams {{.Streams}}
	hard-stop-after 30s
	nbthread 2
	tune.bufsize {{.BufferSize}}
defaults
	mode http
	timeout connect 1s
	timeout client 60s
	timeout server 60s
	timeout http-keep-alive {{.IdleMS}}ms
	retries 0
frontend front
	bind fd@3 ssl crt {{.Dir}}/front.pem alpn h2
	acl cluster_call path_beg /ClusterService/
	http-request return status 503 content-type text/plain string "the cluster is suspended" if !cluster_call { str(suspended),map({{.Dir}}/state.map,no) -m str yes }
	http-request return status 456 content-type text/plain string "the colour is not live" unless { req.hdr(strategy),map({{.Dir}}/state.map,no) -m str live }
	use_backend %[req.hdr(strategy)]
{{range $colour, $addr := .Engines}}backend {{$colour}}
	server engine {{$addr}} proto h2
{{end}}`))

func (p *Proxy) writeConfig() error {
	var b bytes.Buffer
	err := configuration.Execute(&b, struct {
		Config
		IdleMS int64
	}{p.cfg, p.cfg.Idle.Milliseconds()})
	return errors.Join(err, os.WriteFile(p.file("haproxy.cfg"), b.Bytes(), 0o600))
}

// writeState writes state.map, which a new process reads.
func (p *Proxy) writeState() error {
	var b strings.Builder
	for _, colour := range p.live {
		fmt.Fprintln(&b, colour, "live")
	}
	if p.suspended {
		fmt.Fprintln(&b, "suspended yes")
	}
	return os.WriteFile(p.file("state.map"), []byte(b.String()), 0o600)
}

// SetLive makes these colours live, and no other.
func (p *Proxy) SetLive(ctx context.Context, colours ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live = slices.Clone(colours)
	return p.applyState(ctx)
}

// SetSuspended makes the proxy answer 503 to all calls to the engines, or ends
// that.
func (p *Proxy) SetSuspended(ctx context.Context, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.suspended = on
	return p.applyState(ctx)
}

// applyState writes the state to the file for the next process, and to the
// running process in one step.
func (p *Proxy) applyState(ctx context.Context) error {
	if err := p.writeState(); err != nil {
		return err
	}
	name := p.file("state.map")
	version, err := p.command(ctx, "prepare map "+name)
	if err != nil {
		return err
	}
	_, number, ok := strings.Cut(version, ": ") // New version created: 1
	if !ok {
		return fmt.Errorf("haproxy: prepare map: %s", version)
	}
	number = strings.TrimSpace(number)
	var steps []string
	for _, colour := range p.live {
		steps = append(steps, fmt.Sprintf("add map @%s %s %s live", number, name, colour))
	}
	if p.suspended {
		steps = append(steps, fmt.Sprintf("add map @%s %s suspended yes", number, name))
	}
	for _, step := range append(steps, fmt.Sprintf("commit map @%s %s", number, name)) {
		if answer, err := p.command(ctx, step); err != nil || strings.TrimSpace(answer) != "" {
			return fmt.Errorf("haproxy: %s: %s %w", step, answer, err)
		}
	}
	return nil
}

// command sends a command to the running process and returns the answer.
func (p *Proxy) command(ctx context.Context, command string) (string, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", p.file("admin.sock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	return string(answer), err
}

// Connections returns the number of open connections of clients to the newest
// process.
func (p *Proxy) Connections(ctx context.Context) (int, error) {
	answer, err := p.command(ctx, "show stat front 1 -1") // the frontend's line
	if err != nil {
		return 0, err
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(answer, "# "))).ReadAll()
	if err != nil || len(lines) < 2 {
		return 0, fmt.Errorf("haproxy: show stat: %q: %w", answer, err)
	}
	return strconv.Atoi(lines[1][slices.Index(lines[0], "scur")])
}

// Reload starts a new process, which takes the listening socket over, as
// haproxy -sf does: the old process finishes its calls, and then ends.
func (p *Proxy) Reload(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	args := []string{"-db", "-f", p.file("haproxy.cfg")}
	if p.current != nil {
		args = append(args, "-sf", fmt.Sprint(p.current.Process.Pid))
	}
	cmd := exec.Command(p.binary, args...) //nolint:gosec // the path of haproxy and our own file
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	cmd.ExtraFiles = []*os.File{p.socket} // descriptor 3
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p.current = cmd
	p.processes = append(p.processes, process{cmd, ended})
	return p.waitReady(ctx, cmd.Process.Pid, ended)
}

// waitReady waits until the process with this id answers on the socket for
// commands.
func (p *Proxy) waitReady(ctx context.Context, pid int, ended <-chan struct{}) error {
	want := fmt.Sprintf("Pid: %d\n", pid)
	for {
		info, err := p.command(ctx, "show info")
		if err == nil && strings.Contains(info, want) {
			return nil
		}
		select {
		case <-ended:
			return errors.New("the process has ended")
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// WaitDrained waits until only the newest process is left.
func (p *Proxy) WaitDrained(ctx context.Context) error {
	p.mu.Lock()
	old := slices.Clone(p.processes[:len(p.processes)-1])
	p.mu.Unlock()
	for _, process := range old {
		select {
		case <-process.ended:
		case <-ctx.Done():
			return fmt.Errorf("process %d has not ended: %w", process.cmd.Process.Pid, context.Cause(ctx))
		}
	}
	return nil
}

// Close kills the processes.
func (p *Proxy) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, process := range p.processes {
		_ = process.cmd.Process.Signal(syscall.SIGKILL)
		<-process.ended
	}
	_ = p.socket.Close()
	_ = p.lis.Close()
}

// log collects output of several processes.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
