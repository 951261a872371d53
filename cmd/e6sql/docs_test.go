package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

// oneInput is a reader that writes one input, and leaves.
type oneInput struct{ text string }

func (r *oneInput) Read(string) (string, error) {
	text := r.text
	if r.text = ""; text == "" {
		return "", io.EOF
	}
	return text, nil
}

// The page lists every flag, format and command, and no flag that does not exist.
func TestPageIsComplete(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/e6sql.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]bool{"--no-secure": true}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			flags["--"+f.Name] = true
		}
		return next(nil)
	})
	for name := range flags {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the page lacks the flag %s", name)
		}
	}
	for _, name := range regexp.MustCompile("[` ](--[a-z-]+)").FindAllStringSubmatch(text, -1) {
		if !flags[name[1]] {
			t.Errorf("the page has %s, which does not exist", name[1])
		}
	}
	for _, format := range output.Formats() {
		if !strings.Contains(text, "`"+format+"`") {
			t.Errorf("the page lacks the format %s", format)
		}
	}
	commands := regexp.MustCompile(`(?m)^ +\\([a-z]+)`).FindAllStringSubmatch(help(t), -1)
	if len(commands) < 20 {
		t.Errorf("%d commands", len(commands))
	}
	for _, c := range commands {
		if !strings.Contains(text, "`\\"+c[1]+"`") {
			t.Errorf("the page lacks the command \\%s", c[1])
		}
	}
}

// help returns what \help writes.
func help(t *testing.T) string {
	t.Helper()
	cfg, err := e6data.ParseDSN("e6data://u:t@127.0.0.1:1/db")
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	var out bytes.Buffer
	if err := shell.New(shell.Config{Session: s, Reader: &oneInput{`\help`}, Out: &out, Err: &out}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
