package creditpocket_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const importer = `package main

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

func main() {
	c, err := creditpocket.New("https://api.example.com")
	if err != nil {
		panic(err)
	}
	_, err = c.Banks.List(context.Background())
	fmt.Println(err)
}
`

// A module outside the repository that imports the SDK gets at most 3 modules, the standard library, and nothing that compiles
// slowly. The figures are logged.
func TestImporterGetsNoDependencies(t *testing.T) {
	client, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": importer, "go.mod": "module importer\n\ngo 1.25\n\nrequire github.com/creditpocket/creditpocket/client v0.0.0\n\n" +
		"replace github.com/creditpocket/creditpocket/client => " + client + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) []string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-buildvcs=false")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.Split(string(bytes.TrimSpace(out)), "\n")
	}
	list := run("list", "-m", "all")
	modules := len(list)
	if modules > 3 {
		t.Errorf("%d modules: %v", modules, list)
	}
	ours := 0
	for _, pkg := range run("list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".") {
		switch {
		case strings.HasPrefix(pkg, "github.com/creditpocket/creditpocket/client"):
			ours++
		case pkg != "importer" && pkg != "":
			t.Errorf("an importer compiles %s", pkg)
		}
	}
	run("mod", "vendor")
	var size int64
	if err := filepath.WalkDir(filepath.Join(dir, "vendor"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if size > 1<<20 {
		t.Errorf("vendored it has %d bytes", size)
	}
	started := time.Now()
	run("build", "-mod=vendor", "-o", filepath.Join(dir, "importer"), ".")
	fmt.Printf("RESULT sdk-importer modules=%d packages=%d vendored_kib=%d build_seconds=%.1f\n", modules, ours, size>>10, time.Since(started).Seconds())
}
