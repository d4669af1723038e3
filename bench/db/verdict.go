//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/creditpocket/creditpocket/bench/report"
)

// slowest is how many times pgbench's p99 ours may be.
const slowest = 3.0

// plot is the chart of the comparison.
const plot = "docs/performance-database.svg"

func (p pair) share() float64   { return p.ours.rate / p.theirs.rate }
func (p pair) slower() float64  { return ms(p.ours.p99()) / ms(p.theirs.p99()) }
func (p pair) ourRate() float64 { return p.ours.rate }
func (p pair) itsRate() float64 { return p.theirs.rate }
func (p pair) ourSlow() float64 { return ms(p.ours.p99()) }
func (p pair) itsSlow() float64 { return ms(p.theirs.p99()) }

// explained is what stands above the table: what was compared.
const explained = `What is compared: the use case's function in our program with its database (no HTTP), behind row-level security as a request is, with one
connection a client; and ` + "`pgbench -M prepared`" + ` with the statements that the function was seen to send, with the same round trips, from as many clients.
Both on one PostgreSQL with fsync on, on the same machine, in turns. pgbench decodes, decrypts and decides nothing: it is an upper bound. An
application is everything in ` + "`Apply`" + ` (a photograph of 2 KB is sealed and kept in memory), a repayment is ` + "`ApplyCharge`" + ` with a gateway that answers at
once, history is a page of ten loans of 21 with their total. The collector is set as in a server. What ends in the first two
seconds of a load counts on neither side: connections are opened then, and statements planned. Medians of the rounds; a share is taken round by round.
`

// conclude prints the table and the RESULT line, writes them where that was asked for, and says whether the goals are reached.
func (b *bench) conclude(ctx context.Context) error {
	var table strings.Builder
	table.WriteString("| use case | clients | statements | round trips | ours | pgbench | share | p99 ours | p99 pgbench | times |\n|---|---|---|---|---|---|---|---|---|---|\n")
	line := "RESULT bench-db"
	var short, order []string
	bars := map[string][]report.Bar{}
	for _, u := range b.cases {
		for _, clients := range clientCounts {
			name := key(u.name, clients)
			rounds := b.found[name]
			if len(rounds) == 0 {
				continue
			}
			share, slower := median(rounds, pair.share), median(rounds, pair.slower)
			fmt.Fprintf(&table, "| %s | %d | %d | %d | %.0f/s | %.0f/s | %.2f | %.1f ms | %.1f ms | %.1f |\n", u.name, clients, b.scripts[u.name].statements,
				b.scripts[u.name].trips, median(rounds, pair.ourRate), median(rounds, pair.itsRate), share, median(rounds, pair.ourSlow), median(rounds, pair.itsSlow), slower)
			line += fmt.Sprintf(" %s=%.2f %s_p99=%.1f", name, share, name, slower)
			if share < u.share {
				short = append(short, fmt.Sprintf("%s with %d clients has %.2f of pgbench's rate, not %.2f", u.name, clients, share, u.share))
			}
			if slower > slowest {
				short = append(short, fmt.Sprintf("the p99 of %s with %d clients is %.1f times pgbench's", u.name, clients, slower))
			}
			group := fmt.Sprintf("%s, %d clients", u.name, clients)
			order = append(order, group)
			bars[group] = []report.Bar{{Name: "pgbench", Value: median(rounds, pair.itsRate)}, {Name: "ours", Value: median(rounds, pair.ourRate), Ours: true}}
		}
	}
	fmt.Println("\n" + table.String())
	if b.write {
		text := explained + "\n" + table.String()
		if len(short) > 0 {
			text += "\nShort of the goal: " + strings.Join(short, "; ") + ".\n"
		}
		if err := report.Bars(plot, "Calls a second, beside pgbench with the same statements", bars, order); err != nil {
			return err
		}
		if err := report.Write(ctx, "bench-db", text+"\n![calls a second beside pgbench]("+filepath.Base(plot)+")"); err != nil {
			return err
		}
	}
	fmt.Println(line)
	if len(short) > 0 {
		return errors.New(strings.Join(short, "; "))
	}
	return nil
}
