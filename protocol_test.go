package e6data_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/e6data/e6data-go/internal/thriftgen"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

const protocolPage = "docs/protocol.md"

// members holds the members of each name in their order: the fields of a message, the
// values of an enumeration, the request and response of a method.
type members map[string][]string

// The tables of docs/protocol.md and the generated code agree: an entry that one of
// them lacks, or has in another form, is an error.
func TestProtocolPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	rpcs := pageSection(t, string(text), 2)
	chunks := pageSection(t, string(text), 5)
	methods, messages, enums := members{}, members{}, members{}
	for _, f := range []protoreflect.FileDescriptor{wire.File_wire_query_engine_proto, wire.File_wire_cluster_proto} {
		describeMethods(f.Services(), methods)
		describeMessages(t, f.Messages(), messages)
		describeEnums(f.Enums(), enums)
		for _, m := range allMessages(f.Messages()) {
			describeEnums(m.Enums(), enums)
		}
	}
	structures := members{}
	describeStructures(t, reflect.TypeFor[thriftgen.Chunk](), structures)
	for _, table := range []struct {
		kind      string
		got, want members
	}{
		{"method", pageTable(t, rpcs, "method"), methods},
		{"message", pageTable(t, rpcs, "message"), messages},
		{"enumeration", pageTable(t, rpcs, "enumeration"), enums},
		{"structure", pageTable(t, chunks, "structure"), structures},
		{"enumeration", pageTable(t, chunks, "enumeration"), members{"VectorType": vectorTypes(t)}},
	} {
		compareMembers(t, table.kind, table.got, table.want)
	}
}

// The page has the sections that code cites, 1 to 12.
func TestProtocolPageSections(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, m := range regexp.MustCompile(`(?m)^## (\d+)\. `).FindAllStringSubmatch(string(text), -1) {
		numbers = append(numbers, m[1])
	}
	if got, want := strings.Join(numbers, " "), "1 2 3 4 5 6 7 8 9 10 11 12"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
}

// The settings of section 11 are parameters of a DSN.
func TestProtocolPageSettings(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for line := range strings.Lines(pageSection(t, string(text), 11)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		for _, name := range backticked(cells[1] + cells[2]) {
			switch name {
			case "host", "port", "grpc_options": // the authority, and a Python dict
				continue
			}
			if strings.HasPrefix(name, "E6DATA_") {
				continue
			}
			names++
			if !isParameter(name) {
				t.Errorf("%s is not a parameter of a DSN", name)
			}
		}
	}
	if names < 20 {
		t.Errorf("only %d settings are named", names)
	}
}

// pageSection returns the text of a numbered section.
func pageSection(t *testing.T, text string, number int) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, fmt.Sprintf("\n## %d. ", number))
	if !ok {
		t.Fatalf("%s has no section %d", protocolPage, number)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// pageTable reads the tables whose first column has the given title. A row has a name and
// then the name's members, each between backticks.
func pageTable(t *testing.T, text, title string) members {
	t.Helper()
	table := members{}
	in := false
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		switch {
		case len(cells) < 4:
			in = false
			continue
		case strings.TrimSpace(cells[1]) == title:
			in = true
			continue
		case !in || strings.HasPrefix(cells[1], "--"):
			continue
		}
		name := strings.Join(backticked(cells[1]), " ")
		rest := cells[2]
		if title == "method" {
			rest += cells[3]
		}
		if _, twice := table[name]; twice || name == "" {
			t.Errorf("%s has %q twice, or without a name", protocolPage, line)
		}
		table[name] = backticked(rest)
	}
	if len(table) == 0 {
		t.Fatalf("%s has no table of a %s", protocolPage, title)
	}
	return table
}

var backticks = regexp.MustCompile("`([^`]*)`")

