package e6data_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/hostile"
	"github.com/e6data/e6data-go/wire"
)

// querier is a *sql.DB, *sql.Conn or the like.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// echo returns the literals that the engine found in the statement.
func echo(t testing.TB, db querier, query string, args ...any) ([]enginetest.Literal, error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		return nil, err
	}
	return literals(rows)
}

func literals(rows *sql.Rows) (out []enginetest.Literal, err error) {
	defer rows.Close()
	for rows.Next() {
		var l enginetest.Literal
		if err := rows.Scan(&l.Kind, &l.Value); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// echoEngine is an engine that answers every statement with its literals.
func echoEngine(t testing.TB) *enginetest.Server {
	srv := newEngine(t, enginetest.Config{})
	srv.HandleFunc(enginetest.EchoLiterals)
	return srv
}

type (
	colour  string
	celsius float32
	// point is a Valuer.
	point struct{ x, y int }
)

func (p point) Value() (driver.Value, error) {
	if p.x < 0 {
		return nil, errNegative
	}
	return fmt.Sprintf("%d %d", p.x, p.y), nil
}

var errNegative = errors.New("a negative point")

func TestArgumentTypes(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	at := time.Date(2024, 1, 31, 23, 59, 58, 123456789, time.FixedZone("", 19800))
	dec, err := e6data.ParseDecimal("-12.30")
	if err != nil {
		t.Fatal(err)
	}
	text, number := "it's", 42
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, "NULL"}, {true, "TRUE"}, {false, "FALSE"},
		{42, "42"}, {int8(-8), "(-8)"}, {int16(16), "16"}, {int32(32), "32"}, {int64(math.MinInt64), "(-9223372036854775807 - 1)"},
		{uint(1), "1"}, {uint8(8), "8"}, {uint16(16), "16"}, {uint32(32), "32"}, {uint64(math.MaxUint64), "CAST('18446744073709551615' AS DECIMAL(20,0))"},
		{1.5, "1.5E0"}, {float32(-0.5), "(-5E-1)"}, {celsius(2), "2E0"}, {colour("red"), "'red'"},
		{"it's \\ a\nlie", `'it''s \\ a\nlie'`}, {[]byte{0xCA, 0xFE}, "X'CAFE'"}, {[2]byte{1, 2}, "X'0102'"}, {[]byte(nil), "NULL"}, {json.RawMessage(`{"a":1}`), `'{"a":1}'`},
		{at, "TIMESTAMP '2024-01-31 18:29:58.123456'"}, {e6data.Date(at), "DATE '2024-01-31'"}, {e6data.TimestampTZ(at), "TIMESTAMP_TZ '2024-01-31 23:59:58.123456+05:30'"},
		{dec, "CAST('-12.30' AS DECIMAL(4,2))"}, {&dec, "CAST('-12.30' AS DECIMAL(4,2))"}, {(*e6data.Decimal)(nil), "NULL"}, {sql.Null[e6data.Decimal]{V: dec, Valid: true}, "CAST('-12.30' AS DECIMAL(4,2))"},
		{big.NewRat(5, 4), "CAST('1.25' AS DECIMAL(3,2))"}, {new(big.Int).Lsh(big.NewInt(1), 70), "CAST('1180591620717411303424' AS DECIMAL(22,0))"},
		{sql.NullString{}, "NULL"}, {sql.NullInt64{Int64: 7, Valid: true}, "7"}, {sql.Null[time.Time]{V: at, Valid: true}, "TIMESTAMP '2024-01-31 18:29:58.123456'"}, {sql.Null[int]{}, "NULL"},
		{sql.Null[e6data.Date]{V: e6data.Date(at), Valid: true}, "DATE '2024-01-31'"},
		{&text, "'it''s'"}, {&number, "42"}, {(*string)(nil), "NULL"}, {point{1, 2}, "'1 2'"}, {&point{3, 4}, "'3 4'"},
	} {
		if _, err := echo(t, db, "SELECT ?", test.v); err != nil {
			t.Errorf("%v (%T): %v", test.v, test.v, err)
		} else if got := lastSQL(srv); got != "SELECT "+test.want {
			t.Errorf("%v (%T): the engine got %s, want %s", test.v, test.v, got, test.want)
		}
	}
	// The engine reads these literals.
	got, err := echo(t, db, "SELECT ?, ?, ?, ?, ?, ?", "it's", []byte("a"), at, e6data.Date(at), true, nil)
	want := []enginetest.Literal{{Kind: "STRING", Value: "it's"}, {Kind: "BINARY", Value: "61"}, {Kind: "TIMESTAMP", Value: "2024-01-31 18:29:58.123456"}, {Kind: "DATE", Value: "2024-01-31"}, {Kind: "BOOLEAN", Value: "TRUE"}, {Kind: "NULL", Value: "NULL"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestArgumentLists(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	for _, test := range []struct {
		query string
		args  []any
		want  string
	}{
		{"SELECT 1 WHERE a IN (?) AND b = ?", []any{[]int{1, -2, 3}, "x"}, "SELECT 1 WHERE a IN (1, (-2), 3) AND b = 'x'"},
		{"SELECT 1 WHERE a IN (:ids) OR b IN (0, @ids)", []any{sql.Named("ids", []string{"a", "b'"})}, "SELECT 1 WHERE a IN ('a', 'b''') OR b IN (0, 'a', 'b''')"},
		{"SELECT 1 WHERE a IN (?)", []any{[]any{1, "x", nil}}, "SELECT 1 WHERE a IN (1, 'x', NULL)"},
		{"SELECT :a, @b, :a -- :c", []any{sql.Named("b", 2), sql.Named("a", 1)}, "SELECT 1, 2, 1 -- :c"},
	} {
		if _, err := echo(t, db, test.query, test.args...); err != nil {
			t.Errorf("%s: %v", test.query, err)
		} else if got := lastSQL(srv); got != test.want {
			t.Errorf("%s: %s", test.query, got)
		}
	}
}

// Mistakes in arguments are errors before any call, in each way to run a statement.
func TestArgumentErrors(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		query string
		args  []any
		name  string // the argument's name, or
		at    int    // the argument's number
		want  string
		// prepared is the error of database/sql, which counts the arguments of a Stmt.
		prepared string
	}{
		{"SELECT ?", nil, "", 1, "argument 1: it is missing", "expected 1 arguments, got 0"},
		{"SELECT ?, ?", []any{1}, "", 2, "argument 2: it is missing", "expected 2 arguments, got 1"},
		{"SELECT ?", []any{1, 2}, "", 2, "argument 2: it is not used", ""},
		{"SELECT 1", []any{1}, "", 1, "argument 1: it is not used", ""},
		{"SELECT :a, :b", []any{sql.Named("a", 1)}, "b", 0, "argument :b: it is missing", ""},
		{"SELECT :a, :b", []any{sql.Named("b", 1)}, "a", 0, "argument :a: it is missing", ""},
		{"SELECT ?1", nil, "", 1, "argument 1: it is missing", "expected 1 arguments, got 0"},
		{"SELECT $1, $2", []any{1}, "", 2, "argument 2: it is missing", ""},
		{"SELECT :1", []any{1, 2}, "", 2, "argument 2: it is not used", ""},
		{"SELECT $2", []any{1, 2}, "", 1, "argument 1: it is not used", ""},
		{"SELECT ?, $2", []any{1, 2}, "", 2, "argument 2: the statement has both ? and $2", ""},
		{"SELECT %s", []any{1}, "", 1, "argument 1: it is not used: the statement has no placeholders; %s is not a placeholder here: write ?", ""},
		{"SELECT * FROM t LIMIT:n", []any{sql.Named("n", 1)}, "n", 1, ":n is not a placeholder directly after another word or value: put a blank before it", ""},
		{"SELECT * FROM t WHERE a = '?'", []any{1}, "", 1, "'?' is a text: write ? without quotes", ""},
		{"SELECT @p1", []any{1}, "", 1, `give it by sql.Named("p1", ...), or write ? in the place of @p1`, ""},
		{"SELECT @a", []any{sql.Named("a", 1), sql.Named("b", 2)}, "b", 2, "argument :b: it is not used", ""},
		{"SELECT :a", []any{sql.Named("a", 1), sql.Named("a", 2)}, "a", 2, "argument :a: it is given twice", ""},
		{"SELECT :a", []any{1}, "", 1, "argument 1: it has no name", ""},
		{"SELECT ?", []any{sql.Named("a", 1)}, "a", 1, "argument :a: it is not used", ""},
		{"SELECT ?, :a", []any{1, sql.Named("a", 1)}, "a", 0, "argument :a: the statement has both", ""},
		{"SELECT ?", []any{math.NaN()}, "", 1, "argument 1: NaN", ""},
		{"SELECT ?, ?", []any{1, struct{}{}}, "", 2, "argument 2: no literal for a value of type struct {}", ""},
		{"SELECT ?", []any{[]int{1}}, "", 1, "argument 1: a slice", ""},
		{"SELECT 1 WHERE a IN (:a)", []any{sql.Named("a", []int{})}, "a", 1, "argument :a: an empty slice", ""},
		{"SELECT ?", []any{"\xff"}, "", 1, "argument 1: the string is not valid UTF-8", ""},
		{"SELECT ?", []any{point{-1, 0}}, "", 1, "argument 1: its Value method failed: a negative point", ""},
	} {
		check := func(how string, err error, want string) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v, want %q", how, test.query, err, want)
				return
			}
			if want != test.want {
				return
			}
			var e *e6data.ArgumentError
			if !errors.As(err, &e) || e.Name != test.name || e.Ordinal != test.at {
				t.Errorf("%s %s: %+v", how, test.query, e)
			}
			if strings.Contains(test.want, "Value method") && !errors.Is(err, errNegative) {
				t.Errorf("the cause is not in %v", err)
			}
		}
		_, err := db.Query(test.query, test.args...)
		check("query", err, test.want)
		_, err = db.Exec(test.query, test.args...)
		check("exec", err, test.want)
		mustUseConn(t, db, func(c *e6data.Conn) error {
			_, err := c.Query(t.Context(), test.query, test.args...)
			check("native", err, test.want)
			return nil
		})
		want := test.want
		if test.prepared != "" {
			want = test.prepared
		}
		st, err := db.Prepare(test.query)
		if err == nil {
			_, err = st.Query(test.args...)
			_ = st.Close()
		}
		check("prepared", err, want)
	}
	var syntax *e6data.SyntaxError
	for _, query := range []string{"", " ; ", "SELECT 'a", "SELECT 1; SELECT 2", "SELECT \"a", "SELECT /* ", "SELECT \xff"} {
		if _, err := db.Query(query); !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), "e6data: line 1:") {
			t.Errorf("%q: %v", query, err)
		}
		if _, err := db.Prepare(query); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", query, err)
		}
	}
	var out int
	for _, arg := range []any{sql.Out{Dest: &out}, sql.Named("a", sql.Out{Dest: &out})} {
		if _, err := db.Query("SELECT :a", arg); err == nil || !strings.Contains(err.Error(), "no output parameters") {
			t.Errorf("sql.Out: %v", err)
		}
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared", n)
	}
}

