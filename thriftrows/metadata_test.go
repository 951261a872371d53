package thriftrows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/thriftrows"
)

func TestParseType(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]thriftrows.VectorType{
		"BINARY": thriftrows.Binary, "BOOLEAN": thriftrows.Boolean, "DOUBLE": thriftrows.Double, "FLOAT": thriftrows.Float,
		"INT96": thriftrows.Int96, "INTEGER": thriftrows.Integer, "LONG": thriftrows.Long, "STRING": thriftrows.String,
		"DATE": thriftrows.Date, "DATETIME": thriftrows.Datetime, "TIMESTAMP": thriftrows.Timestamp, "STRUCT": thriftrows.Struct,
		"MAP": thriftrows.Map, "ARRAY": thriftrows.Array, "NULL": thriftrows.Null, "TIMESTAMP_TZ": thriftrows.TimestampTZ,
		"DECIMAL128": thriftrows.Decimal128,
		"BOOL":       thriftrows.Boolean, "BYTE": thriftrows.Integer, "TINYINT": thriftrows.Integer, "SHORT": thriftrows.Integer,
		"SMALLINT": thriftrows.Integer, "INT": thriftrows.Integer, "BIGINT": thriftrows.Long, "REAL": thriftrows.Float,
		"CHAR": thriftrows.String, "VARCHAR": thriftrows.String, "TEXT": thriftrows.String, "JSON": thriftrows.String,
		"VARBINARY": thriftrows.Binary, "DECIMAL": thriftrows.Decimal128, "NUMERIC": thriftrows.Decimal128,
		"DECIMAL(10,2)": thriftrows.Decimal128, "decimal(38, 0)": thriftrows.Decimal128, "VARCHAR(20)": thriftrows.String,
		"DECIMAL_TYPE": thriftrows.Decimal128, "UNION_TYPE": thriftrows.String,
		"int": thriftrows.Integer, "long": thriftrows.Long, "short": thriftrows.Integer, "bool": thriftrows.Boolean, "byte": thriftrows.Integer,
		"decimal(7,2)": thriftrows.Decimal128, "varchar(16)": thriftrows.String, "array<int>": thriftrows.Array,
		"array<decimal(7,2)>": thriftrows.Array, "map<string,array<int>>": thriftrows.Map, "struct<a:decimal(7,2)>": thriftrows.Struct, "uniontype<int,string>": thriftrows.String,
		"CHAR (3)": thriftrows.String, " long ": thriftrows.Long, "Timestamp_Tz": thriftrows.TimestampTZ, "DATETIME(6)": thriftrows.Datetime,
	} {
		if got, ok := thriftrows.ParseType(word); !ok || got != want {
			t.Errorf("%q: %v, %v, want %v", word, got, ok, want)
		}
	}
	for _, word := range []string{"", " ", "(", "(10)", "<", "<int>", "UUID", "INTERVAL", "LONGER", "DECIMAL256", "VectorType(17)"} {
		if got, ok := thriftrows.ParseType(word); ok {
			t.Errorf("%q: %v", word, got)
		}
	}
}

