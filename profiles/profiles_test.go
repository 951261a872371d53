package profiles_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/profiles"
)

// printer is the environment variable that makes the test's program print it, and end.
const printer = "E6DATA_PROFILES_TEST_PRINT"

func TestMain(m *testing.M) {
	if text := os.Getenv(printer); text != "" {
		fmt.Print(text)
		return
	}
	goleak.VerifyTestMain(m)
}

// write writes a file of profiles and returns its name.
func write(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path, name string) (*e6data.Config, error) {
	t.Helper()
	f, err := profiles.Open(path)
	if err != nil {
		return nil, err
	}
	return f.Config(t.Context(), name)
}

// A profile opens a pool that reads rows.
func TestProfileOpensAPool(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("n", "LONG").Row(7))
	host, port, _ := strings.Cut(srv.Addr(), ":")
	t.Setenv("E6_TEST_TOKEN", enginetest.DefaultToken)
	t.Setenv(profiles.FileVariable, write(t, 0o644, fmt.Sprintf(
		"[local]\nhost = %q\nport = %s\nuser = %q\npassword_env = \"E6_TEST_TOKEN\"\ncatalog = \"lake\"\n", host, port, enginetest.DefaultUser)))
	cfg, err := profiles.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := e6data.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "q").Scan(&n); err != nil || n != 7 || cfg.Catalog != "lake" {
		t.Errorf("%d, %v, catalog %q", n, err, cfg.Catalog)
	}
}

func TestProfiles(t *testing.T) {
	t.Setenv("E6_TEST_TOKEN", "from-env?&=#")
	t.Setenv(printer, "from a program\nanother line")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, 0o600, fmt.Sprintf(`
default = "dsn"
[dsn]
dsn = "e6data://me:tok%%40en@e6.example.com:443/sales?secure=true"
catalog = "lake"
[keys]
host = "2001:db8::1"
secure = true
user = "me@example.com"
password_env = "E6_TEST_TOKEN"
max_attempts = 7
[program]
host = "e6.example.com"
port = 8080
user = "me"
password_command = [%q]
`, self))
	for name, want := range map[string]func(*e6data.Config) bool{
		"": func(c *e6data.Config) bool {
			return c.Token.Reveal() == "tok@en" && c.Database == "sales" && c.Catalog == "lake" && c.Secure
		},
		"keys": func(c *e6data.Config) bool {
			return c.Host == "2001:db8::1" && c.User == "me@example.com" && c.Token.Reveal() == "from-env?&=#" && c.MaxAttempts == 7
		},
		"program": func(c *e6data.Config) bool {
			return c.Port == 8080 && c.Token.Reveal() == "from a program"
		},
	} {
		if cfg, err := load(t, path, name); err != nil || !want(cfg) {
			t.Errorf("%q: %+v, %v", name, cfg, err)
		}
	}
	t.Setenv(profiles.NameVariable, "program")
	if cfg, err := load(t, path, ""); err != nil || cfg.Port != 8080 {
		t.Errorf("%v, %v", cfg, err)
	}
	f, err := profiles.Open(path)
	if err != nil || !slices.Equal(f.Names(), []string{"dsn", "keys", "program"}) {
		t.Errorf("%v, %v", f.Names(), err)
	}
}

