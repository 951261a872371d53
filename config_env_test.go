package e6data_test

import (
	"database/sql"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// Only ConfigFromEnv reads the DSN of the environment.
func TestConfigFromEnv(t *testing.T) {
	clearEnv(t)
	srv := newEngine(t, enginetest.Config{Database: "sales"})
	srv.Handle("q", ids(3, 3))
	t.Setenv("E6DATA_DSN", srv.DSN("channels=2"))
	cfg, err := e6data.ConfigFromEnv()
	if err != nil || cfg.Database != "sales" || cfg.Channels != 2 {
		t.Fatalf("%+v, %v", cfg, err)
	}
	if n, err := readIDs(t.Context(), openConfig(t, cfg), "q"); n != 3 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if cfg := e6data.NewConfig(); cfg.Host != "" {
		t.Errorf("NewConfig has the host %q", cfg.Host)
	}
	db, err := sql.Open("e6data", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if db.PingContext(t.Context()) == nil {
		t.Error("an empty DSN was accepted")
	}
	for value, want := range map[string]string{
		"": "e6data: the environment variable E6DATA_DSN is not set: write " + dsnForm + " into it",
		"e6data://me:t0ps3cret@e6.example.com;secure=true": semicolon + " (the DSN comes from the environment variable E6DATA_DSN)",
	} {
		t.Setenv("E6DATA_DSN", value)
		_, err := e6data.ConfigFromEnv()
		checkMistake(t, value, err, want)
	}
}
