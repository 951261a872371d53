//go:build cgo

package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

var (
	shared = flag.Bool("cshared", false, "build the shared library and test it with a client in C; the first build takes minutes")
	update = flag.Bool("update", false, "write the output of the client in C to testdata")
)

// TestLibrary runs a client in C against the shared library: one that loads the library
// itself, and one that is linked with arrow-adbc's driver manager, which is the one in
// Python's package adbc_driver_manager.
func TestLibrary(t *testing.T) {
	if !*shared {
		t.Skip("the shared library is not tested, because its first build takes minutes: run go test ./cmd/libe6data -cshared")
	}
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skipf("the client in C uses dlopen, which %s lacks", runtime.GOOS)
	}
	dir := t.TempDir()
	library := filepath.Join(dir, "libadbc_driver_e6data.so")
	run(t, "go", "build", "-buildmode=c-shared", "-o", library, ".")
	headers := filepath.Join(strings.TrimSpace(run(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/apache/arrow-adbc/go/adbc")), "drivermgr")

	t.Run("dlopen", func(t *testing.T) {
		client := filepath.Join(dir, "client")
		run(t, compiler(t, "CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I", headers,
			"-o", client, "testdata/client.c", "-ldl", "-lpthread")
		testClient(t, client, library, "dlopen")
	})
	t.Run("driver manager", func(t *testing.T) {
		client := filepath.Join(dir, "managed")
		object := filepath.Join(dir, "client.o")
		run(t, compiler(t, "CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-DDRIVER_MANAGER", "-I", headers, "-c", "-o", object, "testdata/client.c")
		sources, err := filepath.Glob(filepath.Join(headers, "*.cc"))
		if err != nil || len(sources) == 0 {
			t.Fatalf("no driver manager in %s: %v", headers, err)
		}
		args := append([]string{"-std=c++17", "-DADBC_EXPORTING", "-I", headers, "-I", filepath.Join(headers, "vendored"), "-o", client, object}, sources...)
		run(t, compiler(t, "CXX", "c++"), append(args, "-ldl", "-lpthread")...)
		testClient(t, client, library, "manager")
	})
}

// compiler returns the command in an environment variable or, if that is empty, the
// usual one.
func compiler(t *testing.T, variable, usual string) string {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		name = usual
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("the client in C was not tested: there is no compiler %s", name)
	}
	return path
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// testClient runs each command of the client, and compares the output with a file.
func testClient(t *testing.T, client, library, kind string) {
	for _, command := range []string{"query", "metadata", "errors", "cancel", "broken", "abandoned"} {
		t.Run(command, func(t *testing.T) {
			srv := newEngine(t)
			got := runClient(t, srv, client, library, command)
			file := filepath.Join("testdata", command+"."+kind+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the client wrote\n%s\nwant, as in %s,\n%s", got, file, want)
			}
		})
	}
}

// newEngine starts an engine with the statements and the table of the client. The test
// fails if the client leaves a query on it.
func newEngine(t *testing.T) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.HandleArgs("SELECT n, word, price FROM things WHERE n > 1 AND word <> 'it''s'", enginetest.NewResult().
		Column("n", "LONG").Column("word", "STRING").Column("price", "DECIMAL(10,2)").BatchRows(2).
		Row(2, "zwei", "12.30").Row(3, nil, "-0.01").Row(nil, "Ω", nil))
	srv.Handle("UPDATE things SET n = 0", enginetest.NewResult().Column("rows", "LONG").Row(7))
	srv.Handle("SELEC", enginetest.NewResult().Fail(enginetest.PhasePrepare, status.Error(codes.InvalidArgument, "syntax error at line 1, column 1")))
	srv.Handle("SELECT slow", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Handle("SELECT broken", enginetest.NewResult().Column("n", "LONG").BatchRows(1).Row(1).Row(2).
		FailAt(1, status.Error(codes.Internal, "a disk is full")))
	srv.Handle("SELECT many", enginetest.NewResult().Column("n", "LONG").BatchRows(1).Row(1).Row(2).Row(3).Row(4))
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{{
		Name: "db", Tables: []enginetest.Table{{Name: "things", Columns: []enginetest.Column{{Name: "n", Type: "long"}, {Name: "word", Type: "string"}}}},
	}}}, enginetest.Catalog{Name: "other"})
	return srv
}

// runClient returns the output of the client. When the engine holds the statement
// SELECT slow back, it writes the byte after which the client cancels the statement.
func runClient(t *testing.T, srv *enginetest.Server, client, library, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, client, library, srv.DSN(), command)
	// With cgocheck, Go panics if a pointer of Go is stored in memory of C.
	cmd.Env = append(os.Environ(), "GODEBUG=cgocheck=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	srv.Inject(enginetest.Fault{Method: "executeStatement", SQL: "SELECT slow", Hang: true, Do: func() { _, _ = io.WriteString(stdin, "x") }})
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: the client wrote\n%s\nand to its standard error\n%s", err, &out, &stderr)
	}
	return out.String()
}
