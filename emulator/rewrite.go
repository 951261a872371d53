//go:build cgo

package emulator

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/e6data/e6data-go/emulator/dialect"
)

// rewriter rewrites a statement of e6data's dialect into DuckDB's. An error is the engine's answer.
type rewriter func(sql string) (rewritten, error)

// rewritten is a statement in DuckDB's dialect.
type rewritten struct {
	text    string
	keyword string // the first word, in upper case
	// place returns the line and the column, in characters, of the statement as it was written,
	// both from 1, for a byte of text.
	place func(offset int) (line, column int)
}

// fromDialect returns the rewriter of e6data's dialect.
func fromDialect(cfg *Config) rewriter {
	return func(sql string) (rewritten, error) {
		opts := dialect.Options{}
		if cfg.Native {
			opts.Executor = dialect.Native
		}
		if cfg.Now != nil {
			opts.Now = cfg.Now()
		}
		st, err := dialect.Rewrite(sql, opts)
		if e, ok := errors.AsType[*dialect.Error](err); ok {
			return rewritten{}, internal(fmt.Sprintf("line %d:%d: emulator: %s", e.Line, e.Column, e.Reason))
		}
		if err != nil {
			return rewritten{}, err
		}
		return rewritten{text: st.Text, keyword: st.Keyword, place: st.Place}, nil
	}
}

// unchanged is the rewriter of raw statements. It does not change them.
func unchanged(sql string) (rewritten, error) {
	word := strings.TrimLeft(sql, "( \t\r\n")
	if end := strings.IndexAny(word, "( \t\r\n"); end >= 0 {
		word = word[:end]
	}
	return rewritten{text: sql, keyword: strings.ToUpper(word), place: func(offset int) (line, column int) {
		before := sql[:min(offset, len(sql))]
		line = 1 + strings.Count(before, "\n")
		return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	}}, nil
}
