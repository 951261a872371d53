package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const goldenDir = "../../testdata/golden"

// within bounds a hang.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// The driver runs here and now, and its answers are compared with those that the connector
// gave when they were recorded.
func TestDriverBesideTheRecordedConnector(t *testing.T) {
	t.Parallel()
	recorded := map[string]recording{}
	for _, r := range recordings(t) {
		recorded[r.Case] = r
	}
	cases, err := engineCases(goldenDir, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	err = overEngines(cases, func(group []Case, start func() (*enginetest.Server, error)) error {
		all, err := driverAnswers(ctx, group, start)
		if err != nil {
			return err
		}
		for i, c := range group {
			r, ok := recorded[c.Name]
			if c.Large {
				continue
			}
			if !ok {
				t.Errorf("%s is not recorded; go run ./interop -record interop/testdata, where the connector is installed", c.Name)
				continue
			}
			for _, d := range unexpected(compare(c.Name, all[i], r.Connector)) {
				t.Error(d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWithTheConnector compares everything over enginetest where python3 has the connector. It
// leaves the emulator out, which needs a C compiler.
func TestWithTheConnector(t *testing.T) {
	t.Parallel()
	python := "python3"
	if named := os.Getenv("E6DATA_PYTHON"); named != "" {
		python = named
	}
	probe, err := newConnector(python)
	if errors.Is(err, errNoConnector) {
		fmt.Fprintln(os.Stderr, "SKIPPED: interop:", err, "(recorded answers were compared instead; E6DATA_PYTHON names another Python)")
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(within(t), options{python: python, golden: goldenDir, random: 20, require: true}, &out); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
}

// standIn is a module with the name of the connector and just the calls that connector.py
// makes. It answers from a table.
const standIn = `
from decimal import Decimal

class Status:
    name = "RESOURCE_EXHAUSTED"

class RpcError(Exception):
    def code(self):
        return Status

    def details(self):
        return "too many queries"

class Cursor:
    def execute(self, sql, parameters):
        if sql == "rpc":
            raise RpcError()
        self.rows = [] if sql == "none" else [
            [None, True, -9223372036854775808, -0.0, "Grüße\n", b"\xff\x00", Decimal("1E+3"), 1j],
            [parameters["value"] if parameters else None] * 8]
        self.fetched = 0

    rowcount = 2
    description = [("c%d" % i, "LONG", None, None, None, None, True) for i in range(8)]

    def fetchall(self):
        return self.rows

    def fetchmany(self, size):
        rows = self.rows[self.fetched:self.fetched + size]
        self.fetched += len(rows)
        return rows

    def close(self):
        pass

class Connection:
    def __init__(self, host, port, username, password, database, catalog):
        self.tables = ["%s:%d" % (host, port), username, password, database, str(catalog)]

    def cursor(self):
        return Cursor()

    def get_tables(self, catalog, schema):
        return self.tables + [catalog, schema]

    def get_schema_names(self, catalog):
        return []

    def get_columns(self, catalog, schema, table):
        return [{"fieldName": table, "fieldType": "int"}]

    def close(self):
        pass
`

// newStandIn starts connector.py with a module in the connector's place.
func newStandIn(t *testing.T, module string) (*connectorSide, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: this test needs python3: ", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e6data_python_connector.py"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", dir)
	return newConnector(python)
}

// Every kind of value goes through connector.py and JSON as it is.
func TestCellsOfTheConnector(t *testing.T) {
	c, err := newStandIn(t, standIn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.connect("e6data://me%40example.com:token@127.0.0.1:4567/db?catalog=lake"); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 2, 3} {
		ctx := t.Context()
		if a, err := c.Execute(ctx, Statement{Python: "some", Value: "it's"}); a != nil || err != nil {
			t.Fatal(a, err)
		}
		a, err := c.Fetch(ctx, size)
		if err != nil {
			t.Fatal(err)
		}
		want := `[["null",""],["bool","true"],["int","-9223372036854775808"],["float","8000000000000000"],` +
			`["text","Grüße\n"],["bytes","/wA="],["decimal","1000"],["other","complex 1j"]]`
		if got, err := json.Marshal(a.Rows[0]); err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
		if len(a.Rows) != 2 || a.Rows[1][0] != (Cell{"text", "it's"}) || len(a.Columns) != 8 || a.RowCount != 2 {
			t.Errorf("%+v", a)
		}
	}
	for _, q := range []struct {
		s    Statement
		want string
	}{
		{Statement{SQL: "rpc"}, `{"error":{"class":"grpc","code":"RESOURCE_EXHAUSTED","message":"too many queries"}}`},
		{Statement{Browse: []string{"tables", "lake", "db"}}, `{"rows":[[["text","127.0.0.1:4567"]],[["text","me@example.com"]],[["text","token"]],` +
			`[["text","db"]],[["text","lake"]],[["text","lake"]],[["text","db"]]]}`},
		{Statement{Browse: []string{"columns", "lake", "db", "t"}}, `{"rows":[[["text","t"],["text","int"]]]}`},
		{Statement{Browse: []string{"schemas", "lake"}}, `{}`},
	} {
		a, err := c.Execute(t.Context(), q.s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(a); err != nil || string(got) != q.want {
			t.Errorf("%+v: %s, %v; want %s", q.s, got, err, q.want)
		}
	}
}

func TestSkipsWithAReason(t *testing.T) {
	_, err := newStandIn(t, "import a_package_that_nobody_has")
	if !errors.Is(err, errNoConnector) || !strings.Contains(err.Error(), "No module named 'a_package_that_nobody_has'") {
		t.Errorf("%v, want the reason", err)
	}
	for _, python := range []string{"python3", filepath.Join(t.TempDir(), "python3")} {
		var out strings.Builder
		if err := run(t.Context(), options{python: python}, &out); err != nil || !strings.HasPrefix(out.String(), "SKIPPED: ") {
			t.Errorf("%v, %q; want SKIPPED", err, &out)
		}
		if err := run(t.Context(), options{python: python, require: true}, &out); !errors.Is(err, errNoConnector) {
			t.Errorf("%v, want an error with -require", err)
		}
	}
}

func TestConnectorThatDies(t *testing.T) {
	c, err := newStandIn(t, "import os\ndef Connection(**settings):\n    os._exit(7)")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.connect("e6data://u:t@127.0.0.1:4567/db"); err == nil || !strings.Contains(err.Error(), "the connector's process ended") {
		t.Errorf("%v, want that the process ended", err)
	}
	if err := c.Close(); err == nil {
		t.Error("no error of a process that has failed")
	}
}
