package e6data_test

import (
	"database/sql"
	"strings"
	"testing"
)

// t0ps3cret stands for every secret in the mistakes. No message shows it.
const t0ps3cret = "t0ps3cret"

// mistakesInDSNs are what people write who come from another driver, from a
// browser or from a shell, and what they read.
var mistakesInDSNs = []struct{ dsn, want string }{
	// Another driver's separators.
	{"e6data://me:t0ps3cret@e6.example.com?catalog=lake;secure=true", semicolon},
	{"e6data://me:t0ps3cret@e6.example.com/sales;catalog=lake", semicolon},
	{"e6data://e6.example.com;user=me;password=t0ps3cret", semicolon},
	{"jdbc:e6data://e6.example.com:443/database=sales;user=me;password=t0ps3cret", semicolon},
	{"jdbc:e6data://e6.example.com:443;user=me@example.com;password=t0ps3cret", semicolon},
	{"e6data://me:t0ps3cret;x@e6.example.com", semicolon},
}

const semicolon = `e6data: the DSN holds a ";", which separates nothing: use "&" between parameters, or %3B in a value`

func TestMistakesInDSNs(t *testing.T) {
	clearEnv(t)
	for _, test := range mistakesInDSNs {
		db, err := sql.Open("e6data", test.dsn)
		if err == nil {
			db.Close()
			t.Errorf("%s was accepted", test.dsn)
			continue
		}
		checkMistake(t, test.dsn, err, test.want)
	}
}

// checkMistake compares a mistake's message.
func checkMistake(t *testing.T, mistake string, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("%s:\n got %v\nwant %s", mistake, err, want)
	}
	if err != nil && strings.Contains(err.Error(), t0ps3cret) {
		t.Errorf("%s: the secret is shown: %v", mistake, err)
	}
}
