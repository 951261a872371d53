package shell

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/complete"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/highlight"
)

// Terminal is a [Reader] that edits lines on the process's terminal, with history,
// completion and colours. Between two calls of Read the terminal is in its normal mode,
// in which Ctrl-C is a signal.
type Terminal struct {
	line    *readline.Shell
	prompt  string
	history *History
	// fresh is set until the first prompt of an input is drawn.
	fresh  bool
	search search
}

// TerminalOptions are the parts of a Terminal. All may be nil.
type TerminalOptions struct {
	History *History
	// Lists are the names that are completed.
	Lists complete.Lists
	// Color colours statements.
	Color bool
}

// NewTerminal returns a reader on the process's terminal. A process has one.
func NewTerminal(o TerminalOptions) *Terminal {
	t := &Terminal{line: readline.NewShell(), history: o.History}
	for name, value := range map[string]any{
		"completion-ignore-case": true,
		"usage-hint-always":      true, // also beside candidates
		"autopairs":              false,
		// The library colours the rest of a line from these characters on, even in a
		// text. The shell has its own colours, so nothing must match.
		"comment-begin": "\x00",
		// The first Tab inserts what all candidates share, and shows them.
		"menu-complete-display-prefix": true,
		// A pasted text is one input, and the user sees it before it runs.
		"enable-bracketed-paste": true,
		// The library would ask the terminal for the place of the cursor at every key.
		// That is slow over a network, and keys that arrive together with the terminal's
		// answer are lost. Terminal reserves room below the input instead.
		"cursor-position-probe": false,
	} {
		_ = t.line.Config.Set(name, value)
	}
	t.bind(`\C-i`, "complete", "menu-complete")
	for _, up := range []string{`\M-[A`, `\M-OA`} {
		t.bind(up, "previous-history", "up-line-or-history")
	}
	for _, down := range []string{`\M-[B`, `\M-OB`} {
		t.bind(down, "next-history", "down-line-or-history")
	}
	t.line.Keymap.Register(map[string]func(){
		"reverse-search-history": func() { t.find(-1) },
		"forward-search-history": func() { t.find(1) },
	})
	t.line.Prompt.Primary(func() string { return t.room() + t.prompt })
	t.line.PasteTransformer = pasted
	t.line.AcceptMultiline = func(line []rune) bool { return Complete(string(line)) }
	if o.Color {
		t.line.SyntaxHighlighter = func(line []rune) string { return highlight.SQL(string(line)) }
	}
	if o.Lists != nil {
		t.line.Completer = func(line []rune, cursor int) readline.Completions {
			return completions(line, cursor, o.Lists)
		}
	}
	t.line.History.Delete()
	t.line.History.Add("history", &source{o.History})
	return t
}

// bind gives a key another action, unless the user's inputrc has changed it from the
// usual one.
func (t *Terminal) bind(key, usual, action string) {
	key = inputrc.Unescape(key)
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert"} {
		if now, ok := t.line.Config.Binds[keymap][key]; !ok || now.Action == usual {
			_ = t.line.Config.Bind(keymap, key, action, false)
		}
	}
}

// Read implements [Reader].
func (t *Terminal) Read(prompt string) (string, error) {
	t.prompt, t.fresh, t.search = prompt, true, search{}
	line, err := t.line.Readline()
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		return "", ErrInterrupted
	case err != nil:
		// A terminal that has gone away is an end, too.
		return "", errors.Join(io.EOF, err)
	}
	return line, nil
}

// room returns the sequences that make room on the screen for the rows of the input and one
// more, which the library needs below it. They scroll the screen if the cursor is near its
// end, and leave the cursor where the prompt begins.
func (t *Terminal) room() string {
	text := string(*t.line.Line())
	if t.fresh {
		t.fresh, text = false, "" // the line is still that of the input before
	}
	columns := max(width(), 1)
	indent := displaywidth.String(color.ReplaceAllString(t.prompt, ""))
	rows := 0 // below the one with the prompt
	for line := range strings.SplitSeq(text, "\n") {
		rows += 1 + (indent+displaywidth.String(line))/columns
	}
	if rows = min(rows, height()-1); rows < 1 {
		return ""
	}
	return strings.Repeat(index, rows) + fmt.Sprintf("\x1b[%dA", rows)
}

// index moves the cursor down in its column, and scrolls the screen at its end.
const index = "\x1bD"

// color matches the sequences of colours.
var color = regexp.MustCompile("\x1b\\[[0-9;]*m")

// pasted returns a pasted text as it becomes input: without control characters, which could
// command the terminal, and without the line ends behind it.
func pasted(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	return strings.TrimRight(text, "\n")
}

// Interrupt makes a call of Read that is under way return, as if the user had pressed
// Ctrl-C. It may be called from another goroutine.
func (t *Terminal) Interrupt() {
	t.line.Keys.Feed(true, '\x03')
	t.line.Keys.RequestRefresh()
}

// source is the library's view of a history.
type source struct{ h *History }

// Write is called with every input that is accepted.
func (s *source) Write(line string) (int, error) {
	if s.h == nil {
		return 0, nil
	}
	err := s.h.Add(line)
	return len(s.h.inputs), err
}

func (s *source) GetLine(i int) (string, error) {
	if s.h == nil || i < 0 || i >= len(s.h.inputs) {
		return "", errors.New("the history has no such input")
	}
	return s.h.inputs[i], nil
}

func (s *source) Len() int {
	if s.h == nil {
		return 0
	}
	return len(s.h.inputs)
}

func (s *source) Dump() any { return s.h }

// completions returns the continuations of an input in the library's form.
func completions(line []rune, cursor int, lists complete.Lists) readline.Completions {
	before := string(line[:cursor])
	r := continuations(before, string(line), lists)
	if len(r.Candidates) == 0 {
		if r.Loading {
			return readline.CompleteMessage("names are being fetched: press Tab again")
		}
		return readline.Completions{}
	}
	// The library replaces the text between the last blank and the cursor, or a prefix
	// that is not empty. It counts bytes where it should count characters.
	prefix := before[r.Start:]
	glue := ""
	if prefix == "" {
		glue = before[1+strings.LastIndexAny(before, " \t\n"):]
	}
	if !ascii(prefix) || !ascii(glue) {
		return readline.Completions{}
	}
	// The menu must fit the screen below the input.
	most := max(minCandidates, height()-strings.Count(string(line), "\n")-menuFrame)
	var values []readline.Completion
	for _, c := range r.Candidates[:min(most, len(r.Candidates))] {
		values = append(values, readline.Completion{Value: glue + c.Text, Display: c.Text, Description: c.Detail, Tag: string(c.Kind)})
	}
	out := readline.CompleteRaw(values).NoSort()
	if left := len(r.Candidates) - len(values); left > 0 {
		out = out.Usage("%d more: type a part of the name", left)
	}
	out.PREFIX = prefix
	return out
}

const (
	minCandidates = 3
	// menuFrame is the number of rows of a menu that hold no candidate: the titles of its
	// groups, a hint, the input and the room below.
	menuFrame = 9
)

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
