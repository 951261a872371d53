package e6data_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// exported holds the exported names of a package: those that it declares, and
// for each type its fields and methods. A type that is an alias has nil.
type exported map[string]map[string]bool

func exportedNames(t *testing.T, dir string) exported {
	t.Helper()
	names := exported{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			names.declare(decl)
		}
	}
	return names
}

func (names exported) declare(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			names.members(decl.Name.Name)
			return
		}
		receiver := decl.Recv.List[0].Type
		if pointer, ok := receiver.(*ast.StarExpr); ok {
			receiver = pointer.X
		}
		if id, ok := receiver.(*ast.Ident); ok {
			names.members(id.Name)[decl.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names.members(id.Name)
				}
			case *ast.TypeSpec:
				names.declareType(spec)
			}
		}
	}
}

func (names exported) declareType(spec *ast.TypeSpec) {
	if spec.Assign.IsValid() {
		names[spec.Name.Name] = nil
		return
	}
	members := names.members(spec.Name.Name)
	var fields *ast.FieldList
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	default:
		return
	}
	for _, field := range fields.List {
		for _, id := range field.Names {
			members[id.Name] = true
		}
	}
}

func (names exported) members(name string) map[string]bool {
	if names[name] == nil {
		names[name] = map[string]bool{}
	}
	return names[name]
}
