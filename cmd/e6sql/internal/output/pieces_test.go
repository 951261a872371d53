package output

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Two goroutines write what one goroutine writes, also when a piece is too long to wait
// and when the zones change.
func TestPiecesAreInOrder(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{1, 2*pieceRows - 1, 2 * pieceRows, 5*pieceRows + 3, 20 * pieceRows} {
		var short [][]any
		var zoned []any
		for i := range rows {
			short = append(short, []any{fmt.Sprint("row ", i)})
			at := time.Unix(int64(i), 0)
			if i%3 == 0 {
				at = at.In(paris)
			}
			zoned = append(zoned, at)
		}
		long := append([][]any{}, short...)
		for i := pieceRows + 5; i < rows; i += 3 * pieceRows / 2 {
			long[i] = []any{strings.Repeat("long\t\"", pieceBytes/6)}
		}
		results := map[string]result{
			"short": texts(t, []string{"c"}, short...),
			"long":  texts(t, []string{"c"}, long...),
			"zoned": typed(t, "TIMESTAMP_TZ", 0, zoned...),
		}
		for name, r := range results {
			for _, format := range []string{"csv", "tsv", "jsonl"} {
				var out bytes.Buffer
				w, err := New(format, &out, Options{})
				if err != nil {
					t.Fatal(err)
				}
				w.(*stream).ahead = nil
				if err := feed(w, r, Summary{}); err != nil {
					t.Fatal(err)
				}
				if got := render(t, format, Options{}, r); got != out.String() {
					t.Errorf("%d %s rows of %s: two goroutines write something else", rows, name, format)
				}
			}
		}
	}
}

// After an error of the output nothing is formatted any more, and no goroutine is left.
func TestPiecesEndWithTheOutput(t *testing.T) {
	var rows [][]any
	for i := range 8 * pieceRows {
		rows = append(rows, []any{strings.Repeat("x", 100+i%7)})
	}
	r := texts(t, []string{"c"}, rows...)
	for room := range 5 {
		w, err := New("csv", &failing{left: room * flushAt}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := feed(w, r, Summary{}); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", room*flushAt, err)
		}
	}
}