// places are statements with one placeholder, in every place where a string can be.
var places = []string{
	"SELECT ?", "SELECT a, ?, b FROM t", "SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a=?AND b=1", "SELECT * FROM t WHERE a IN (?)", "SELECT * FROM t WHERE a IN (1, ?, 3)",
	"SELECT f(?)", "SELECT f(a,?,b)", "SELECT * FROM t LIMIT ?", "SELECT * FROM t WHERE a LIKE ? ESCAPE '!'", "SELECT 'a'||?||'b'", "SELECT 'it''s', '\\'', ?, '\\\\'",
	"SELECT /* it's */ ? /* '? */", "SELECT -- it's ?\n ? -- '", "SELECT // it's\n ?// ?", "SELECT \"it's\", ?", "SELECT `'`,?", "SELECT a-?", "SELECT a - -?", "SELECT a/?/b", "SELECT a[?]", "SELECT CASE WHEN ? THEN '?' END",
	"SELECT CAST(? AS VARCHAR)", "SELECT (?)", "SELECT X'CAFE', ?", "INSERT INTO t VALUES (1,?,'z')", "WITH w AS (SELECT ?) SELECT ':v' FROM w", "SELECT ?;",
}

// The engine reads every string argument as one string, and the rest of the statement as
// it was written. Package sqltext tests all strings in all places. This test has each
// string in a quarter of the places of a ?, and a part of them in the places of names and
// numbers.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	corpus := hostile.Texts()
	for p, place := range places {
		for m, mark := range []string{"?", ":v", "@v", "$1", ":1", "?1"} {
			query, step, first := place, 16, p
			if mark != "?" {
				// A ? that follows a value is an operator and not a placeholder.
				query = strings.ReplaceAll(query, "||?", "|| ?")
				query = strings.ReplaceAll(query, "?AND", "? AND")
				query = strings.ReplaceAll(query, "?", mark)
				step, first = 80, 5*p+m
			}
			var values []string
			for i := first % step; i < len(corpus); i += step {
				values = append(values, corpus[i])
			}
			arg := func(v string) any {
				if mark == ":v" || mark == "@v" {
					return sql.Named("v", v)
				}
				return v
			}
			calm, err := echo(t, db, query, arg("harmless"))
			at := slices.Index(calm, enginetest.Literal{Kind: "STRING", Value: "harmless"})
			if err != nil || at < 0 {
				t.Fatalf("%s: %v, %v", query, calm, err)
			}
			st, err := db.Prepare(query)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				want := slices.Clone(calm)
				want[at].Value = v
				var got []enginetest.Literal
				if i%2 == 0 {
					got, err = echo(t, db, query, arg(v))
				} else {
					var rows *sql.Rows
					if rows, err = st.Query(arg(v)); err == nil {
						got, err = literals(rows)
					}
				}
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s with %q: %q was read as %q, %v", query, v, lastSQL(srv), got, err)
				}
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// serverEngine returns an engine whose statements have parameters of these types. Its
// results are the parameters' values.
func serverEngine(t testing.TB, types ...string) *enginetest.Server {
	srv := newEngine(t, enginetest.Config{})
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		r := enginetest.NewResult().Column("sql", "STRING").Column("value", "STRING").Params(types...)
		for _, p := range q.Params {
			r.Row(q.SQL, fmt.Sprintf("%d %s %s", p.GetIndex(), p.GetType(), p.GetValue()))
		}
		return r, nil
	})
	return srv
}

