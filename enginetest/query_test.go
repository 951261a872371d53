package enginetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

func TestClientLeavesADelay(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("prepare", itemsResult().Delay(enginetest.PhasePrepare, time.Hour))
	srv.Handle("execute", itemsResult().Delay(enginetest.PhaseExecute, time.Hour))
	c := connect(t, srv)
	// leaving is a context that ends once the server has got such a call.
	leaving := func(ctx context.Context, method string) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			defer cancel()
			_ = srv.Wait(ctx, func(enginetest.Stats) bool { return srv.Count(method) > 0 })
		}()
		return ctx
	}
	ctx := leaving(c.Context(), "prepareStatement")
	_, err := c.PrepareStatement(ctx, &wire.PrepareStatementRequest{SessionId: c.Session, QueryString: "prepare"})
	wantErr(t, err, codes.Canceled, "")

	p := c.MustPrepare("execute")
	ctx = leaving(p.Context(), "executeStatement")
	_, err = c.ExecuteStatement(ctx, &wire.ExecuteStatementRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	wantErr(t, err, codes.Canceled, "")
	p.MustClear()
	balanced(t, srv)
	if s := srv.Stats(); s.Prepared != 1 || s.Orphaned != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	boom := status.Error(codes.ResourceExhausted, "boom")
	for i, sql := range []string{"prepare", "execute", "metadata", "batch"} {
		srv.Handle(sql, itemsResult().Fail(enginetest.Phase(i), boom))
	}
	srv.Handle("later", itemsResult().FailAt(1, errors.New("plain")))
	c := connect(t, srv)

	_, err := c.Prepare("prepare")
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p := c.MustPrepare("execute")
	wantErr(t, p.Execute(), codes.ResourceExhausted, "boom")
	p.MustClear()
	p = c.MustExecute("metadata")
	_, err = p.Metadata()
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p.MustClear()
	p = c.MustExecute("batch")
	_, err = p.Batch()
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p.MustClear()

	p = c.MustExecute("later")
	_, err = p.Batch()
	noErr(t, err)
	_, err = p.Batch()
	wantErr(t, err, codes.Internal, "plain")
	p.MustClear()
	p = c.MustExecute("later")
	r, err := p.BatchV2()
	noErr(t, err)
	if len(r.GetResultBatches()) != 1 || r.GetEndOfStream() {
		t.Errorf("V2 before a failure: %d chunks, end %v", len(r.GetResultBatches()), r.GetEndOfStream())
	}
	_, err = p.BatchV2()
	wantErr(t, err, codes.Internal, "plain")
	p.MustClear()
	balanced(t, srv)
}

func TestHandleFuncAndParams(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	var mu sync.Mutex
	var asked []enginetest.Query
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, q)
		switch q.SQL {
		case "bad":
			return nil, status.Error(codes.PermissionDenied, "not for you")
		case "unknown":
			return nil, nil
		}
		r := enginetest.NewResult().Column("v", "STRING").Params("STRING")
		for _, p := range q.Params {
			r.Row(p.GetValue()).Row("again")
		}
		return r, nil
	})
	c := connect(t, srv)
	_, err := c.Prepare("bad")
	wantErr(t, err, codes.PermissionDenied, "not for you")
	_, err = c.Prepare("unknown")
	wantErr(t, err, codes.Internal, "no result")

	p := c.MustPrepare("SELECT ?")
	params, err := c.GetDynamicParams(p.Context(), &wire.GetDynamicParamsRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	noErr(t, err)
	if got := params.GetParams(); len(got) != 1 || got[0].GetIndex() != 1 || got[0].GetType() != "STRING" {
		t.Errorf("params %v", got)
	}
	noErr(t, p.ExecuteV2("x"))
	if got := p.Sizes(); !slices.Equal(got, []int{2}) {
		t.Errorf("chunks of %v rows", got)
	}
	p.MustClear()
	p = c.MustPrepare("SELECT ?")
	wantErr(t, p.ExecuteV2("x", "y"), codes.Internal, "1 parameters, 2 were given")
	p.MustClear()
	balanced(t, srv)
	mu.Lock()
	defer mu.Unlock()
	q := asked[3]
	if q.SQL != "SELECT ?" || len(q.Params) != 1 || q.Schema != "s" || q.Strategy != "blue" || q.User != enginetest.DefaultUser || q.SessionID == "" {
		t.Errorf("asked %+v", q)
	}
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().ZoneFormat("UTC", "f"))
	c := connect(t, srv)
	var open []*q
	for range 12 {
		open = append(open, c.MustPrepare(items))
	}
	if err := srv.Balanced(); err == nil || !strings.Contains(err.Error(), "12 queries") || !strings.Contains(err.Error(), "and 2 more") {
		t.Errorf("Balanced: %v", err)
	}
	for _, p := range open[1:] {
		p.MustClear()
	}
	p := open[0]
	wantErr(t, c.MustPrepare(items).ExecuteV2(), codes.Internal, "")
	noErr(t, p.Execute())
	b, err := p.Metadata()
	noErr(t, err)
	m, err := thriftrows.DecodeMetadata(b)
	noErr(t, err)
	if m.Columns[1].Zone != "UTC" || m.Columns[1].Format != "f" {
		t.Errorf("metadata %+v", m)
	}
	p.MustClear()
	calls := srv.Calls()
	if got := calls[len(calls)-1].String(); got != "29 clearOrCancelQuery blue query-blue-000001: OK" {
		t.Errorf("String: %s", got)
	}
	if got := srv.CallsTo("executeStatementV2")[0].String(); !strings.Contains(got, "needs executeStatement") {
		t.Errorf("String: %s", got)
	}
}
