package connect_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nobody is a prompter without a terminal.
func nobody(context.Context, string) (string, error) { return "", connect.ErrNoTerminal }

// clean removes the variables of e6data for a test, and sets some.
func clean(t *testing.T, variables ...string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "E6DATA_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("E6DATA_CONFIG", filepath.Join(t.TempDir(), "none.toml"))
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

// file writes a file of profiles, and returns its path.
func file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	text := "default = \"dev\"\n" +
		"[dev]\nhost = \"localhost\"\nuser = \"dev@example.com\"\npassword_command = [\"go\", \"env\", \"GOOS\"]\n" +
		"[prod]\ndsn = \"e6data://p%40example.com:x@prod.example.com/sales?secure=true&catalog=lake\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	const dsn = "e6data://me%40example.com:secret@dsn.example.com:8443/db?secure=true"
	no := false
	for _, c := range []struct {
		name      string
		dsn       string
		flags     connect.Flags
		variables []string
		file      bool
		want      string // user:token@address/catalog.schema and what is set besides
		source    string
	}{
		{name: "dsn", dsn: dsn, want: "me@example.com:secret@dsn.example.com:8443/.db tls", source: "the DSN"},
		{name: "dsn before the environment", dsn: dsn, variables: []string{"E6DATA_DSN=e6data://x:y@env/"}, want: "me@example.com:secret@dsn.example.com:8443/.db tls", source: "the DSN"},
		{
			name: "flags on a dsn", dsn: dsn, flags: connect.Flags{Host: "other", Port: 9, User: "you", Catalog: "lake", Schema: "s", Cluster: "c1", Secure: &no, Param: map[string]string{"max-attempts": "2", "loc": "Asia/Kolkata"}},
			want: "you:secret@other:9/lake.s cluster c1 attempts 2 Asia/Kolkata", source: "the DSN",
		},
		{name: "host", flags: connect.Flags{Host: "e6.example.com", User: "me"}, variables: []string{"E6DATA_TOKEN=t"}, want: "me:@e6.example.com:443/. tls", source: "--host"},
		{name: "this machine", flags: connect.Flags{Host: "127.0.0.1", Port: 8080}, variables: []string{"E6DATA_USER=u", "E6DATA_PASSWORD=t"}, want: ":@127.0.0.1:8080/.", source: "--host"},
		{name: "environment", variables: []string{"E6DATA_DSN=" + dsn}, want: "me@example.com:secret@dsn.example.com:8443/.db tls", source: "E6DATA_DSN"},
		{name: "profile", flags: connect.Flags{Profile: "prod", Schema: "other"}, file: true, want: "p@example.com:x@prod.example.com:443/lake.other tls", source: "profile prod"},
		{name: "profile of the environment", variables: []string{"E6DATA_PROFILE=prod"}, file: true, want: "p@example.com:x@prod.example.com:443/lake.sales tls", source: "profile prod"},
		{name: "default profile", file: true, want: "dev@example.com:GOOS@localhost:80/.", source: "profile the default one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean(t, c.variables...)
			if c.file {
				t.Setenv("E6DATA_CONFIG", file(t))
			}
			target, err := connect.Resolve(t.Context(), c.dsn, &c.flags, nobody)
			if err != nil {
				t.Fatal(err)
			}
			defer target.Close()
			cfg := target.Config
			token := cfg.Token.Reveal()
			if strings.HasPrefix(cfg.User, "dev") && token != "" {
				token = "GOOS" // the command's output
			}
			got := cfg.User + ":" + token + "@" + connect.Address(cfg) + "/" + cfg.Catalog + "." + cfg.Database
			if cfg.Secure {
				got += " tls"
			}
			if cfg.ClusterName != "" {
				got += " cluster " + cfg.ClusterName
			}
			if cfg.MaxAttempts != 5 {
				got += " attempts 2 " + cfg.Loc.String()
			}
			if got != c.want || target.Source != c.source {
				t.Errorf("%s by %s, want %s by %s", got, target.Source, c.want, c.source)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	clean(t)
	for _, c := range []struct {
		name, dsn string
		flags     connect.Flags
		want      string
	}{
		{name: "nothing", want: "no engine is named"},
		{name: "both", dsn: "e6data://u:t@h/", flags: connect.Flags{Profile: "p"}, want: "exclude each other"},
		{name: "dsn", dsn: "mysql://u:hidden@h/", want: "e6data"},
		{name: "parameter", dsn: "e6data://u:hidden@h/", flags: connect.Flags{Param: map[string]string{"colour": "1"}}, want: "--param"},
		{name: "secret parameter", dsn: "e6data://u:hidden@h/", flags: connect.Flags{Param: map[string]string{"Access-Token": "hidden"}}, want: "other users"},
		{name: "port", flags: connect.Flags{Host: "h", Port: 70000}, want: "65535"},
		{name: "user", flags: connect.Flags{Host: "h"}, want: "no user is named"},
		{name: "token", flags: connect.Flags{Host: "h", User: "u"}, want: "E6DATA_TOKEN"},
		{name: "profile", flags: connect.Flags{Profile: "prod"}, want: "not found"},
		{name: "embedded", dsn: "e6data://u:hidden@h/", flags: connect.Flags{Embedded: true}, want: "excludes"},
		{name: "scale", flags: connect.Flags{Embedded: true, Scale: 1000}, want: "from 0 to 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := connect.Resolve(t.Context(), c.dsn, &c.flags, nobody)
			if _, ok := errors.AsType[*connect.UsageError](err); !ok || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestPrompt(t *testing.T) {
	clean(t)
	question := ""
	ask := func(_ context.Context, q string) (string, error) {
		question = q
		return "typed", nil
	}
	flags := connect.Flags{Host: "h", User: "me"}
	target, err := connect.Resolve(t.Context(), "", &flags, ask)
	if err != nil || target.Config.Token.Reveal() != "typed" || question != "Access token of me at h: " {
		t.Errorf("%v, %v, %q", target, err, question)
	}
	// -W asks although there is a token.
	target, err = connect.Resolve(t.Context(), "e6data://me:old@h/", &connect.Flags{Password: true}, ask)
	if err != nil || target.Config.Token.Reveal() != "typed" {
		t.Errorf("%v, %v", target, err)
	}
	empty := func(context.Context, string) (string, error) { return "", nil }
	if _, err := connect.Resolve(t.Context(), "", &flags, empty); err == nil {
		t.Error("an empty token was accepted")
	}
	ended := func(context.Context, string) (string, error) { return "", context.Canceled }
	if _, err := connect.Resolve(t.Context(), "", &flags, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestProfileNames(t *testing.T) {
	clean(t)
	if names := connect.ProfileNames(); names != nil {
		t.Errorf("%v without a file", names)
	}
	t.Setenv("E6DATA_CONFIG", file(t))
	if names := connect.ProfileNames(); strings.Join(names, " ") != "dev prod" {
		t.Errorf("%v", names)
	}
}