func TestTypeName(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"": "", "LONG": "LONG", "decimal(7,2)": "DECIMAL", " array<decimal(7,2)> ": "ARRAY", "CHAR (3)": "CHAR",
		"map<string,int>": "MAP", "varchar(max<1)": "VARCHAR",
	} {
		if got := thriftrows.TypeName(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// A newer engine may append bytes at the end.
func TestMetadataWithMore(t *testing.T) {
	t.Parallel()
	m := &thriftrows.Metadata{RowCount: 7, Columns: []thriftrows.Column{{Name: "a", Type: "LONG"}, {Name: "b", Type: "STRING", Zone: "z", Format: "f"}}}
	b, err := thriftrows.AppendMetadata(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"\x00", "\xFF\xFF", strings.Repeat("more", 100)} {
		got, err := thriftrows.DecodeMetadata(append(slices.Clone(b), more...))
		if err != nil || got.RowCount != 7 || !slices.Equal(got.Columns, m.Columns) {
			t.Errorf("%d bytes more: %+v, %v", len(more), got, err)
		}
	}
}

func TestTypeNames(t *testing.T) {
	t.Parallel()
	for typ := range thriftrows.VectorType(numTypes) {
		if got, ok := thriftrows.ParseType(typ.String()); !ok || got != typ {
			t.Errorf("%d: %q is %v, %v", typ, typ, got, ok)
		}
	}
	for typ, want := range map[thriftrows.VectorType]string{17: "VectorType(17)", -1: "VectorType(-1)"} {
		if got := typ.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAppendMetadataLongTexts(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 1<<16-1)
	for name, build := range map[string]func(s string) thriftrows.Column{
		"name":   func(s string) thriftrows.Column { return thriftrows.Column{Name: s} },
		"type":   func(s string) thriftrows.Column { return thriftrows.Column{Type: s} },
		"zone":   func(s string) thriftrows.Column { return thriftrows.Column{Zone: s} },
		"format": func(s string) thriftrows.Column { return thriftrows.Column{Format: s} },
	} {
		m := &thriftrows.Metadata{RowCount: -1, Columns: []thriftrows.Column{{Name: "a"}, build(longest)}}
		b, err := thriftrows.AppendMetadata([]byte("before"), m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := thriftrows.DecodeMetadata(b[len("before"):])
		if err != nil || got.RowCount != -1 || !slices.Equal(got.Columns, m.Columns) {
			t.Errorf("%s does not read back: %v", name, err)
		}
		m.Columns[1] = build(longest + "x")
		if b, err := thriftrows.AppendMetadata([]byte("before"), m); err == nil || string(b) != "before" {
			t.Errorf("%s of 65,536 bytes: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestModifiedUTF8(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, bytes, want string }{
		{"nothing", "", ""},
		{"ASCII", "abc", "abc"},
		{"standard UTF-8", "äβ漢😀", "äβ漢😀"},
		{"plain U+0000", "a\x00b", "a\x00b"},
		{"U+0000", "a\xC0\x80b", "a\x00b"},
		{"two U+0000", "\xC0\x80\xC0\x80", "\x00\x00"},
		{"pair", "\xED\xA0\xBD\xED\xB8\x80", "😀"},
		{"pair amid text", "a\xED\xA0\xBD\xED\xB8\x80ä", "a😀ä"},
		{"two pairs", "\xED\xA0\xBD\xED\xB8\x80\xED\xA0\xBD\xED\xB8\x81", "😀😁"},
		{"first pair", "\xED\xA0\x80\xED\xB0\x80", "\U00010000"},
		{"last pair", "\xED\xAF\xBF\xED\xBF\xBF", "\U0010FFFF"},
		{"pair and standard UTF-8", "\xED\xA0\xBD\xED\xB8\x80😀", "😀😀"},
		{"lone high surrogate", "\xED\xA0\xBDa", "\xED\xA0\xBDa"},
		{"high surrogate at the end", "a\xED\xA0\xBD", "a\xED\xA0\xBD"},
		{"lone low surrogate", "\xED\xB8\x80a", "\xED\xB8\x80a"},
		{"pair in the wrong order", "\xED\xB8\x80\xED\xA0\xBD", "\xED\xB8\x80\xED\xA0\xBD"},
		{"high surrogate before a pair", "\xED\xA0\xBD\xED\xA0\xBD\xED\xB8\x80", "\xED\xA0\xBD😀"},
		{"half a low surrogate", "\xED\xA0\xBD\xED\xB8", "\xED\xA0\xBD\xED\xB8"},
		{"U+D7FF, no surrogate", "\xED\x9F\xBF\xC0\x80", "\uD7FF\x00"},
		{"neither", "\xFF\xC0\x80\xC0", "\xFF\x00\xC0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, err := thriftrows.AppendMetadata(nil, &thriftrows.Metadata{Columns: []thriftrows.Column{{Name: test.bytes, Format: test.bytes}}})
			if err != nil {
				t.Fatal(err)
			}
			m, err := thriftrows.DecodeMetadata(b)
			if err != nil {
				t.Fatal(err)
			}
			if c := m.Columns[0]; c.Name != test.want || c.Format != test.want {
				t.Errorf("%+q, want %+q", c, test.want)
			}
		})
	}
}
