// Package hostile has texts that break out of literals that are written without care. The
// tests of all modules that write literals send them to an engine and read them back.
package hostile

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed texts.txt
var file string

// Texts returns the texts of texts.txt. They are valid UTF-8 without a NUL, so that they
// are legal arguments.
func Texts() []string {
	var texts []string
	for line := range strings.Lines(file) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		text, err := strconv.Unquote(line)
		if err != nil {
			panic(fmt.Sprintf("hostile: %s: %v", line, err))
		}
		texts = append(texts, text)
	}
	return texts
}
