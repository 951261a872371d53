// Package profiles reads named connections from a TOML file, for command-line tools and
// for applications that let their users choose a connection by name. The driver itself
// reads no file of this kind.
//
//	default = "dev"
//
//	[dev]
//	dsn = "e6data://me@example.com@e6.dev.example.com:443/sales?secure=true"
//	password_env = "E6_DEV_TOKEN"
//
//	[prod]
//	host = "e6.example.com"
//	secure = true
//	catalog = "lake"
//	user = "me@example.com"
//	password_command = ["pass", "show", "e6data/prod"]
//
// # The file
//
// It is named by the environment variable E6DATA_CONFIG. Default: e6data/config.toml in
// the directory that [os.UserConfigDir] returns. Each table is a profile. Its keys are
// the parameters of a DSN, as [e6data.ParseDSN] lists them, and
//
//   - dsn, a DSN to which the other keys are added; or host and port,
//   - NAME_env, the environment variable that has the value of the parameter NAME,
//   - NAME_command, a program and its arguments. The first line that the program writes
//     to its standard output is the value of the parameter NAME. No shell is involved.
//
// The key default, outside of all tables, names the profile that is used where none is
// asked for.
//
// A file that holds a secret itself, and that others than its owner may read, is an
// error, except on Windows. No error shows a value.
package profiles

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/e6data/e6data-go"
)

// The environment variables that this package reads.
const (
	// FileVariable names the file.
	FileVariable = "E6DATA_CONFIG"
	// NameVariable names the profile that is used where none is asked for. It takes
	// precedence over the file's key default.
	NameVariable = "E6DATA_PROFILE"
)

// ErrNotFound is in the error of a profile, or of a file of profiles, that does not
// exist.
var ErrNotFound = errors.New("not found")

// Path returns the name of the file of profiles, whether the file exists or not.
func Path() (string, error) {
	if path := os.Getenv(FileVariable); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("profiles: no directory for the file: %w: set %s", err, FileVariable)
	}
	return filepath.Join(dir, "e6data", "config.toml"), nil
}

// Load returns the Config of a profile of the file that [Path] names. An empty name
// stands for the one in E6DATA_PROFILE, else for the file's default, else for the only
// profile of the file. The context bounds the programs of NAME_command keys.
func Load(ctx context.Context, name string) (*e6data.Config, error) {
	path, err := Path()
	if err != nil {
		return nil, err
	}
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	return f.Config(ctx, name)
}

// File is a file of profiles. It is safe for concurrent use.
type File struct {
	path     string
	private  bool // only the owner can read it
	fallback string
	profiles map[string]map[string]any
}

// Open reads a file of profiles.
func Open(path string) (*File, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("profiles: the file %s was %w: write one, or set %s", path, ErrNotFound, FileVariable)
	}
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	f, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	f.private = isPrivate(info)
	return f, nil
}

// parse reads the text of the file at path.
func parse(path string, text []byte) (*File, error) {
	var tables map[string]any
	if err := toml.Unmarshal(text, &tables); err != nil {
		// The library's text may quote the file, which may hold secrets.
		if syntax, ok := errors.AsType[*toml.DecodeError](err); ok {
			row, column := syntax.Position()
			return nil, fmt.Errorf("profiles: %s:%d:%d is no TOML", path, row, column)
		}
		return nil, fmt.Errorf("profiles: %s is no TOML", path)
	}
	f := &File{path: path, profiles: map[string]map[string]any{}}
	for key, value := range tables {
		switch value := value.(type) {
		case map[string]any:
			f.profiles[key] = value
		case string:
			if key != "default" {
				return nil, fmt.Errorf("profiles: %s: %s stands in no profile: write [name] above it", path, key)
			}
			f.fallback = value
		default:
			return nil, fmt.Errorf("profiles: %s: %s is no profile", path, key)
		}
	}
	return f, nil
}

// Names returns the names of the profiles in alphabetical order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.profiles)) }

// Config returns the Config of a profile, as [Load] does.
func (f *File) Config(ctx context.Context, name string) (*e6data.Config, error) {
	if name == "" {
		name = os.Getenv(NameVariable)
	}
	if name == "" {
		name = f.fallback
	}
	names := f.Names()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	profile, ok := f.profiles[name]
	switch {
	case name == "":
		return nil, fmt.Errorf("profiles: %s has no default: choose one of %s", f.path, strings.Join(names, ", "))
	case !ok:
		return nil, fmt.Errorf("profiles: the profile %q was %w in %s, which has: %s", name, ErrNotFound, f.path, strings.Join(names, ", "))
	}
	p := reader{path: f.path, name: name, private: f.private}
	return p.config(ctx, profile)
}
