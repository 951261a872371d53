package e6data_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The recipes for those who come from Python name examples, each with the file
// that it is in.
func TestRecipesHaveExamples(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/coming-from-python.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`(Example\\w+)`\\]\\(\\.\\./(\\w+\\.go)\\)").FindAllSubmatch(doc, -1)
	if len(links) < 20 {
		t.Errorf("only %d examples are linked", len(links))
	}
	for _, link := range links {
		name, file := string(link[1]), string(link[2])
		code, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := regexp.MustCompile(`(?ms)^func ` + name + `\(\) \{$.*?^}$`).Find(code)
		// Without an output an example is compiled and not run.
		if !regexp.MustCompile(`(?m)^\t// Output:`).Match(found) {
			t.Errorf("%s is not in %s, or has no output", name, file)
		}
	}
}

// What the document says a DSN has, a DSN has.
func TestPythonArgumentsAreParameters(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/coming-from-python.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(doc), "## Arguments of `Connection`")
	tables, _, _ = strings.Cut(tables, "### Arguments of the asyncio connection")
	known := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.Contains(cells[3], "the same") {
			continue
		}
		for _, word := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(cells[3], -1) {
			known++
			if !isParameter(word[1]) {
				t.Errorf("a DSN does not know %s", word[1])
			}
		}
	}
	if known < 20 {
		t.Errorf("only %d parameters are named", known)
	}
}

// isParameter reports whether a DSN may hold a parameter with this name.
func isParameter(name string) bool {
	_, err := e6data.ParseDSN("e6data://host/?" + name + "=")
	return err == nil || !strings.Contains(err.Error(), "unknown DSN parameter")
}

// CONTRIBUTING.md shows the following test as an example.
func TestContributingShowsATest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?ms)^func TestForgottenSession.*?^}$`).Find(code)
	if len(example) == 0 || !strings.Contains(string(text), string(example)) {
		t.Error("CONTRIBUTING.md does not show TestForgottenSession as it is")
	}
}

// The page on errors shows the functions of example_errors_test.go as they are.
func TestErrorsPageShowsExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/errors-and-retries.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("example_errors_test.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := regexp.MustCompile(`(?ms)^func [a-z]\w*\(.*?^}$`).FindAll(code, -1)
	if len(functions) < 3 {
		t.Errorf("only %d functions were found", len(functions))
	}
	for _, function := range functions {
		if !strings.Contains(string(text), "\n```go\n"+string(function)+"\n```\n") {
			t.Errorf("the page does not show\n%s", function)
		}
	}
}

func TestForgottenSession(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{}) // fails the test if a query is left on the engine
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	db := openDB(t, srv)
	if err := db.Ping(); err != nil { // the pool has a session now
		t.Fatal(err)
	}
	srv.ExpireSessions()
	var n int
	if err := db.QueryRow("SELECT 1").Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := srv.Count("executeStatement"); got != 1 {
		t.Errorf("executed %d times", got)
	}
}

// The program that README.md shows prints what it says.
func TestREADMEProgram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindSubmatch(text)
	if program == nil {
		t.Fatal("README.md shows no program")
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, program[1], 0o600); err != nil {
		t.Fatal(err)
	}
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("SELECT COUNT(*) FROM items", enginetest.NewResult().Column("n", "LONG").Row(42))
	run := exec.CommandContext(within(t, 5*time.Minute), "go", "run", path)
	run.Env = append(os.Environ(), "E6DATA_DSN="+srv.DSN())
	if out, err := run.CombinedOutput(); err != nil || string(out) != "42 items\n" {
		t.Errorf("%s, %v", out, err)
	}
}
