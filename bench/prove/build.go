package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build makes the application's binary with build tags.
func build(ctx context.Context, dir, tags string) (string, error) {
	binary := filepath.Join(dir, "creditpocket-"+tags)
	args := []string{"build", "-trimpath", "-o", binary}
	if tags != "" {
		args = append(args, "-tags", tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/creditpocket/creditpocket/server/cmd/creditpocket")...)
	cmd.Env = os.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build with tags %q: %w\n%s", tags, err, out)
	}
	return binary, nil
}
