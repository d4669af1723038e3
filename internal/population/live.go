package population

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	workers     = 4
	intentBatch = 1000
)

// World is a deployment in which a population lives: its services over one store, the gateway and the virtual clock.
type World struct {
	store     *store.Store
	clock     *clock.Manual
	gateway   *Gateway
	servicing *servicing.Service
	desk      *backoffice.Service
	payouts   *origination.Service
	staff     [2]backoffice.Actor
	people    *Population
	rng       *rand.Rand
	report    Report
	mu        sync.Mutex // of the report's differences
	run       string     // distinguishes the keys of this life from those of another on the same database
}

// NewWorld puts a population into a deployment. st must have been opened with clk. The two members of staff whom waivers and
// write-offs need are added.
func NewWorld(ctx context.Context, st *store.Store, clk *clock.Manual, p *Population) (*World, error) {
	quiet := slog.New(slog.DiscardHandler)
	gateway := NewGateway()
	gateway.paidOutTo(p.out)
	run, err := randomHex(8)
	if err != nil {
		return nil, err
	}
	payouts, err := origination.New(st, gateway, nil, clk, origination.Config{}, quiet)
	if err != nil {
		return nil, err
	}
	w := &World{store: st, clock: clk, gateway: gateway, servicing: servicing.New(st, gateway, clk, servicing.Config{}, quiet),
		desk: backoffice.New(st, gateway, clk, backoffice.Config{DefaultBrand: lending.DemoBrand}, quiet), people: p, payouts: payouts,
		rng: rand.New(rand.NewPCG(p.plan.Seed, 2)), run: run}
	for i := range w.staff {
		key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", run, i))
		err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			o, err := tx.PutOperator(ctx, store.Operator{Name: fmt.Sprintf("population %s %d", run, i), Role: string(backoffice.Admin),
				ExpiresAt: tx.Now().AddDate(2, 0, 0)}, key[:])
			w.staff[i] = backoffice.Actor{ID: o.ID, Name: o.Name, Role: backoffice.Admin, ExpiresAt: o.ExpiresAt, RequestID: run}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Live lets the population live for a number of days after today's, and checks everything at the end, and the wire every checkEvery days
// (0: at the end only). The daily run is left out on some days, as after an outage, and catches up later. progress, which may be nil, is told of each
// day. It returns what was found even where it differs: see Report.Differences.
func (w *World) Live(ctx context.Context, days, checkEvery int, progress func(day int, r Report)) (Report, error) {
	start := clock.DateOf(w.clock.Now())
	for day := 1; day <= days; day++ {
		if err := w.day(ctx, start.AddDays(day), day == days || w.rng.IntN(8) > 0); err != nil {
			return w.report, fmt.Errorf("day %d: %w", day, err)
		}
		w.report.Days = day
		if checkEvery > 0 && day%checkEvery == 0 && day < days {
			if err := w.checkWire(ctx); err != nil {
				return w.report, err
			}
		}
		w.report.Borrowers, w.report.Loans, w.report.Coupons = w.people.Borrowers(), w.people.Loans(), w.people.Coupons()
		if progress != nil {
			progress(day, w.report)
		}
	}
	w.clock.Advance(time.Hour)
	if err := w.refund(ctx); err != nil {
		return w.report, err
	}
	return w.report, w.check(ctx)
}

// act is something that happens to a loan on a day.
type act struct {
	*paper
	deed   deed
	amount money.Kobo
	intent store.Intent
	paidAt time.Time
}

func (w *World) day(ctx context.Context, date clock.Date, daily bool) error {
	w.clock.Set(date.Start().Add(30 * time.Minute))
	for _, p := range w.people.papers {
		p.dayBegins(date)
	}
	if daily {
		if _, err := w.servicing.RunDaily(ctx, date, servicing.DailyConfig{}, nil); err != nil {
			return err
		}
	} else {
		w.report.SkippedRuns++
	}
	now := date.Start().Add(time.Duration(18*60+w.rng.IntN(5*60-1)) * time.Minute) // an hour of the last day is left for refunds
	w.clock.Set(now)
	var acts []act
	for _, p := range w.people.papers {
		deed, amount := p.decide(w.rng, date)
		if deed == nothing {
			continue
		}
		acts = append(acts, act{paper: p, deed: deed, amount: amount, paidAt: date.Start().Add(time.Duration(w.rng.Int64N(int64(now.Sub(date.Start()))))).Truncate(time.Second)})
	}
	if err := w.open(ctx, acts); err != nil {
		return err
	}
	if err := w.perform(ctx, acts); err != nil {
		return err
	}
	for _, a := range acts {
		w.note(a, date)
	}
	if err := w.refund(ctx); err != nil {
		return err
	}
	return w.borrowAgain(ctx, now)
}

// open makes the payment intents of a day's payments, and lets the borrowers pay.
func (w *World) open(ctx context.Context, acts []act) error {
	var intents []store.Intent
	var of []int
	for i, a := range acts {
		kind, prefix := store.IntentCheckout, servicing.CheckoutPrefix
		switch a.deed {
		case payment:
		case extensionFee:
			kind, prefix = store.IntentExtension, servicing.ExtensionPrefix
		default:
			continue
		}
		reference, err := randomHex(16)
		if err != nil {
			return err
		}
		now := w.clock.Now()
		intents = append(intents, store.Intent{Brand: lending.DemoBrand, BorrowerID: w.people.people[a.person].id, Kind: kind, LoanID: a.loan, Reference: prefix + reference,
			Amount: a.amount, State: store.IntentOpen, NextCheckAt: now.Add(time.Minute), ExpiresAt: now.Add(24 * time.Hour)})
		of = append(of, i)
	}
	for from := 0; from < len(intents); from += intentBatch {
		part := intents[from:min(from+intentBatch, len(intents))]
		if err := w.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.AddIntents(ctx, part) }); err != nil {
			return err
		}
	}
	for _, a := range acts {
		if a.deed == returned {
			w.gateway.sendBack(a.transfer, a.terms.Disbursed, a.paidAt)
		}
	}
	for n, i := range of {
		acts[i].intent = intents[n]
		w.gateway.pay(intents[n].Reference, intents[n].Amount, acts[i].paidAt)
	}
	return nil
}

