//go:build linux

// Command db measures how close a use case comes to what PostgreSQL itself can do: the use case's function in our program with the
// database, beside pgbench, which sends the very statements that the function was seen to send, prepared, in the same round trips, to the
// same cluster with fsync on, from the same number of clients. pgbench decodes, decrypts and decides nothing, so it is an upper bound.
//
// It ends with one RESULT line, and with an error where a use case has less than its share of pgbench's rate, or where its slowest
// hundredth takes more than three times as long.
package main

import (
	"context"
	"flag"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
	"github.com/creditpocket/creditpocket/server"
)

type options struct {
	rounds   int
	seconds  time.Duration
	write    bool
	show     bool
	only     string
	profile  string
	maxConns int
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "interleaved rounds")
	flag.DurationVar(&o.seconds, "time", 4*time.Second, "for how long the calls of one side are counted in one round; it is loaded for three seconds more")
	flag.BoolVar(&o.write, "write", false, "write docs/performance.md and its plot")
	flag.BoolVar(&o.show, "show", false, "print the statements that pgbench is given")
	flag.StringVar(&o.only, "only", "", "measure one use case: application, repayment or history")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of our side here")
	flag.IntVar(&o.maxConns, "conns", 0, "connections of our side; 0: one a client")
	flag.Parse()
	server.TuneCollector() // what is measured is what a serving process does
	cli.Main("bench-db", func(ctx context.Context) error { return run(ctx, o) })
}
