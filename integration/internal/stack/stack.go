package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// readyWithin bounds the start of a container.
const readyWithin = 20 * time.Second

// Stack is a deployment: the containers of a test.
type Stack struct {
	d       *Docker
	name    string
	network *docker.Network
	// port is the router's port. Each stack has another one, because the driver
	// keeps the colour of an endpoint.
	port int

	Router, Blue, Green *Container
}

// Container is a machine of a stack. Its address does not change.
type Container struct {
	s       *Stack
	name    string // the name in Docker
	addr    netip.Addr
	command []string
	control string // the control endpoint's URL; empty for an emulator
	serves  string // the address of an emulator
	id      string // empty until Start
}

// NewStack makes a network and starts the router and the blue engine, which is
// live. It does not start the green engine. The caller must call Close, also
// after an error.
func (d *Docker) NewStack(ctx context.Context) (*Stack, error) {
	return d.newStack(ctx, func(s *Stack, colour string, addr netip.Addr) *Container {
		return s.machine(colour, addr, 9001, "engine", "-colour="+colour)
	})
}

// NewSQLStack does the same with emulators as engines: they execute real SQL, on
// TPC-H data, and have no control endpoint. Announce, Expire and Books fail. The first
// call builds the emulator.
func (d *Docker) NewSQLStack(ctx context.Context) (*Stack, error) {
	d.buildEmulator.Do(func() { d.emulatorError = d.emulator(ctx) })
	if d.emulatorError != nil {
		return new(Stack), d.emulatorError
	}
	return d.newStack(ctx, func(s *Stack, colour string, addr netip.Addr) *Container {
		return &Container{
			s: s, name: s.name + "-" + colour, addr: addr, serves: fmt.Sprintf("%v:9000", addr),
			command: []string{"e6emulator", "--listen", "0.0.0.0:9000", "--live", colour, "--scale", "0.01"},
		}
	})
}

func (d *Docker) newStack(ctx context.Context, engine func(s *Stack, colour string, addr netip.Addr) *Container) (*Stack, error) {
	n := int(d.stacks.Add(1))
	s := &Stack{d: d, name: fmt.Sprintf("%s-%d", d.run, n), port: 8000 + 10*n}
	subnet, err := s.makeNetwork(ctx)
	if err != nil {
		return s, err
	}
	// The gateway is the first host. Addresses are fixed here, so that a
	// container has the same one after a restart or a cut.
	blue := subnet.Addr().Next().Next().Next()
	green := blue.Next()
	router := green.Next()
	s.Blue = engine(s, enginetest.Blue, blue)
	s.Green = engine(s, enginetest.Green, green)
	s.Router = s.machine("router", router, s.port+1, "router",
		fmt.Sprintf("-listen=:%d", s.port), fmt.Sprintf("-control=:%d", s.port+1),
		fmt.Sprintf("-blue=%v:9000", blue), fmt.Sprintf("-green=%v:9000", green))
	if err := s.Blue.Start(ctx); err != nil {
		return s, err
	}
	return s, s.Router.Start(ctx)
}

// DSN returns the data source name of the deployment.
func (s *Stack) DSN() string {
	u := url.URL{
		Scheme: "e6data",
		User:   url.UserPassword(enginetest.DefaultUser, enginetest.DefaultToken),
		Host:   fmt.Sprintf("%v:%d", s.Router.addr, s.port),
		Path:   "/db",
	}
	return u.String()
}

// URL returns a URL of the router.
func (s *Stack) URL(path string) string {
	return fmt.Sprintf("http://%v:%d%s", s.Router.addr, s.port, path)
}

