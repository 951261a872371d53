package dialect

import (
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

var nestedFunctions = map[string]*function{
	"element_at":       like(2, "(#1)[#2]"),
	"try_element_at":   like(2, "(#1)[#2]"),
	"size":             integer(1, "@size(#1)"),
	"cardinality":      integer(1, "@size(#1)"),
	"array_position":   integer(2, "coalesce(list_position(#2, #1), 0)"),
	"array_contains":   {min: 2, max: 2, as: "list_contains(#*)", typ: typBoolean},
	"array_append":     like(2, "list_append(#1, #2)"),
	"array_prepend":    like(2, "list_prepend(#2, #1)"),
	"array_concat":     {min: 2, max: -1, as: "list_concat(#*)"},
	"array_intersect":  like(2, "list_intersect(#1, #2)"),
	"array_slice":      like(3, "list_slice(#1, #2, #3)"),
	"array_sort":       like(1, "list_sort(#1)"),
	"array_join":       text(2, 3, "array_to_string(#*)", "array_to_string(list_transform(#1, lambda e6_x: coalesce(CAST(e6_x AS VARCHAR), #3)), #2)"),
	"array_to_string":  text(2, 2, ""),
	"filter_array":     {min: 2, max: 2, write: lambdaCall("list_filter(", ")")},
	"transform":        {min: 2, max: 2, write: lambdaCall("list_transform(", ")")},
	"exists":           {min: 2, max: 2, write: lambdaCall("(length(list_filter(", ")) > 0)"), typ: typBoolean},
	"reduce":           {min: 3, max: 3, write: (*rewriter).reduce},
	"sequence":         like(2, "generate_series(#1, #2)"),
	"map_from_entries": same(1, 1),
	"map":              {min: 2, max: -1, write: (*rewriter).mapCall},
	"named_struct":     {min: 2, max: -1, write: (*rewriter).namedStruct},
	"struct":           {min: 1, max: -1, write: (*rewriter).structCall},
	"object_construct": {min: 2, max: -1, as: "json_object(#*)", typ: typJSON},
	"json_extract":     {min: 2, max: 2, write: (*rewriter).jsonPath, typ: typVarchar},
	"json_value":       {min: 2, max: 2, write: (*rewriter).jsonPath, typ: typVarchar},
	"parse_json":       {min: 1, max: 1, as: "CAST(#1 AS JSON)", typ: typJSON},
	"try_parse_json":   {min: 1, max: 1, as: "TRY_CAST(#1 AS JSON)", typ: typJSON},
	"from_json":        {min: 2, max: 2, write: (*rewriter).fromJSON},
	"to_json":          text(1, 1, "CAST(to_json(#1) AS VARCHAR)"),
	"unnest":           same(1, 1),
	"explode":          like(1, "unnest(#1)"),
}

// lambdaCall returns the writer of a function of an array and a lambda.
func lambdaCall(before, after string) func(r *rewriter, c *call) {
	return func(r *rewriter, c *call) {
		r.template(c, before+"#1, ")
		r.lambda(c.args[1])
		r.write(c.at, after)
	}
}

// reduce writes REDUCE(array, initial, lambda).
func (r *rewriter) reduce(c *call) {
	r.template(c, "list_reduce(#1, ")
	r.lambda(c.args[2])
	r.template(c, ", #2)")
}

// mapCall writes MAP(key, value, ...).
func (r *rewriter) mapCall(c *call) {
	if len(c.args)%2 != 0 {
		r.fail(c.at, "MAP takes keys and values")
		return
	}
	for _, first := range []int{0, 1} {
		r.write(c.at, []string{"MAP([", "], ["}[first])
		for n := first; n < len(c.args); n += 2 {
			if n > first {
				r.write(c.at, ", ")
			}
			r.emit(c.args[n])
		}
	}
	r.write(c.at, "])")
}

// namedStruct writes NAMED_STRUCT('name', value, ...).
func (r *rewriter) namedStruct(c *call) {
	if len(c.args)%2 != 0 {
		r.fail(c.at, "NAMED_STRUCT takes names and values")
		return
	}
	for n := 0; n < len(c.args); n += 2 {
		name, _ := r.format(c, n, "name")
		r.field(c, n/2, name, c.args[n+1])
	}
	r.write(c.at, "}")
}

// structCall writes STRUCT(value [AS name], ...).
func (r *rewriter) structCall(c *call) {
	for n, a := range c.args {
		name := "col" + strconv.Itoa(n+1)
		switch {
		case a.to-a.from > 2 && r.is(a.to-2, kAs) && r.isName(a.to-1):
			name = strings.ToLower(r.text(a.to - 1))
			if r.isKind(a.to-1, sqltext.KindIdentifier) {
				name = unquote(r.text(a.to - 1))
			}
			a.to -= 2
		case a.to-a.from == 1 && r.isKind(a.from, sqltext.KindWord):
			name = strings.ToLower(r.text(a.from))
		}
		r.field(c, n, name, a)
	}
	r.write(c.at, "}")
}

// field writes field n of a struct.
func (r *rewriter) field(c *call, n int, name string, value span) {
	before := ", "
	if n == 0 {
		before = "{"
	}
	r.write(c.at, before+quote(name)+": ")
	r.emit(value)
}

// jsonPath writes JSON_EXTRACT(j, path) and JSON_VALUE(j, path). A path may lack "$.".
func (r *rewriter) jsonPath(c *call) {
	path, ok := r.literal(c.args[1])
	if !ok {
		r.template(c, "@json_text(#1, #2)")
		return
	}
	if !strings.HasPrefix(path, "$") {
		path = "$." + path
	}
	r.template(c, "json_extract_string(#1, ")
	r.write(c.at, quote(path)+")")
}

// fromJSON writes FROM_JSON(s, type). The type has Hive's form.
func (r *rewriter) fromJSON(c *call) {
	hive, _ := r.format(c, 1, "type")
	structure, rest, ok := jsonStructure(strings.ToLower(strings.Join(strings.Fields(hive), "")), 0)
	if !ok || rest != "" {
		r.fail(c.args[1].from, "the type of FROM_JSON is not supported: %s", hive)
		return
	}
	r.template(c, "from_json(#1, ")
	r.write(c.at, quote(structure)+")")
}

// jsonStructure returns the argument of DuckDB's from_json for the Hive type that text
// begins with, and the rest of the text.
func jsonStructure(text string, depth int) (structure, rest string, ok bool) {
	if depth > 64 {
		return "", text, false
	}
	if inner, isArray := strings.CutPrefix(text, "array<"); isArray {
		element, rest, ok := jsonStructure(inner, depth+1)
		rest, closed := strings.CutPrefix(rest, ">")
		return "[" + element + "]", rest, ok && closed
	}
	if inner, isStruct := strings.CutPrefix(text, "struct<"); isStruct {
		var b strings.Builder
		b.WriteByte('{')
		for {
			name, after, found := strings.Cut(inner, ":")
			if !found || name == "" || strings.ContainsAny(name, `<>,"\`) {
				return "", inner, false
			}
			field, rest, ok := jsonStructure(after, depth+1)
			if !ok {
				return "", rest, false
			}
			b.WriteString(`"` + name + `":` + field)
			if inner, found = strings.CutPrefix(rest, ","); found {
				b.WriteByte(',')
				continue
			}
			rest, closed := strings.CutPrefix(rest, ">")
			return b.String() + "}", rest, closed
		}
	}
	end := strings.IndexAny(text, ",>")
	if end < 0 {
		end = len(text)
	}
	name := typ(strings.ToUpper(text[:end]))
	if other, found := synonyms[name]; found {
		name = other
	}
	duck, ok := castTypes[name]
	return `"` + duck + `"`, text[end:], ok
}
