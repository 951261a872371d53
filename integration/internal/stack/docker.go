// Package stack runs a blue/green deployment in Docker containers: two engines
// and a router on a private network. Its images contain only this module's
// commands, so no image is pulled.
package stack

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
)

// The labels of all objects of a run. With them a later run finds the objects
// of a crashed run.
const (
	labelHost  = "com.e6data.integration.host"
	labelPID   = "com.e6data.integration.pid"
	labelStart = "com.e6data.integration.start" // Unix seconds
)

// maxAge is longer than the duration of any run.
const maxAge = 30 * time.Minute

// Docker is a daemon with the images of this run.
type Docker struct {
	pool   *dockertest.Pool
	run    string // the value of the label for this run
	labels map[string]string
	images map[string]string // by command
	log    io.Writer
	stacks atomic.Int32

	buildEmulator sync.Once
	emulatorError error
}

// Connect connects to the daemon of DOCKER_HOST or of the default socket, and
// removes the objects of crashed runs. It writes messages to log.
func Connect(ctx context.Context, log io.Writer) (*Docker, error) {
	pool, err := dockertest.NewPool("")
	if err != nil {
		return nil, err
	}
	pool.MaxWait = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := pool.Client.PingWithContext(ctx); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	pid := strconv.Itoa(os.Getpid())
	d := &Docker{
		pool:   pool,
		run:    "e6it-" + now + "-" + pid,
		labels: map[string]string{labelHost: host, labelPID: pid, labelStart: now},
		images: map[string]string{},
		log:    log,
	}
	return d, d.sweep(d.left)
}

// Close removes the images and all other objects of this run.
func (d *Docker) Close() error {
	return d.sweep(func(labels map[string]string) bool {
		return labels[labelHost] == d.labels[labelHost] && labels[labelPID] == d.labels[labelPID]
	})
}

// left reports whether an object with these labels belongs to a run that is
// over.
func (d *Docker) left(labels map[string]string) bool {
	start, err := strconv.ParseInt(labels[labelStart], 10, 64)
	if err != nil {
		return false // not an object of these tests
	}
	if time.Since(time.Unix(start, 0)) > maxAge {
		return true
	}
	pid, err := strconv.Atoi(labels[labelPID])
	if err != nil || pid <= 0 || labels[labelHost] != d.labels[labelHost] {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// sweep removes the containers, networks and images for whose labels chosen
// returns true.
func (d *Docker) sweep(chosen func(labels map[string]string) bool) error {
	client := d.pool.Client
	var errs []error
	note := func(what, name string, err error) {
		if err == nil {
			_, _ = fmt.Fprintf(d.log, "removed %s %s\n", what, name)
			return
		}
		var gone *docker.NoSuchContainer
		if errors.As(err, &gone) || errors.Is(err, docker.ErrNoSuchImage) {
			return
		}
		errs = append(errs, fmt.Errorf("removing %s %s: %w", what, name, err))
	}
	filter := map[string][]string{"label": {labelStart}}
	containers, err := client.ListContainers(docker.ListContainersOptions{All: true, Filters: filter})
	if err != nil {
		return err
	}
	for _, c := range containers {
		if chosen(c.Labels) {
			err := client.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, Force: true, RemoveVolumes: true})
			note("container", fmt.Sprint(c.Names), err)
		}
	}
	networks, err := client.ListNetworks()
	if err != nil {
		return err
	}
	for _, n := range networks {
		if chosen(n.Labels) {
			note("network", n.Name, client.RemoveNetwork(n.ID))
		}
	}
	images, err := client.ListImages(docker.ListImagesOptions{All: true, Filters: filter})
	if err != nil {
		return err
	}
	for _, i := range images {
		if chosen(i.Labels) {
			note("image", fmt.Sprint(i.RepoTags), client.RemoveImageExtended(i.ID, docker.RemoveImageOptions{Force: true}))
		}
	}
	return errors.Join(errs...)
}

// BuildImages compiles the commands of this module and builds an image of each.
func (d *Docker) BuildImages(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "e6data-integration-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	//nolint:gosec // this function made the directory
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./cmd/engine", "./cmd/router")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the commands: %w\n%s", err, out)
	}
	for _, command := range []string{"engine", "router"} {
		if err := d.buildImage(ctx, dir, command); err != nil {
			return fmt.Errorf("building the image of %s: %w", command, err)
		}
	}
	return nil
}

// emulator compiles the emulator and builds its image. The emulator is a static
// binary, too, although it contains a database in C++. It needs a C compiler and
// minutes if nothing is in Go's cache.
func (d *Docker) emulator(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "e6data-integration-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	//nolint:gosec // this function made the directory
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "netgo,osusergo",
		"-ldflags", "-s -w -linkmode external -extldflags -static", "-o", filepath.Join(dir, "e6emulator"), "./cmd/e6emulator")
	build.Dir = "../emulator"
	build.Env = append(os.Environ(), "CGO_ENABLED=1", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the emulator: %w\n%s", err, out)
	}
	return d.buildImage(ctx, dir, "e6emulator")
}

func (d *Docker) buildImage(ctx context.Context, dir, command string) error {
	//nolint:gosec // it was just built
	binary, err := os.ReadFile(filepath.Join(dir, command))
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range []struct {
		name string
		mode int64
		body []byte
	}{
		{"Dockerfile", 0o644, fmt.Appendf(nil, "FROM scratch\nCOPY root /\nUSER 65534:65534\nENTRYPOINT [\"/%s\"]\n", command)},
		{"root/tmp/", 0o1777, nil}, // for the temporary files of the emulator's database
		{"root/" + command, 0o755, binary},
	} {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.body))}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(f.body); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	name := d.run + "-" + command
	var out bytes.Buffer
	err = d.pool.Client.BuildImage(docker.BuildImageOptions{
		Context:        ctx,
		Name:           name,
		Labels:         d.labels,
		RmTmpContainer: true,
		InputStream:    &archive,
		OutputStream:   &out,
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	d.images[command] = name
	_, _ = fmt.Fprintf(d.log, "built image %s, %d KiB\n", name, len(binary)>>10)
	return nil
}