// makeNetwork makes an isolated network. Docker allows fixed addresses only in
// a requested subnet, so makeNetwork first lets Docker choose one.
func (s *Stack) makeNetwork(ctx context.Context) (netip.Prefix, error) {
	client := s.d.pool.Client
	options := docker.CreateNetworkOptions{
		Context: ctx, Name: s.name, Driver: "bridge", Internal: true, CheckDuplicate: true, Labels: s.d.labels,
	}
	first, err := client.CreateNetwork(options)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("network %s: %w", s.name, err)
	}
	info, err := client.NetworkInfo(first.ID)
	if err == nil && len(info.IPAM.Config) == 0 {
		err = errors.New("no subnet")
	}
	if err := errors.Join(err, client.RemoveNetwork(first.ID)); err != nil {
		return netip.Prefix{}, fmt.Errorf("network %s: %w", s.name, err)
	}
	subnet, err := netip.ParsePrefix(info.IPAM.Config[0].Subnet)
	if err != nil {
		return subnet, err
	}
	options.IPAM = &docker.IPAMOptions{Config: []docker.IPAMConfig{{Subnet: subnet.String()}}}
	s.network, err = client.CreateNetwork(options)
	if err != nil {
		return subnet, fmt.Errorf("network %s: %w", s.name, err)
	}
	s.logf("network %s, %v", s.name, subnet)
	return subnet, nil
}

func (s *Stack) machine(role string, addr netip.Addr, control int, command ...string) *Container {
	return &Container{
		s: s, name: s.name + "-" + role, addr: addr, command: command,
		control: fmt.Sprintf("http://%v:%d", addr, control),
	}
}

func (s *Stack) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.d.log, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
}

// Close removes the containers and the network.
func (s *Stack) Close() error {
	var errs []error
	for _, c := range []*Container{s.Router, s.Blue, s.Green} {
		if c == nil || c.id == "" {
			continue
		}
		if r, ok := s.d.pool.ContainerByName(c.pattern()); ok {
			errs = append(errs, s.d.pool.Purge(r))
		}
	}
	if s.network != nil {
		errs = append(errs, s.d.pool.RemoveNetwork(&dockertest.Network{Network: s.network}))
	}
	return errors.Join(errs...)
}

// pattern returns a pattern that matches only the container's name.
func (c *Container) pattern() string { return "^/" + c.name + "$" }

func (c *Container) String() string { return c.name }

// Start starts the container, also after Kill, and waits until it serves.
func (c *Container) Start(ctx context.Context) error {
	client := c.s.d.pool.Client
	began := time.Now()
	if c.id == "" {
		made, err := client.CreateContainer(docker.CreateContainerOptions{
			Context: ctx,
			Name:    c.name,
			Config: &docker.Config{
				Hostname: c.name, Image: c.s.d.images[c.command[0]], Cmd: c.command[1:], Labels: c.s.d.labels,
			},
			HostConfig:       &docker.HostConfig{NetworkMode: c.s.name},
			NetworkingConfig: &docker.NetworkingConfig{EndpointsConfig: map[string]*docker.EndpointConfig{c.s.name: c.endpoint()}},
		})
		if err != nil {
			return fmt.Errorf("container %s: %w", c.name, err)
		}
		c.id = made.ID
	}
	if err := client.StartContainerWithContext(c.id, nil, ctx); err != nil {
		return fmt.Errorf("container %s: %w", c.name, err)
	}
	if err := c.WaitReady(ctx); err != nil {
		return err
	}
	c.s.logf("container %s serves at %v after %v", c.name, c.addr, time.Since(began).Round(time.Millisecond))
	return nil
}

func (c *Container) endpoint() *docker.EndpointConfig {
	return &docker.EndpointConfig{IPAMConfig: &docker.EndpointIPAMConfig{IPv4Address: c.addr.String()}}
}

// WaitReady waits until the control endpoint answers, or the emulator accepts a
// connection, which it does when its data is complete.
func (c *Container) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if c.control != "" {
		return Until(ctx, func() error { return c.request(ctx, http.MethodGet, "/ready", nil) })
	}
	return Until(ctx, func() error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.serves)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// Kill kills the container's process, like a machine that dies.