func serverValues(db querier, query string, args ...any) (text string, values []string, err error) {
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&text, &value); err != nil {
			return "", nil, err
		}
		values = append(values, value)
	}
	return text, values, rows.Err()
}

func TestServerParameters(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 31, 23, 59, 58, 0, time.FixedZone("", 19800))
	types := []string{"LONG", "STRING", "DECIMAL(10,2)", "DATE", "TIMESTAMP", "TIMESTAMP_TZ", "BOOLEAN", "BINARY", "DOUBLE"}
	args := []any{42, "it's '; --", e6data.NewDecimal(1230, 2), e6data.Date(at), at, e6data.TimestampTZ(at), true, []byte{0xCA, 0xFE}, 1.5}
	want := []string{"1 LONG 42", "2 STRING it's '; --", "3 DECIMAL(10,2) 12.30", "4 DATE 2024-01-31", "5 TIMESTAMP 2024-01-31 18:29:58.000000",
		"6 TIMESTAMP_TZ 2024-01-31 23:59:58.000000+05:30", "7 BOOLEAN TRUE", "8 BINARY CAFE", "9 DOUBLE 1.5E0"}
	const query = "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?"
	for _, test := range []struct {
		catalog       string
		prepare, exec string
	}{{"", "prepareStatement", "executeStatementV2"}, {"lake", "prepareStatementV2", "executeStatementV2"}} {
		srv := serverEngine(t, types...)
		db := openDB(t, srv, "params=server", "catalog="+test.catalog)
		text, values, err := serverValues(db, query+" ;", args...)
		if err != nil || text != query || !slices.Equal(values, want) {
			t.Errorf("%q, %q, %v", text, values, err)
		}
		st, err := db.Prepare(query)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := st.Exec(args...); err != nil {
				t.Error(err)
			}
		}
		st.Close()
		mustUseConn(t, db, func(c *e6data.Conn) error {
			h, err := c.Submit(t.Context(), query, args...)
			if err != nil {
				return err
			}
			return c.Clear(t.Context(), h)
		})
		for _, method := range []string{test.prepare, "getDynamicParams", test.exec} {
			if n := srv.Count(method); n != 4 {
				t.Errorf("catalog %q: %d calls of %s", test.catalog, n, method)
			}
		}
	}
}

