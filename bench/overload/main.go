//go:build linux

// Command overload loads a real server with a realistic mix of requests at half, all and three times of what it can do, as requests
// come in life: by the clock, not when the one before has been answered. It ends with one RESULT line, and with an error when goodput at
// three times falls below its share of the peak, when anything but 503 and 429 was wrong, when recovery takes too long, or when a start
// or the memory is above its bound. It takes about three minutes. PostgreSQL writes with fsync on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
	"github.com/creditpocket/creditpocket/bench/report"
	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/seal"
)

type options struct {
	loans    int
	phase    time.Duration
	share    float64
	recovery time.Duration
	start    time.Duration
	idle     int64
	write    bool
}

func main() {
	var o options
	flag.IntVar(&o.loans, "loans", 30_000, "loans of the generated population")
	flag.DurationVar(&o.phase, "time", 15*time.Second, "how long each load is held")
	flag.Float64Var(&o.share, "share", 0.80, "the share of the peak that goodput must keep at three times the capacity")
	flag.DurationVar(&o.recovery, "recovery", 5*time.Second, "the longest recovery")
	flag.DurationVar(&o.start, "start", 300*time.Millisecond, "the longest start to ready with a warm database")
	flag.Int64Var(&o.idle, "idle", 60, "the most memory of an idle server, MiB")
	flag.BoolVar(&o.write, "write", false, "write docs/performance.md")
	flag.Parse()
	cli.Main("bench-overload", func(ctx context.Context) error { return run(ctx, o) })
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	r, err := rig.New("overload")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	s, err := open(ctx, r, o)
	if err != nil {
		return err
	}
	found, err := measure(ctx, s, o)
	if err != nil {
		return err
	}
	fmt.Println("\n" + found.table())
	if o.write {
		if err := report.Write(ctx, "bench-overload", found.words()); err != nil {
			return err
		}
	}
	line, short := found.judge(o)
	fmt.Printf("%s cores=%d fsync=on seconds=%.0f\n", line, runtime.NumCPU(), time.Since(began).Seconds())
	return short
}

// site is a server on a populated database, with callers.
type site struct {
	server *rig.Process
	dbURL  string
	mix    *mix
	cold   time.Duration // from the start of the process to ready
	idle   int64         // MiB
	own    int64         // of that, without pages of the binary
}

func open(ctx context.Context, r *rig.Rig, o options) (*site, error) {
	binary, err := r.Binary(ctx)
	if err != nil {
		return nil, err
	}
	cluster, err := r.Cluster(ctx, "pg", map[string]string{"max_wal_size": "4GB"})
	if err != nil {
		return nil, err
	}
	gateway, err := r.Gateway(ctx)
	if err != nil {
		return nil, err
	}
	master, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	s := &site{dbURL: cluster.URL()}
	s.server, err = r.Serve(binary, "server", "DATABASE_URL="+s.dbURL, gateway.Env(), "CP_MASTER_KEY="+master, "CP_ROLES=http", "CP_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	say("making %d loans", o.loans)
	for _, args := range [][]string{{"seed", "--loans", fmt.Sprint(o.loans)}, {"seed", "--demo"}} {
		if _, err := s.server.Command(ctx, args...); err != nil {
			return nil, err
		}
	}
	if _, err := rig.Query(ctx, s.dbURL, `VACUUM ANALYZE`); err != nil {
		return nil, err
	}
	n := o.loans / 20
	crowd, err := rig.Invite(ctx, s.dbURL, master, gateway, rig.CrowdSize{Readers: n / 5, Debtors: n / 5, Logins: n / 30, Applicants: n / 12})
	if err != nil {
		return nil, err
	}
	if s.mix, err = newMix(s.server.Base(), crowd); err != nil {
		return nil, err
	}
	return s, s.starts(ctx)
}

// starts measures starts of the server, the middle one of three, and leaves it running and idle.
func (s *site) starts(ctx context.Context) error {
	var took []time.Duration
	for range 3 {
		if s.server.Pid() != 0 {
			if err := s.server.Terminate(20 * time.Second); err != nil {
				return err
			}
		}
		d, err := s.server.StartTimed(ctx)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	s.cold = middle(took)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(3 * time.Second):
	}
	var err error
	if s.idle, err = s.server.Resident(); err != nil {
		return err
	}
	s.own, err = s.server.ResidentOwn()
	return err
}
