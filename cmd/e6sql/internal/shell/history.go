package shell

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	// maxHistory is the number of inputs that a history keeps.
	maxHistory = 10_000
	// maxHistoryInput bounds the bytes of an input that is kept.
	maxHistoryInput = 64 << 10
)

// History holds earlier inputs. It reads them from a file and appends to it. The file is
// readable by its owner only. An input that holds a secret of the session, and one that
// begins with a blank, is not kept. A History is not safe for concurrent use, but several
// processes may use one file.
type History struct {
	path    string
	secrets []string
	inputs  []string
}

// historyLine is a line of the file.
type historyLine struct {
	Input string `json:"input"`
}

// HistoryPath returns the place of the history in the user's directory for state.
func HistoryPath() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" && runtime.GOOS == "windows" {
		dir = os.Getenv("LocalAppData")
	}
	if dir == "" || !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "e6sql", "history.jsonl"), nil
}

// OpenHistory reads the history in the file path. A path of "" is a history without a
// file. The directory and the file are created if they do not exist. secrets are texts
// that no kept input may hold. With an error the history is usable, without a file.
func OpenHistory(path string, secrets ...string) (*History, error) {
	h := &History{secrets: slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })}
	if path == "" {
		return h, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return h, err
	}
	lines, err := h.load(path)
	if err != nil {
		return h, err
	}
	if lines > 2*maxHistory {
		if err := h.compact(path); err != nil {
			return h, err
		}
	}
	h.path = path
	return h, nil
}

// load reads the file, and returns the number of its lines. It skips lines that it does
// not understand.
func (h *History) load(path string) (lines int, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600) //nolint:gosec // the caller named the file
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, &fs.PathError{Op: "open", Path: path, Err: errors.New("it is not a regular file")}
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows":
		if err := f.Chmod(0o600); err != nil {
			return 0, err
		}
	}
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 8*maxHistoryInput)
	for scanner.Scan() {
		lines++
		var line historyLine
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Input != "" {
			h.remember(line.Input)
		}
	}
	return lines, scanner.Err()
}

// compact writes the file anew with the inputs that are kept.
func (h *History) compact(path string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".history-*") // its mode is 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	w := bufio.NewWriter(temp)
	encoder := json.NewEncoder(w)
	for _, input := range h.inputs {
		if err := encoder.Encode(historyLine{input}); err != nil {
			return errors.Join(err, temp.Close())
		}
	}
	if err := errors.Join(w.Flush(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// remember keeps an input in memory.
func (h *History) remember(input string) {
	if n := len(h.inputs); n > 0 && h.inputs[n-1] == input {
		return
	}
	h.inputs = append(h.inputs, input)
	if len(h.inputs) > maxHistory {
		h.inputs = slices.Delete(h.inputs, 0, len(h.inputs)-maxHistory)
	}
}

// Add keeps an input, unless it is blank, begins with a blank, or holds a secret.
func (h *History) Add(input string) error {
	text := strings.TrimRight(input, " \t\r\n")
	if text == "" || text[0] == ' ' || len(text) > maxHistoryInput || h.secret(text) {
		return nil
	}
	if n := len(h.inputs); n > 0 && h.inputs[n-1] == text {
		return nil
	}
	h.remember(text)
	if h.path == "" {
		return nil
	}
	line, err := json.Marshal(historyLine{text})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the history is not kept: %w", err)
	}
	_, err = f.Write(append(line, '\n')) // one call, so that other processes cannot come between
	return errors.Join(err, f.Close())
}

// secret reports whether a text holds a secret of the session, or sets a variable whose
// name says that it is a secret.
func (h *History) secret(text string) bool {
	for _, s := range h.secrets {
		if strings.Contains(text, s) {
			return true
		}
	}
	c, err := ParseCommand(text)
	if err != nil || c.Name != "set" || len(c.Args) == 0 {
		return false
	}
	name := strings.ToLower(c.Args[0].Text)
	for _, word := range []string{"token", "secret", "password", "passwd", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// Inputs returns the inputs, the oldest first. The caller must not change the slice, which
// is valid until the next Add.
func (h *History) Inputs() []string { return h.inputs }
