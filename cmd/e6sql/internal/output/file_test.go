package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// content returns the text of a file and checks that its directory has no other file.
func content(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s is left", e.Name())
		}
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func create(t *testing.T, path, text string) *File {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileCommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.csv")
	for _, text := range []string{"first", "second"} {
		f := create(t, path, text)
		if got, err := os.ReadFile(path); err == nil && string(got) == text {
			t.Error("the file changed before Commit")
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		f.Abort() // does nothing after Commit
		if got := content(t, path); got != text {
			t.Errorf("%q, want %q", got, text)
		}
		if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("second Commit: %v", err)
		}
	}
}

func TestFileAbort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.csv")
	create(t, path, "text").Abort()
	if got := content(t, path); got != "none" {
		t.Errorf("%q after Abort", got)
	}
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := create(t, path, "text")
	f.Abort()
	f.Abort()
	if got := content(t, path); got != "before" {
		t.Errorf("%q after Abort", got)
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit after Abort")
	}
}

// After a failed write Commit does not replace the file.
func TestFileWriteError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.csv")
	f := create(t, path, "text")
	if err := f.temp.Close(); err != nil { // now writing fails
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("more")); err == nil {
		t.Fatal("wrote to a closed file")
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit after a failed write")
	}
	if got := content(t, path); got != "none" {
		t.Errorf("%q, want no file", got)
	}
}

func TestFilePermissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permissions of this kind")
	}
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := create(t, path, "x").Commit(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v, want the permissions from before", info.Mode(), err)
	}
	// A new file has the permissions that other new files have.
	fresh := filepath.Join(t.TempDir(), "new.csv")
	if err := create(t, fresh, "x").Commit(); err != nil {
		t.Fatal(err)
	}
	usual := filepath.Join(t.TempDir(), "usual")
	if err := os.WriteFile(usual, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := os.Stat(fresh)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.Stat(usual)
	if err != nil || a.Mode() != b.Mode() {
		t.Errorf("%v and %v, %v", a.Mode(), b.Mode(), err)
	}
}

// A symbolic link stays, and the file that it refers to is replaced.
func TestFileBehindLink(t *testing.T) {
	t.Parallel()
	target, dir := filepath.Join(t.TempDir(), "target.csv"), t.TempDir()
	link, second := filepath.Join(dir, "link"), filepath.Join(dir, "second")
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("this system does not let us create links: %v", err)
	}
	if err := os.Symlink("link", second); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"new", "replaced"} {
		if err := create(t, second, text).Commit(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, target); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link refers to %q, %v", to, err)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(dir, "loop")); err == nil {
		t.Error("a link to itself was accepted")
	}
}

// What is not a regular file is written directly.
func TestFileDevice(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no /dev/null")
	}
	f := create(t, os.DevNull, "text")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s was replaced: %v", os.DevNull, err)
	}
	create(t, os.DevNull, "text").Abort()
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none", "out.csv"), "", dir + "/none/"} {
		if f, err := Create(path); err == nil {
			f.Abort()
			t.Errorf("%q was accepted", path)
		}
	}
}
