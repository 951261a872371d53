package e6data_test

import (
	"errors"
	"testing"

	"github.com/e6data/e6data-go"
)

// Where a line comment may end in two places, arguments are refused; without them
// the statement is the engine's.
func TestCarriageReturnInComment(t *testing.T) {
	srv := echoEngine(t)
	db := openDB(t, srv)
	_, err := db.Query("SELECT a -- it's\r, ?", "' OR 1=1")
	if syntax, ok := errors.AsType[*e6data.SyntaxError](err); !ok || syntax.Offset != 9 {
		t.Errorf("%v", err)
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared", n)
	}
	const query = "SELECT a -- it's\r, 'x'"
	if got, err := echo(t, db, query); err != nil || lastSQL(srv) != query || len(got) != 1 || got[0].Value != "x" {
		t.Errorf("%v, %v", got, err)
	}
}
