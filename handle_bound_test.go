package e6data_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// useHandle are all that a connection can do with a handle.
func useHandle(t *testing.T, db *sql.DB, h e6data.QueryHandle) map[string]error {
	errs := map[string]error{}
	mustUseConn(t, db, func(c *e6data.Conn) error {
		ctx := t.Context()
		_, errs["Status"] = c.Status(ctx, h)
		_, errs["Wait"] = c.Wait(ctx, h, nil)
		_, errs["Explain"] = c.Explain(ctx, h)
		_, errs["ExplainAnalyze"] = c.ExplainAnalyze(ctx, h)
		_, errs["Fetch"] = c.Fetch(ctx, h)
		errs["Clear"] = c.Clear(ctx, h)
		errs["Cancel"] = c.Cancel(ctx, h)
		return nil
	})
	rows, err := e6data.FetchRows(t.Context(), db, h)
	if err == nil {
		_ = rows.Close()
		err = rows.Err()
	}
	errs["FetchRows"] = err
	return errs
}

// A handle is refused by a connection to another deployment before anything is sent,
// also where that has a query of the same id.
func TestHandleOfAnotherDeployment(t *testing.T) {
	t.Parallel()
	one, two := newEngine(t, enginetest.Config{}), newEngine(t, enginetest.Config{})
	one.Handle("q", ids(50, 10))
	two.Handle("q", ids(50, 10))
	db, other := openDB(t, one), openDB(t, two)
	mustUseConn(t, other, func(c *e6data.Conn) error {
		same, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		defer same.Close()
		waitCalled(t, two, "getNextResultBatch", 6) // it fetches no more
		mustUseConn(t, db, func(c *e6data.Conn) error {
			running, err := c.Query(t.Context(), "q")
			if err != nil {
				return err
			}
			defer running.Close()
			if running.QueryID() != same.QueryID() {
				t.Fatalf("%s and %s", running.QueryID(), same.QueryID())
			}
			if err := other.PingContext(t.Context()); err != nil { // opens what it needs
				return err
			}
			submitted := submit(t, one)
			calls := two.Stats().Calls
			for _, h := range []e6data.QueryHandle{running.Handle(), again(t, running.Handle()), submitted} {
				for use, err := range useHandle(t, other, h) {
					if err == nil || !strings.Contains(err.Error(), "runs on "+one.Addr()+", and this connection is to "+two.Addr()) {
						t.Errorf("%s: %v", use, err)
					} else if strings.Contains(err.Error(), "session") {
						t.Errorf("%s shows the session: %v", use, err)
					}
				}
			}
			if n := two.Stats().Calls; n != calls {
				t.Errorf("%d calls were sent", n-calls)
			}
			return c.Clear(t.Context(), submitted)
		})
		return nil
	})
}

// A cluster is a deployment of its own, in whatever letter case it is written.
func TestHandleOfAnotherCluster(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	var h e6data.QueryHandle
	mustUseConn(t, openDB(t, srv, "cluster_name=Tuesday"), func(c *e6data.Conn) (err error) {
		h, err = c.Submit(t.Context(), "q")
		return err
	})
	h = again(t, h)
	for use, err := range useHandle(t, openDB(t, srv, "cluster_name=friday"), h) {
		if err == nil || !strings.Contains(err.Error(), srv.Addr()+` (cluster "tuesday"), and this connection is to `+srv.Addr()+` (cluster "friday")`) {
			t.Errorf("%s: %v", use, err)
		}
	}
	mustUseConn(t, openDB(t, srv, "cluster_name=TUESDAY"), func(c *e6data.Conn) error { return c.Clear(t.Context(), h) })
}

// A handle text without a deployment, as earlier versions wrote it, is used where it is
// given.
func TestHandleWithoutDeployment(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	text, err := submit(t, srv).MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(string(text), "e6q1."))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal(doc, &fields); err != nil || fields["e"] != srv.Addr() {
		t.Fatalf("%s: %v", doc, err)
	}
	delete(fields, "e")
	if doc, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	old, err := e6data.ParseQueryHandle("e6q1." + base64.RawURLEncoding.EncodeToString(doc))
	if err != nil {
		t.Fatal(err)
	}
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error { return c.Clear(t.Context(), again(t, old)) })
	waitEnded(t, srv, 1, 0)
}

// again returns the handle that h's text gives.
func again(t testing.TB, h e6data.QueryHandle) e6data.QueryHandle {
	t.Helper()
	text, err := h.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	h, err = e6data.ParseQueryHandle(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What is read as a handle is written again as a text that gives the same handle.
func FuzzQueryHandle(f *testing.F) {
	for _, doc := range []string{
		`{"q":"1","c":"blue"}`,
		`{"q":"1","p":"10.0.0.1","s":"session","c":"green"}`,
		`{"q":"1","p":"10.0.0.1","s":"session","c":"green","e":"host:80","n":"tuesday"}`,
		`{"q":"1","c":"green","n":"tuesday"}`,
		`{"q":"1","c":"green","e":"a\nb"}`,
		`{}`, ``, `[`,
	} {
		f.Add("e6q1." + base64.RawURLEncoding.EncodeToString([]byte(doc)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := e6data.ParseQueryHandle(text)
		if err != nil {
			if len(text) > 40 && strings.Contains(err.Error(), text) {
				t.Errorf("the error shows the text: %v", err)
			}
			return
		}
		first, _ := h.MarshalText()
		second, _ := again(t, h).MarshalText()
		if string(first) != string(second) {
			t.Errorf("%s, then %s", first, second)
		}
	})
}
