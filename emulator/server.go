package emulator

import (
	"io"
	"sync"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

// Server is an emulated engine. It has the methods of [enginetest.Server], such as SetLive,
// Inject and Stats. A statement that was given to Handle has that result; the database has all
// others. Methods are safe for concurrent use.
type Server struct {
	*enginetest.Server
	db      engine
	issuer  *issuer // nil without OAuth
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
	s := &Server{}
	if cfg.OAuth != nil {
		if s.issuer, err = newIssuer(*cfg.OAuth); err != nil {
			return nil, err
		}
		cfg.Engine.Bearer = s.issuer.valid
	}
	if s.db, err = openEngine(cfg); err != nil {
		s.Close()
		return nil, err
	}
	cfg.Engine.Backend = s.db
	if s.Server, err = enginetest.NewServer(cfg.Engine); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// DSN returns a data source name for the server, as [enginetest.Server.DSN] does. With
// [Config.OAuth] it has the token endpoint and the client.
func (s *Server) DSN(params ...string) string {
	if s.issuer != nil {
		params = append(s.issuer.params(), params...)
	}
	return s.Server.DSN(params...)
}

// ExpireTokens makes all tokens that [Config.OAuth] has issued invalid: calls with one are answered
// UNAUTHENTICATED.
func (s *Server) ExpireTokens() {
	if s.issuer != nil {
		s.issuer.expire()
	}
}

// Close stops the server at once: calls in flight end with an error, and statements that are
// running are interrupted. Then it closes the database and deletes its temporary files. It may be
// called again.
func (s *Server) Close() {
	s.closing.Do(func() {
		if s.Server != nil {
			s.Server.Close()
		}
		if s.db != nil {
			_ = s.db.Close() // only temporary files can fail to be deleted
		}
		if s.issuer != nil {
			s.issuer.close()
		}
	})
}

// Start is [New] for a test, as [enginetest.Start] is for scripted results: the test fails if the
// server cannot start, or if a query is left on the server at the end of the test. The
// server is closed then.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.CheckAtEnd(t, s.Close)
	return s
}
