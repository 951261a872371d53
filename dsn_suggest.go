package e6data

import (
	"fmt"
	"strings"
)

// unknownParam is the error for a name that no parameter has. The name is shown
// only where it cannot be a piece of a badly encoded token.
func unknownParam(written string, position int, shown bool) error {
	closest := nearest(normalName(written))
	if !shown || !plainName(written) {
		return fmt.Errorf(`e6data: unknown DSN parameter number %d, do you mean %q? (in a value, "&" is %%26)`, position, closest)
	}
	return fmt.Errorf("e6data: unknown DSN parameter %q, do you mean %q?", written, closest)
}

// plainName tells whether s looks like the name of a parameter.
func plainName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// nearest returns the known name, or alias, that is most like name: one that
// begins with it or ends with it, or else one at the smallest edit distance.
func nearest(name string) string {
	name = name[:min(len(name), 64)]
	best, least := "", -1
	for i := range params {
		for _, known := range params[i].allNames() {
			d := distance(name, known)
			switch {
			case len(name) > 2 && strings.HasPrefix(known, name):
				d = min(d, 1)
			case len(name) > 2 && strings.HasSuffix(known, name):
				d = min(d, 2)
			}
			if least < 0 || d < least {
				best, least = known, d
			}
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
