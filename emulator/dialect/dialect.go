package dialect

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// Executor is an executor of the engine. Some functions differ between them.
type Executor uint8

// The executors.
const (
	Java   Executor = iota // the engine's default
	Native                 // TO_UNIX_TIMESTAMP in seconds, DATE_FORMAT, DATE_ADD with two arguments
)

// Options are the options of [Rewrite]. The zero value is ready to use.
type Options struct {
	// Executor is the executor whose functions a statement may use. Default: Java.
	Executor Executor
	// Now is the time that CURRENT_TIMESTAMP, CURRENT_DATE and NOW return, to microseconds.
	// Default: the database's clock, at the beginning of the transaction.
	Now time.Time
}

// Statement is a rewritten statement. It never changes and may be used concurrently.
type Statement struct {
	// Text is the statement in DuckDB's dialect. Placeholders are $1, $2 and so on, and
	// may occur more than once.
	Text string
	// Params is the number of ? in the original text.
	Params int
	// Keyword is the first word of the statement in upper case, after brackets.
	Keyword string

	src   string
	marks []mark
}

// mark is the place in the source of a piece of the rewritten text.
type mark struct {
	out, src int32
	// same is set for a piece that has the original's bytes.
	same bool
}

// Offset returns the byte of the original text that the byte at offset in Text comes
// from. The offset of inserted text is that of the construct that it replaces.
func (s *Statement) Offset(offset int) int {
	i := sort.Search(len(s.marks), func(i int) bool { return int(s.marks[i].out) > offset }) - 1
	if i < 0 {
		return 0
	}
	m := s.marks[i]
	if !m.same {
		return int(m.src)
	}
	return min(int(m.src)+offset-int(m.out), len(s.src))
}

// Place returns the line and column of the original text, in characters and from 1, that
// the byte at offset in Text comes from. DuckDB's errors have such an offset as
// "position", when errors_as_json is set.
func (s *Statement) Place(offset int) (line, column int) {
	return sqltext.Place(s.src, s.Offset(offset))
}

// Error is a statement that cannot be rewritten.
type Error struct {
	Offset       int // in the statement, in bytes, from 0
	Line, Column int // in characters, from 1
	Reason       string
}

// Error returns the reason and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("emulator: %s (line %d, column %d)", e.Reason, e.Line, e.Column)
}

// rewriters keeps rewriters for their memory.
var rewriters = sync.Pool{New: func() any { return new(rewriter) }}

// Rewrite returns a statement of e6data's dialect in DuckDB's. The error is an [*Error].
func Rewrite(sql string, opts Options) (Statement, error) {
	r := rewriters.Get().(*rewriter)
	defer func() {
		r.src = "" // the pool must not keep the statement
		rewriters.Put(r)
	}()
	r.reset(sql, opts)
	r.tokenize()
	if r.err == nil {
		r.prepare()
	}
	if r.err == nil {
		r.statement()
	}
	if r.err != nil {
		return Statement{}, r.err
	}
	return Statement{Text: string(r.out), Params: r.params, Keyword: r.verb, src: sql, marks: slices.Clone(r.marks)}, nil
}
