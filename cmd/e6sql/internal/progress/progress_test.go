package progress_test

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// commands are the texts that command a terminal, and single characters.
var commands = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]|(?s:.)`)

// visible returns the line that a terminal shows after the output.
func visible(output string) string {
	var line []rune
	column := 0
	for _, c := range commands.FindAllString(output, -1) {
		switch c {
		case "\r":
			column = 0
		case "\x1b[2K":
			clear(line)
		case "\x1b[0K":
			line = line[:column]
		default:
			r, _ := utf8.DecodeRuneInString(c)
			if column == len(line) {
				line = append(line, r)
			} else {
				line[column] = r
			}
			column++
		}
	}
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", ""))
}

func TestLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := progress.New(&out, 100)
	step := func(p e6data.Progress, want ...string) {
		t.Helper()
		l.Update(p)
		got := visible(out.String())
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%+v: %q lacks %q", p, got, w)
			}
		}
		if len(want) == 0 && got != "" {
			t.Errorf("%+v: %q", p, got)
		}
	}
	step(e6data.Progress{Phase: e6data.PhasePrepare, Elapsed: 100 * time.Millisecond}) // too early
	step(e6data.Progress{Phase: e6data.PhasePrepare, Elapsed: 400 * time.Millisecond}, "preparing", "400 ms")
	step(e6data.Progress{Phase: e6data.PhaseExecute, Elapsed: 2 * time.Second, RowsKnown: 12345}, "executing", "2.00 s", "12.3 k rows computed")
	step(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: 3 * time.Second, Rows: 1000, RowsKnown: 4000, Bytes: 2 << 20}, "fetching", "1.00 k rows", "2.00 MiB", "25%")
	step(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: 5 * time.Second, Rows: 4000, RowsKnown: 4000, Bytes: 8 << 20}, "4.00 k rows", "2.00 k/s", "99%")
	step(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: 5 * time.Second, Rows: 4000, RowsKnown: 4000, Done: true})
}

// After Hide the line is empty, and stays so.
func TestHide(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := progress.New(&out, 80)
	l.Update(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: time.Second, Rows: 10})
	if visible(out.String()) == "" {
		t.Error("no line")
	}
	l.Hide()
	length := out.Len()
	if got := visible(out.String()); got != "" {
		t.Errorf("%q", got)
	}
	l.Update(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: 2 * time.Second, Rows: 20})
	l.Hide()
	if out.Len() != length {
		t.Errorf("%q", out.String()[length:])
	}
	var none *progress.Line
	none.Update(e6data.Progress{Elapsed: time.Second})
	none.Hide()
}

// A narrow terminal gets a shorter line.
func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, width := range []int{20, 40, 60} {
		var out bytes.Buffer
		l := progress.New(&out, width)
		for i := range 20 {
			l.Update(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: time.Duration(i) * time.Second, Rows: int64(i) * 123456, Bytes: int64(i) << 20})
			if got := visible(out.String()); len([]rune(got)) > width {
				t.Errorf("%q is wider than %d", got, width)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := progress.New(&out, 80)
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for i := range 50 {
				l.Update(e6data.Progress{Phase: e6data.PhaseFetch, Elapsed: time.Second, Rows: int64(i)})
			}
		})
	}
	working.Go(l.Hide)
	working.Wait()
	l.Hide()
	if got := visible(out.String()); got != "" {
		t.Errorf("%q", got)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0 ms", 0: "0.00 ms", 1500 * time.Microsecond: "2 ms", 250 * time.Millisecond: "250 ms", 1250 * time.Millisecond: "1.25 s",
		125 * time.Second: "2 m 5 s", 3725 * time.Second: "1 h 2 m",
	} {
		if got := progress.Duration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.00 k", 12345: "12.3 k", 4567890: "4.57 M", 1 << 62: "4611686 T"} {
		if got := progress.Count(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{512: "512 B", 1536: "1.50 KiB", 5 << 20: "5.00 MiB", 123 << 30: "123 GiB"} {
		if got := progress.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
