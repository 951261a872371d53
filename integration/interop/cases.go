package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
)

// Case is a sequence of statements on one connection to an engine of its own.
type Case struct {
	// Name is the name in the report and in the recorded answers.
	Name string
	// Config and Script set up the engine.
	Config enginetest.Config
	Script func(*enginetest.Server)
	// DSN returns the data source name that both sides use; nil stands for the engine's.
	DSN   func(*enginetest.Server) string
	Steps []Step
	// Large marks a case whose answers are too large to record.
	Large bool
	// Shared is a name that cases have in common which may run on one connection to one engine.
	Shared string
}

// Step is one statement of a case.
type Step struct {
	Statement
	// Size is the number of rows that the connector fetches at a time; 0 is fetchall, and -1
	// is fetchmany without a number.
	Size int
	// Before and Between change the engine before the statement, and after it was executed.
	Before, Between func(*enginetest.Server)
}

// dsn returns the data source name for an engine of the case.
func (c *Case) dsn(srv *enginetest.Server) string {
	if c.DSN != nil {
		return c.DSN(srv)
	}
	return srv.DSN()
}

// answers are those of one side to the steps of a case.
type answers []*Answer

// run runs the steps of a case.
func (c *Case) run(ctx context.Context, side Side, srv *enginetest.Server) (answers, error) {
	var all answers
	for _, s := range c.Steps {
		change(srv, s.Before)
		executed := executions(srv)
		a, err := side.Execute(ctx, s.Statement)
		if err == nil && a == nil {
			change(srv, s.Between)
			a, err = side.Fetch(ctx, s.Size)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Name, s.SQL, err)
		}
		a.Executions = executions(srv) - executed
		all = append(all, a)
	}
	return all, nil
}

// executions returns how many statements the engine was told to execute; 0 without srv.
func executions(srv *enginetest.Server) int {
	if srv == nil {
		return 0
	}
	return srv.Count("executeStatement")
}

func change(srv *enginetest.Server, f func(*enginetest.Server)) {
	if f != nil {
		f(srv)
	}
}

// engineCases returns every case that package enginetest plays. dir has the golden cases, and
// random is the number of random ones.
func engineCases(dir string, random int) ([]Case, error) {
	cases, err := goldenCases(dir)
	if err != nil {
		return nil, err
	}
	cases = append(cases, batchCases()...)
	cases = append(cases, errorCases()...)
	cases = append(cases, loginCases()...)
	cases = append(cases, catalogCases()...)
	cases = append(cases, lifeCases()...)
	return append(cases, randomCases(random)...), nil
}

// largeChunk is the size of a golden chunk from which on its answers are not recorded.
const largeChunk = 16 << 10

// goldenCases are the bytes of an independent encoder.
func goldenCases(dir string) ([]Case, error) {
	loaded, err := golden.Load(dir)
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, g := range loaded {
		cases = append(cases, Case{
			Name: "golden/" + g.Name,
			Script: func(srv *enginetest.Server) {
				r := enginetest.NewResult().Metadata(g.Meta)
				if g.RowCount > 0 {
					r.Chunks(g.Chunk)
				}
				srv.Handle(g.Name, r)
			},
			Steps:  []Step{{Statement: Statement{SQL: g.Name}}},
			Large:  len(g.Chunk) > largeChunk,
			Shared: "golden",
		})
	}
	return cases, nil
}

