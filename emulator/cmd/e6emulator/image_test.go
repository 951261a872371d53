//go:build cgo && linux

package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// docker runs the client, and returns what it prints.
func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func mustDocker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := docker(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// needDocker skips the test loudly where no daemon answers.
func needDocker(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := docker(ctx, "version", "--format", "{{.Server.Version}}"); err != nil {
		text := fmt.Sprintf("SKIPPED: the emulator's image: no Docker daemon, DOCKER_HOST %q (%v)", os.Getenv("DOCKER_HOST"), err)
		fmt.Fprintln(os.Stderr, text)
		if os.Getenv("E6DATA_REQUIRE_DOCKER") == "1" {
			t.Fatal("E6DATA_REQUIRE_DOCKER is 1")
		}
		t.Skip(text)
	}
}

var runLine = regexp.MustCompile(`(?m)^RUN (go build (?:.*\\\n)*.*)$`)

// buildImage runs the build of emulator/Dockerfile on this machine, where the toolchain is, and its
// last stage in Docker. It returns the image.
func buildImage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	const built, last, from = "/root/image", "\nFROM scratch\n", "COPY --from=build /root/image /"
	m := runLine.FindSubmatch(b)
	_, stage, ok := strings.Cut(string(b), last)
	if m == nil || !ok || strings.Count(stage, from) != 1 {
		t.Fatalf("the Dockerfile has changed: this test wants RUN go build, FROM scratch and %q", from)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(string(m[1]), built, filepath.Join(dir, "image")))
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the Dockerfile's build: %v\n%s", err, out)
	}
	stage = last[1:] + strings.Replace(stage, from, "COPY image /", 1)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(stage), 0o600); err != nil {
		t.Fatal(err)
	}
	image := fmt.Sprintf("e6emulator-test-%d", os.Getpid())
	mustDocker(t, "build", "-q", "-t", image, dir)
	t.Cleanup(func() {
		if _, err := docker(context.Background(), "rmi", "-f", image); err != nil {
			t.Error(err)
		}
	})
	return image
}

// container is a container of the image while a test runs.
type container struct {
	id  string
	log *bufio.Reader
	dsn string
}

func runContainer(t *testing.T, image string, args ...string) *container {
	t.Helper()
	c := &container{id: mustDocker(t, append([]string{"run", "-d", "-p", "127.0.0.1::8080", image}, args...)...)}
	t.Cleanup(func() {
		if _, err := docker(context.Background(), "rm", "-f", c.id); err != nil {
			t.Error(err)
		}
	})
	follow := exec.CommandContext(t.Context(), "docker", "logs", "-f", c.id)
	r, w := io.Pipe()
	follow.Stdout, follow.Stderr = w, w
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.CloseWithError(follow.Wait())
	}()
	t.Cleanup(func() {
		_ = follow.Process.Kill()
		_ = r.Close()
		<-done
	})
	c.log = bufio.NewReader(r)
	u, err := url.Parse(strings.TrimSpace(c.await(t, "e6data://")))
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(mustDocker(t, "port", c.id, "8080/tcp"))
	if err != nil {
		t.Fatal(err)
	}
	u.Host = "127.0.0.1:" + port
	c.dsn = u.String()
	return c
}

// await reads the log up to a line with a text, and returns the line.
func (c *container) await(t *testing.T, text string) string {
	t.Helper()
	var read strings.Builder
	for {
		line, err := c.log.ReadString('\n')
		read.WriteString(line)
		if strings.Contains(line, text) {
			return line
		}
		if err != nil {
			t.Fatalf("%v before %q:\n%s", err, text, read.String())
		}
	}
}

// The image has the program and no other file. It answers queries, and ends gracefully: a query
// that is open at SIGTERM is read to its end.
func TestImage(t *testing.T) {
	t.Parallel()
	needDocker(t)
	image := buildImage(t)
	c := runContainer(t, image, "--demo", "--scale", "0.01", "--zone", "Asia/Kolkata", "--catalog", "demo", "--grace", "60s")
	db, err := sql.Open("e6data", c.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n, lines int
	var instant time.Time
	if err := db.QueryRow("SELECT COUNT(*) FROM tpch.db.lineitem").Scan(&lines); err != nil || lines != 60175 {
		t.Errorf("lineitem has %d rows: %v", lines, err)
	}
	if err := db.QueryRow("SELECT instant FROM types WHERE id = 1").Scan(&instant); err != nil {
		t.Error(err)
	} else if _, offset := instant.Zone(); offset != 19800 {
		t.Errorf("instant %v", instant)
	}
	rows, err := db.Query("SELECT l_orderkey FROM tpch.db.lineitem")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()

	stopped := make(chan error, 1)
	go func() {
		_, err := docker(t.Context(), "stop", "-t", "120", c.id)
		stopped <- err
	}()
	if line := c.await(t, "msg=ending"); !strings.Contains(line, "open=1") {
		t.Errorf("the log says %q", line)
	}
	select {
	case err := <-stopped:
		t.Fatalf("the program did not wait for the query: %v", err)
	default:
	}
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil || n != lines {
		t.Errorf("%d rows of %d: %v", n, lines, err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if code := mustDocker(t, "inspect", "-f", "{{.State.ExitCode}}", c.id); code != "0" {
		t.Errorf("exit code %s", code)
	}
	if rest, _ := io.ReadAll(c.log); strings.Contains(string(rest), "queries are left") {
		t.Errorf("the log ends with %s", rest)
	}
}
