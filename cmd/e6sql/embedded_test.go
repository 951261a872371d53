//go:build cgo

package main

import (
	"strings"
	"testing"
)

// The embedded engine has the demo and TPC-H's tables, and takes real SQL.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	got := run(t, "", "--embedded", "--no-header", "-v", "kind=order",
		"-c", "SELECT COUNT(*) FROM types; SELECT COUNT(*) > 0 FROM events WHERE kind = :kind; SELECT COUNT(*) FROM tpch.db.region")
	if got.code != 0 || got.stdout != "4\ntrue\n5\n" || got.stderr != "" {
		t.Errorf("%v", got)
	}
	got = run(t, "", "--embedded", "--scale", "0", "-c", "SELECT nam FROM types")
	if got.code != 1 || !strings.Contains(got.stderr, "    1 | SELECT nam FROM types\n      |        ^\n") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "ping", "--embedded", "--scale=0"); got.code != 0 || !strings.Contains(got.stdout, "127.0.0.1:") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "doctor", "--embedded", "--scale=0"); got.code != 0 || strings.Count(got.stdout, "\nok ") != 9 {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "--embedded", "--host", "localhost", "-c", "SELECT 1"); got.code != 2 {
		t.Errorf("%v", got)
	}
}