// batchCases are the forms in which the engine may send the same rows, read with fetchall
// and with fetchmany.
func batchCases() []Case {
	rows := func() *enginetest.Result {
		return enginetest.NewResult().Column("n", "LONG").Column("s", "STRING")
	}
	fill := func(r *enginetest.Result, from, to int) *enginetest.Result {
		for i := from; i < to; i++ {
			if i%3 == 2 {
				r.Row(i, nil)
			} else {
				r.Row(i, fmt.Sprintf("row %d", i))
			}
		}
		return r
	}
	forms := []struct {
		name string
		r    *enginetest.Result
	}{
		{"no rows", rows()},
		{"no rows, and a batch of none", rows().EmptyBatch()},
		{"one batch", fill(rows(), 0, 7)},
		{"batches of one row", fill(rows(), 0, 7).BatchRows(1)},
		{"batches of three rows", fill(rows(), 0, 7).BatchRows(3)},
		{"an end of size zero", fill(rows(), 0, 7).BatchRows(3).SizeZeroEnd()},
		{"no row count", fill(rows(), 0, 7).BatchRows(3).RowCount(-1)},
		{"an empty batch first", fill(rows().EmptyBatch(), 0, 7)},
		{"an empty batch between", fill(fill(rows(), 0, 4).EmptyBatch(), 4, 7)},
		{"an empty batch last", fill(rows(), 0, 7).EmptyBatch()},
		{"fewer rows than promised", fill(rows(), 0, 7).RowCount(9)},
		{"more rows than promised", fill(rows(), 0, 7).RowCount(5)},
	}
	var cases []Case
	for _, f := range forms {
		for _, size := range []int{0, 1, 4, 100} {
			cases = append(cases, Case{
				Name:   fmt.Sprintf("batches/%s/%s", f.name, fetchName(size)),
				Script: func(srv *enginetest.Server) { srv.Handle("SELECT * FROM t", f.r) },
				Steps:  []Step{{Statement: Statement{SQL: "SELECT * FROM t"}, Size: size}},
				Shared: "batches/" + f.name,
			})
		}
	}
	return append(cases, Case{
		Name:   "batches/fetchmany without a number",
		Script: func(srv *enginetest.Server) { srv.Handle("SELECT * FROM t", fill(rows(), 0, 7)) },
		Steps:  []Step{{Statement: Statement{SQL: "SELECT * FROM t"}, Size: -1}},
	})
}

func fetchName(size int) string {
	if size == 0 {
		return "fetchall"
	}
	return fmt.Sprintf("fetchmany %d", size)
}

// errorCases fail in each phase of a query. The next statement succeeds.
func errorCases() []Case {
	one := func() *enginetest.Result {
		return enginetest.NewResult().Column("n", "LONG").Row(1).Row(2).BatchRows(1)
	}
	var cases []Case
	for _, f := range []struct {
		name string
		r    *enginetest.Result
	}{
		{"prepare", one().Fail(enginetest.PhasePrepare, status.Error(codes.InvalidArgument, "line 1:8 Column 'x' cannot be resolved"))},
		{"execute", one().Fail(enginetest.PhaseExecute, status.Error(codes.Internal, "out of memory"))},
		{"metadata", one().Fail(enginetest.PhaseMetadata, status.Error(codes.ResourceExhausted, "too many queries"))},
		{"first batch", one().FailAt(0, status.Error(codes.Internal, "division by zero"))},
		{"second batch", one().FailAt(1, status.Error(codes.Internal, "division by zero"))},
		{"metadata, with words of a lost session", one().Fail(enginetest.PhaseMetadata, status.Error(codes.Internal, "Access denied"))},
	} {
		cases = append(cases, Case{
			Name: "errors/" + f.name,
			Script: func(srv *enginetest.Server) {
				srv.Handle("SELECT bad", f.r)
				srv.Handle("SELECT good", one())
			},
			Steps: []Step{{Statement: Statement{SQL: "SELECT bad"}}, {Statement: Statement{SQL: "SELECT good"}}},
		})
	}
	return append(cases, Case{
		Name:  "errors/unknown statement",
		Steps: []Step{{Statement: Statement{SQL: "SELECT nobody_knows"}}},
	})
}

