package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/creditpocket/creditpocket"

// pkg is what `go list` knows of a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Name         string
	Doc          string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Module       *struct{ Path string }
}

// short is the path within the module: "internal/money", "server"; the module's own root is ".".
func (p pkg) short() string { return within(p.ImportPath) }

func within(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// list asks the go command for all packages of the module.
var list = sync.OnceValues(func() (ours []pkg, err error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,Doc,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports,Module", module+"/...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(out)
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		ours = append(ours, p)
	}
	return ours, cmd.Wait()
})

func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := list()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(all) < 30 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// generated tells whether a package is made by the generator.
func generated(short string) bool { return strings.HasPrefix(short, "gen/") }

// testOnly are the packages that only tests import.
var testOnly = []string{"internal/testkit", "internal/e2e", "internal/arch", "internal/provider/providertest"}

func isTestOnly(short string) bool {
	return slices.ContainsFunc(testOnly, func(p string) bool { return short == p || strings.HasPrefix(short, p+"/") })
}
