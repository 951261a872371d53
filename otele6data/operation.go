package otele6data

import "strings"

// operations holds the keywords that are operations. Other statements have no
// operation, so that the number of operations is bounded.
var operations = map[string]bool{
	"SELECT": true, "VALUES": true, "TABLE": true, "INSERT": true, "UPDATE": true, "DELETE": true,
	"MERGE": true, "COPY": true, "UNLOAD": true, "TRUNCATE": true, "CREATE": true, "ALTER": true,
	"DROP": true, "RENAME": true, "COMMENT": true, "ANALYZE": true, "REFRESH": true, "OPTIMIZE": true,
	"VACUUM": true, "SHOW": true, "DESCRIBE": true, "DESC": true, "EXPLAIN": true, "USE": true,
	"SET": true, "RESET": true, "CALL": true, "GRANT": true, "REVOKE": true,
}

// verbs holds the keywords that follow the table expressions of a WITH.
var verbs = map[string]bool{
	"SELECT": true, "VALUES": true, "INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true,
}

// operation returns the statement's first keyword, or the one after the table
// expressions of a WITH, in upper case. It returns "" for an unknown keyword.
func operation(sql string) string {
	with, depth := false, 0
	for sql != "" {
		n := skip(sql)
		word := sql[:n]
		switch {
		case !letter(word[0]):
			if with {
				depth += bracket(word)
			}
		case !with:
			keyword := upper(word)
			if keyword != "WITH" {
				return known(operations, keyword)
			}
			with = true
		case depth == 0:
			if keyword := known(verbs, upper(word)); keyword != "" {
				return keyword
			}
		}
		sql = sql[n:]
	}
	return ""
}

// maxWord is more than the length of any keyword.
const maxWord = 16

func upper(word string) string {
	if len(word) > maxWord {
		return ""
	}
	return strings.ToUpper(word)
}

func known(words map[string]bool, word string) string {
	if words[word] {
		return word
	}
	return ""
}

// skip returns the length of the word, text, quoted name or comment at the
// start of sql, or 1 (docs/protocol.md, section 10).
func skip(sql string) int {
	switch {
	case letter(sql[0]) || digit(sql[0]):
		n := 1
		for n < len(sql) && (letter(sql[n]) || digit(sql[n])) {
			n++
		}
		return n
	case sql[0] == '\'':
		return text(sql)
	case sql[0] == '"' || sql[0] == '`':
		return 1 + until(sql[1:], strings.IndexByte(sql[1:], sql[0]), 1)
	case strings.HasPrefix(sql, "--") || strings.HasPrefix(sql, "//"):
		return until(sql, strings.IndexByte(sql, '\n'), 1)
	case strings.HasPrefix(sql, "/*"):
		return 2 + until(sql[2:], strings.Index(sql[2:], "*/"), 2)
	}
	return 1
}

// until returns the length of sql up to and including the n bytes at end. If
// end is not found, it returns len(sql).
func until(sql string, end, n int) int {
	if end < 0 {
		return len(sql)
	}
	return end + n
}

// text returns the length of a string, in which a backslash escapes the next
// byte. A string with a doubled quote is read as two strings, which gives the
// same result.
func text(sql string) int {
	for i := 1; i < len(sql); i++ {
		switch sql[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return len(sql)
}

func bracket(s string) int {
	switch s {
	case "(":
		return 1
	case ")":
		return -1
	}
	return 0
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
