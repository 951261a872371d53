package emulator

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// OAuth makes the server one of an OAuth deployment, with a token endpoint of its own on loopback: the
// client credentials grant, with the credentials in the header or in the body. [Server.DSN] names the
// endpoint and the client.
type OAuth struct {
	// ClientID and ClientSecret are those of the only client.
	ClientID, ClientSecret string
	// Life is how long a token is valid. Default: 1h.
	Life time.Duration
}

// issuer is the token endpoint.
type issuer struct {
	OAuth
	url    string
	server *http.Server
	done   chan struct{}

	mu     sync.Mutex
	tokens map[string]time.Time // until when a token is valid
}

func newIssuer(o OAuth) (*issuer, error) {
	if o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("emulator: OAuth needs a ClientID and a ClientSecret")
	}
	if o.Life <= 0 {
		o.Life = time.Hour
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &issuer{OAuth: o, url: "http://" + lis.Addr().String() + "/token", done: make(chan struct{}), tokens: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", i.issue)
	i.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(i.done)
		_ = i.server.Serve(lis) // it ends with close
	}()
	return i, nil
}

func (i *issuer) close() {
	_ = i.server.Close() // no request matters any more
	<-i.done
}

// issue answers a request for a token (RFC 6749, section 4.4).
func (i *issuer) issue(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	id, secret, ok := r.BasicAuth()
	if ok { // the client escapes both before it joins them
		id, secret = unescaped(id), unescaped(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case !equal(id, i.ClientID) || !equal(secret, i.ClientSecret):
		w.WriteHeader(http.StatusUnauthorized)
		reply(w, map[string]any{"error": "invalid_client"})
		return
	case r.PostFormValue("grant_type") != "client_credentials":
		w.WriteHeader(http.StatusBadRequest)
		reply(w, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	token, now := rand.Text(), time.Now()
	i.mu.Lock()
	for old, end := range i.tokens {
		if now.After(end) {
			delete(i.tokens, old)
		}
	}
	i.tokens[token] = now.Add(i.Life)
	i.mu.Unlock()
	reply(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int64(i.Life / time.Second)})
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // an error means that the client has left

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// valid reports whether a token was issued and has not expired.
func (i *issuer) valid(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	end, ok := i.tokens[token]
	return ok && time.Now().Before(end)
}

// expire makes all tokens invalid.
func (i *issuer) expire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.tokens)
}

// params are those of a data source name.
func (i *issuer) params() []string {
	return []string{
		"client_id=" + url.QueryEscape(i.ClientID), "client_secret=" + url.QueryEscape(i.ClientSecret),
		"token_url=" + url.QueryEscape(i.url),
	}
}
