package e6data

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The table in ParseDSN's doc comment has the names and the defaults of the parameters.
func TestParseDSNDocHasDefaults(t *testing.T) {
	for _, e := range append(envSettings, envCredentials...) {
		t.Setenv(e.name, "")
	}
	file, err := parser.ParseFile(token.NewFileSet(), "dsn.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var doc string
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "ParseDSN" {
			doc = f.Doc.Text()
		}
	}
	lines := regexp.MustCompile(`(?m)^\t(\w+(?:, \w+)*)  +\S.*?(?: Default: (.+)\.)?$`).FindAllStringSubmatch(doc, -1)
	if len(lines) < 15 {
		t.Fatalf("the doc comment lists %d parameters", len(lines))
	}
	checked := 0
	for _, line := range lines {
		for name := range strings.SplitSeq(line[1], ", ") {
			p, ok := findParam(name)
			if !ok {
				t.Errorf("%s is no parameter", name)
				continue
			}
			got, _, _ := strings.Cut(line[2], ",")
			if got == "" || strings.HasPrefix(got, "the ") {
				continue
			}
			want := p.text(NewConfig())
			if name == "loc" {
				want = "UTC"
			}
			if got != want {
				t.Errorf("the doc comment has the default %s for %s, not %s", got, name, want)
			}
			checked++
		}
	}
	if checked < 10 {
		t.Errorf("%d defaults were compared", checked)
	}
}

// importantSymbols have an example on their own page.
var importantSymbols = []string{
	"UseConn", "Conn_Query", "Conn_Submit", "Conn_Wait", "Conn_Fetch", "FetchRows", "Conn_Clear", "Conn_Cancel", "Conn_Explain",
	"Conn_ExplainAnalyze", "Conn_Status", "Conn_Tables", "Conn_Catalogs", "Conn_DryRun", "Batches_All", "ParseQueryHandle",
	"CaptureQuery", "OnProgress", "ContextWithProgress", "ContextWithOptions", "QueryTag", "InCatalog",
	"Literal", "Identifier", "Decimal", "Date", "TimestampTZ", "JSON", "Into", "ArgumentConverter", "Secret",
	"ParseDSN", "NewConfig", "ConfigFromEnv", "NewConnector", "RegisterTLSConfig",
	"WithTokenSource", "WithTLSConfig", "WithHook", "WithLogger", "WithDialOptions",
	"Connector_Stats", "Connector_Shutdown", "Connector_UseConn",
	"Error", "Error_ambiguousExecution", "Error_incompleteResult", "ArgumentError", "SyntaxError", "RollbackError",
}

func TestImportantSymbolsHaveExamples(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]bool{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				examples[f.Name.Name] = true
			}
		}
	}
	for _, symbol := range importantSymbols {
		if !examples["Example"+symbol] {
			t.Errorf("%s has no example", symbol)
		}
	}
}
