package e6data_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
)

// Without WithLogger the warning about plaintext goes to slog's default logger, once for
// each host. With WithLogger it goes to that logger for each connector, and never to the
// default one.
func TestPlaintextWarningWithoutLogger(t *testing.T) {
	clearEnv(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	open := func(dsn string) {
		t.Helper()
		db, err := sql.Open("e6data", dsn)
		if err != nil {
			t.Fatal(err)
		}
		_ = db.Close()
	}
	const warning = "the credentials are sent in plaintext: set secure=true"
	for i, test := range []struct {
		dsn  string
		want int // number of warnings so far
	}{
		{"e6data://me:t0ps3cret@one.plaintext.example:80", 1},
		{"e6data://me:t0ps3cret@one.plaintext.example:8080", 1},
		{"e6data://me:t0ps3cret@two.plaintext.example", 2},
		{"e6data://me:t0ps3cret@three.plaintext.example?secure=true", 2},
		{"e6data://me:t0ps3cret@localhost", 2},
		{"e6data://me:t0ps3cret@127.0.0.1:443", 2},
	} {
		open(test.dsn)
		if n := strings.Count(log.String(), warning); n != test.want {
			t.Errorf("after DSN %d: %d warnings, want %d", i, n, test.want)
		}
	}
	var own bytes.Buffer
	cfg := e6data.NewConfig()
	cfg.Host, cfg.User, cfg.Token = "four.plaintext.example", "me", e6data.NewSecret(t0ps3cret)
	for range 2 {
		if _, err := e6data.NewConnector(cfg, e6data.WithLogger(slog.New(slog.NewTextHandler(&own, nil)))); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(own.String(), warning); n != 2 {
		t.Errorf("%d warnings in the application's log", n)
	}
	if strings.Contains(log.String(), "four") || strings.Contains(log.String(), t0ps3cret) {
		t.Error(log.String())
	}
}
