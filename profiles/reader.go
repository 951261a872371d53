package profiles

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go"
)

// reader makes a Config of one profile.
type reader struct {
	path, name string
	private    bool // only the owner can read the file
}

// isPrivate reports whether only the owner of a file can read it. Windows does not
// tell that by the mode.
func isPrivate(info fs.FileInfo) bool {
	return runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0
}

// errorf returns an error that names the profile.
func (p *reader) errorf(format string, args ...any) error {
	return fmt.Errorf("profiles: %s, profile %q: %w", p.path, p.name, fmt.Errorf(format, args...))
}

// config makes a DSN of the profile's keys, and parses it.
func (p *reader) config(ctx context.Context, profile map[string]any) (*e6data.Config, error) {
	if !p.private && p.holdsSecret(profile) {
		return nil, p.errorf("the file holds a secret and others can read it: chmod 600 %s, or use NAME_env or NAME_command", p.path)
	}
	dsn, err := p.base(profile)
	if err != nil {
		return nil, err
	}
	separator := "?"
	if strings.Contains(dsn, "?") {
		separator = "&"
	}
	for _, key := range slices.Sorted(maps.Keys(profile)) {
		if key == "dsn" || key == "host" || key == "port" {
			continue
		}
		name, value, err := p.value(ctx, key, profile[key])
		if err != nil {
			return nil, err
		}
		dsn += separator + url.QueryEscape(name) + "=" + url.QueryEscape(value)
		separator = "&"
	}
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		return nil, p.errorf("%w", err)
	}
	return cfg, nil
}

// base returns the DSN to which the parameters are added.
func (p *reader) base(profile map[string]any) (string, error) {
	dsn, hasDSN := profile["dsn"].(string)
	host, hasHost := profile["host"].(string)
	switch {
	case hasDSN && hasHost:
		return "", p.errorf("dsn and host exclude each other")
	case hasDSN:
		if _, ok := profile["port"]; ok {
			return "", p.errorf("dsn and port exclude each other")
		}
		return dsn, nil
	case !hasHost:
		return "", p.errorf("one of dsn and host is needed, as a text")
	}
	port, ok := profile["port"]
	if !ok {
		if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
			host = "[" + host + "]"
		}
		return "e6data://" + host + "/", nil
	}
	number, ok := port.(int64)
	if !ok {
		return "", p.errorf("port is no integer")
	}
	return "e6data://" + net.JoinHostPort(strings.Trim(host, "[]"), strconv.FormatInt(number, 10)) + "/", nil
}

// value returns the parameter that a key of the profile sets, and its value.
func (p *reader) value(ctx context.Context, key string, value any) (name, text string, err error) {
	if name, ok := strings.CutSuffix(key, "_env"); ok {
		variable, ok := value.(string)
		if !ok {
			return "", "", p.errorf("%s is not the name of an environment variable", key)
		}
		text, ok = os.LookupEnv(variable)
		if !ok {
			return "", "", p.errorf("%s: the environment variable %s is not set", key, variable)
		}
		return name, text, nil
	}
	if name, ok := strings.CutSuffix(key, "_command"); ok {
		text, err := p.run(ctx, key, value)
		return name, text, err
	}
	switch value := value.(type) {
	case string:
		return key, value, nil
	case bool:
		return key, strconv.FormatBool(value), nil
	case int64:
		return key, strconv.FormatInt(value, 10), nil
	}
	return "", "", p.errorf("%s is neither a text, an integer nor true or false", key)
}

// run returns the first line that a program writes to its standard output. The
// program's other output goes to this process's standard error.
func (p *reader) run(ctx context.Context, key string, value any) (string, error) {
	list, _ := value.([]any)
	args := make([]string, len(list))
	for i, arg := range list {
		text, ok := arg.(string)
		if !ok {
			return "", p.errorf("%s is no list of texts", key)
		}
		args[i] = text
	}
	if len(args) == 0 {
		return "", p.errorf(`%s is no list of a program and its arguments, such as ["pass", "show", "e6data"]`, key)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // the file is the owner's, as is the program
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", p.errorf("%s: %s: %w", key, args[0], errors.Join(err, ctx.Err()))
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	if !lines.Scan() || lines.Text() == "" {
		return "", p.errorf("%s: %s wrote nothing", key, args[0])
	}
	return lines.Text(), nil
}

// holdsSecret reports whether the profile itself holds a secret: those that come from
// the environment and from programs do not count.
func (p *reader) holdsSecret(profile map[string]any) bool {
	for key, value := range profile {
		switch strings.ReplaceAll(strings.ToLower(key), "-", "_") {
		case "password", "token", "access_token", "client_secret":
			return true
		case "client_key":
			if text, _ := value.(string); strings.Contains(text, "PRIVATE KEY") {
				return true
			}
		}
	}
	dsn, ok := profile["dsn"].(string)
	if !ok {
		return false
	}
	cfg, err := e6data.ParseDSN(dsn) // without the other keys it may be incomplete
	return err != nil || !cfg.Token.IsZero() || !cfg.AccessToken.IsZero() || !cfg.ClientSecret.IsZero() || !cfg.ClientKey.IsZero()
}