// perform does a day's acts through the services, several at once.
func (w *World) perform(ctx context.Context, acts []act) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, a := range acts {
		group.Go(func() error {
			if err := w.do(ctx, a); err != nil {
				return fmt.Errorf("loan %d, deed %d: %w", a.loan, a.deed, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (w *World) do(ctx context.Context, a act) error {
	key := fmt.Sprintf("%s-%d-%s", w.run, a.loan, clock.DateOf(a.paidAt))
	var asked backoffice.Done[backoffice.Relief]
	var err error
	switch a.deed {
	case payment, extensionFee:
		return w.servicing.ApplyCharge(ctx, a.intent.Reference)
	case returned:
		return w.payouts.ApplyPayout(ctx, a.transfer)
	case waiver:
		asked, err = w.desk.Waive(ctx, w.staff[0], key, backoffice.Waiver{Loan: a.loan, Amount: a.amount, Reason: "hardship"})
	case writingOff:
		asked, err = w.desk.WriteOff(ctx, w.staff[0], key, a.loan, "cannot be collected")
	}
	if err != nil || asked.Value.ApprovalID == 0 {
		return err
	}
	_, err = w.desk.ApproveRequest(ctx, w.staff[1], key, asked.Value.ApprovalID, "agreed")
	return err
}

// note writes a day's act onto the paper.
func (w *World) note(a act, date clock.Date) {
	switch a.deed {
	case payment:
		w.report.Payments++
		if a.state == lending.WrittenOff {
			w.report.Recoveries++
		}
		a.credit += a.pay(a.amount, a.paidAt)
	case extensionFee:
		w.report.Payments++
		w.report.Extensions++
		a.extend()
	case waiver:
		w.report.Waivers++
		a.waive(a.amount, date)
	case writingOff:
		w.report.WriteOffs++
		a.writeOff(date)
	case returned:
		w.report.Returned++
		a.comesBack()
		w.people.people[a.person].loans--
		w.people.people[a.person].busy = false
	}
	if a.state.IsSettled() && a.closed == date {
		w.people.people[a.person].busy = false
	}
}

// refund works the refunds that are due.
func (w *World) refund(ctx context.Context) error {
	for {
		due, err := w.store.RefundsToCheck(ctx, w.clock.Now(), intentBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(workers)
		for _, f := range due {
			group.Go(func() error { return w.servicing.RefundCharge(inner, f.ID) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		w.report.Refunds += len(due)
	}
}

// borrowAgain pays new loans out to some of those who owe nothing.
func (w *World) borrowAgain(ctx context.Context, now time.Time) error {
	var sales []sale
	for i, who := range w.people.people {
		if !who.busy && w.rng.IntN(w.people.plan.Rest) == 0 {
			sales = append(sales, sale{person: i, product: w.people.plan.pick(w.rng, who.loans), at: now.UTC()})
		}
	}
	for from := 0; from < len(sales); from += seedBatch {
		paid, err := w.people.sell(ctx, w.store, w.rng, sales[from:min(from+seedBatch, len(sales))])
		if err != nil {
			return err
		}
		w.gateway.paidOutTo(paid)
	}
	w.report.Repeats += len(sales)
	return nil
}
