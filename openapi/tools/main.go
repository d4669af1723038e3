// Command tools runs the third-party judges of the contract, each as a step that prints one line RESULT and fails where it falls short.
// It is a module of its own, so that nothing of it reaches the product's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// steps are the subcommands, in the order of the pipeline.
var steps = []struct {
	name, what string
	run        func(ctx context.Context, c *checkout, args []string) error
}{
	{"lint", "lint the documents, and print their scores beside those of others", lint},
	{"breaking", "compare the documents with the released ones", breaking},
	{"judge", "judge recorded traffic with libopenapi-validator: judge [-complete] FOLDER", judge},
	{"consumers", "generate, compile and run clients of the mobile document", consumers},
	{"postman", "run the Postman collection against the mock and a live server", postman},
	{"specmatic", "let Specmatic make requests for a live server", specmatic},
	{"faults", "show which judge caught which planted fault: faults FOLDER", faultTable},
	{"release", "release the documents under a version: release VERSION", release},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		for _, s := range steps {
			fmt.Printf("  %-10s %s\n", s.name, s.what)
		}
		return errors.New("name a step")
	}
	i := slices.IndexFunc(steps, func(s struct {
		name, what string
		run        func(context.Context, *checkout, []string) error
	}) bool {
		return s.name == args[0]
	})
	if i < 0 {
		return fmt.Errorf("there is no step %q", args[0])
	}
	c, err := findCheckout()
	if err != nil {
		return err
	}
	return steps[i].run(ctx, c, args[1:])
}

// checkout is the repository that the command stands in.
type checkout struct{ root string }

func findCheckout() (*checkout, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "openapi", "openapi.yaml")); err == nil {
			return &checkout{dir}, nil
		}
		if dir == filepath.Dir(dir) {
			return nil, errors.New("run this inside the repository")
		}
	}
}

// path is a file of the repository.
func (c *checkout) path(parts ...string) string {
	return filepath.Join(append([]string{c.root}, parts...)...)
}

// tool is a program of the pinned npm packages.
func (c *checkout) tool(name string) string {
	return c.path("openapi", "tools", "node_modules", ".bin", name)
}

// dist is a generated document.
func (c *checkout) dist(name string) string { return c.path("openapi", "dist", name) }

// documents are the contracts that others hold us to: of the borrowers and of the operators.
var documents = []string{"creditpocket", "creditpocket-ops"}

// result prints the line that a step ends with.
func result(name string, pairs ...any) {
	var b strings.Builder
	fmt.Fprintf(&b, "RESULT %s", name)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, " %v=%v", pairs[i], pairs[i+1])
	}
	fmt.Println(b.String())
}