// loginCases do not get in.
func loginCases() []Case {
	one := func(srv *enginetest.Server) {
		srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	}
	steps := []Step{{Statement: Statement{SQL: "SELECT 1"}}}
	return []Case{
		{
			Name: "login/a wrong token", Script: one, Steps: steps,
			DSN: func(srv *enginetest.Server) string {
				return strings.Replace(srv.DSN(), enginetest.DefaultToken, "another-token", 1)
			},
		}, {
			Name: "login/a wrong cluster name", Script: one, Steps: steps, Config: enginetest.Config{ClusterName: "analytics"},
			DSN: func(srv *enginetest.Server) string {
				return strings.Replace(srv.DSN(), "cluster_name=analytics", "cluster_name=other", 1)
			},
		},
	}
}

// catalogCases name a catalog, so that both sides use the V2 calls, and browse one.
func catalogCases() []Case {
	types := []enginetest.Column{{Name: "id", Type: "long"}, {Name: "price", Type: "decimal(7,2)"}, {Name: "tags", Type: "array<int>"}}
	path := []string{"lake", "sales", "items"}
	browse := func(kind string, names ...string) Step {
		return Step{Statement: Statement{SQL: kind, Browse: append([]string{kind}, names...)}}
	}
	return []Case{{
		Name: "catalog/statements and names",
		Script: func(srv *enginetest.Server) {
			srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
			srv.SetCatalogs(enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{
				{Name: "sales", Tables: []enginetest.Table{{Name: "items", Columns: types}, {Name: "empty"}}}, {Name: "none"},
			}})
		},
		DSN: func(srv *enginetest.Server) string { return srv.DSN("catalog=lake") },
		Steps: []Step{
			{Statement: Statement{SQL: "SELECT 1"}},
			browse("schemas", path[:1]...), browse("tables", path[:2]...), browse("columns", path...),
			browse("tables", "lake", "none"), browse("columns", "lake", "sales", "empty"),
			{Statement: Statement{SQL: "SELECT 1"}},
		},
	}}
}

// lifeCases change sessions and colours around statements, and while one is read.
func lifeCases() []Case {
	const query = "SELECT n FROM numbers"
	script := func(srv *enginetest.Server) {
		r := enginetest.NewResult().Column("n", "LONG").BatchRows(2)
		for i := range 60 { // more batches than the driver fetches ahead in this moment
			r.Row(i)
		}
		srv.Handle(query, r)
	}
	both := []string{enginetest.Blue, enginetest.Green}
	step := func(before, between func(*enginetest.Server)) Step {
		return Step{Statement: Statement{SQL: query}, Before: before, Between: between}
	}
	expire := (*enginetest.Server).ExpireSessions
	live := func(colors ...string) func(*enginetest.Server) {
		return func(srv *enginetest.Server) { srv.SetLive(colors...) }
	}
	announce := func(srv *enginetest.Server) {
		srv.SetLive(both...)
		srv.Announce(enginetest.Green)
	}
	only := func(srv *enginetest.Server) {
		srv.Announce("")
		srv.SetLive(enginetest.Green)
	}
	cases := []Case{
		{Name: "life/green alone", Config: enginetest.Config{Live: []string{enginetest.Green}}, Steps: []Step{step(nil, nil)}},
		{Name: "life/sessions expire between statements", Steps: []Step{step(nil, nil), step(expire, nil), step(nil, nil)}},
		{Name: "life/sessions expire before the rows", Steps: []Step{step(nil, expire), step(nil, nil)}},
		{Name: "life/sessions rotate", Config: enginetest.Config{RotateSessions: true}, Steps: []Step{step(nil, nil), step(nil, nil)}},
		{Name: "life/a switch between statements", Steps: []Step{step(nil, nil), step(live(enginetest.Green), nil), step(nil, nil)}},
		{Name: "life/an announced switch between statements", Steps: []Step{step(nil, nil), step(announce, nil), step(only, nil)}},
		{Name: "life/an announced switch before the rows", Steps: []Step{step(nil, announce), step(only, nil)}},
		{Name: "life/a switch before the rows", Steps: []Step{step(nil, live(enginetest.Green)), step(nil, nil)}},
	}
	for i := range cases {
		cases[i].Script = script
	}
	return cases
}
