// Command prove runs the real binary as several replicas on a real PostgreSQL against the gateway simulator, a process of its
// own that keeps books of its own, while everything that can break is broken: processes, database, connections, gateway,
// webhooks. Virtual borrowers walk whole lifecycles meanwhile. Then it lets the backlog drain and audits: our books, the
// gateway's books, and every answer that a client was given. It ends with one RESULT line, and with an error when anything
// is lost, doubled, out of balance or stuck, or when fewer faults were injected than the mode asks for.
//
// Everything that is drawn at random derives from -seed: the order and the spacing of faults, and what each borrower does.
// Threads of several processes are not replayed to the instruction; the schedule of faults and behaviours is.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	seed  uint64
	mode  string
	span  time.Duration
	only  string
	proof string
	keep  bool
	out   io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := options{out: os.Stdout}
	var role, listen, dir, hooks string
	flag.Uint64Var(&o.seed, "seed", 1, "seed of all that is random")
	flag.StringVar(&o.mode, "mode", "full", "full, short or planted")
	flag.StringVar(&o.only, "only", "", "planted: this bug alone")
	flag.DurationVar(&o.span, "for", 0, "how long faults are injected; 0: what the mode says")
	flag.StringVar(&o.proof, "proof", "", "file to write the table to, in Markdown")
	flag.BoolVar(&o.keep, "keep", false, "keep the working directory, with the replicas' logs")
	flag.StringVar(&role, "role", "", "")
	flag.StringVar(&listen, "listen", "", "")
	flag.StringVar(&dir, "dir", "", "")
	flag.StringVar(&hooks, "hooks", "", "")
	flag.Parse()
	var err error
	switch {
	case role == "gateway":
		err = serveGateway(ctx, listen, dir, hooks, o.seed)
	case o.mode == "planted":
		err = provePlanted(ctx, o)
	default:
		err = prove(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		stop()
		os.Exit(1)
	}
}
