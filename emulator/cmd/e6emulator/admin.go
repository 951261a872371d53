package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// listenLoopback listens on a loopback address. It refuses others, because every client of the
// admin may inject faults.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--admin: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--admin: %s is no loopback address", address)
	}
	return net.Listen("tcp", address)
}

// admin changes a running server.
type admin struct {
	srv  *emulator.Server
	pair bool
	log  *slog.Logger

	mu   sync.Mutex
	live string // the colour
}

const help = `GET  /healthz   ok
GET  /books     the books: sessions, queries, calls
GET  /calls     the latest calls
POST /switch    make the other colour the live one, when the queries on this one have ended
POST /suspend   suspend the cluster, POST /resume resume it
POST /expire    make all sessions unknown
POST /fault     inject a fault: {"method", "sql", "skip", "times", "after", "delay_ms", "drop", "code", "message"}
DELETE /fault   remove all faults
`

func newAdmin(srv *emulator.Server, pair bool, log *slog.Logger) http.Handler {
	a := &admin{srv: srv, pair: pair, log: log, live: enginetest.Blue}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, help) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /books", func(w http.ResponseWriter, _ *http.Request) { answer(w, srv.Stats()) })
	mux.HandleFunc("GET /calls", a.calls)
	mux.HandleFunc("POST /switch", a.change)
	mux.HandleFunc("POST /suspend", a.cluster(enginetest.ClusterSuspended))
	mux.HandleFunc("POST /resume", a.cluster(enginetest.ClusterActive))
	mux.HandleFunc("POST /expire", a.expire)
	mux.HandleFunc("POST /fault", a.fault)
	mux.HandleFunc("DELETE /fault", a.clearFaults)
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has left
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // as above
}

// calls lists the latest calls in a line each.
func (a *admin) calls(w http.ResponseWriter, _ *http.Request) {
	const most = 100
	calls := a.srv.Calls()
	lines := []string{}
	for _, c := range calls[max(0, len(calls)-most):] {
		lines = append(lines, c.String())
	}
	answer(w, lines)
}

// change switches to the other colour as a deployment does: both are live until the queries of the
// old one have ended.
func (a *admin) change(w http.ResponseWriter, r *http.Request) {
	if !a.pair {
		refuse(w, http.StatusConflict, errors.New("there is one colour only: start with --pair"))
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next := enginetest.Green
	if a.live == enginetest.Green {
		next = enginetest.Blue
	}
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
	defer cancel()
	if err := a.srv.Switch(ctx, a.live, next); err != nil {
		a.log.Warn("queries of the old colour are cut off", "error", err)
	}
	a.live = next
	a.log.Info("switched", "live", next)
	answer(w, map[string]string{"live": next})
}

func (a *admin) cluster(state string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		a.srv.SetCluster(state)
		a.log.Info("cluster", "state", state)
		answer(w, map[string]string{"cluster": a.srv.Cluster()})
	}
}

func (a *admin) expire(w http.ResponseWriter, _ *http.Request) {
	a.srv.ExpireSessions()
	answer(w, struct{}{})
}

// fault is [enginetest.Fault] as JSON.
type fault struct {
	Method   string     `json:"method"`
	SQL      string     `json:"sql"`
	Strategy string     `json:"strategy"`
	Skip     int        `json:"skip"`
	Times    int        `json:"times"`
	After    bool       `json:"after"`
	DelayMS  int        `json:"delay_ms"`
	Drop     bool       `json:"drop"`
	Code     codes.Code `json:"code"` // a number, or a name such as "UNAVAILABLE"
	Message  string     `json:"message"`
}

func (a *admin) fault(w http.ResponseWriter, r *http.Request) {
	var f fault
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	e := enginetest.Fault{
		Method: f.Method, SQL: f.SQL, Strategy: f.Strategy, Skip: f.Skip, Times: f.Times, After: f.After,
		Delay: time.Duration(f.DelayMS) * time.Millisecond, Drop: f.Drop,
	}
	if f.Code != codes.OK || f.Message != "" {
		if f.Code == codes.OK {
			f.Code = codes.Internal
		}
		e.Err = status.Error(f.Code, f.Message)
	}
	if !e.Drop && e.Delay == 0 && e.Err == nil {
		refuse(w, http.StatusBadRequest, errors.New("the fault does no harm: want delay_ms, drop, code or message"))
		return
	}
	a.srv.Inject(e)
	a.log.Info("fault", "fault", fmt.Sprintf("%+v", f))
	answer(w, struct{}{})
}

func (a *admin) clearFaults(w http.ResponseWriter, _ *http.Request) {
	a.srv.ClearFaults()
	answer(w, struct{}{})
}
