package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/bench/storm"
)

// cutStorm is the storm of cut connections, on a server of its own once the replicas are gone: calls through the store while
// connections are cut before, in and after COMMITs, and a control that must double. What it finds goes among the findings.
func (w *world) cutStorm(ctx context.Context, f *findings) (err error) {
	if w.plan.cutCalls == 0 {
		return nil
	}
	w.say("the storm of cut connections: %d calls", w.plan.cutCalls)
	dir := filepath.Join(w.dir, "cuts")
	if err := os.Mkdir(dir, 0o711); err != nil {
		return err
	}
	cluster, err := startCluster(ctx, dir, false)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, cluster.Stop(end))
	}()
	o := storm.Options{URL: cluster.URL(), Calls: w.plan.cutCalls, Workers: 16, Seed: w.seed}
	r, err := storm.Run(ctx, o)
	if err != nil {
		return err
	}
	o.Calls = max(1000, o.Calls/10)
	control, err := storm.Control(ctx, o)
	if err != nil {
		return err
	}
	for name, n := range map[string]int{"calls": r.Calls, "acknowledged": r.Acknowledged, "failed": r.Failed, "doubled by the control": control.Doubled} {
		w.counts.add("cut storm: "+name, int64(n))
	}
	for point, n := range r.Cuts {
		w.counts.add("cut storm: cuts "+point, n)
	}
	add := func(k kind, n int, what string) {
		for range n {
			f.add(k, "the storm of cut connections: %s", what)
		}
	}
	add(doubled, r.Doubled, "a call had two effects")
	add(lost, r.FalselyAcknowledged, "an acknowledged call had no effect")
	add(unbalanced, r.Halves, "one of a call's two effects is there")
	add(strange, r.Wrong, "a call failed otherwise than UNAVAILABLE")
	if control.Doubled == 0 {
		return fmt.Errorf("the control of the storm of cut connections did not double in %d calls: the storm shows nothing", control.Calls)
	}
	return nil
}
