// Package session runs statements, jobs and catalog calls for e6sql. It knows the shell's
// current settings: catalog, schema, variables and query timeout.
package session

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/e6data/e6data-go"
)

// Session is a shell's connection to an engine, with the settings that hold for the next
// statement. It is safe for concurrent use; each Run has its own query. Close it.
type Session struct {
	cfg       *e6data.Config
	opts      []e6data.Option
	connector *e6data.Connector
	meta      *Metadata

	mu       sync.Mutex
	catalog  string
	schema   string
	timeout  time.Duration
	noCache  bool
	strategy string
	vars     map[string]Variable
	jobs     []*job
}

// Open returns a session for the engine that cfg names. It makes no call yet. The
// current catalog and schema are those of cfg. opts are for the driver's connector.
func Open(cfg *e6data.Config, opts ...e6data.Option) (*Session, error) {
	own := cfg.Clone()
	own.QueryTimeout = 0 // the session's own timeout can be changed
	connector, err := e6data.NewConnector(own, opts...)
	if err != nil {
		return nil, err
	}
	s := &Session{
		cfg: own, opts: opts, connector: connector,
		catalog: cfg.Catalog, schema: cfg.Database, timeout: cfg.QueryTimeout,
		vars: map[string]Variable{},
	}
	s.meta = newMetadata(s)
	return s, nil
}

// Close clears the jobs that were not fetched, ends the background work, and waits until
// the queries that ended early are cleared on the engine. It waits until ctx ends or
// Config.CleanupTimeout has passed. It returns an error if something may be left on the
// engine.
func (s *Session) Close(ctx context.Context) error {
	s.meta.close()
	return errors.Join(s.clearJobs(ctx), s.connector.Shutdown(ctx))
}

// Connector returns the driver's connector, for example for its Stats. The session
// closes it.
func (s *Session) Connector() *e6data.Connector { return s.connector }

// Config returns a copy of the configuration with which the session was opened. It
// contains secrets.
func (s *Session) Config() *e6data.Config { return s.cfg.Clone() }

// Host returns the engine's host.
func (s *Session) Host() string { return s.cfg.Host }

// User returns the user's name, or "" with OAuth.
func (s *Session) User() string { return s.cfg.User }

// Catalog returns the current catalog; "" is the engine's default.
func (s *Session) Catalog() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.catalog
}

// Schema returns the current schema, or "".
func (s *Session) Schema() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.schema
}

// Use sets the current catalog and schema. An empty catalog or schema is left as it is.
// Use makes no call, so it does not check that they exist.
func (s *Session) Use(catalog, schema string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalog = cmp.Or(catalog, s.catalog)
	s.schema = cmp.Or(schema, s.schema)
}

// Timeout returns the bound for a query from its start to its last row; 0 is no bound.
func (s *Session) Timeout() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.timeout
}

// SetTimeout sets the bound that Timeout returns.
func (s *Session) SetTimeout(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timeout = max(d, 0)
}

// Cache reports whether the engine may answer from its result cache.
func (s *Session) Cache() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Cache && !s.noCache
}

// SetCache sets whether the engine may answer from its result cache, if the
// configuration allows it.
func (s *Session) SetCache(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noCache = !on
}

// Strategy returns the colour ("blue" or "green") that the latest query ran on, or "" if
// no query has run.
func (s *Session) Strategy() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strategy
}

// SetVar sets a variable, the value of the placeholders :name and @name, from its text;
// see [ParseValue].
func (s *Session) SetVar(name, text string) error {
	if !validName(name) {
		return &VariableError{Name: name, Reason: "a name has letters, digits and _, and does not begin with a digit"}
	}
	v, err := ParseValue(text)
	if err != nil {
		return &VariableError{Name: name, Reason: err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vars[name] = Variable{Text: text, Value: v}
	return nil
}

// UnsetVar removes a variable, and reports whether it existed.
func (s *Session) UnsetVar(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.vars[name]
	delete(s.vars, name)
	return ok
}

// Vars returns a copy of the variables by name.
func (s *Session) Vars() map[string]Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.vars)
}

// Metadata returns the session's view of the catalogs.
func (s *Session) Metadata() *Metadata { return s.meta }

// settings returns the current catalog and schema.
func (s *Session) settings() (catalog, schema string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.catalog, s.schema
}

// options returns the driver's options for the next statement.
func (s *Session) options() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var opts []any
	if s.catalog != s.cfg.Catalog {
		opts = append(opts, e6data.InCatalog(s.catalog))
	}
	if s.schema != s.cfg.Database {
		opts = append(opts, e6data.InSchema(s.schema))
	}
	if s.noCache {
		opts = append(opts, e6data.NoCache())
	}
	return opts
}

// Ping calls the engine's health check, after it has got a session if there is none.
func (s *Session) Ping(ctx context.Context) error {
	conn, err := s.connector.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if p, ok := conn.(interface{ Ping(context.Context) error }); ok {
		return p.Ping(ctx)
	}
	return nil
}

// Login opens a session on the engine, or takes one that is free. It does not resume a
// suspended cluster, and succeeds if the cluster is suspended.
func (s *Session) Login(ctx context.Context) error {
	return s.connector.UseConn(ctx, func(*e6data.Conn) error { return nil })
}
