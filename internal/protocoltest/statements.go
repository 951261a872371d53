package protocoltest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// executing prepares the endless statement, and executes it until stop ends it. The error of
// executeStatement is sent.
func executing(t *testing.T, on Backend) (srv *enginetest.Server, p *Query, stop context.CancelFunc, done chan error) {
	t.Helper()
	srv = on.Start(t, enginetest.Config{})
	p = Connect(t, srv).MustPrepare(on.Endless)
	ctx, stop := context.WithCancel(p.Context())
	t.Cleanup(stop)
	done = make(chan error, 1)
	req := &wire.ExecuteStatementRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID}
	go func() {
		_, err := p.ExecuteStatement(ctx, req)
		done <- err
	}()
	NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.Executed == 1 }))
	return srv, p, stop, done
}

func cancelEndsAStatement(t *testing.T, on Backend) {
	srv, p, _, done := executing(t, on)
	NoErr(t, p.Cancel())
	WantErr(t, <-done, codes.Internal, "was cancelled")
	p.MustClear() // legal: it frees what cancel stopped
	Balanced(t, srv)
	if s := srv.Stats(); s.Cancelled != 1 || s.Cleared != 1 {
		t.Errorf("stats %+v", s)
	}
}

func clientLeavesAStatement(t *testing.T, on Backend) {
	srv, p, stop, done := executing(t, on)
	stop()
	WantErr(t, <-done, codes.Canceled, "")
	p.MustClear()
	Balanced(t, srv)
	if s := srv.Stats(); s.Prepared != 1 || s.Orphaned != 0 {
		t.Errorf("stats %+v", s)
	}
}

func clearEndsAStatement(t *testing.T, on Backend) {
	srv, p, _, done := executing(t, on)
	p.MustClear()
	WantErr(t, <-done, codes.Internal, p.ID)
	Balanced(t, srv)
}

func closeEndsAStatement(t *testing.T, on Backend) {
	srv, _, _, done := executing(t, on)
	srv.Close()
	if err := <-done; err == nil {
		t.Error("the statement was executed to its end")
	}
	NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
}

func parameters(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustPrepare(Echo)
	r, err := p.GetDynamicParams(p.Context(), &wire.GetDynamicParamsRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	NoErr(t, err)
	if got := r.GetParams(); len(got) != 1 || got[0].GetIndex() != 1 || got[0].GetType() != "STRING" {
		t.Errorf("parameters %v", got)
	}
	NoErr(t, p.ExecuteV2("it's größer"))
	chunk, err := p.Batch()
	NoErr(t, err)
	if SizeOf(t, chunk) != 1 || !bytes.Contains(chunk, []byte("it's größer")) {
		t.Errorf("chunk %q", chunk)
	}
	p.MustClear()
	p = p.MustPrepare(Echo)
	WantErr(t, p.ExecuteV2("x", "y"), codes.Internal, "1 parameters, 2 were given")
	p.MustClear()
	Balanced(t, srv)
}

func batchesV2(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{V2Chunks: 1})
	c := Connect(t, srv)
	sizes := func(p *Query) (out []int) {
		for {
			r, err := p.BatchV2()
			NoErr(t, err)
			for _, chunk := range r.GetResultBatches() {
				if len(chunk) > 0 {
					out = append(out, SizeOf(t, chunk))
				}
			}
			if r.GetEndOfStream() {
				return out
			}
		}
	}
	for _, chunks := range []int{1, 2, 8} {
		srv.SetV2(true, chunks)
		p := c.MustExecute(Items)
		if got := sizes(p); !slices.Equal(got, []int{2, 1}) {
			t.Errorf("by %d: chunks of %v rows", chunks, got)
		}
		p.MustClear()
	}
	// A reader may begin with the one method and go on with the other.
	srv.SetV2(false, 0)
	p := c.MustExecute(Items)
	_, err := p.BatchV2()
	WantErr(t, err, codes.Unimplemented, "")
	chunk, err := p.Batch()
	NoErr(t, err)
	srv.SetV2(true, 0)
	if got := sizes(p); SizeOf(t, chunk) != 2 || !slices.Equal(got, []int{1}) {
		t.Errorf("chunks of %d and %v rows", SizeOf(t, chunk), got)
	}
	p.MustClear()
	Balanced(t, srv)
}

