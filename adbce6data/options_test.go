package adbce6data_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"

	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/enginetest"
)

// adbcError returns the error in ADBC's form.
func adbcError(t testing.TB, err error) adbc.Error {
	t.Helper()
	e, ok := errors.AsType[adbc.Error](err)
	if !ok {
		t.Fatalf("%v is no adbc.Error", err)
	}
	return e
}

const secret = "tok/en-s3cret"

func TestDatabaseOptions(t *testing.T) {
	const uri = adbc.OptionKeyURI
	tests := map[string]struct {
		options map[string]string
		status  adbc.Status // of the error
		text    string      // a part of the error
		read    map[string]string
	}{
		"the DSN alone": {
			options: map[string]string{uri: "e6data://me:tok%2Fen-s3cret@h.example:443/sales?catalog=lake&secure=true"},
			read: map[string]string{
				uri: "e6data://me@h.example:443/sales?catalog=lake&secure=true", "username": "me", "e6data.secure": "true",
				adbc.OptionKeyCurrentCatalog: "lake", adbc.OptionKeyCurrentDbSchema: "sales", adbc.OptionKeyAutoCommit: "true",
			},
		},
		"parts of it": {
			options: map[string]string{
				uri: "e6data://h.example:443/sales", "username": "me+you@example.com", "password": secret,
				"e6data.secure": "true", "e6data.cluster_name": "a b", "e6data.max-attempts": "3",
			},
			read: map[string]string{"username": "me+you@example.com", "e6data.cluster_name": "a b", "e6data.max_attempts": "3"},
		},
		"behind a parameter": {
			options: map[string]string{uri: "e6data://h.example/?secure=true", "username": "me", "password": secret, "e6data.catalog": "lake"},
			read:    map[string]string{adbc.OptionKeyCurrentCatalog: "lake"},
		},
		"the jdbc form": {
			options: map[string]string{uri: "jdbc:e6data://h.example:8443/database=sales&secure=true", "username": "me+you", "password": secret},
			read:    map[string]string{"username": "me+you", adbc.OptionKeyCurrentDbSchema: "sales"},
		},
		"the jdbc form without parameters": {
			options: map[string]string{uri: "jdbc:e6data://h.example", "username": "me", "password": secret},
			read:    map[string]string{"username": "me"},
		},
		"the jdbc form with an empty path": {
			options: map[string]string{uri: "jdbc:e6data://h.example/", "username": "me", "password": secret},
			read:    map[string]string{"username": "me"},
		},
		"catalog and schema": {
			options: map[string]string{
				uri: "e6data://me:" + "t@h.example/sales?catalog=lake", adbc.OptionKeyCurrentCatalog: "other", adbc.OptionKeyCurrentDbSchema: "",
			},
			read: map[string]string{adbc.OptionKeyCurrentCatalog: "other", adbc.OptionKeyCurrentDbSchema: ""},
		},
		"no DSN":            {options: map[string]string{"username": "me"}, status: adbc.StatusInvalidArgument, text: "uri is missing"},
		"no such option":    {options: map[string]string{uri: "e6data://h", "adbc.unknown": "x"}, status: adbc.StatusNotImplemented, text: `"adbc.unknown"`},
		"no such parameter": {options: map[string]string{uri: "e6data://h", "e6data.katalog": "x"}, status: adbc.StatusNotImplemented, text: `do you mean "catalog"?`},
		"a bad value":       {options: map[string]string{uri: "e6data://h", "e6data.secure": "maybe"}, status: adbc.StatusInvalidArgument, text: `"secure"`},
		"a bad DSN":         {options: map[string]string{uri: "https://h"}, status: adbc.StatusInvalidArgument, text: "e6data://"},
		"given twice":       {options: map[string]string{uri: "e6data://h?secure=true", "e6data.secure": "true"}, status: adbc.StatusInvalidArgument, text: "occurs twice"},
		"a secret twice":    {options: map[string]string{uri: "e6data://me:" + secret + "@h", "password": secret}, status: adbc.StatusInvalidArgument},
		"no autocommit":     {options: map[string]string{uri: "e6data://h", adbc.OptionKeyAutoCommit: "false"}, status: adbc.StatusNotImplemented, text: adbc.OptionKeyAutoCommit},
		"an isolation level": {
			options: map[string]string{uri: "e6data://h", adbc.OptionKeyIsolationLevel: string(adbc.LevelSnapshot)},
			status:  adbc.StatusNotImplemented, text: adbc.OptionKeyIsolationLevel,
		},
		"read only":       {options: map[string]string{uri: "e6data://h", adbc.OptionKeyReadOnly: "true"}, status: adbc.StatusNotImplemented, text: adbc.OptionKeyReadOnly},
		"a bad flag":      {options: map[string]string{uri: "e6data://h", adbc.OptionKeyReadOnly: "perhaps"}, status: adbc.StatusInvalidArgument, text: adbc.OptionKeyReadOnly},
		"harmless values": {options: map[string]string{uri: "e6data://me:t@h", adbc.OptionKeyReadOnly: "false", adbc.OptionKeyIsolationLevel: string(adbc.LevelDefault)}, read: map[string]string{adbc.OptionKeyReadOnly: "false"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			db, err := adbce6data.NewDriver(nil).NewDatabase(test.options)
			if test.status != adbc.StatusOK {
				e := adbcError(t, err)
				if e.Code != test.status || !strings.Contains(e.Msg, test.text) || strings.Contains(e.Msg, "s3cret") {
					t.Errorf("%v, want the status %v and %q", err, test.status, test.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			options := db.(adbc.GetSetOptions)
			for key, want := range test.read {
				if got, err := options.GetOption(key); err != nil || got != want {
					t.Errorf("%s is %q, %v, want %q", key, got, err, want)
				}
			}
		})
	}
}

// No secret can be read, whatever the option is called.
func TestSecretsCannotBeRead(t *testing.T) {
	ways := []map[string]string{
		{"username": "me", "password": secret},
		{"e6data.user": "me", "e6data.token": secret},
		{"e6data.access_token": "s3cret"},
		{"e6data.client_id": "c", "e6data.client_secret": secret, "e6data.token_url": "https://id.example/token?key=s3cret"},
	}
	for _, way := range ways {
		way[adbc.OptionKeyURI] = "e6data://h.example?secure=true"
		db, err := (&adbce6data.Driver{}).NewDatabase(way)
		if err != nil {
			t.Fatal(err)
		}
		options := db.(adbc.GetSetOptions)
		for _, key := range []string{
			adbc.OptionKeyURI, adbc.OptionKeyPassword, "e6data.password", "e6data.token", "e6data.access_token",
			"e6data.client_secret", "e6data.token_url", "e6data.client_key",
		} {
			value, err := options.GetOption(key)
			if strings.Contains(value, "s3cret") || err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s shows the secret: %s, %v", key, value, err)
			}
			if key != adbc.OptionKeyURI && key != "e6data.token_url" && adbcError(t, err).Code != adbc.StatusNotFound {
				t.Errorf("%s: %v", key, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTypedOptions(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	options := openDatabase(t, srv).(adbc.GetSetOptions)
	if err := options.SetOptionInt("e6data.max_attempts", 7); err != nil {
		t.Error(err)
	}
	if n, err := options.GetOptionInt("e6data.max_attempts"); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
	if f, err := options.GetOptionDouble("e6data.max_attempts"); err != nil || f != 7 {
		t.Errorf("%v, %v", f, err)
	}
	if b, err := options.GetOptionBytes("e6data.max_attempts"); err != nil || string(b) != "7" {
		t.Errorf("%q, %v", b, err)
	}
	if err := options.SetOptionDouble("e6data.max_attempts", 1.5); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
	if err := options.SetOptionBytes("e6data.max_attempts", []byte("7")); adbcError(t, err).Code != adbc.StatusNotImplemented {
		t.Error(err)
	}
	for _, key := range []string{adbc.OptionKeyUsername, "adbc.unknown", "e6data.unknown"} {
		if _, err := options.GetOptionInt(key); adbcError(t, err).Code != adbc.StatusNotFound {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := options.GetOptionDouble(key); adbcError(t, err).Code != adbc.StatusNotFound {
			t.Errorf("%s: %v", key, err)
		}
	}
	// A failed change changes nothing.
	if n, err := options.GetOptionInt("e6data.max_attempts"); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
}

// The way to the deployment cannot change under open connections. Catalog and schema
// can: for later connections on the database, at once on a connection.
func TestOptionsAfterOpen(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDatabase(t, srv, adbc.OptionKeyCurrentCatalog, "lake")
	first := connect(t, db).(adbc.GetSetOptions)
	if err := db.SetOptions(map[string]string{"e6data.max_attempts": "1"}); adbcError(t, err).Code != adbc.StatusInvalidState {
		t.Error(err)
	}
	if err := db.SetOptions(map[string]string{adbc.OptionKeyCurrentCatalog: "second"}); err != nil {
		t.Error(err)
	}
	second := connect(t, db).(adbc.GetSetOptions)
	if err := first.SetOption(adbc.OptionKeyCurrentDbSchema, "moved"); err != nil {
		t.Error(err)
	}
	for _, want := range []struct {
		c          adbc.GetSetOptions
		key, value string
	}{
		{first, adbc.OptionKeyCurrentCatalog, "lake"},
		{second, adbc.OptionKeyCurrentCatalog, "second"},
		{first, adbc.OptionKeyCurrentDbSchema, "moved"},
		{second, adbc.OptionKeyCurrentDbSchema, "db"},
	} {
		if got, err := want.c.GetOption(want.key); err != nil || got != want.value {
			t.Errorf("%s: %q, %v, want %q", want.key, got, err, want.value)
		}
	}
	for _, key := range []string{adbc.OptionKeyURI, "e6data.secure", "other"} {
		if err := first.SetOption(key, "x"); adbcError(t, err).Code != adbc.StatusNotImplemented || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := first.GetOption(key); adbcError(t, err).Code != adbc.StatusNotFound {
			t.Errorf("%s: %v", key, err)
		}
	}
}