func TestMistakesInProfiles(t *testing.T) {
	const secret = "s3cr3t"
	const host = "[p]\nhost = \"h\"\n"
	for _, test := range []struct{ text, name, want string }{
		{"[p\npassword = " + secret, "p", ":1:3 is no TOML"},
		{host + "password = \"" + secret + "\" trailing", "p", ":3:"},
		{"password = \"" + secret + "\"", "p", "password stands in no profile"},
		{"p = 1", "p", "p is no profile"},
		{host, "q", `the profile "q" was not found in `},
		{"[p]\nhost = \"h\"\n[q]\nhost = \"h\"", "", "has no default: choose one of p, q"},
		{"[p]\nuser = \"u\"", "p", "one of dsn and host is needed"},
		{host + "dsn = \"e6data://h/\"", "p", "dsn and host exclude each other"},
		{"[p]\ndsn = \"e6data://h/\"\nport = 1", "p", "dsn and port exclude each other"},
		{host + "port = \"1\"", "p", "port is no integer"},
		{host + "catalog = 1.5", "p", "catalog is neither a text, an integer nor true or false"},
		{host + "sslmode = \"require\"", "p", `unknown DSN parameter "sslmode"`},
		{host + "secure = \"maybe\"", "p", "secure"},
		{host + "password_env = \"E6_TEST_UNSET\"", "p", "the environment variable E6_TEST_UNSET is not set"},
		{host + "password_env = 7", "p", "password_env is not the name of an environment variable"},
		{host + "password_command = \"pass show\"", "p", "password_command is no list of a program and its arguments"},
		{host + "password_command = [7]", "p", "password_command is no list of texts"},
		{host + "password_command = [\"/no/such/program\"]", "p", "password_command: /no/such/program: "},
		{host + "password = \"" + secret + "\"\ntoken = \"" + secret + "\"", "p", "password"},
	} {
		_, err := load(t, write(t, 0o600, test.text), test.name)
		switch {
		case err == nil || !strings.HasPrefix(err.Error(), "profiles: ") || !strings.Contains(err.Error(), test.want):
			t.Errorf("%q: %v", test.text, err)
		case strings.Contains(err.Error(), secret):
			t.Errorf("%q: the error shows the secret: %v", test.text, err)
		}
	}
	_, err := profiles.Open(filepath.Join(t.TempDir(), "none.toml"))
	if !errors.Is(err, profiles.ErrNotFound) || !strings.Contains(err.Error(), profiles.FileVariable) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, err := profiles.Open(write(t, 0o600, host+"password_command = [\"sleep\", \"60\"]"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Config(ctx, "p"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A secret in a file that others can read is an error; one elsewhere is none.
func TestSecretsInAReadableFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file does not tell on Windows who can read it")
	}
	for text, refused := range map[string]bool{
		"[p]\nhost = \"h\"\nuser = \"u\"\npassword = \"t\"":                               true,
		"[p]\nhost = \"h\"\nuser = \"u\"\nTOKEN = \"t\"":                                  true,
		"[p]\ndsn = \"e6data://u:t@h/\"":                                                  true,
		"[p]\nhost = \"h\"\nclient_cert = \"c\"\nclient_key = \"-- PRIVATE KEY\"":         true,
		"[p]\ndsn = \"e6data://h/\"\nuser = \"u\"":                                        false,
		"[p]\nhost = \"h\"\nclient_cert = \"c.pem\"\nclient_key = \"k.pem\"\nsecure=true": false,
	} {
		for _, mode := range []os.FileMode{0o600, 0o640, 0o604} {
			_, err := load(t, write(t, mode, text), "p")
			if got := err != nil && strings.Contains(err.Error(), "chmod 600"); got != (refused && mode != 0o600) {
				t.Errorf("%q with mode %o: %v", text, mode, err)
			}
		}
	}
}

func TestPath(t *testing.T) {
	t.Setenv(profiles.FileVariable, "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	path, err := profiles.Path()
	dir, dirErr := os.UserConfigDir()
	if err != nil || dirErr != nil || path != filepath.Join(dir, "e6data", "config.toml") {
		t.Errorf("%q, %v, %v", path, err, dirErr)
	}
}

// No file of profiles makes the package panic, or show what the file holds.
func FuzzOpen(f *testing.F) {
	f.Add("[p]\nhost = \"h\"\nsecure = true")
	f.Add("default = \"p\"\n[p]\ndsn = \"e6data://u:t@h/\"")
	f.Add("[[p]]\n")
	f.Add("p = {host = \"h\", port = 1}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "command") {
			t.Skip("programs are not run here")
		}
		file, err := profiles.Open(write(t, 0o600, text))
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			_, _ = file.Config(t.Context(), name)
		}
	})
}