func (c *Container) Kill(ctx context.Context) error {
	c.s.logf("killing %s", c.name)
	client := c.s.d.pool.Client
	if err := client.KillContainer(docker.KillContainerOptions{ID: c.id, Context: ctx}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	_, err := client.WaitContainerWithContext(c.id, ctx)
	return err
}

// Pause suspends the container's processes.
func (c *Container) Pause() error {
	c.s.logf("pausing %s", c.name)
	return c.s.d.pool.Client.PauseContainer(c.id)
}

// Unpause resumes the container's processes.
func (c *Container) Unpause() error {
	c.s.logf("unpausing %s", c.name)
	return c.s.d.pool.Client.UnpauseContainer(c.id)
}

// Cut removes the container from the network. Packets to it are lost.
func (c *Container) Cut(ctx context.Context) error {
	c.s.logf("cutting %s off", c.name)
	return c.s.d.pool.Client.DisconnectNetwork(c.s.network.ID,
		docker.NetworkConnectionOptions{Container: c.id, Force: true, Context: ctx})
}

// Restore connects the container to the network again, with the same address.
func (c *Container) Restore(ctx context.Context) error {
	c.s.logf("connecting %s again", c.name)
	err := c.s.d.pool.Client.ConnectNetwork(c.s.network.ID,
		docker.NetworkConnectionOptions{Container: c.id, EndpointConfig: c.endpoint(), Context: ctx})
	if err != nil {
		return err
	}
	return c.WaitReady(ctx)
}

// Logs returns the last lines of the container's output, or "" if it was never
// started.
func (c *Container) Logs(lines int) string {
	if c == nil || c.id == "" {
		return ""
	}
	var out strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.s.d.pool.Client.Logs(docker.LogsOptions{
		Context: ctx, Container: c.id, OutputStream: &out, ErrorStream: &out,
		Stdout: true, Stderr: true, Tail: fmt.Sprint(lines),
	})
	if err != nil {
		fmt.Fprintf(&out, "(no more: %v)", err)
	}
	return out.String()
}

// SetLive sets the router's live colours.
func (s *Stack) SetLive(ctx context.Context, colours ...string) error {
	s.logf("live: %v", colours)
	return s.Router.request(ctx, http.MethodPost, "/live?"+url.Values{"colour": colours}.Encode(), nil)
}

// SetSuspended makes the router answer 503, or ends that.
func (s *Stack) SetSuspended(ctx context.Context, on bool) error {
	s.logf("suspended: %t", on)
	return s.Router.request(ctx, http.MethodPost, fmt.Sprintf("/suspended?on=%t", on), nil)
}

// SetFailure sets the router's answer for a failed engine: "502", "503", "grpc"
// or "reset".
func (s *Stack) SetFailure(ctx context.Context, as string) error {
	s.logf("the router answers failures as %q", as)
	return s.Router.request(ctx, http.MethodPost, "/failure?as="+as, nil)
}

// Announce makes an engine announce a colour as new_strategy. "" ends that.
func (c *Container) Announce(ctx context.Context, colour string) error {
	c.s.logf("%s announces %q", c.name, colour)
	return c.request(ctx, http.MethodPost, "/announce?colour="+colour, nil)
}

// Expire makes an engine forget its sessions.
func (c *Container) Expire(ctx context.Context) error {
	c.s.logf("%s forgets its sessions", c.name)
	return c.request(ctx, http.MethodPost, "/expire", nil)
}

// Books returns an engine's books.
func (c *Container) Books(ctx context.Context) (synth.Books, error) {
	var b synth.Books
	err := c.request(ctx, http.MethodGet, "/stats", &b)
	return b, err
}

// WaitBooks waits until cond returns true for an engine's books or ctx ends. It
// returns the latest books.
func (c *Container) WaitBooks(ctx context.Context, cond func(synth.Books) bool) (synth.Books, error) {
	var last synth.Books
	err := Until(ctx, func() error {
		b, err := c.Books(ctx)
		if err != nil {
			return err
		}
		last = b
		if !cond(b) {
			return fmt.Errorf("%s: the books are not as they should be", c.name)
		}
		return nil
	})
	return last, err
}

var client = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
}

func (c *Container) request(ctx context.Context, method, path string, into any) error {
	if c.control == "" {
		return fmt.Errorf("%s has no control endpoint", c.name)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.control+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s: %s", c.name, path, resp.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// Until calls try until it succeeds. If ctx ends first, the error wraps the
// last error of try.
func Until(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
