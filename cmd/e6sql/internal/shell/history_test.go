package shell_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

func openHistory(t *testing.T, path string, secrets ...string) *shell.History {
	t.Helper()
	h, err := shell.OpenHistory(path, secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func add(t *testing.T, h *shell.History, inputs ...string) {
	t.Helper()
	for _, input := range inputs {
		if err := h.Add(input); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistoryIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "e6sql", "history.jsonl")
	first := openHistory(t, path)
	add(t, first, "SELECT\n1;", "SELECT 2;", "SELECT 2;", "", "  \n")
	want := []string{"SELECT\n1;", "SELECT 2;"}
	if got := first.Inputs(); !slices.Equal(got, want) {
		t.Errorf("the inputs are %q", got)
	}
	second := openHistory(t, path)
	if got := second.Inputs(); !slices.Equal(got, want) {
		t.Errorf("the inputs are %q in the next session", got)
	}
	add(t, second, "SELECT 3;")
	add(t, first, "SELECT 4;")
	if got := openHistory(t, path).Inputs(); !slices.Equal(got, append(want, "SELECT 3;", "SELECT 4;")) {
		t.Errorf("the inputs of two sessions are %q", got)
	}
}

// TestHistoryIsPrivate checks the file's permissions, also of a file that others could
// read.
func TestHistoryIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	path := filepath.Join(t.TempDir(), "new", "history.jsonl")
	add(t, openHistory(t, path), "SELECT 1;")
	loose := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(loose, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	openHistory(t, loose)
	for _, p := range []string{path, loose} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("the permissions are %o", got)
		}
	}
}

func TestHistoryHasNoSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.jsonl")
	h := openHistory(t, path, "s3cret-token", "")
	add(t, h, "SELECT 's3cret-token';", " SELECT 'not kept';", `\set my_token abc`, `\set Password 'x y'`, `\set day 1`, "SELECT 1;")
	if got, want := h.Inputs(), []string{`\set day 1`, "SELECT 1;"}; !slices.Equal(got, want) {
		t.Errorf("the inputs are %q", got)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cret", "abc", "x y", "not kept"} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the file has %q", secret)
		}
	}
}

// TestHistoryIsBounded checks that an overlong file is written anew with the latest inputs.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.jsonl")
	var b strings.Builder
	const lines = 30_000
	for i := range lines {
		b.WriteString(`{"input":"SELECT ` + strconv.Itoa(i) + `;"}` + "\n")
	}
	b.WriteString("no JSON\n{\"input\":7}\n")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	inputs := openHistory(t, path).Inputs()
	if len(inputs) != 10_000 || inputs[len(inputs)-1] != "SELECT 29999;" {
		t.Errorf("there are %d inputs, and the last one is %q", len(inputs), inputs[len(inputs)-1])
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(content), "\n"); n != 10_000 {
		t.Errorf("the file has %d lines", n)
	}
}

// TestHistoryWithoutFile checks that a history is of use if its file cannot be had.
func TestHistoryWithoutFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // a directory in the place of the file
	h, err := shell.OpenHistory(dir)
	if err == nil {
		t.Error("no error for a directory")
	}
	add(t, h, "SELECT 1;")
	if got := h.Inputs(); !slices.Equal(got, []string{"SELECT 1;"}) {
		t.Errorf("the inputs are %q", got)
	}
}

func TestHistoryPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	if got, err := shell.HistoryPath(); err != nil || got != filepath.Join(dir, "e6sql", "history.jsonl") {
		t.Errorf("%s, %v", got, err)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", dir)
	if runtime.GOOS == "windows" {
		return
	}
	if got, err := shell.HistoryPath(); err != nil || got != filepath.Join(dir, ".local", "state", "e6sql", "history.jsonl") {
		t.Errorf("%s, %v", got, err)
	}
}
