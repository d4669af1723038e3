//go:build linux

// Command drills rehearses on real processes what a deployment must survive. Each drill ends with one RESULT line and fails where
// it falls short of what the documentation promises.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/creditpocket/creditpocket/bench/cli"
)

// drill is one rehearsal. It prints its own RESULT line.
type drill func(ctx context.Context, args []string) error

func drills() map[string]drill {
	return map[string]drill{"storm": runStorm, "rolling": runRolling, "diskfull": runDiskFull, "failover": runFailover, "restore": runRestore, "pgbouncer": runPgbouncer}
}

func main() {
	all := drills()
	if len(os.Args) < 2 || all[os.Args[1]] == nil {
		cli.Usage("drills", "name one of %v, and its flags", slices.Sorted(maps.Keys(all)))
	}
	cli.Main("drills "+os.Args[1], func(ctx context.Context) error { return all[os.Args[1]](ctx, os.Args[2:]) })
}

// flags is a drill's own flag set.
func flags(name string) *flag.FlagSet { return flag.NewFlagSet("drills "+name, flag.ExitOnError) }

// say tells on standard error how far a drill is.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
