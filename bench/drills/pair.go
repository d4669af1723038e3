//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// pair is a primary and its synchronous standby.
type pair struct{ primary, standby *pglocal.Cluster }

// url names both servers; the driver takes the one that takes writes.
func (p pair) url() string {
	return strings.Replace(p.primary.URL(), fmt.Sprintf("127.0.0.1:%d", p.primary.Port()), fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", p.primary.Port(), p.standby.Port()), 1) +
		"&target_session_attrs=read-write"
}

// newPair starts a primary, copies it, and makes it wait for its copy at every commit.
func newPair(ctx context.Context, r *rig.Rig, name string) (p pair, err error) {
	if p.primary, err = r.Cluster(ctx, name+"-a", map[string]string{"wal_level": "replica", "max_wal_senders": "5", "wal_keep_size": "256MB"}); err != nil {
		return p, err
	}
	dir := r.Path(name + "-b")
	if err := rig.Backup(ctx, p.primary, dir, true); err != nil {
		return p, err
	}
	if p.standby, err = r.ClusterIn(ctx, dir, nil); err != nil {
		return p, err
	}
	for _, sql := range []string{`ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()::text`} {
		if _, err := rig.Query(ctx, p.primary.URL(), sql); err != nil {
			return p, err
		}
	}
	return p, rig.Until(ctx, 30*time.Second, "the standby to be synchronous", func() bool {
		state, err := rig.Query(ctx, p.primary.URL(), `SELECT sync_state FROM pg_stat_replication`)
		return err == nil && len(state) == 1 && state[0] == "sync"
	})
}

// promote makes the standby the primary.
func (p pair) promote(ctx context.Context) error {
	if _, err := rig.Query(ctx, p.standby.URL(), `SELECT pg_promote(true, 30)::text`); err != nil {
		return err
	}
	return rig.Until(ctx, 30*time.Second, "the standby to take writes", func() bool {
		standby, err := rig.Query(ctx, p.standby.URL(), `SELECT pg_is_in_recovery()::text`)
		return err == nil && len(standby) == 1 && standby[0] == "false"
	})
}
