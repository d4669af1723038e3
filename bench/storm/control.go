package storm

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/creditpocket/creditpocket/bench/cutproxy"
)

// Control is the storm over the naive way: each call is one INSERT through bun and pgx, outside a transaction, in a table without
// a key. Halves, Wrong and Counts have no meaning in its report.
func Control(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	// The same chance that the answer to what takes effect is lost as in the storm, where that is the COMMIT.
	rates := map[cutproxy.Point]float64{cutproxy.MidStatement: o.Rates[cutproxy.BeforeCommit], cutproxy.LostReply: o.Rates[cutproxy.AfterCommit]}
	host, err := target(o.URL)
	if err != nil {
		return Report{}, err
	}
	direct, err := pgx.Connect(ctx, o.URL)
	if err != nil {
		return Report{}, err
	}
	defer direct.Close(ctx)
	if _, err := direct.Exec(ctx, `CREATE TABLE IF NOT EXISTS storm_control (call integer NOT NULL); TRUNCATE storm_control`); err != nil {
		return Report{}, err
	}
	proxy, err := cutproxy.Start(cutproxy.Options{Target: host, Rates: rates, Seed: o.Seed})
	if err != nil {
		return Report{}, err
	}
	defer proxy.Close()
	through, err := proxy.URL(o.URL)
	if err != nil {
		return Report{}, err
	}
	config, err := pgx.ParseConfig(through)
	if err != nil {
		return Report{}, err
	}
	sqldb := stdlib.OpenDB(*config)
	sqldb.SetMaxOpenConns(o.Workers)
	sqldb.SetMaxIdleConns(o.Workers)
	db := bun.NewDB(sqldb, pgdialect.New())
	defer db.Close()
	acknowledged := make([]bool, o.Calls)
	var next atomic.Int64
	var callers sync.WaitGroup
	began := time.Now()
	for range o.Workers {
		callers.Go(func() {
			for call := int(next.Add(1)) - 1; call < o.Calls && ctx.Err() == nil; call = int(next.Add(1)) - 1 {
				_, err := db.NewRaw(`INSERT INTO storm_control (call) VALUES (?)`, call).Exec(ctx)
				acknowledged[call] = err == nil
			}
		})
	}
	callers.Wait()
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	r := Report{Calls: o.Calls, Took: time.Since(began), Cuts: map[string]int64{}}
	for _, at := range cutproxy.Points() {
		r.Cuts[at.String()] = proxy.Cuts(at)
	}
	found, err := tally(ctx, direct, `SELECT call, count(*) FROM storm_control GROUP BY 1`)
	for call, told := range acknowledged {
		switch n := found[call]; {
		case n > 1:
			r.Doubled++
		case told && n == 0:
			r.FalselyAcknowledged++
		case !told && n == 1:
			r.Unclear++
		}
		if told {
			r.Acknowledged++
		} else {
			r.Failed++
		}
	}
	return r, err
}
