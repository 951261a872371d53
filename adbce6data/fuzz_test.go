package adbce6data

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-adbc/go/adbc"
)

// The value of an option is one value of the DSN, whatever characters it has: it sets no
// other parameter. No error shows a secret.
func FuzzOptionValues(f *testing.F) {
	for _, uri := range []string{"e6data://h", "e6data://h/db?", "e6data://h:80/db?secure=true", "jdbc:e6data://h", "jdbc:e6data://h/", "jdbc:e6data://h/secure=true", "jdbc:e6data://h/?"} {
		f.Add(uri, "me", "token")
		f.Add(uri, "a+b c%20&secure=false#?;/@:", "t&catalog=x&password=y")
	}
	f.Fuzz(func(t *testing.T, uri, user, token string) {
		token = "s3cret" + token
		db, err := NewDriver(nil).NewDatabase(map[string]string{
			adbc.OptionKeyURI: uri, adbc.OptionKeyUsername: user, adbc.OptionKeyPassword: token, "e6data.cluster_name": "c",
		})
		if err != nil {
			if strings.Contains(err.Error(), "s3cret") && !strings.Contains(uri, "s3cret") {
				t.Fatalf("the error shows the secret: %v", err)
			}
			return
		}
		cfg := db.(*database).cfg
		if cfg.User != user || cfg.Token.Reveal() != token || cfg.ClusterName != "c" {
			t.Fatalf("user %q became %q, and the cluster is %q", user, cfg.User, cfg.ClusterName)
		}
		plain, err := NewDriver(nil).NewDatabase(map[string]string{adbc.OptionKeyURI: uri, "username": "u", "password": "t"})
		if err != nil {
			t.Fatal(err)
		}
		if other := plain.(*database).cfg; other.Secure != cfg.Secure || other.Catalog != cfg.Catalog || other.Database != cfg.Database || other.Host != cfg.Host {
			t.Fatalf("the value changed another setting: %v, %v", cfg, other)
		}
	})
}

// A pattern selects what the regular expression of the same meaning selects.
func FuzzPatterns(f *testing.F) {
	f.Add("a%b_", "aXXbY")
	f.Add("%%_%", "ä")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		got := selects(&pattern, name)
		if !utf8.ValidString(pattern) || !utf8.ValidString(name) {
			return
		}
		var like strings.Builder
		for _, r := range pattern {
			switch r {
			case '%':
				like.WriteString(".*")
			case '_':
				like.WriteString(".")
			default:
				like.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		if want := regexp.MustCompile("^(?s:" + like.String() + ")$").MatchString(name); got != want {
			t.Fatalf("%q selects %q: %v, want %v", pattern, name, got, want)
		}
	})
}
