//go:build linux

// Command drills rehearses on real processes what a deployment must survive. Each drill ends with one RESULT line and fails where
// it falls short of what the documentation promises.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"maps"
)

// drill is one rehearsal. It prints its own RESULT line.
type drill func(ctx context.Context, args []string) error

func drills() map[string]drill {
	return map[string]drill{"storm": runStorm, "rolling": runRolling, "diskfull": runDiskFull, "failover": runFailover, "restore": runRestore, "pgbouncer": runPgbouncer}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	all := drills()
	if len(os.Args) < 2 || all[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "usage: drills %v [flags]\n", slices.Sorted(maps.Keys(all)))
		os.Exit(2)
	}
	if err := all[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "drills %s: %v\n", os.Args[1], err)
		stop()
		os.Exit(1)
	}
}

// flags is a drill's own flag set.
func flags(name string) *flag.FlagSet { return flag.NewFlagSet("drills "+name, flag.ExitOnError) }

// say tells on standard error how far a drill is.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
