package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryPeriodicJobIsStarted: a periodic job that nobody starts is missed by nobody either. Each function of internal/job that makes one is
// called where the workers start.
func TestEveryPeriodicJobIsStarted(t *testing.T) {
	made, started := map[string]bool{}, map[string]bool{}
	for _, p := range packages(t) {
		if p.short() != "internal/job" && p.short() != "internal/app" {
			continue
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					if p.short() == "internal/job" && n.Recv == nil && strings.HasSuffix(n.Name.Name, "Every") {
						made[n.Name.Name] = true
					}
				case *ast.CallExpr:
					if of, ok := n.Fun.(*ast.SelectorExpr); ok && p.short() == "internal/app" {
						started[of.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	if len(made) < 5 {
		t.Fatalf("found only %d periodic jobs", len(made))
	}
	for name := range made {
		if !started[name] {
			t.Errorf("job.%s makes a periodic job that internal/app does not start", name)
		}
	}
}
