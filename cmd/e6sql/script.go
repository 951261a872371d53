package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// script is a text with statements.
type script struct {
	// name is how messages name the script.
	name string
	text string
	// file is the file to read, - for standard input, or "" if text is set.
	file     string
	position int
}

// statement is one statement of a script.
type statement struct {
	text string
	// script and line are where it stands.
	script string
	line   int
}

// load reads the script's file.
func (s *script) load(ctx context.Context, stdin io.Reader) error {
	if s.file == "" {
		return nil
	}
	var in []byte
	var err error
	if s.file == "-" {
		s.name = "standard input"
		in, err = readAll(ctx, stdin)
	} else {
		in, err = os.ReadFile(s.file)
	}
	if err != nil {
		return err
	}
	s.text = string(bytes.TrimPrefix(in, []byte("\ufeff")))
	return nil
}

// readAll reads r to its end. When ctx ends first, it returns ctx's error, and the
// goroutine that reads goes on until r ends.
func readAll(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := io.ReadAll(r)
		done <- result{b, err}
	}()
	select {
	case got := <-done:
		return got.b, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// split returns the statements of the script. A statement that ends within a string, a
// quoted name or a comment is an error, and so is a shell command.
func (s *script) split() ([]statement, error) {
	var out []statement
	line, counted := 1, 0 // the line at the offset counted
	for p := range sqltext.Split(s.text) {
		line += strings.Count(s.text[counted:p.Start], "\n")
		counted = p.Start
		if p.Open {
			return nil, fmt.Errorf("%s, line %d: the statement that begins here ends within a string, a quoted name or a comment", s.name, line)
		}
		text := s.text[p.Start:p.End]
		if text[0] == '\\' {
			return nil, fmt.Errorf("%s, line %d: commands with a backslash are for the interactive shell", s.name, line)
		}
		out = append(out, statement{text: text, script: s.name, line: line})
	}
	return out, nil
}

// errNothing says that there is no statement to run.
var errNothing = errors.New("there is no statement to run")
