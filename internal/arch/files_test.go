package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// limits of hand-written files, bytes.
const (
	mostFile   = 30 << 10
	mostMedian = 4 << 10
)

func TestFilesAreSmall(t *testing.T) {
	var sizes []int64
	for _, p := range packages(t) {
		for _, file := range p.GoFiles {
			info, err := os.Stat(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if isGenerated(t, filepath.Join(p.Dir, file)) {
				continue
			}
			sizes = append(sizes, info.Size())
		}
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			path := filepath.Join(p.Dir, file)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > mostFile && !isGenerated(t, path) {
				t.Errorf("%s/%s has %d bytes", p.short(), file, info.Size())
			}
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > mostMedian {
		t.Errorf("the median file has %d bytes", median)
	}
}

func isGenerated(t *testing.T, path string) bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return ast.IsGenerated(file)
}

func TestPackagesAreNamedForWhatTheyOwn(t *testing.T) {
	for _, p := range packages(t) {
		for _, part := range strings.Split(p.short(), "/") {
			if slices.Contains([]string{"util", "utils", "common", "models", "model", "helpers", "helper", "misc", "shared", "base", "types", "interfaces"}, part) {
				t.Errorf("%s: %q says nothing of what the package owns", p.short(), part)
			}
		}
	}
}

func TestPackagesHaveComments(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.short(), "internal/") && !strings.HasPrefix(p.short(), "server") {
			continue
		}
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.short())
		}
	}
}

// TestNoHiddenState holds that nothing happens by importing: no init functions. Tables that never change are fine as
// package variables; what changes belongs to a struct.
func TestNoHiddenState(t *testing.T) {
	for _, p := range packages(t) {
		if generated(p.short()) {
			continue
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", p.short(), name)
				}
			}
		}
	}
}

// bookkeeping are the files of the store that write what is nobody's data: the schema, and the job library's own tables.
var bookkeeping = []string{"migrate.go", "jobs.go", "rescue.go"}

// TestWritesNeedATransaction holds that rows are written by methods of store.Tx alone: a method of Store or reader whose
// SQL writes would be money outside of a transaction.
func TestWritesNeedATransaction(t *testing.T) {
	found := 0
	for _, p := range packages(t) {
		if p.short() != "internal/store" {
			continue
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil || !writes(f) {
					continue
				}
				found++
				if receiver(f) != "Tx" && !slices.Contains(bookkeeping, name) {
					t.Errorf("internal/store/%s: %s writes and is no method of Tx", name, f.Name.Name)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d functions of the store seem to write: this test does not see them", found)
	}
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	e := f.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// writes tells whether a function holds SQL that changes rows.
func writes(f *ast.FuncDecl) bool {
	yes := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			text := strings.ToUpper(strings.TrimLeft(n.Value, "`\" \n\t"))
			for _, verb := range []string{"INSERT INTO ", "UPDATE ", "DELETE FROM ", "TRUNCATE "} {
				yes = yes || (n.Kind == token.STRING && strings.HasPrefix(text, verb))
			}
		case *ast.SelectorExpr:
			yes = yes || slices.Contains([]string{"NewInsert", "NewUpdate", "NewDelete"}, n.Sel.Name)
		}
		return true
	})
	return yes
}
