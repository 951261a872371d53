//go:build cgo

package emulator_test

import (
	"testing"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/protocoltest"
)

// The protocol over SQL: the same tests pass over scripted results in package enginetest.
func TestProtocolOfEveryBackend(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, protocoltest.Backend{
		Endless: "SELECT n FROM big.endless",
		Start: func(t testing.TB, cfg enginetest.Config) *enginetest.Server {
			t.Helper()
			srv, err := emulator.New(emulator.Config{
				Engine: cfg, Catalog: "c", BatchRows: 2,
				Init: `CREATE SCHEMA s;
					CREATE TABLE s.items (id BIGINT, price DECIMAL(10,2));
					INSERT INTO s.items VALUES (1, 12.30), (2, 0.5), (NULL, NULL);
					CREATE SCHEMA big;
					CREATE VIEW big.endless AS SELECT SUM(a.i * b.i % 7) AS n FROM range(100000000) a(i), range(100000000) b(i)`,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(srv.Close)
			return srv.Server
		},
	})
}
