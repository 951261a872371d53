package integration

import (
	"errors"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/integration/internal/load"
)

// long has 1,504,375 rows of some 40 MB, which is more than the driver fetches ahead.
const long = "SELECT l_comment FROM tpch.db.lineitem, tpch.db.nation"

// The static binary of the emulator serves real SQL in an image of nothing else. Blue is
// replaced by green, which nobody announces, while tables are read. Results are right, or
// end with the promised errors.
func TestEmulators(t *testing.T) {
	s, db, next := emulators.deploy(t)
	ctx := within(t, 2*time.Minute)

	var (
		name  string
		total e6data.Decimal
		day   time.Time
	)
	must(t, db.QueryRowContext(ctx, `SELECT c_name, SUM(o_totalprice), MAX(o_orderdate) FROM tpch.db.orders JOIN tpch.db.customer ON c_custkey = o_custkey
WHERE c_custkey = ? AND c_name <> ? GROUP BY c_name`, 7, `it's \`).Scan(&name, &total, &day))
	if name != "Customer#000000007" || total.Sign() <= 0 || day.Year() < 1992 {
		t.Errorf("%s, %v, %v", name, total, day)
	}
	_, err := db.ExecContext(ctx, "SELECT nothing FROM tpch.db.nation")
	if !errors.Is(err, e6data.ErrSQL) {
		t.Errorf("a wrong statement: %v", err)
	}

	// The result that is open during the switch has to come from blue, which is not live
	// any more.
	rows, err := db.QueryContext(ctx, long)
	must(t, err)
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	must(t, s.Green.Start(ctx))
	r := under(t, db, next, 30*time.Second)
	must(t, s.SetLive(ctx, "green"))
	progress(t, r, 2*connections)
	var info e6data.QueryInfo
	if _, err := db.ExecContext(e6data.ContextWithOptions(ctx, e6data.CaptureQuery(&info)), "SELECT 1"); err != nil || info.State().Strategy != "green" {
		t.Errorf("the driver asked %q, %v", info.State().Strategy, err)
	}
	settle(t, "switch without an announcement", r, load.Incomplete, load.Ambiguous)
	n := 1
	for rows.Next() {
		n++
	}
	if err := rows.Err(); !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("%d rows of a result on blue, %v", n, err)
	}
	allGood(t, "on green", db, next)
}
