package enginetest_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

func TestLiterals(t *testing.T) {
	t.Parallel()
	type l = enginetest.Literal
	tests := []struct {
		sql  string
		want []l
	}{
		{"", nil},
		{"select a1, \"it's\"\"x\", `y'z` from t", nil},
		{"-- 'a'\n// 'b'\r'c'\n/* 'd' /* \n */ 'e'", []l{{"STRING", "c"}, {"STRING", "e"}}},
		{`'' 'it''s' 'it\'s' 'a\\' '\n\r\t\q'`, []l{{"STRING", ""}, {"STRING", "it's"}, {"STRING", "it's"}, {"STRING", `a\`}, {"STRING", "\n\r\tq"}}},
		{"'a\nb' '--' '/*'", []l{{"STRING", "a\nb"}, {"STRING", "--"}, {"STRING", "/*"}}},
		{"1, -2.50 .5E1 1e+20 a1 2x", []l{{"NUMBER", "1"}, {"NUMBER", "2.50"}, {"NUMBER", ".5E1"}, {"NUMBER", "1e+20"}, {"NUMBER", "2"}}},
		{"true False null nullif is_true", []l{{"BOOLEAN", "TRUE"}, {"BOOLEAN", "FALSE"}, {"NULL", "NULL"}}},
		{"X'CAFE' x'' ax'1'", []l{{"BINARY", "CAFE"}, {"BINARY", ""}, {"STRING", "1"}}},
		{"DATE '2024-01-31' timestamp\n'x' Timestamp_TZ'y' update 'z' dates 'w'", []l{{"DATE", "2024-01-31"}, {"TIMESTAMP", "x"}, {"TIMESTAMP_TZ", "y"}, {"STRING", "z"}, {"STRING", "w"}}},
	}
	for _, tt := range tests {
		got, err := enginetest.Literals(tt.sql)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, %v, want %q", tt.sql, got, err, tt.want)
		}
	}
	for sql, want := range map[string]string{
		"select 'a": "enginetest: the token at byte 7 has no end", `'a\'`: "enginetest: the token at byte 0 has no end",
		"'a'''": "", "'a''": "enginetest: the token at byte 3 has no end", `"a`: "enginetest: the token at byte 0 has no end",
		"`a": "enginetest: the token at byte 0 has no end", "1 /* x": "enginetest: the token at byte 2 has no end",
		"X'C'": "enginetest: the binary literal at byte 0 is malformed", "X'0G'": "enginetest: the binary literal at byte 0 is malformed",
	} {
		if _, err := enginetest.Literals(sql); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%q: got %v, want %s", sql, err, want)
		}
	}
}

func TestEchoLiterals(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.HandleFunc(enginetest.EchoLiterals)
	c := connect(t, srv)
	tests := []struct {
		sql         string
		kind, value []string
	}{
		{`select 'it''s \\ \n', -5, X'00ff', NULL -- 'x'`, []string{"STRING", "NUMBER", "BINARY", "NULL"}, []string{"it's \\ \n", "5", "00ff", "NULL"}},
		{"select a", nil, nil},
	}
	for _, tt := range tests {
		p := c.MustExecute(tt.sql)
		b, err := p.Metadata()
		noErr(t, err)
		m, err := thriftrows.DecodeMetadata(b)
		noErr(t, err)
		if m.RowCount != int64(len(tt.kind)) || len(m.Columns) != 2 || m.Columns[0].Name != "kind" || m.Columns[1].Name != "value" {
			t.Errorf("%q: metadata %+v", tt.sql, m)
		}
		if len(tt.kind) > 0 {
			chunk, err := p.Batch()
			noErr(t, err)
			want, err := thriftrows.AppendChunk(nil, len(tt.kind), []thriftrows.Vector{
				text(t, tt.kind), text(t, tt.value),
			})
			noErr(t, err)
			if !slices.Equal(chunk, want) {
				t.Errorf("%q: chunk\n%q, want\n%q", tt.sql, chunk, want)
			}
		}
		p.MustClear()
	}
	_, err := c.Prepare("select 'a")
	wantErr(t, err, codes.Internal, "the token at byte 7 has no end")
	balanced(t, srv)
}

// text makes a STRING vector.
func text(t *testing.T, values []string) thriftrows.Vector {
	t.Helper()
	boxed := make([]any, len(values))
	for i, v := range values {
		boxed[i] = v
	}
	v, err := thriftrows.NewVector(thriftrows.String, 0, boxed)
	noErr(t, err)
	return v
}
