package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command is one call of a third-party program. It may look at no network but this machine's, and tells nobody about the call.
type command struct {
	dir   string
	env   []string
	quiet bool // keep its output; it is shown only where the program fails
	limit time.Duration
}

var silence = []string{
	"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "DO_NOT_TRACK=1", "NO_UPDATE_NOTIFIER=1", "NO_COLOR=1", "FORCE_COLOR=0",
	"SPECMATIC_DISABLE_TELEMETRY=true", "SPECMATIC_ANALYTICS=false", "NODE_NO_WARNINGS=1", "NODE_OPTIONS=--max-old-space-size=2048",
}

// output runs the program and returns what it wrote to its standard output.
func (o command) output(ctx context.Context, name string, args ...string) ([]byte, error) {
	if o.limit == 0 {
		o.limit = 20 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = o.dir
	cmd.Env = append(append(os.Environ(), silence...), o.env...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w after %s", ctx.Err(), o.limit)
		}
		shown := strings.Join(args, " ")
		if len(shown) > 200 {
			shown = shown[:200] + "..."
		}
		err = fmt.Errorf("%s %s: %w", filepath.Base(name), shown, err)
		if !o.quiet {
			err = fmt.Errorf("%w\n%s%s", err, tail(out.Bytes()), tail(log.Bytes()))
		}
	}
	return out.Bytes(), err
}

// tail is the end of a long output.
func tail(b []byte) []byte {
	const most = 8 << 10
	if len(b) > most {
		b = append([]byte("...\n"), b[len(b)-most:]...)
	}
	return b
}
