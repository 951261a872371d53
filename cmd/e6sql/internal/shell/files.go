package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// maxDepth bounds the files that include each other.
const maxDepth = 16

// include runs the statements and commands of a file, until one fails.
func (s *Shell) include(ctx context.Context, in invocation) error {
	path := expandHome(in.arg(0))
	if s.depth == maxDepth {
		return &CommandError{fmt.Sprintf("%s is not read: %d files include each other", path, maxDepth)}
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user named the file
	if err != nil {
		return err
	}
	if !utf8.Valid(text) {
		return &CommandError{path + " is not UTF-8"}
	}
	s.depth++
	defer func() { s.depth-- }()
	script := strings.TrimPrefix(string(text), "\ufeff")
	for rest := script; !s.quit; {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := len(script) - len(rest)
		next, after, ok := nextInput(rest)
		if !ok {
			return nil
		}
		rest = after
		if err := s.included(ctx, next); err != nil {
			line, _ := sqltext.Place(script, start+next.start)
			s.say("%s, line %d:", path, line)
			return err
		}
	}
	return nil
}

// included runs one statement or command of a file. The last statement of a file needs no
// semicolon.
func (s *Shell) included(ctx context.Context, in input) error {
	switch {
	case in.command:
		return s.command(ctx, in.text, "")
	case in.open:
		return &CommandError{"the statement ends within a literal, a quoted name or a comment: it was not run"}
	}
	return s.runStatement(ctx, in.text)
}

// edit lets the user edit a statement or a file, and runs what was saved, if it ends with
// a semicolon.
func (s *Shell) edit(ctx context.Context, in invocation) error {
	path, before := expandHome(in.arg(0)), ""
	if path == "" {
		before = in.buffer
		if before == "" && s.last != "" {
			before = s.last + ";\n"
		}
		temp, err := temporary(before)
		if err != nil {
			return err
		}
		path = temp
		defer func() { _ = os.RemoveAll(filepath.Dir(path)) }()
	}
	editor := s.Edit
	if editor == nil {
		editor = runEditor
	}
	// The editor has the terminal: a Ctrl-C is the editor's.
	if err := editor(context.WithoutCancel(ctx), path); err != nil {
		return err
	}
	edited, err := os.ReadFile(path) //nolint:gosec // the user named the file
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(edited))
	if s.History != nil && text != "" {
		if err := s.History.Add(text); err != nil {
			return err
		}
	}
	last, ok := lastPiece(text)
	switch {
	case text == strings.TrimSpace(before):
		s.say("nothing was changed, so nothing is run")
		return nil
	case !utf8.ValidString(text):
		return &CommandError{"the text is not UTF-8"}
	case ok && !last.Terminated:
		s.say("the text does not end with a semicolon, so it is not run: press Up to go on with it")
		return nil
	}
	return s.dispatch(ctx, text)
}

// temporary returns a file with a text, alone in a directory that only the user can read.
func temporary(text string) (string, error) {
	dir, err := os.MkdirTemp("", "e6sql-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "statement.sql")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return path, nil
}

// runEditor runs the user's editor on the terminal.
func runEditor(ctx context.Context, path string) error {
	words := []string{"vi"}
	for _, name := range []string{"EDITOR", "VISUAL"} {
		if set := strings.Fields(os.Getenv(name)); len(set) > 0 {
			words = set
		}
	}
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], path)...) //nolint:gosec // the user chose the program
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the editor %s (VISUAL, EDITOR): %w", words[0], err)
	}
	return nil
}
