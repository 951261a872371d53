package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/wire"
)

// querier makes the calls to the engine.
type querier struct {
	session *session.Session
	calls   calls
	err     error // of the login
}

func (q *querier) close() {
	if q.session != nil {
		_ = q.session.Close(context.Background())
	}
}

// calls records the calls of the driver that open a session.
type calls struct {
	e6data.NoHook

	mu   sync.Mutex
	list []e6data.CallEnd
}

// CallEnd records a call.
func (c *calls) CallEnd(_ context.Context, call e6data.CallEnd) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.Phase == e6data.PhaseConnect {
		c.list = append(c.list, call)
	}
}

// ended returns the recorded calls.
func (c *calls) ended() []e6data.CallEnd {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}

// checkColour logs in, and reports which colour answered. The login's own outcome is the
// next step's.
func (d *Doctor) checkColour(ctx context.Context, s *Step) bool {
	cfg := d.Config.Clone()
	cfg.AutoResume = false // a check must not start a cluster, which costs money
	cfg.MaxAttempts = 1
	var err error
	if d.query.session, err = session.Open(cfg, e6data.WithHook(&d.query.calls)); err != nil {
		s.fail(err, "correct the settings")
		return false
	}
	d.query.err = d.query.session.Login(ctx)
	live := ""
	for _, call := range d.query.calls.ended() {
		switch {
		case errors.Is(call.Err, e6data.ErrWrongStrategy):
			s.note("%s is not live", call.Strategy)
		case call.Err == nil || errors.Is(call.Err, e6data.ErrAuthentication):
			live = call.Strategy
		}
	}
	switch {
	case live != "":
		s.note("%s is live", live)
		return true
	case errors.Is(d.query.err, e6data.ErrClusterSuspended) || d.query.err == nil:
		s.note("unknown, because the cluster is suspended")
		s.Status = Warning
		s.Cure = "see the step " + StepCluster
		return true
	case errors.Is(d.query.err, e6data.ErrWrongStrategy):
		s.fail(d.query.err, "wait until the deployment has a live colour, or ask its operators")
	case errors.Is(d.query.err, e6data.ErrUnknownCluster):
		s.fail(d.query.err, "correct --cluster")
	default:
		s.fail(d.query.err, "see whether the engine behind "+d.address+" runs: the address answers, the engine does not")
	}
	return false
}

// checkAuth reports the outcome of the login.
func (d *Doctor) checkAuth(_ context.Context, s *Step) bool {
	err := d.query.err
	switch {
	case err == nil && len(d.query.calls.ended()) > 0 && d.query.calls.ended()[len(d.query.calls.ended())-1].Err == nil:
		s.note("%s", d.identity())
		return true
	case err == nil, errors.Is(err, e6data.ErrClusterSuspended):
		s.Status = Skipped
		s.note("not checked, because the cluster is suspended")
		return true
	}
	s.fail(err, report.Hint(err))
	return false
}

// identity describes the credentials.
func (d *Doctor) identity() string {
	cfg := d.Config
	switch {
	case !cfg.AccessToken.IsZero():
		return "an access token"
	case cfg.ClientID != "":
		return "OAuth client " + cfg.ClientID
	case cfg.User != "":
		return "user " + cfg.User
	}
	return "the credentials of the environment"
}

// checkCluster asks the cluster service for the cluster's state.
func (d *Doctor) checkCluster(ctx context.Context, s *Step) bool {
	cfg := d.Config
	if cfg.ClientID != "" || cfg.User == "" && cfg.AccessToken.IsZero() {
		s.Status = Skipped
		s.note("not asked with these credentials")
		return true
	}
	state, err := d.clusterState(ctx)
	switch {
	case status.Code(err) == codes.Unimplemented:
		s.note("the deployment does not report it")
		return true
	case err != nil:
		s.fail(errors.New(status.Convert(err).Message()), "see whether the deployment's cluster service runs")
		return false
	case state == "active":
		s.note("active")
		return true
	}
	s.fail(fmt.Errorf("the cluster's state is %q", state), clusterCure(state))
	return false
}

// clusterCure returns the cure for a cluster that is not active.
func clusterCure(state string) string {
	switch state {
	case "suspended":
		return "run a statement, which resumes it, or resume it in e6data's console"
	case "resuming":
		return "wait until it is active"
	}
	return "see the cluster in e6data's console"
}

// clusterState calls the cluster service on each colour until one answers.
func (d *Doctor) clusterState(ctx context.Context) (string, error) {
	cfg := d.Config
	creds := insecure.NewCredentials()
	if cfg.Secure {
		t, err := tlsConfig(cfg)
		if err != nil {
			return "", err
		}
		creds = credentials.NewTLS(t)
	}
	conn, err := grpc.NewClient("dns:///"+d.address, grpc.WithTransportCredentials(creds), grpc.WithDisableServiceConfig())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	client := wire.NewClusterServiceClient(conn)
	for _, color := range []string{"blue", "green"} {
		var resp *wire.ClusterStatusResponse
		resp, err = client.Status(d.headers(ctx, color), &wire.ClusterStatusRequest{User: cfg.User, Password: cfg.Token.Reveal()})
		if err == nil {
			return strings.ToLower(strings.TrimSpace(resp.GetStatus())), nil
		}
	}
	return "", err
}

// headers returns a context with the headers of a call.
func (d *Doctor) headers(ctx context.Context, color string) context.Context {
	md := metadata.Pairs("strategy", color)
	if d.Config.ClusterName != "" {
		md.Set("cluster-name", strings.ToLower(d.Config.ClusterName))
	}
	if !d.Config.AccessToken.IsZero() {
		md.Set("authorization", "Bearer "+d.Config.AccessToken.Reveal())
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// checkSession calls the engine's health check with the session.
func (d *Doctor) checkSession(ctx context.Context, s *Step) bool {
	if err := d.query.session.Ping(ctx); err != nil {
		s.fail(err, report.Hint(err))
		return false
	}
	s.note("the engine answers")
	return true
}

// checkQuery runs a query.
func (d *Doctor) checkQuery(ctx context.Context, s *Step) bool {
	sum, err := d.query.session.Run(ctx, "SELECT 1", nil, session.RunOptions{})
	if err != nil {
		s.fail(err, report.Hint(err))
		return false
	}
	if sum.Total != 1 {
		s.fail(fmt.Errorf("the result has %d rows", sum.Total), "ask the engine's operators")
		return false
	}
	s.note("%s", report.Summary(sum))
	return true
}
