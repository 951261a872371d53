package shell

import (
	"errors"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// ErrInterrupted is returned by a Reader when the user presses Ctrl-C: the input is
// dropped.
var ErrInterrupted = errors.New("interrupted")

// Reader reads what the user writes.
type Reader interface {
	// Read shows prompt and returns one input: a command, or statements of which the
	// last one may lack its semicolon if a command follows on a line of its own; see
	// Complete. It returns [ErrInterrupted] after Ctrl-C and io.EOF after Ctrl-D. After
	// an error the input is empty.
	Read(prompt string) (string, error)
}

// Complete reports whether an input is complete, so that the line editor returns it when
// the user presses Enter: it is blank, or a command, or ends with a semicolon that is not
// in a literal, quoted name or comment, or its last line is a command.
func Complete(input string) bool {
	trimmed := strings.TrimSpace(input)
	if trimmed == "" || strings.HasPrefix(trimmed, `\`) {
		return true
	}
	last, ok := lastPiece(input)
	if !ok { // comments only
		return !strings.Contains(trimmed, "/*") || strings.HasSuffix(trimmed, "*/")
	}
	if last.Terminated {
		return true
	}
	_, command := cutCommand(input)
	return command != ""
}

// lastPiece returns the last statement of an input.
func lastPiece(input string) (last sqltext.Piece, ok bool) {
	for p := range sqltext.Split(input) {
		last, ok = p, true
	}
	return last, ok
}

// cutCommand splits an input whose last line is a command into the text before the line,
// and the line. A backslash in a literal, quoted name or comment begins no command.
func cutCommand(input string) (before, command string) {
	body := strings.TrimRight(input, " \t\r\n")
	start := 1 + strings.LastIndexByte(body, '\n')
	line := strings.TrimLeft(body[start:], " \t")
	if !strings.HasPrefix(line, `\`) {
		return input, ""
	}
	if last, ok := lastPiece(body[:start]); ok && last.Open && last.End >= start {
		return input, ""
	}
	return body[:start], line
}

// input is a command, or a statement without its semicolon.
type input struct {
	text    string
	command bool
	// start is the offset in the script.
	start int
	// terminated reports that a semicolon ends the statement.
	terminated bool
	// open reports that the script ends within a literal, quoted name or comment.
	open bool
}

// nextInput cuts the first command or statement from a script. A command ends with its
// line, a statement with its semicolon or with the script. ok is false at the end of the
// script.
func nextInput(script string) (in input, rest string, ok bool) {
	begin := skipTrivia(script)
	if strings.HasPrefix(script[begin:], `\`) {
		line, rest, _ := strings.Cut(script[begin:], "\n")
		return input{text: strings.TrimSpace(line), command: true, start: begin}, rest, true
	}
	for p := range sqltext.Split(script) {
		in = input{text: script[p.Start:p.End], terminated: p.Terminated, open: p.Open, start: p.Start}
		rest = script[p.End:]
		if p.Terminated {
			rest = rest[strings.IndexByte(rest, ';')+1:]
		}
		return in, rest, true
	}
	return input{}, "", false
}

// skipTrivia returns the offset of the first token that is not white space, a semicolon
// or a comment.
func skipTrivia(script string) int {
	scanner := sqltext.NewScanner(script)
	for {
		t, ok := scanner.Next()
		if !ok {
			return len(script)
		}
		text := script[t.Start:t.End]
		if t.Kind != sqltext.KindBlank && t.Kind != sqltext.KindComment && text != ";" || t.Open {
			return t.Start
		}
	}
}