// backticked returns the texts between backticks.
func backticked(text string) []string {
	found := []string{}
	for _, m := range backticks.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// compareMembers fails for every entry that only one of the two has.
func compareMembers(t *testing.T, kind string, page, code members) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(page)) {
		has, ok := code[name]
		switch {
		case !ok:
			t.Errorf("%s %s: on the page, not in the code", kind, name)
		case !slices.Equal(page[name], has):
			t.Errorf("%s %s:\npage %s\ncode %s", kind, name, strings.Join(page[name], ", "), strings.Join(has, ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(code)) {
		if _, ok := page[name]; !ok {
			t.Errorf("%s %s: in the code, not on the page", kind, name)
		}
	}
}

func describeMethods(services protoreflect.ServiceDescriptors, into members) {
	for i := range services.Len() {
		s := services.Get(i)
		for j := range s.Methods().Len() {
			m := s.Methods().Get(j)
			into[fmt.Sprintf("/%s/%s", s.FullName(), m.Name())] = []string{string(m.Input().FullName()), string(m.Output().FullName())}
		}
	}
}

// allMessages returns the given messages and those nested in them, at any depth.
func allMessages(ms protoreflect.MessageDescriptors) []protoreflect.MessageDescriptor {
	var all []protoreflect.MessageDescriptor
	for i := range ms.Len() {
		all = append(all, ms.Get(i))
		all = append(all, allMessages(ms.Get(i).Messages())...)
	}
	return all
}

func describeMessages(t *testing.T, ms protoreflect.MessageDescriptors, into members) {
	t.Helper()
	for _, m := range allMessages(ms) {
		fields := []string{}
		for i := range m.Fields().Len() {
			fields = append(fields, describeField(t, m.Fields().Get(i)))
		}
		into[string(m.FullName())] = fields
	}
}

func describeField(t *testing.T, f protoreflect.FieldDescriptor) string {
	t.Helper()
	typ := f.Kind().String()
	switch {
	case f.IsMap():
		t.Errorf("%s is a map: the wire has none", f.FullName())
	case f.Message() != nil:
		typ = string(f.Message().FullName())
	case f.Enum() != nil:
		typ = string(f.Enum().FullName())
	}
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		t.Errorf("%s is in oneof %s: the wire has none", f.FullName(), o.Name())
	}
	if f.HasOptionalKeyword() {
		typ = "optional " + typ
	}
	if f.IsList() {
		typ = "repeated " + typ
	}
	return fmt.Sprintf("%s %d %s", f.Name(), f.Number(), typ)
}

func describeEnums(es protoreflect.EnumDescriptors, into members) {
	for i := range es.Len() {
		values := []string{}
		for j := range es.Get(i).Values().Len() {
			v := es.Get(i).Values().Get(j)
			values = append(values, fmt.Sprintf("%s %d", v.Name(), v.Number()))
		}
		into[string(es.Get(i).FullName())] = values
	}
}

// describeStructures describes a structure that Thrift's compiler has generated, and the
// structures in it.
func describeStructures(t *testing.T, s reflect.Type, into members) {
	t.Helper()
	if _, done := into[s.Name()]; done {
		return
	}
	fields := []string{}
	into[s.Name()] = fields
	_, union := reflect.PointerTo(s).MethodByName("CountSetFields" + s.Name())
	for f := range s.Fields() {
		name, number, ok := strings.Cut(f.Tag.Get("thrift"), ",")
		if !ok {
			t.Errorf("%s.%s has no thrift tag", s.Name(), f.Name)
			continue
		}
		typ := thriftType(t, f.Type, into)
		if !union && strings.HasSuffix(f.Tag.Get("json"), ",omitempty") {
			typ = "optional " + typ
		}
		fields = append(fields, fmt.Sprintf("%s %s %s", name, number, typ))
	}
	into[s.Name()] = fields
}

// thriftType is the Thrift type that a Go type comes from.
func thriftType(t *testing.T, typ reflect.Type, into members) string {
	t.Helper()
	switch typ.Kind() {
	case reflect.Pointer:
		return thriftType(t, typ.Elem(), into)
	case reflect.Struct:
		describeStructures(t, typ, into)
		return typ.Name()
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "binary"
		}
		return "list<" + thriftType(t, typ.Elem(), into) + ">"
	case reflect.Bool, reflect.String:
		return typ.Kind().String()
	case reflect.Int8:
		return "i8"
	case reflect.Int32:
		return "i32"
	case reflect.Int64:
		if typ == reflect.TypeFor[thriftgen.VectorType]() {
			return typ.Name()
		}
		return "i64"
	case reflect.Float64:
		return "double"
	}
	t.Errorf("no Thrift type is known for %v", typ)
	return ""
}

// vectorTypes returns the values of the enumeration. It reports an error if package
// thriftrows and Thrift's generated code differ.
func vectorTypes(t *testing.T) []string {
	t.Helper()
	var values []string
	for i := thriftrows.VectorType(0); !strings.Contains(i.String(), "("); i++ {
		if got := thriftgen.VectorType(i).String(); got != i.String() {
			t.Errorf("vector type %d is %v in package thriftrows, %s in Thrift's code", int(i), i, got)
		}
		values = append(values, fmt.Sprintf("%v %d", i, int(i)))
	}
	return values
}
