package output

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// File replaces a file atomically. Write writes to a temporary file in the same directory,
// and Commit gives it the name of the file. Until then the file is as it was before. If
// the path is not a regular file, such as /dev/null or a named pipe, File writes directly
// to it. A File is not safe for concurrent use.
type File struct {
	path string // of the file, without symbolic links
	temp *os.File
	// direct means that temp is the file itself.
	direct bool
	done   bool
	err    error
}

// Create returns a File for path. The file gets the permissions that it has, or those of
// a new file. The caller calls Abort at the end, and Commit before if all was written.
func Create(path string) (*File, error) {
	if _, base := filepath.Split(path); base == "" {
		return nil, &fs.PathError{Op: "create", Path: path, Err: errors.New("it has no file name")}
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "create", Path: path, Err: errors.New("it is a directory")}
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // the user chose the file
		if err != nil {
			return nil, err
		}
		return &File{path: path, temp: f, direct: true}, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if path, err = resolve(path); err != nil {
		return nil, err
	}
	temp, err := createTemp(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, temp: temp}
	if info != nil && runtime.GOOS != "windows" {
		if err := temp.Chmod(info.Mode().Perm()); err != nil {
			f.Abort()
			return nil, err
		}
	}
	return f, nil
}

// resolve returns the file that a path refers to, which may not exist. A symbolic link is
// not replaced, but the file that it refers to.
func resolve(path string) (string, error) {
	for range 40 {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, ignoreMissing(err)
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", &fs.PathError{Op: "create", Path: path, Err: errors.New("too many symbolic links")}
}

// ignoreMissing returns nil if err says that a file does not exist, and otherwise err.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// createTemp creates a file next to path. Unlike os.CreateTemp it gives the file the
// permissions of any new file.
func createTemp(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for range 1000 {
		name := dir + "." + base + "." + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // as any new file; the umask applies
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "create", Path: path, Err: errors.New("all names of temporary files are taken")}
}

// Name returns the path of the file.
func (f *File) Name() string { return f.path }

// Write writes to the temporary file. After an error Commit fails, too.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.temp.Write(b)
	if err != nil && f.err == nil {
		f.err = err
	}
	return n, err
}

// Commit makes the written bytes durable and replaces the file. After an error the file is
// as it was before, and the temporary file is removed. Commit may be called once.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("commit of %s: %w", f.path, fs.ErrClosed)
	}
	if f.direct {
		f.done = true
		return errors.Join(f.err, f.temp.Close())
	}
	defer f.Abort()
	if f.err != nil {
		return f.err
	}
	if err := f.temp.Sync(); err != nil {
		return err
	}
	if err := f.temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.temp.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return syncDir(filepath.Dir(f.path))
}

// Abort removes the temporary file, unless Commit has replaced the file. It may be called
// again.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	_ = f.temp.Close()
	if !f.direct {
		_ = os.Remove(f.temp.Name())
	}
}

// syncDir makes a new name durable. Windows has no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the user chose the file
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
