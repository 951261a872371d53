package emulator

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// Server is an emulated engine. The methods of [enginetest.Server] are its own: DSN, SetLive,
// Inject, Stats and so on. Results of Handle and its like come before the database. Methods are safe
// for concurrent use.
type Server struct {
	*enginetest.Server
	db      engine
	closing sync.Once
}

// engine is the database behind a server.
type engine interface {
	enginetest.Backend
	io.Closer
}

// New starts a server. The caller closes it.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	db, err := openEngine(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Engine.Backend = db
	srv, err := enginetest.NewServer(cfg.Engine)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &Server{Server: srv, db: db}, nil
}

// Close stops the server at once: calls in flight end with an error, and statements that are
// running are interrupted. Then it closes the database and deletes its temporary files. It may be
// called again.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.Server.Close()
		_ = s.db.Close() // only temporary files can fail to be deleted
	})
}

// balanceTimeout is how long [Start] waits at the end of the test for what a driver clears after
// its caller went on.
const balanceTimeout = 10 * time.Second

// Start is [New] for a test, as [enginetest.Start] is for scripted results: the test fails when the
// server cannot start, and when a query is left on the server at its end.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		t.Helper()
		defer s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), balanceTimeout)
		defer cancel()
		if err := s.WaitBalanced(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			s.Log(t)
		}
	})
	return s
}
