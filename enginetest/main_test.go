package enginetest_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/protocoltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The names of protocoltest that the tests here use.
type q = protocoltest.Query

var (
	connect  = protocoltest.Connect
	dial     = protocoltest.Dial
	dialAddr = protocoltest.DialAddr
	newProxy = protocoltest.NewProxy
	sizeOf   = protocoltest.SizeOf
	wantErr  = protocoltest.WantErr
	noErr    = protocoltest.NoErr
	soon     = protocoltest.Soon
	balanced = protocoltest.Balanced
)

const items = protocoltest.Items

func newServer(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func itemsResult() *enginetest.Result {
	return enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, "0.5").
		Row(nil, nil).
		BatchRows(2)
}

// The protocol over scripted results.
func TestProtocol(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, protocoltest.Backend{
		Endless: "SELECT forever",
		Counts:  true,
		Start: func(t testing.TB, cfg enginetest.Config) *enginetest.Server {
			srv := newServer(t, cfg)
			srv.Handle(protocoltest.Items, itemsResult().Explain("scan").ExplainAnalyze(`{"total_query_time":7}`))
			srv.Handle(protocoltest.Ids, enginetest.NewResult().Column("id", "LONG").Row(1).Row(2).Row(nil).BatchRows(2))
			srv.Handle("SELECT forever", itemsResult().Delay(enginetest.PhaseExecute, time.Hour))
			srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
				if q.SQL != protocoltest.Echo {
					return nil, nil
				}
				r := enginetest.NewResult().Column("v", "STRING").Params("STRING")
				for _, p := range q.Params {
					r.Row(p.GetValue())
				}
				return r, nil
			})
			srv.SetCatalogs(enginetest.Catalog{Name: "c", Default: true, Schemas: []enginetest.Schema{{
				Name: "s",
				Tables: []enginetest.Table{{Name: "items", Columns: []enginetest.Column{
					{Name: "id", Type: "long"}, {Name: "price", Type: "decimal(10,2)"},
				}}},
			}}})
			return srv
		},
	})
}
