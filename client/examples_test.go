package creditpocket_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// Every method of every service has a runnable example.
func TestEveryMethodHasAnExample(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	methods, examples := map[string]bool{}, map[string]bool{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if name, ok := strings.CutPrefix(f.Name.Name, "Example"); ok && strings.HasSuffix(entry.Name(), "_test.go") {
				examples[name] = hasOutput(file, f)
			}
			if f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
				if service, ok := star.X.(*ast.Ident); ok && strings.HasSuffix(service.Name, "Service") {
					methods[service.Name+"_"+f.Name.Name] = true
				}
			}
		}
	}
	for name := range methods {
		if runs, ok := examples[name]; !ok || !runs {
			t.Errorf("%s has no runnable example", name)
		}
	}
	if len(methods) < 60 {
		t.Errorf("only %d methods were found", len(methods))
	}
}

// hasOutput says whether an example is run: only those with an output are.
func hasOutput(file *ast.File, f *ast.FuncDecl) bool {
	for _, c := range file.Comments {
		if c.Pos() > f.Pos() && c.End() < f.End() && strings.HasPrefix(c.Text(), "Output:") {
			return true
		}
	}
	return false
}
