package e6data_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
)

// A line comment with a carriage return may end in two places. With arguments such a
// statement is refused. Without arguments it is sent as it is.
func TestCarriageReturnInComment(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	_, err := db.Query("SELECT a -- it's\r, ?", "' OR 1=1")
	if syntax, ok := errors.AsType[*e6data.SyntaxError](err); !ok || syntax.Offset != 9 {
		t.Errorf("%v", err)
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared", n)
	}
	const query = "SELECT a -- it's\r, 'x'"
	if got, err := echo(t, db, query); err != nil || lastSQL(srv) != query || len(got) != 1 || got[0].Value != "x" {
		t.Errorf("%v, %v", got, err)
	}
}

// Without arguments a placeholder may be part of the engine's syntax, so that the statement
// is sent as it is.
func TestStatementsWithoutArguments(t *testing.T) {
	t.Parallel()
	for _, params := range []string{"client", "server"} {
		srv := echoEngine(t)
		db := openDB(t, srv, "params="+params)
		for _, query := range []string{"SELECT v :a", "SELECT a[:n]", "SELECT a[:1]", "SELECT * FROM t @v1", "SELECT $1", "SELECT a[:n], $1 FROM t @v1", "SELECT '%s', {a}, %s"} {
			if _, err := echo(t, db, query); err != nil || lastSQL(srv) != query {
				t.Errorf("%s was sent as %s: %v", query, lastSQL(srv), err)
			}
			if _, err := db.Exec(query, e6data.NoCache()); err != nil || lastSQL(srv) != query {
				t.Errorf("%s was sent as %s: %v", query, lastSQL(srv), err)
			}
			st, err := db.Prepare(query)
			if err != nil {
				t.Errorf("%s: %v", query, err)
				continue
			}
			rows, err := st.Query()
			if err == nil {
				_, err = literals(rows)
			}
			if err != nil || lastSQL(srv) != query {
				t.Errorf("%s prepared was sent as %s: %v", query, lastSQL(srv), err)
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Each style of placeholder gives the engine the same statement. A statement has one style.
func TestPlaceholderStyles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		query  string
		args   []any
		client string
		server string
		values []string
	}{
		{"SELECT $2, $1, $2", []any{1, "x"}, "SELECT 'x', 1, 'x'", "SELECT ?, ?, ?", []string{"1 STRING x", "2 LONG 1", "3 STRING x"}},
		{"SELECT :2, :1, :2", []any{1, "x"}, "SELECT 'x', 1, 'x'", "SELECT ?, ?, ?", []string{"1 STRING x", "2 LONG 1", "3 STRING x"}},
		{"SELECT ?2, ?1, ?2", []any{1, "x"}, "SELECT 'x', 1, 'x'", "SELECT ?, ?, ?", []string{"1 STRING x", "2 LONG 1", "3 STRING x"}},
		{"SELECT ?, ?, ?", []any{"x", 1, "x"}, "SELECT 'x', 1, 'x'", "SELECT ?, ?, ?", []string{"1 STRING x", "2 LONG 1", "3 STRING x"}},
		{"SELECT :s, @n, :s", []any{sql.Named("n", 1), sql.Named("s", "x")}, "SELECT 'x', 1, 'x'", "SELECT ?, ?, ?", []string{"1 STRING x", "2 LONG 1", "3 STRING x"}},
	} {
		srv := echoEngine(t)
		db := openDB(t, srv)
		if _, err := echo(t, db, test.query, test.args...); err != nil || lastSQL(srv) != test.client {
			t.Errorf("%s: %s, %v", test.query, lastSQL(srv), err)
		}
		st, err := db.Prepare(test.query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Exec(test.args...); err != nil || lastSQL(srv) != test.client {
			t.Errorf("%s prepared: %s, %v", test.query, lastSQL(srv), err)
		}
		st.Close()
		text, values, err := serverValues(openDB(t, serverEngine(t, "STRING", "LONG", "STRING"), "params=server"), test.query, test.args...)
		if err != nil || text != test.server || !slices.Equal(values, test.values) {
			t.Errorf("%s: %q, %q, %v", test.query, text, values, err)
		}
	}
}

// The errors are types of the package that its users import, in each way to them.
func TestStatementErrorTypes(t *testing.T) {
	t.Parallel()
	srv := serverEngine(t, "LONG")
	client, server := openDB(t, srv), openDB(t, srv, "params=server")
	for _, test := range []struct {
		err      error
		argument bool
	}{
		{second(client.Exec("SELECT ?", 1, 2)), true},
		{second(client.Exec("SELECT ?", math.NaN())), true},
		{second(client.Prepare("SELECT ?, :a")), true},
		{second(client.Exec("SELECT 'a")), false},
		{second(client.Exec("SELECT /* /* */ ?", 1)), false},
		{second(server.Exec("SELECT ?", "x")), true},
		{second(server.Exec("SELECT ?, ?", 1, 2)), true},
	} {
		if errors.As(test.err, new(*e6data.ArgumentError)) != test.argument || errors.As(test.err, new(*e6data.SyntaxError)) == test.argument {
			t.Errorf("%v is a %T", test.err, test.err)
		}
	}
	st, err := client.Prepare("SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Exec(1); !errors.As(err, new(*e6data.ArgumentError)) {
		t.Errorf("%v", err)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[e6data.ArgumentError](), reflect.TypeFor[e6data.SyntaxError]()} {
		if typ.PkgPath() != "github.com/e6data/e6data-go" {
			t.Errorf("%s belongs to %s", typ, typ.PkgPath())
		}
	}
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }

// A mock accepts, refuses and removes the same arguments as the driver.
func TestArgumentConverter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ v, want any }{
		{nil, nil}, {7, int64(7)}, {"x", "x"}, {[]byte{1}, []byte{1}}, {e6data.Date(time.Unix(0, 0).UTC()), "DATE '1970-01-01'"},
		{e6data.NewDecimal(1230, 2), "CAST('12.30' AS DECIMAL(4,2))"}, {[]string{"IN", "SG"}, "'IN', 'SG'"},
	} {
		if got, err := (e6data.ArgumentConverter{}).ConvertValue(test.v); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: %v, %v", test.v, got, err)
		}
	}
	if _, err := (e6data.ArgumentConverter{}).ConvertValue(e6data.NoCache()); err != driver.ErrRemoveArgument { // as database/sql compares it
		t.Errorf("an option: %v", err)
	}
	for _, v := range []any{sql.Out{}, math.NaN(), []int{}, struct{}{}} {
		if got, err := (e6data.ArgumentConverter{}).ConvertValue(v); err == nil || !strings.HasPrefix(err.Error(), "e6data: ") {
			t.Errorf("%v: %v, %v", v, got, err)
		}
	}
}
