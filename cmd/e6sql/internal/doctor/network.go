package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/http2"
)

// checkDNS looks up the host that is dialled.
func (d *Doctor) checkDNS(ctx context.Context, s *Step) bool {
	d.dial = d.address
	if proxy := d.proxy(); proxy != nil {
		d.dial = proxy.Host
		if proxy.Port() == "" {
			d.dial = net.JoinHostPort(proxy.Hostname(), "80")
		}
		s.note("the environment names the HTTP proxy %s for %s", proxy.Redacted(), d.address)
	}
	host, _, err := net.SplitHostPort(d.dial)
	if err != nil {
		s.fail(err, "correct the host")
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		s.note("%s is an address", ip)
		return true
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		var dns *net.DNSError
		cure := "see whether this machine has a DNS server, and whether a VPN must be on"
		if errors.As(err, &dns) && dns.IsNotFound {
			cure = "correct the host's name, or turn on the VPN that knows it"
		}
		s.fail(err, cure)
		return false
	}
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.Unmap().String()
	}
	s.note("%s is %s", host, strings.Join(texts, ", "))
	return true
}

// proxy returns the HTTP proxy for the engine, as gRPC finds it in the environment.
func (d *Doctor) proxy() *url.URL {
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(&url.URL{Scheme: "https", Host: d.address})
	if err != nil {
		return nil
	}
	return proxy
}

// checkTCP opens a connection.
func (d *Doctor) checkTCP(ctx context.Context, s *Step) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.dial)
	if err != nil {
		cure := "see whether a firewall is between, and whether a VPN must be on"
		if errors.Is(err, syscall.ECONNREFUSED) {
			cure = "correct the port: nothing listens on this one"
		}
		s.fail(err, cure)
		return false
	}
	d.conn = conn
	s.note("connected to %s from %s", conn.RemoteAddr(), conn.LocalAddr())
	if d.dial == d.address {
		return true
	}
	if err := d.tunnel(ctx); err != nil {
		s.fail(err, "let the proxy pass connections to "+d.address+", or add the host to NO_PROXY")
		return false
	}
	s.note("the proxy passes connections to %s", d.address)
	return true
}

// tunnel asks the proxy for a connection to the engine.
func (d *Doctor) tunnel(ctx context.Context) error {
	defer d.deadline(ctx)()
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Host: d.address}, Host: d.address, Header: http.Header{}}
	if user := d.proxy().User; user != nil {
		password, _ := user.Password()
		basic := &http.Request{Header: http.Header{}}
		basic.SetBasicAuth(user.Username(), password)
		req.Header.Set("Proxy-Authorization", basic.Header.Get("Authorization"))
	}
	if err := req.Write(d.conn); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(d.conn), req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy answers %s", resp.Status)
	}
	return nil
}

// deadline makes calls on the connection end with ctx. The function that it returns ends
// that.
func (d *Doctor) deadline(ctx context.Context) func() {
	if t, ok := ctx.Deadline(); ok {
		_ = d.conn.SetDeadline(t)
	}
	conn := d.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func() { stop() }
}

// maxFirstFrame bounds the size of the server's settings: the protocol's default for all
// frames.
const maxFirstFrame = 1 << 14

// checkHTTP2 exchanges the first frames of HTTP/2.
func (d *Doctor) checkHTTP2(ctx context.Context, s *Step) bool {
	defer d.deadline(ctx)()
	cure := "name a port that speaks HTTP/2 (gRPC)"
	if !d.Config.Secure {
		cure += ", or turn on TLS: --secure"
	}
	framer := http2.NewFramer(d.conn, d.conn)
	framer.SetMaxReadFrameSize(maxFirstFrame) // an answer in HTTP/1 looks like a very long frame
	if _, err := d.conn.Write([]byte(http2.ClientPreface)); err != nil {
		s.fail(err, cure)
		return false
	}
	if err := framer.WriteSettings(); err != nil {
		s.fail(err, cure)
		return false
	}
	frame, err := framer.ReadFrame()
	if err != nil {
		s.fail(fmt.Errorf("the server does not answer in HTTP/2: %w", err), cure)
		return false
	}
	if _, ok := frame.(*http2.SettingsFrame); !ok {
		s.fail(fmt.Errorf("the server begins with a %s, and not with its settings", frame.Header().Type), cure)
		return false
	}
	s.note("the server has sent its settings")
	_ = d.conn.Close() // the driver opens its own connection
	return true
}
