package e6data_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// Into scans what database/sql alone does not, with every Go version.
func TestInto(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("d", "DECIMAL(38,10)").Column("n", "LONG").Column("j", "MAP").Column("b", "BINARY").
		Row("-1234567890123456789012345678.0123456789", 42, `{"a": 1}`, []byte{1, 2}).Row(nil, nil, nil, nil).Row("0.5", -1, "[]", []byte{}))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var d sql.Null[big.Rat]
	var n *big.Rat
	var j sql.Null[json.RawMessage]
	var b namedBytes
	dest := []any{e6data.Into(&d), e6data.Into(&n), e6data.Into(&j), e6data.Into(&b)}
	var kept []byte
	for i, want := range []string{"-12345678901234567890123456780123456789/10000000000 42 {\"a\": 1} \x01\x02", "0 nil <nil> <nil>", "1/2 -1 [] "} {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		number := "nil"
		if n != nil {
			number = n.RatString()
		}
		got := d.V.RatString() + " " + number + " " + text(j.V) + " " + text(b)
		if got != want || d.Valid != (i != 1) || j.Valid != (i != 1) {
			t.Errorf("row %d: %q, %v, %v; want %q", i, got, d.Valid, j.Valid, want)
		}
		if i == 0 {
			kept = j.V
		}
	}
	if string(kept) != `{"a": 1}` {
		t.Errorf("a later row changed %q", kept)
	}
}

func text(b []byte) string {
	if b == nil {
		return "<nil>"
	}
	return string(b)
}

func TestIntoOtherTypes(t *testing.T) {
	t.Parallel()
	var n int8
	var s *string
	var v any
	var date e6data.Date
	err := errors.Join(e6data.Into(&n).Scan(int64(7)), e6data.Into(&s).Scan("x"), e6data.Into(&v).Scan(nil), e6data.Into(&date).Scan("2024-02-29"))
	if err != nil || n != 7 || s == nil || *s != "x" || v != nil || date.String() != "2024-02-29" {
		t.Errorf("%v, %v, %v, %v, %v", n, s, v, date, err)
	}
	if err := e6data.Into(&s).Scan(nil); err != nil || s != nil {
		t.Errorf("%v, %v", s, err)
	}
	text := []byte("text")
	var raw json.RawMessage
	if err := e6data.Into(&raw).Scan(text); err != nil {
		t.Error(err)
	}
	text[0] = 'T'
	if string(raw) != "text" {
		t.Errorf("%q refers to what was scanned", raw)
	}
	r := *big.NewRat(1, 3)
	ip := net.IP{1}
	var noRat *big.Rat
	var noBytes *namedBytes
	for _, test := range []struct {
		dest sql.Scanner
		src  any
		want string
	}{
		{e6data.Into(&n), nil, "NULL does not fit a int8"}, {e6data.Into(&n), int64(300), "out of range"}, {e6data.Into(&n), "x", "invalid syntax"},
		{e6data.Into(&r), nil, "NULL does not fit a big.Rat"}, {e6data.Into(&r), "1/3", "not a decimal"}, {e6data.Into(&r), 1.5, "float64 does not fit"},
		{e6data.Into(&r), strings.Repeat("9", 10<<20), "not a decimal"}, {e6data.Into(noRat), "1", "nil *big.Rat"}, {e6data.Into(noBytes), "1", "nil *e6data_test.namedBytes"},
		{e6data.Into(&raw), int64(1), "unsupported"}, {e6data.Into(&ip), "10.0.0.1", "unsupported"}, {e6data.Into(&date), nil, "NULL does not fit a Date"},
	} {
		if err := test.dest.Scan(test.src); err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 300 {
			t.Errorf("%.20v into a %T: %.300v, want %q", test.src, test.dest, err, test.want)
		}
	}
	if n != 7 || r.RatString() != "1/3" || string(raw) != "text" || !bytes.Equal(ip, []byte{1}) {
		t.Errorf("an error left %v, %v, %s, %v", n, &r, raw, ip)
	}
}