// Names become question marks. A name that occurs twice becomes two parameters.
func TestServerParametersByName(t *testing.T) {
	t.Parallel()
	srv := serverEngine(t, "LONG", "STRING", "LONG")
	db := openDB(t, srv, "params=server")
	text, values, err := serverValues(db, "SELECT :id, @name, :id -- :x", sql.Named("name", "n"), sql.Named("id", 7))
	if want := []string{"1 LONG 7", "2 STRING n", "3 LONG 7"}; err != nil || text != "SELECT ?, ?, ? -- :x" || !slices.Equal(values, want) {
		t.Errorf("%q, %q, %v", text, values, err)
	}
	// A statement without placeholders is sent like any other.
	srv.Handle("SELECT 1", ids(1, 1))
	before := srv.Count("getDynamicParams")
	if n, err := readIDs(t.Context(), db, "SELECT 1"); n != 1 || err != nil || srv.Count("getDynamicParams") != before {
		t.Errorf("%d rows, %v", n, err)
	}
}

// An argument that does not fit is an error before execute, and the prepared query is
// cleared.
func TestServerParameterErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		types []string
		query string
		args  []any
		want  string
		sent  bool // whether the query was prepared
		at    int
	}{
		{"the engine finds fewer", []string{"LONG"}, "SELECT ?, ?", []any{1, 2}, "argument 2: the engine finds 1 parameters in the statement, which has 2 placeholders", true, 2},
		{"the engine finds none", nil, "SELECT :a", []any{sql.Named("a", 1)}, "argument :a: the engine finds 0 parameters", true, 1},
		{"the engine finds more", []string{"LONG", "LONG"}, "SELECT ?", []any{1}, "argument 2: the engine finds 2 parameters", true, 2},
		{"another type", []string{"LONG", "LONG"}, "SELECT ?, ?", []any{1, "secret"}, "argument 2: the string is not a number", true, 2},
		{"out of range", []string{"INTEGER"}, "SELECT ?", []any{int64(1) << 40}, "argument 1: the number is out of range", true, 1},
		{"by name", []string{"DATE"}, "SELECT :day", []any{sql.Named("day", true)}, "argument :day: a value of type bool does not fit: the engine expects DATE here", true, 1},
		{"NULL", []string{"STRING"}, "SELECT ?", []any{nil}, "argument 1: NULL cannot be sent as a parameter", true, 1},
		{"a list", []string{"LONG"}, "SELECT 1 WHERE a IN (?)", []any{[]int{1}}, "argument 1: a slice", true, 1},
		{"an unknown type", []string{"GEOMETRY"}, "SELECT ?", []any{1}, `the driver does not support the type "GEOMETRY" of the parameter: set params=client`, true, 1},
		{"missing", []string{"LONG"}, "SELECT ?", nil, "argument 1: it is missing", false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := serverEngine(t, test.types...)
			db := openDB(t, srv, "params=server")
			_, _, err := serverValues(db, test.query, test.args...)
			var argument *e6data.ArgumentError
			if !errors.As(err, &argument) || argument.Ordinal != test.at || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
			var e *e6data.Error
			if errors.As(err, &e) != test.sent || test.sent && (e.Phase != e6data.PhasePrepare || e.QueryID == "") {
				t.Errorf("%#v", e)
			}
			prepared := 0
			if test.sent {
				prepared = 1
			}
			if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
				t.Error(err)
			}
			if got := srv.Stats(); got.Prepared != prepared || got.Executed != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// getDynamicParams executes nothing, so that its retries follow the rules of prepare.
func TestServerParametersAreRetried(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault enginetest.Fault
	}{
		{"answer lost", enginetest.Fault{Drop: true, After: true}},
		{"not sent", enginetest.Fault{Drop: true}},
		{"wrong colour", enginetest.Fault{Err: status.Error(codes.Unknown, "status: 456")}},
		{"session denied", enginetest.Fault{Err: status.Error(codes.Internal, "Access denied")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := serverEngine(t, "LONG")
			db := openDB(t, srv, "params=server")
			test.fault.Method, test.fault.Times = "getDynamicParams", 1
			srv.Inject(test.fault)
			_, values, err := serverValues(db, "SELECT ?", 1)
			if err != nil || !slices.Equal(values, []string{"1 LONG 1"}) {
				t.Errorf("%q, %v", values, err)
			}
			if n := srv.Stats().Executed; n != 1 {
				t.Errorf("executed %d times", n)
			}
		})
	}
	t.Run("unknown to the engine", func(t *testing.T) {
		srv := serverEngine(t, "LONG")
		srv.Inject(enginetest.Fault{Method: "getDynamicParams", Err: status.Error(codes.Unimplemented, "no such method")})
		_, _, err := serverValues(openDB(t, srv, "params=server"), "SELECT ?", 1)
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "params=client does not") {
			t.Errorf("%v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		srv := serverEngine(t, "LONG")
		hang := srv.Inject(enginetest.Fault{Method: "getDynamicParams", Hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			<-hang.Struck()
			cancel()
		}()
		_, err := openDB(t, srv, "params=server").QueryContext(ctx, "SELECT ?", 1)
		if !errors.Is(err, context.Canceled) || errors.Is(err, e6data.ErrAmbiguousExecution) {
			t.Errorf("%v", err)
		}
	})
}

func TestPreparedConcurrently(t *testing.T) {
	t.Parallel()
	for _, params := range []string{"client", "server"} {
		t.Run(params, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
				if params == "client" {
					return enginetest.EchoLiterals(q)
				}
				r := enginetest.NewResult().Column("kind", "STRING").Column("value", "STRING").Params("LONG", "STRING")
				for _, p := range q.Params {
					r.Row(p.GetType(), p.GetValue())
				}
				return r, nil
			})
			db := openDB(t, srv, "params="+params)
			positional, err := db.Prepare("SELECT ?, ?")
			if err != nil {
				t.Fatal(err)
			}
			byName, err := db.Prepare("SELECT :id, @text")
			if err != nil {
				t.Fatal(err)
			}
			const goroutines, times = 32, 10
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range times {
						id, text := g*times+i, fmt.Sprintf("it's %d/%d", g, i)
						rows, err := positional.Query(id, text)
						if i%2 == 0 && err == nil {
							rows.Close()
							rows, err = byName.Query(sql.Named("text", text), e6data.NoCache(), sql.Named("id", id))
						}
						if err != nil {
							t.Error(err)
							return
						}
						got, err := literals(rows)
						if err != nil || len(got) != 2 || got[0].Value != strconv.Itoa(id) || got[1].Value != text {
							t.Errorf("%v, %v; want %d and %q", got, err, id, text)
						}
					}
				})
			}
			wg.Wait()
			for _, st := range []*sql.Stmt{positional, byName} {
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := srv.Stats(); got.Executed != goroutines*times*3/2 || got.Prepared != got.Executed {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A prepared statement, closed or not, leaves nothing on the engine. database/sql checks
// the number of arguments.
func TestPrepareSendsNothing(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	before := len(srv.Calls())
	for query, want := range map[string]int{"SELECT 1": 0, "SELECT ?, ?": 2, "SELECT ':a', ? -- ?": 1, "SELECT :a, :b, :a": -1} {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Raw(func(c any) error {
			st, err := c.(driver.Conn).Prepare(query)
			if err != nil {
				return err
			}
			if got := st.NumInput(); got != want {
				t.Errorf("%s: %d inputs, want %d", query, got, want)
			}
			return st.Close()
		}); err != nil {
			t.Error(err)
		}
		conn.Close()
		if _, err := db.Prepare(query); err != nil { // db.Close closes the statement
			t.Error(err)
		}
	}
	if calls := srv.Calls()[before:]; len(calls) != 0 {
		t.Errorf("Prepare sent %v", calls)
	}
	// A Stmt can be used again after an error.
	st, err := db.Prepare("SELECT ?")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Query(math.NaN()); err == nil {
		t.Error("NaN was accepted")
	}
	if _, err := st.Query(1, 2); err == nil {
		t.Error("two arguments were accepted")
	}
	rows, err := st.Query(7)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := literals(rows); err != nil || len(got) != 1 || got[0].Value != "7" {
		t.Errorf("%v, %v", got, err)
	}
}

// sent holds the fields of a query's calls.
type sent struct {
	sql, catalog, schema string
	noCache              bool
}

func lastSent(srv *enginetest.Server) (s sent) {
	for _, c := range srv.Calls() {
		switch r := c.Request.(type) {
		case *wire.PrepareStatementRequest:
			s = sent{sql: r.GetQueryString(), schema: r.GetSchema()}
		case *wire.PrepareStatementV2Request:
			s = sent{sql: r.GetQueryString(), schema: r.GetSchema(), catalog: r.GetCatalog()}
		case *wire.ExecuteStatementRequest:
			s.noCache = r.GetShouldNotCache()
		case *wire.ExecuteStatementV2Request:
			s.noCache = r.GetShouldNotCache()
		}
	}
	return s
}

func TestQueryOptions(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv, "catalog=lake")
	plain := openDB(t, srv)
	st, err := db.Prepare("SELECT ?")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx := t.Context()
	all := []any{e6data.InCatalog("c"), e6data.InSchema("s"), e6data.NoCache(), e6data.QueryTag("report 7")}
	inContext := e6data.ContextWithOptions(ctx, e6data.InCatalog("ctx"), e6data.InSchema("ctx"))
	query := func(ctx context.Context, db querier, query string, args ...any) func() error {
		return func() error {
			rows, err := db.QueryContext(ctx, query, args...)
			if err != nil {
				return err
			}
			_, err = literals(rows)
			return err
		}
	}
	for _, test := range []struct {
		name string
		run  func() error
		want sent
	}{
		{"none", query(ctx, db, "SELECT 1"), sent{"SELECT 1", "lake", "db", false}},
		{"all, and no arguments", query(ctx, db, "SELECT 1", all...), sent{"/* report 7 */ SELECT 1", "c", "s", true}},
		{"none again", query(ctx, db, "SELECT 1"), sent{"SELECT 1", "lake", "db", false}},
		{"between arguments", query(ctx, db, "SELECT ?, ?", all[0], 1, all[1], all[2], "x", all[3]), sent{"/* report 7 */ SELECT 1, 'x'", "c", "s", true}},
		{"with named arguments", query(ctx, db, "SELECT :b, :a", sql.Named("a", 1), all[1], sql.Named("b", 2)), sent{"SELECT 2, 1", "lake", "s", false}},
		{"a named option before an argument", query(ctx, db, "SELECT ?", sql.Named("a", all[1]), 1), sent{"SELECT 1", "lake", "s", false}},
		{"in the context", query(inContext, db, "SELECT ?", 1), sent{"SELECT 1", "ctx", "ctx", false}},
		{"in context and arguments", query(inContext, db, "SELECT ?", 1, all[1]), sent{"SELECT 1", "ctx", "s", false}},
		{"contexts in each other", query(e6data.ContextWithOptions(inContext, e6data.InSchema("inner"), e6data.NoCache()), db, "SELECT 1"), sent{"SELECT 1", "ctx", "inner", true}},
		{"the outer context is as it was", query(inContext, db, "SELECT 1"), sent{"SELECT 1", "ctx", "ctx", false}},
		{"no catalog", query(ctx, plain, "SELECT 1"), sent{"SELECT 1", "", "db", false}},
		{"a catalog for one query", query(ctx, plain, "SELECT 1", all[0]), sent{"SELECT 1", "c", "db", false}},
		{"no catalog for one query", query(ctx, db, "SELECT 1", e6data.InCatalog("")), sent{"SELECT 1", "", "db", false}},
		{"the last one counts", query(ctx, db, "SELECT 1", e6data.InSchema("a"), e6data.InSchema("b")), sent{"SELECT 1", "lake", "b", false}},
		{"Exec", func() error {
			_, err := db.ExecContext(ctx, "SELECT ?", all[1], 1)
			return err
		}, sent{"SELECT 1", "lake", "s", false}},
		{"QueryRow", func() error {
			var kind, value string
			return db.QueryRowContext(ctx, "SELECT ?", 1, all[1], all[2]).Scan(&kind, &value)
		}, sent{"SELECT 1", "lake", "s", true}},
		{"Stmt", func() error {
			_, err := st.ExecContext(ctx, all[3], 1, all[1])
			return err
		}, sent{"/* report 7 */ SELECT 1", "lake", "s", false}},
		{"Stmt without", func() error {
			_, err := st.ExecContext(ctx, 1)
			return err
		}, sent{"SELECT 1", "lake", "db", false}},
		{"native Query", func() error {
			return useConn(t, db, func(c *e6data.Conn) error {
				b, err := c.Query(ctx, "SELECT ?", all[1], 1, all[3])
				if err != nil {
					return err
				}
				return b.Close()
			})
		}, sent{"/* report 7 */ SELECT 1", "lake", "s", false}},
		{"native Submit", func() error {
			return useConn(t, db, func(c *e6data.Conn) error {
				h, err := c.Submit(ctx, "SELECT 1", all[0], all[2])
				if err != nil {
					return err
				}
				return c.Clear(ctx, h)
			})
		}, sent{"SELECT 1", "c", "db", true}},
	} {
		if err := test.run(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if got := lastSent(srv); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// Options of a call that failed do not affect the next call.
func TestOptionsDoNotStay(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	st, err := conn.PrepareContext(t.Context(), "SELECT ?")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	noArguments, err := conn.PrepareContext(t.Context(), "SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer noArguments.Close()
	option := e6data.InSchema("other")
	var out int
	fail := map[string]func() error{
		"a name that is none": func() error {
			_, err := conn.QueryContext(t.Context(), "SELECT :a", option, sql.Named("1", 2))
			return err
		},
		"sql.Out": func() error {
			_, err := conn.QueryContext(t.Context(), "SELECT :a", option, sql.Out{Dest: &out})
			return err
		},
		"an argument that is missing": func() error {
			_, err := st.QueryContext(t.Context(), option)
			return err
		},
		"an argument too many": func() error {
			_, err := st.QueryContext(t.Context(), option, 1, 2)
			return err
		},
		"a bad value": func() error {
			_, err := conn.QueryContext(t.Context(), "SELECT ?", option, math.NaN())
			return err
		},
		"a bad statement": func() error {
			_, err := conn.ExecContext(t.Context(), "SELECT '", option)
			return err
		},
	}
	next := map[string]func() error{
		"without arguments": func() error {
			_, err := conn.ExecContext(t.Context(), "SELECT 1")
			return err
		},
		"with an argument": func() error {
			_, err := conn.ExecContext(t.Context(), "SELECT ?", 1)
			return err
		},
		"with an option": func() error {
			_, err := conn.ExecContext(t.Context(), "SELECT 1", e6data.NoCache())
			return err
		},
		"statement": func() error {
			_, err := st.ExecContext(t.Context(), 1)
			return err
		},
		"statement without arguments": func() error {
			_, err := noArguments.ExecContext(t.Context())
			return err
		},
	}
	for failure, fail := range fail {
		for name, next := range next {
			if fail() == nil {
				t.Errorf("%s was no error", failure)
			}
			if err := next(); err != nil {
				t.Errorf("%s after %s: %v", name, failure, err)
			} else if got := lastSent(srv); got.schema != "db" || got.noCache != (name == "with an option") {
				t.Errorf("%s after %s: %+v", name, failure, got)
			}
		}
	}
}

// copying is a driver around this one that copies the arguments.
type copying struct{ driver.Connector }

type copyingConn struct {
	driver.Conn
}

func (c copying) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return copyingConn{conn}, err
}

func (c copyingConn) CheckNamedValue(nv *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(nv)
}

func (c copyingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, append([]driver.NamedValue{}, args...))
}

func TestOptionsThroughAnotherDriver(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	connector, err := e6data.NewConnector(parseDSN(t, srv.DSN()))
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	db := sql.OpenDB(copying{connector})
	defer db.Close()
	if _, err := echo(t, db, "SELECT ?", e6data.InSchema("s"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := lastSent(srv); got != (sent{"SELECT X'78'", "", "s", false}) {
		t.Errorf("%+v", got)
	}
}

func TestOptionErrors(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	for _, test := range []struct {
		option e6data.QueryOption
		want   string
	}{
		{e6data.QueryOption{}, "no function of this package made"},
		{e6data.QueryTag("a */ b"), "cannot stand in a comment"}, {e6data.QueryTag("/*"), "cannot stand in a comment"},
		{e6data.QueryTag("a\nb"), "cannot stand in a comment"}, {e6data.QueryTag("\u0085"), "cannot stand in a comment"}, {e6data.QueryTag("\xff"), "cannot stand in a comment"},
	} {
		if _, err := db.Query("SELECT 1", test.option); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v", err)
		}
		if _, err := db.QueryContext(e6data.ContextWithOptions(t.Context(), test.option), "SELECT 1"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v", err)
		}
	}
	for _, tag := range []string{"*", "/", "-- '", "?", ":a", `\`, "日本"} {
		got, err := echo(t, db, "SELECT ?", "x", e6data.QueryTag(tag))
		if err != nil || len(got) != 1 || got[0].Value != "x" || lastSQL(srv) != "/* "+tag+" */ SELECT 'x'" {
			t.Errorf("%q: %v, %v", tag, got, err)
		}
	}
	if n := srv.Count("prepareStatement"); n != 7 {
		t.Errorf("%d queries", n)
	}
}
