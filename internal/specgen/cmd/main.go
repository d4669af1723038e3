// Command specgen writes every generated file of the repository from openapi/, or with -check tells whether they are
// current. `make generate` and `make generate-check` call it.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/creditpocket/creditpocket/internal/specgen"
)

func main() {
	repo := flag.String("repo", ".", "root of the repository whose sources are read")
	out := flag.String("out", "", "where the generated files go (default: the repository)")
	check := flag.Bool("check", false, "write nothing; fail if a generated file differs from what its sources give")
	flag.Parse()
	if *out == "" {
		*out = *repo
	}
	if err := run(*repo, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

func run(repo, out string, check bool) error {
	files, err := specgen.Generate(repo)
	if err != nil {
		return err
	}
	if !check {
		return files.Write(out)
	}
	drift, err := files.Drift(out)
	if err != nil {
		return err
	}
	for _, line := range drift {
		fmt.Fprintln(os.Stderr, line)
	}
	if len(drift) > 0 {
		return fmt.Errorf("%d generated files are not current: run `make generate`", len(drift))
	}
	return nil
}
