package shell

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/complete"
)

// Kinds of candidates that only the shell has.
const (
	kindCommand complete.Kind = "commands"
	kindWord    complete.Kind = "values"
	kindFile    complete.Kind = "files"
)

// continuations returns the continuations of text at its end. whole is the text with what
// follows the cursor.
func continuations(text, whole string, lists complete.Lists) complete.Result {
	trimmed := strings.TrimLeft(text, " \t")
	if !strings.HasPrefix(trimmed, `\`) {
		return complete.SQL(whole, len(text), lists)
	}
	indent := len(text) - len(trimmed)
	name, rest, isArg := strings.Cut(trimmed[1:], " ")
	if !isArg {
		r := complete.Result{Start: indent}
		for _, c := range commandTable() {
			if strings.HasPrefix(c.name, name) {
				r.Candidates = append(r.Candidates, complete.Candidate{Text: `\` + c.name, Kind: kindCommand, Detail: c.summary})
			}
		}
		return r
	}
	c, ok := findCommand(name)
	if !ok {
		return complete.Result{Start: len(text)}
	}
	r := argument(c, rest, lists)
	r.Start += len(text) - len(rest)
	return r
}

// argument returns the continuations of a command's arguments. Start counts from the start
// of text.
func argument(c *command, text string, lists complete.Lists) complete.Result {
	start := 1 + strings.LastIndexByte(text, ' ')
	word := text[start:]
	switch c.takes {
	case takesStatement:
		return complete.SQL(text, len(text), lists)
	case takesTable, takesSchema:
		r := complete.Tables(word, lists)
		r.Start += start
		if c.takes == takesSchema {
			kept := r.Candidates[:0]
			for _, candidate := range r.Candidates {
				if candidate.Kind != complete.KindTable {
					kept = append(kept, candidate)
				}
			}
			r.Candidates = kept
		}
		return r
	case takesFile:
		return complete.Result{Start: start, Candidates: files(word)}
	case takesWords:
		r := complete.Result{Start: start}
		for _, value := range c.words() {
			if strings.HasPrefix(value, word) {
				r.Candidates = append(r.Candidates, complete.Candidate{Text: value, Kind: kindWord})
			}
		}
		return r
	}
	return complete.Result{Start: len(text)}
}

// maxFiles bounds the candidates of a directory.
const maxFiles = 200

// files returns the paths that begin with a prefix.
func files(prefix string) []complete.Candidate {
	dir, base := filepath.Split(prefix)
	entries, err := os.ReadDir(expandHome(filepath.Join(dir, ".")))
	if err != nil {
		return nil
	}
	var out []complete.Candidate
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || base == "" && strings.HasPrefix(name, ".") || strings.ContainsAny(name, " '\"") {
			continue
		}
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		if out = append(out, complete.Candidate{Text: dir + name, Kind: kindFile}); len(out) == maxFiles {
			break
		}
	}
	return out
}

// expandHome replaces a ~ at the start of a path.
func expandHome(path string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, path[1:])
}
