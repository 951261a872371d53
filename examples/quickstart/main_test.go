package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatalf("%v\noutput so far:\n%s", err, out.String())
	}
	for _, want := range []string{
		`COLUMN +TYPE +ROW 1 +ROW 2 +ROW 3`,
		`flag +BOOLEAN +true +false +NULL`,
		`small +INTEGER +42 +-2147483648 +NULL`,
		`big +LONG +9007199254740993 +-9223372036854775808 +NULL`,
		`single +FLOAT +1\.5 +-0\.25 +NULL`,
		`real +DOUBLE +3\.141592653589793 +1e\+100 +NULL`,
		`price +DECIMAL\(38,2\) +12\.30 +-123456789012345678901234567890123456\.78 +NULL`,
		`name +STRING +Zoë +NULL`,
		`list +ARRAY +\[1, 2, 3\] +\[\] +NULL`,
		`pairs +MAP +{a=1, b=2} +{} +NULL`,
		`record +STRUCT +{id=7, tag=x} +NULL +NULL`,
		`raw +BINARY +0xCAFE00 +0x +NULL`,
		`day +DATE +2024-02-29 +1969-12-31 +NULL`,
		`at +DATETIME +2024-02-29T12:30:15\.123456Z +1970-01-01T00:00:00Z +NULL`,
		`seen +TIMESTAMP +2024-02-29T12:30:15\.123456Z +1969-12-31T23:59:59Z +NULL`,
		`old +INT96 +2024-02-29T12:30:15\.123456Z +1970-01-01T00:00:00Z +NULL`,
		`local +TIMESTAMP_TZ +2024-02-29T18:00:15\.123456\+05:30 +2024-02-29T12:30:15\.123456Z +NULL`,
		`nothing +NULL +NULL +NULL +NULL`,
		`  phase execute, code Internal, query id \S+, colour blue`,
		`  e6data: cancelled while executing \(query .*`,
		`books balanced: 3 queries prepared, 3 cleared, 0 open`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(out.String()) {
			t.Errorf("no line matches %q", want)
		}
	}
	if t.Failed() {
		t.Logf("output:\n%s", out.String())
	}
}
