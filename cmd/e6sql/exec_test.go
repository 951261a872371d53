package main

import (
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
)

var withoutCgo = flag.Bool("nocgo", false, "build the program without cgo, and test that")

// runProgram runs a program to its end.
func runProgram(t *testing.T, env []string, program string, args ...string) (outcome, error) {
	t.Helper()
	cmd := exec.CommandContext(cmdtest.Within(t, 5*time.Minute), program, args...)
	cmd.Env = env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code := -1
	if cmd.ProcessState != nil {
		code = cmd.ProcessState.ExitCode()
	}
	return outcome{code, stdout.String(), stderr.String()}, err
}

func TestVersionManAndHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--version"}, []string{"e6sql ", "built by  go1.", "embedded  "}},
		{[]string{"--help"}, []string{"--stop-on-error", "doctor", "exit code"}},
		{[]string{"man"}, []string{".TH E6SQL 1", "stop\\-on\\-error"}},
	} {
		got := run(t, "", c.args...)
		for _, want := range c.want {
			if got.code != 0 || !strings.Contains(got.stdout, want) && !strings.Contains(got.stdout, strings.ReplaceAll(want, `\-`, "-")) {
				t.Errorf("%q lacks %q: %v", c.args, want, got)
			}
		}
	}
}

// A shell asks the program itself for the continuations of a command line.
func TestShellCompletion(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, file, "[prod]\nhost = \"e6.example.com\"\n[dev]\nhost = \"localhost\"\n")
	for line, want := range map[string]string{
		"e6sql --stop":           "--stop-on-error",
		"e6sql do":               "doctor",
		"e6sql completion ":      "bash fish zsh",
		"e6sql --format ":        strings.Join(output.Formats(), " "),
		"e6sql --profile ":       "dev prod",
		"e6sql doctor -p p":      "prod",
		"e6sql --color a":        "always auto",
		"e6sql ping --embed":     "--embedded",
		"e6sql -F c -c x --quer": "--query-timeout",
	} {
		env := cmdtest.Env(t, "COMP_LINE="+line, "E6DATA_CONFIG="+file)
		got, err := runProgram(t, env, cmdtest.Binary(t))
		if err != nil || strings.Join(sorted(strings.Fields(got.stdout)), " ") != want {
			t.Errorf("%q: %v, %v, want %s", line, got, err, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := run(t, "", "completion", shell); got.code != 0 || !strings.Contains(got.stdout, "e6sql") {
			t.Errorf("%v", got)
		}
	}
}

// The scripts are read by their shells without an error, where these are installed.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	tested := 0
	for _, shell := range []string{"bash", "zsh", "fish"} {
		program, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not installed", shell)
			continue
		}
		script := filepath.Join(t.TempDir(), "script")
		writeFile(t, script, run(t, "", "completion", shell).stdout)
		args := []string{"-c", "source " + script}
		if shell == "zsh" {
			args = []string{"-c", "autoload -U compinit && compinit -u && source " + script}
		}
		if got, err := runProgram(t, cmdtest.Env(t), program, args...); err != nil || got.stderr != "" {
			t.Errorf("%s: %v, %v", shell, got, err)
		}
		tested++
	}
	if tested == 0 {
		t.Skip("no shell with completion is installed")
	}
}

// Without cgo everything builds, and only --embedded is missing.
func TestWithoutCgo(t *testing.T) {
	t.Parallel()
	if !*withoutCgo {
		t.Skip("the program is built again with -nocgo only, which takes a minute")
	}
	program := filepath.Join(t.TempDir(), "e6sql")
	env := cmdtest.Env(t)
	for i, v := range env { // the build needs the cache in the real home
		if strings.HasPrefix(v, "HOME=") {
			env = append(env[:i:i], env[i+1:]...)
			break
		}
	}
	build := exec.CommandContext(cmdtest.Within(t, 5*time.Minute), "go", "build", "-o", program, ".")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, _ := runProgram(t, env, program, "--embedded", "-c", "SELECT 1")
	if got.code != exitUsage || !strings.Contains(got.stderr, "install a C compiler") {
		t.Errorf("%v", got)
	}
	if got, err := runProgram(t, env, program, "--version"); err != nil || !strings.Contains(got.stdout, "embedded  no (built without cgo)") {
		t.Errorf("%v, %v", got, err)
	}
}
