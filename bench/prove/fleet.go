package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// replica is one process of the application; it is started again whenever it ends.
type replica struct {
	number int
	addr   string
	log    string
	env    []string

	mu   sync.Mutex
	cmd  *exec.Cmd
	shot bool // by us
	up   bool // it has been ready since it started
}

// fleet is all replicas.
type fleet struct {
	binary   string
	replicas []*replica
	http     int
	crashes  string // directory of the armed crash points
	counts   *counts
	client   *http.Client

	ctx  context.Context
	stop context.CancelFunc
	all  sync.WaitGroup
}

// fleetPlan says what the replicas run with.
type fleetPlan struct {
	binary, dir string
	addrs       []string
	http        int // the first so many answer requests
	env         []string
	skew        time.Duration // between the clocks of two neighbours
}

func startFleet(ctx context.Context, plan fleetPlan, c *counts) (*fleet, error) {
	f := &fleet{binary: plan.binary, http: plan.http, crashes: filepath.Join(plan.dir, "crash"), counts: c, client: &http.Client{Timeout: 2 * time.Second}}
	if err := os.MkdirAll(f.crashes, 0o755); err != nil {
		return nil, err
	}
	f.ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	for i, addr := range plan.addrs {
		env := append(bare(), plan.env...)
		env = append(env, "CP_ADDR="+addr, "CRASHPOINT_DIR="+f.crashes)
		switch {
		case i >= plan.http:
			env = append(env, "CP_ROLES=worker")
		case plan.http < len(plan.addrs):
			env = append(env, "CP_ROLES=http")
		}
		if i > 0 && plan.skew > 0 {
			env = append(env, fmt.Sprintf("CP_CLOCK_SKEW=%s", time.Duration(i)*plan.skew))
		}
		r := &replica{number: i, addr: addr, env: env, log: filepath.Join(plan.dir, fmt.Sprintf("replica-%d.log", i))}
		f.replicas = append(f.replicas, r)
	}
	// The first one migrates; the others only look whether it did.
	f.all.Go(func() { f.run(f.replicas[0], true) })
	if err := f.ready(ctx, f.replicas[0], 3*time.Minute); err != nil {
		return f, fmt.Errorf("%w; its log ends:\n%s", err, tail(f.replicas[0].log, 3000))
	}
	for _, r := range f.replicas[1:] {
		f.all.Go(func() { f.run(r, false) })
	}
	for _, r := range f.replicas[1:] {
		if err := f.ready(ctx, r, 3*time.Minute); err != nil {
			return f, fmt.Errorf("%w; its log ends:\n%s", err, tail(r.log, 3000))
		}
	}
	return f, nil
}

// bare is the environment without what steers the application.
func bare() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "SystemRoot"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// run keeps one replica alive until the fleet stops.
func (f *fleet) run(r *replica, migrate bool) {
	for f.ctx.Err() == nil {
		err := f.once(r, migrate)
		migrate = false
		if f.ctx.Err() != nil {
			return
		}
		if err != nil {
			f.counts.add("replica did not come up", 1)
			_ = pause(f.ctx, 100*time.Millisecond)
		}
	}
}

// once runs a process to its end. The error says that it ended by itself.
func (f *fleet) once(r *replica, migrate bool) error {
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(f.binary, "serve")
	cmd.Env = r.env
	if !migrate {
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], "CP_MIGRATE=check")
	}
	cmd.Stderr = log
	dieWithParent(cmd)
	r.mu.Lock()
	err = cmd.Start()
	r.cmd, r.shot, r.up = cmd, false, false
	r.mu.Unlock()
	if err != nil {
		return err
	}
	living, gone := context.WithCancel(f.ctx)
	defer gone()
	f.all.Go(func() {
		if f.ready(living, r, time.Minute) == nil {
			r.mu.Lock()
			r.up = r.cmd == cmd
			r.mu.Unlock()
		}
	})
	f.counts.add("replicas started", 1)
	err = cmd.Wait()
	r.mu.Lock()
	shot := r.shot
	r.cmd = nil
	r.mu.Unlock()
	switch {
	case shot, f.ctx.Err() != nil:
		return nil
	case killed(cmd.ProcessState):
		f.counts.add("crashed at a crash point", 1)
		return nil
	}
	return fmt.Errorf("replica %d ended by itself: %w", r.number, errors.Join(err, errors.New(cmd.ProcessState.String())))
}

// kill ends a replica with SIGKILL; it starts again by itself. It answers false where none runs at the moment, or where it is
// still starting and early is false: on a slow machine replicas must come up between two kills, or nothing is under way that a
// kill could hurt.
func (f *fleet) kill(i int, early bool) bool {
	r := f.replicas[i]
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd == nil || r.cmd.Process == nil || r.shot || (!r.up && !early) {
		return false
	}
	r.shot = true
	if r.cmd.Process.Kill() != nil {
		return false
	}
	f.counts.add("kill -9 of a replica", 1)
	if f.http > 0 && i >= f.http {
		f.counts.add("of them of a worker", 1)
	}
	return true
}

// freeze stops a replica for a while without ending it: its connections stay open and nothing is answered.
func (f *fleet) freeze(ctx context.Context, i int, span time.Duration) {
	r := f.replicas[i]
	r.mu.Lock()
	cmd := r.cmd
	r.mu.Unlock()
	if cmd == nil || freeze(cmd.Process) != nil {
		return
	}
	f.counts.add("replica frozen (SIGSTOP)", 1)
	_ = pause(ctx, span)
	_ = thaw(cmd.Process)
}

func (f *fleet) ready(ctx context.Context, r *replica, limit time.Duration) error {
	return until(ctx, limit, fmt.Sprintf("replica %d to be ready", r.number), func() (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addr+"/readyz", nil)
		if err != nil {
			return false, err
		}
		res, err := f.client.Do(req)
		if err != nil {
			return false, ctx.Err()
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK, nil
	})
}

// memory is the resident memory of the replicas that run, in bytes.
func (f *fleet) memory() int64 {
	var sum int64
	for _, r := range f.replicas {
		r.mu.Lock()
		cmd := r.cmd
		r.mu.Unlock()
		if cmd == nil {
			continue
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", cmd.Process.Pid))
		fields := bytes.Fields(text)
		if err != nil || len(fields) < 2 {
			continue
		}
		pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		sum += pages * int64(os.Getpagesize())
	}
	return sum
}

// close ends every replica for good.
func (f *fleet) close() {
	f.stop()
	for _, r := range f.replicas {
		r.mu.Lock()
		if r.cmd != nil && r.cmd.Process != nil {
			_ = r.cmd.Process.Kill()
		}
		r.mu.Unlock()
	}
	f.all.Wait()
}

// tail is the end of a file.
func tail(path string, n int) []byte {
	text, _ := os.ReadFile(path)
	return text[max(0, len(text)-n):]
}
