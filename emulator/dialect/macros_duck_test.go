//go:build cgo

package dialect

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// word returns a word of at most 9 of the alphabet's characters.
func word(r *rand.Rand, alphabet string) string {
	letters := []rune(alphabet)
	b := make([]rune, r.IntN(10))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// TestMacros compares the macros with implementations in Go, over random arguments.
func TestMacros(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, m := range []struct {
		name string
		next func() (call, want string)
	}{
		{"soundex", func() (string, string) {
			s := word(r, "abcdfghilmnpqrstwyzAHW -")
			return "soundex(" + quote(s) + ")", soundexOf(s)
		}},
		{"initcap", func() (string, string) {
			s := word(r, "abCD é ")
			return "initcap(" + quote(s) + ")", initcapOf(s)
		}},
		{"locate", func() (string, string) {
			s, part, pos := word(r, "abé"), string("ab"[r.IntN(2)]), 1+r.IntN(5)
			return fmt.Sprintf("locate(%s, %s, %d)", quote(part), quote(s), pos), strconv.Itoa(instrOf(s, part, pos, 1))
		}},
		{"instr", func() (string, string) {
			s, part, pos, n := word(r, "aab")+"aa", strings.Repeat("a", 1+r.IntN(2)), 1+r.IntN(4), 1+r.IntN(3)
			return fmt.Sprintf("instr(%s, %s, %d, %d)", quote(s), quote(part), pos, n), strconv.Itoa(instrOf(s, part, pos, n))
		}},
		{"split", func() (string, string) {
			s, n := word(r, "ab12"), 1+r.IntN(4)
			return fmt.Sprintf("array_join(split(%s, '[0-9]+', %d), '|')", quote(s), n),
				strings.Join(regexp.MustCompile("[0-9]+").Split(s, n), "|")
		}},
		{"width_bucket", func() (string, string) {
			x, low, n := r.IntN(40)-10, r.IntN(5), 1+r.IntN(6)
			return fmt.Sprintf("width_bucket(%d, %d, 20, %d)", x, low, n), strconv.Itoa(bucketOf(x, low, 20, n))
		}},
	} {
		var calls, want []string
		for range 100 {
			call, w := m.next()
			calls, want = append(calls, call), append(want, w)
		}
		s, err := Rewrite("VALUES (CAST("+strings.Join(calls, " AS VARCHAR)), (CAST(")+" AS VARCHAR))", Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := d.query(s.Text)
		if err != nil || len(rows) != len(want) {
			t.Errorf("%s: %d rows, %v", m.name, len(rows), err)
			continue
		}
		for i, row := range rows {
			if row[0] != want[i] {
				t.Errorf("%s: got %q, want %q", calls[i], row[0], want[i])
			}
		}
	}
}

// soundexOf is the American Soundex with a small first letter; nothing for a text
// without letters.
func soundexOf(s string) string {
	codes := map[rune]byte{}
	for code, letters := range []string{"aeiouy", "bfpv", "cgjkqsxz", "dt", "l", "mn", "r"} {
		for _, c := range letters {
			codes[c] = '0' + byte(code)
		}
	}
	var out []byte
	var last byte
	for _, c := range strings.ToLower(s) {
		if c < 'a' || c > 'z' {
			continue
		}
		code, ok := codes[c]
		switch {
		case len(out) == 0:
			out = append(out, byte(c))
		case ok && code != '0' && code != last:
			out = append(out, code)
		}
		if ok { // h and w part nothing
			last = code
		}
	}
	if len(out) == 0 {
		return ""
	}
	return string(append(out, "000"...)[:4])
}

func initcapOf(s string) string {
	words := strings.Split(strings.ToLower(s), " ")
	for i, w := range words {
		if letters := []rune(w); len(letters) > 0 {
			words[i] = strings.ToUpper(string(letters[:1])) + string(letters[1:])
		}
	}
	return strings.Join(words, " ")
}

// instrOf is the place of the n-th occurrence of part from character pos on, or 0.
func instrOf(s, part string, pos, n int) int {
	letters := []rune(s)
	if pos > len(letters)+1 {
		return 0
	}
	at := 0
	rest := string(letters[pos-1:])
	for range n {
		found := strings.Index(rest[at:], part)
		if found < 0 {
			return 0
		}
		at += found + len(part)
	}
	return pos + len([]rune(rest[:at-len(part)]))
}

func bucketOf(x, low, high, n int) int {
	switch {
	case x < low:
		return 0
	case x >= high:
		return n + 1
	}
	return (x-low)*n/(high-low) + 1
}
