//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/bench/storm"
	"github.com/creditpocket/creditpocket/internal/store"
)

// runStorm is the connection-cut storm: most of the calls under read committed, a tenth more under serializable, and the control.
func runStorm(ctx context.Context, args []string) (err error) {
	f := flags("storm")
	calls := f.Int("calls", 80_000, "calls through the store")
	workers := f.Int("workers", 16, "callers at once")
	seed := f.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the cuts")
	_ = f.Parse(args)
	r, err := rig.New("storm")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	cluster, err := r.Fast(ctx, "pg")
	if err != nil {
		return err
	}
	o := storm.Options{URL: cluster.URL(), Calls: *calls, Workers: *workers, Seed: *seed}
	say("storm: %d calls, seed %d", *calls, *seed)
	main, err := storm.Run(ctx, o)
	if err != nil {
		return err
	}
	strict := o
	strict.Calls, strict.Seed, strict.Isolation = max(1000, *calls/10), *seed+1, store.Serializable
	say("storm: %d calls under serializable", strict.Calls)
	serial, err := storm.Run(ctx, strict)
	if err != nil {
		return err
	}
	naive := o
	naive.Calls = max(1000, *calls/10)
	say("storm: %d calls the naive way", naive.Calls)
	control, err := storm.Control(ctx, naive)
	if err != nil {
		return err
	}
	var cuts int64
	for _, n := range main.Cuts {
		cuts += n
	}
	fmt.Printf("RESULT storm calls=%d acknowledged=%d failed=%d unclear=%d cuts=%d cuts_before_commit=%d cuts_after_commit=%d cuts_mid_statement=%d cuts_lost_reply=%d "+
		"doubled=%d falsely_acknowledged=%d halves=%d retries=%d serializable_calls=%d serializable_doubled=%d serializable_falsely_acknowledged=%d serializable_retries_40001=%d "+
		"control_calls=%d control_doubled=%d seconds=%.0f seed=%d\n",
		main.Calls, main.Acknowledged, main.Failed, main.Unclear, cuts, main.Cuts["before_commit"], main.Cuts["after_commit"], main.Cuts["mid_statement"], main.Cuts["lost_reply"],
		main.Doubled, main.FalselyAcknowledged, main.Halves, main.Counts.Retries["connection"], serial.Calls, serial.Doubled, serial.FalselyAcknowledged, serial.Counts.Retries["40001"],
		control.Calls, control.Doubled, main.Took.Seconds(), *seed)
	if control.Doubled == 0 {
		err = errors.New("the control did not double: the storm shows nothing")
	}
	return errors.Join(main.Err(), serial.Err(), err)
}
