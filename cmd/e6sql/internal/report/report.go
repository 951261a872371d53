// Package report describes ended statements and errors for people.
package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

// Error describes an error in one or more lines: what happened, the place in the
// statement if it is known, the query, and what to do. The text ends with a line feed,
// and control characters in it are escaped.
func Error(err error) string {
	var b strings.Builder
	b.WriteString("error: " + Printable(message(err)) + "\n")
	if failed, ok := errors.AsType[*session.Error](err); ok {
		b.WriteString(Excerpt(failed.Statement, failed.Line, failed.Column))
	}
	if where := where(err); where != "" {
		b.WriteString("query: " + Printable(where) + "\n")
	}
	if hint := Hint(err); hint != "" {
		b.WriteString("cure:  " + hint + "\n")
	}
	return b.String()
}

// message returns the engine's own text where that explains the error, else the text of
// the error.
func message(err error) string {
	if failed, ok := errors.AsType[*e6data.Error](err); ok && errors.Is(failed, e6data.ErrSQL) && failed.Message != "" {
		return failed.Message
	}
	return err.Error()
}

// where names the query.
func where(err error) string {
	var parts []string
	if failed, ok := errors.AsType[*session.Error](err); ok && failed.QueryID != "" {
		parts = append(parts, failed.QueryID)
	}
	failed, ok := errors.AsType[*e6data.Error](err)
	if !ok {
		return strings.Join(parts, ", ")
	}
	if len(parts) == 0 && failed.QueryID != "" {
		parts = append(parts, failed.QueryID)
	}
	if failed.Phase != "" {
		parts = append(parts, "phase "+string(failed.Phase))
	}
	if failed.Strategy != "" {
		parts = append(parts, failed.Strategy)
	}
	if failed.Code != codes.OK {
		parts = append(parts, failed.Code.String())
	}
	return strings.Join(parts, ", ")
}

// hints has the cure for each kind of error.
var hints = []struct {
	kind error
	text string
}{
	{e6data.ErrAuthentication, "correct the user and the access token: E6DATA_USER, E6DATA_TOKEN, the profile, or -W to be asked"},
	{e6data.ErrTokenUnavailable, "see whether the token endpoint (token_url) answers, and try again"},
	{e6data.ErrUnknownCluster, "correct --cluster"},
	{e6data.ErrClusterSuspended, "resume the cluster, or let e6sql do it: --param auto_resume=true"},
	{e6data.ErrAmbiguousExecution, "see by its effect whether the statement ran, before you run it again"},
	{e6data.ErrIncompleteResult, "the rows so far are correct, and others are missing: run the statement again if that is safe"},
	{e6data.ErrQueryCancelled, "the query was cancelled on the engine, by you or by others"},
	{e6data.ErrTLS, "e6sql doctor shows the certificates"},
	{errors.ErrUnsupported, "the engine lacks this call: a newer engine may have it"},
	{session.ErrNoJob, "\\jobs lists the jobs"},
}

// Hint returns what to do about an error, or "".
func Hint(err error) string {
	if _, ok := errors.AsType[*session.TimeoutError](err); ok || errors.Is(err, context.Canceled) {
		return ""
	}
	for _, h := range hints {
		if errors.Is(err, h.kind) {
			return h.text
		}
	}
	failed, ok := errors.AsType[*e6data.Error](err)
	switch {
	case ok && failed.Code == codes.Unavailable, isNetwork(err):
		return "e6sql doctor shows where the connection fails"
	case ok && errors.Is(err, context.DeadlineExceeded) && failed.Phase == e6data.PhaseConnect:
		return "e6sql doctor shows where the connection fails"
	}
	return ""
}

// isNetwork reports whether an error comes from the network.
func isNetwork(err error) bool {
	var network net.Error
	var file *fs.PathError
	return errors.As(err, &network) && !errors.As(err, &file) && !errors.Is(err, context.DeadlineExceeded)
}

const (
	// linesBefore is the number of lines that an excerpt shows before the one in error.
	linesBefore = 2
	// excerptWidth bounds the columns of a line in an excerpt.
	excerptWidth = 100
)

// Excerpt shows the line of a statement that an error names, the lines before it, and a
// caret below the column. line and column count from 1; column counts characters. It
// returns "" if the statement has no such place.
func Excerpt(statement string, line, column int) string {
	lines := strings.Split(strings.ReplaceAll(statement, "\r\n", "\n"), "\n")
	if line < 1 || line > len(lines) || column < 1 || column > utf8.RuneCountInString(lines[line-1])+1 {
		return ""
	}
	var b strings.Builder
	for n := max(1, line-linesBefore); n <= line; n++ {
		text, start := window(lines[n-1], n == line, column)
		fmt.Fprintf(&b, "%5d | %s\n", n, text)
		if n == line {
			fmt.Fprintf(&b, "      | %s^\n", blanks(lines[n-1], start, column))
		}
	}
	return b.String()
}

// window returns the part of a line that is shown, and the index of its first character
// in the line. around is set if the part must contain the column.
func window(text string, around bool, column int) (part string, start int) {
	runes := []rune(text)
	if len(runes) <= excerptWidth {
		return visible(runes), 0
	}
	if around {
		start = max(0, min(column-1-excerptWidth/2, len(runes)-excerptWidth))
	}
	end := min(start+excerptWidth, len(runes))
	part = visible(runes[start:end])
	if end < len(runes) {
		part += "…"
	}
	if start > 0 {
		part = "…" + part
	}
	return part, start
}

// visible replaces control characters by one character each.
func visible(runes []rune) string {
	out := make([]rune, len(runes))
	for i, r := range runes {
		switch {
		case r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = unicode.ReplacementChar
		}
		out[i] = r
	}
	return string(out)
}

// blanks returns as many blanks as the characters between start and the column are wide.
func blanks(text string, start, column int) string {
	runes := []rune(text)
	width := runewidth.StringWidth(visible(runes[start : column-1]))
	if start > 0 {
		width++ // the mark of the cut
	}
	return strings.Repeat(" ", width)
}

// Printable escapes the control characters of a text, except line feeds and tabs, so that
// it cannot command a terminal.
func Printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n', r == '\t', unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Summary describes an ended statement in one line: rows, bytes, times by phase, and the
// query.
func Summary(s *session.Summary) string {
	parts := []string{outcome(s)}
	if s.Bytes > 0 {
		parts = append(parts, progress.Bytes(s.Bytes))
	}
	parts = append(parts, progress.Duration(s.Elapsed)+times(s))
	if s.Retries > 0 {
		parts = append(parts, fmt.Sprintf("%d repeated calls", s.Retries))
	}
	if s.Strategy != "" {
		parts = append(parts, s.Strategy)
	}
	if s.ID != "" {
		parts = append(parts, "query "+s.ID)
	}
	return Printable(strings.Join(parts, ", "))
}

// outcome describes what a statement returned or changed.
func outcome(s *session.Summary) string {
	switch {
	case s.Affected >= 0:
		return fmt.Sprintf("%s %s", s.Keyword, rows(s.Affected))
	case !s.HasResult:
		return s.Keyword
	}
	return rows(s.Total)
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// times lists the time of each phase that the query has reached.
func times(s *session.Summary) string {
	var parts []string
	before := time.Duration(0)
	for _, phase := range []struct {
		name string
		end  time.Duration
	}{{"prepare", s.Prepared}, {"execute", s.Executed}, {"describe", s.Described}, {"fetch", s.Ended}} {
		if phase.end == 0 || phase.end < before {
			break
		}
		parts = append(parts, phase.name+" "+progress.Duration(phase.end-before))
		before = phase.end
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
