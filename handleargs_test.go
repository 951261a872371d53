package e6data_test

import (
	"database/sql"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// A scripted statement with placeholders matches the driver's statement, for every type of
// argument.
func TestHandleArgs(t *testing.T) {
	t.Parallel()
	const statement = "SELECT id FROM t WHERE a = ? AND b IN (0, ?)"
	srv := newEngine(t, enginetest.Config{})
	srv.HandleArgs(statement, ids(5, 5))
	srv.HandleArgs("SELECT id FROM t WHERE a = :a OR b = @b OR c = :a", ids(5, 5))
	at := time.Date(2026, 11, 25, 1, 2, 3, 4000, time.FixedZone("", 19800))
	db := openDB(t, srv)
	for _, arg := range []any{
		1, -1, int64(math.MinInt64), uint64(math.MaxUint64), 1.5, -2e-7, true, nil, "it's \\ 'x' -- /* ", "", []byte("\x00\xff"), []byte{},
		at, e6data.Date(at), e6data.TimestampTZ(at), big.NewRat(-5, 4), new(big.Int).Lsh(big.NewInt(-1), 100), sql.NullString{},
	} {
		for _, opts := range [][]any{nil, {e6data.QueryTag("nightly 'report'")}} {
			if n, err := readIDs(t.Context(), db, statement, append([]any{arg, arg}, opts...)...); n != 5 || err != nil {
				t.Errorf("%T %v: %d rows, %v", arg, arg, n, err)
			}
		}
	}
	if n, err := readIDs(t.Context(), db, statement, 1, []string{"a", "b's", "c"}); n != 5 || err != nil {
		t.Errorf("a list: %d rows, %v", n, err)
	}
	named := []any{sql.Named("a", "x"), sql.Named("b", -2)}
	if n, err := readIDs(t.Context(), db, "SELECT id FROM t WHERE a = :a OR b = @b OR c = :a", named...); n != 5 || err != nil {
		t.Errorf("names: %d rows, %v", n, err)
	}

	// Arguments as parameters of the engine.
	db = openDB(t, srv, "params=server")
	srv.HandleArgs(statement, ids(5, 5).Params("LONG", "STRING"))
	if n, err := readIDs(t.Context(), db, statement, 1, "x"); n != 5 || err != nil {
		t.Errorf("parameters: %d rows, %v", n, err)
	}
	srv.HandleArgs("SELECT id FROM t WHERE a = :a OR b = @b OR c = :a", ids(5, 5).Params("STRING", "LONG", "STRING"))
	if n, err := readIDs(t.Context(), db, "SELECT id FROM t WHERE a = :a OR b = @b OR c = :a", named...); n != 5 || err != nil {
		t.Errorf("named parameters: %d rows, %v", n, err)
	}
}
