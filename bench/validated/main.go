// Command validated measures what full validation costs, and against whom: our HTTP layer in its ways of validating, beside
// servers of the same two operations made with ogen, huma, fastify and express-openapi-validator. Every server answers from
// memory, is pinned to one core and loaded by wrk from the other; the rounds are interleaved. What is compared is requests a
// second of the server's own processor time, which other work on the machine disturbs least.
//
// It ends with one RESULT line, and with an error when full validation keeps less than its share of the unvalidated rate, or
// when a peer that validates both ways is ahead.
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"runtime/pprof"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
)

func main() {
	cli.Main("bench-peers", run)
}

func run(ctx context.Context) error {
	o := options{}
	flag.IntVar(&o.rounds, "rounds", 6, "interleaved rounds")
	flag.DurationVar(&o.seconds, "time", 3*time.Second, "how long one server is loaded with one request in one round")
	flag.Float64Var(&o.share, "share", 0.90, "the share of the unvalidated rate that full validation must keep")
	flag.BoolVar(&o.write, "write", false, "write docs/performance.md and its plot")
	only := flag.Bool("subset", false, "write what the peers are made from, and do nothing else")
	mode, addr, data := flag.String("serve", "", "serve one mode (used by the command itself)"), flag.String("addr", "", "where to serve"), flag.String("data", peersDir, "the folder of the answers")
	profile := flag.String("profile", "", "with -serve: the file that the processor's profile goes to at the end")
	flag.Parse()
	switch {
	case *only:
		return writeSubset()
	case *mode != "":
		return profiled(*profile, func() error { return serve(ctx, *mode, *addr, *data) })
	}
	return compare(ctx, o)
}

// profiled runs something under the processor's profiler, if there is a file to write the profile to.
func profiled(file string, run func() error) error {
	if file == "" {
		return run()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = run()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
