package enginetest

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// States of a cluster, as ClusterService reports them.
const (
	ClusterActive    = "active"
	ClusterSuspended = "suspended"
	ClusterResuming  = "resuming"
	ClusterFailed    = "failed"
)

// cluster is the cluster service's state.
type cluster struct {
	state string
	polls int    // number of status polls answered "resuming" after a resume
	left  int    // number of those that are still to come
	final string // the state after them
}

// SetCluster sets the cluster's state, one of the Cluster constants or any other
// word. While the state is not [ClusterActive], every call of QueryEngineService is
// answered UNAVAILABLE "status: 503, cluster is suspended".
func (s *Server) SetCluster(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster.state = state
	s.cluster.left = s.cluster.polls
	s.notify()
}

// Cluster returns the cluster's state.
func (s *Server) Cluster() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cluster.state
}

// SetResume sets what happens after a resume call: the cluster answers "resuming" to
// the given number of status polls, and reaches the final state with the next poll.
// Default: 0 polls and [ClusterActive].
func (s *Server) SetResume(polls int, final string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster.polls, s.cluster.left, s.cluster.final = polls, polls, final
}

// credentials checks the user and password of a call of the cluster service. In an OAuth
// deployment it checks nothing: the bearer token was checked before.
func (cs *clusterService) credentials(r interface {
	GetUser() string
	GetPassword() string
}) error {
	cfg := &cs.s.cfg
	if cfg.Bearer == nil && (r.GetUser() != cfg.User || r.GetPassword() != cfg.Token) {
		return status.Error(codes.Unauthenticated, "user or password is not valid")
	}
	return nil
}

func (cs *clusterService) Status(_ context.Context, r *wire.ClusterStatusRequest) (*wire.ClusterStatusResponse, error) {
	if err := cs.credentials(r); err != nil {
		return nil, err
	}
	s := cs.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.cluster
	if c.state == ClusterResuming {
		if c.left <= 0 {
			c.state = c.final
			s.notify()
		}
		c.left--
	}
	return &wire.ClusterStatusResponse{Status: c.state}, nil
}

func (cs *clusterService) Resume(_ context.Context, r *wire.ResumeRequest) (*wire.ResumeResponse, error) {
	if err := cs.credentials(r); err != nil {
		return nil, err
	}
	s := cs.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster.state == ClusterSuspended {
		s.cluster.state, s.cluster.left = ClusterResuming, s.cluster.polls
		s.notify()
	}
	return &wire.ResumeResponse{Status: s.cluster.state}, nil
}

func (cs *clusterService) Suspend(_ context.Context, r *wire.SuspendRequest) (*wire.SuspendResponse, error) {
	if err := cs.credentials(r); err != nil {
		return nil, err
	}
	s := cs.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster.state = ClusterSuspended
	s.notify()
	return &wire.SuspendResponse{Status: s.cluster.state}, nil
}