func catalogs(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	list, err := c.GetCataloges(c.Context(), &wire.GetCatalogesRequest{})
	NoErr(t, err)
	if l := list.GetCatalogResponses(); len(l) != 1 || l[0].GetName() != "c" || !l[0].GetIsDefault() {
		t.Errorf("catalogs %v", l)
	}
	one, err := c.GetSchemaNames(c.Context(), &wire.GetSchemaNamesRequest{SessionId: c.Session})
	NoErr(t, err)
	two, err := c.GetSchemaNamesV2(c.Context(), &wire.GetSchemaNamesV2Request{SessionId: c.Session, Catalog: "c"})
	NoErr(t, err)
	if !slices.Contains(one.GetSchemas(), "s") || !slices.Equal(one.GetSchemas(), two.GetSchemas()) {
		t.Errorf("schemas %v and %v", one, two)
	}
	tables, err := c.GetTables(c.Context(), &wire.GetTablesRequest{SessionId: c.Session, Schema: "s"})
	NoErr(t, err)
	tables2, err := c.GetTablesV2(c.Context(), &wire.GetTablesV2Request{SessionId: c.Session, Schema: "s", Catalog: "c"})
	NoErr(t, err)
	if want := []string{"items"}; !slices.Equal(tables.GetTables(), want) || !slices.Equal(tables2.GetTables(), want) {
		t.Errorf("tables %v and %v", tables, tables2)
	}
	columns, err := c.GetColumns(c.Context(), &wire.GetColumnsRequest{SessionId: c.Session, Schema: "s", Table: "items"})
	NoErr(t, err)
	columns2, err := c.GetColumnsV2(c.Context(), &wire.GetColumnsV2Request{SessionId: c.Session, Schema: "s", Table: "items", Catalog: "c"})
	NoErr(t, err)
	for _, r := range []*wire.GetColumnsResponse{columns, columns2} {
		if f := r.GetFieldInfo(); len(f) != 2 || f[0].GetFieldName() != "id" || f[0].GetFieldType() != "long" || f[1].GetFieldName() != "price" {
			t.Errorf("columns %v", f)
		}
	}
	for _, ask := range []*wire.GetColumnsV2Request{
		{SessionId: c.Session, Schema: "s", Table: "nothing", Catalog: "c"},
		{SessionId: c.Session, Schema: "nothing", Table: "items", Catalog: "c"},
		{SessionId: c.Session, Schema: "s", Table: "items", Catalog: "nothing"},
	} {
		_, err = c.GetColumnsV2(c.Context(), ask)
		WantErr(t, err, codes.Internal, "nothing")
	}
	_, err = c.GetColumnsV2(c.Context(), &wire.GetColumnsV2Request{SessionId: "x", Schema: "s", Table: "items", Catalog: "c"})
	WantErr(t, err, codes.Internal, "Access denied")
	Balanced(t, srv)
}

func plans(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	p := c.MustPrepare(Items)
	if p.Plan() == "" {
		t.Error("no plan")
	}
	NoErr(t, p.Execute())
	p.Sizes()
	r, err := c.ExplainAnalyze(p.Context(), &wire.ExplainAnalyzeRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	NoErr(t, err)
	if !json.Valid([]byte(r.GetExplainAnalyze())) {
		t.Errorf("analysis %q", r.GetExplainAnalyze())
	}
	_, err = c.DryRun(c.Context(), &wire.DryRunRequest{SessionId: c.Session, Schema: "s", QueryString: Items})
	NoErr(t, err)
	_, err = c.DryRunV2(c.Context(), &wire.DryRunRequestV2{SessionId: c.Session, Schema: "s", Catalog: "c", QueryString: "SELECT id FROM nothing"})
	WantErr(t, err, codes.Internal, "nothing")
	_, err = c.Clear(p.Context(), &wire.ClearRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	NoErr(t, err)
	Balanced(t, srv)
}
