package origination

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/riverqueue/river"
)

// Many loans at once, two replicas, a gateway that fails in every way it can, events lost: in the end every loan is paid out once or
// not at all, and both sides' books say the same.
func TestAStormOfFaultsPaysEachLoanOnce(t *testing.T) {
	w := newWorld(t, soon)
	replica := w.service(w.gateway)
	endings := []string{"01", "02", "04", "05", "06", "07", "09", "09", "09", "09", "09", "09"}
	loans := make([]store.Loan, len(endings))
	for i, ending := range endings {
		loans[i] = w.approved(w.person(i, ending))
	}
	for _, kind := range []simulator.FaultKind{simulator.FaultCutBefore, simulator.FaultCutAfter, simulator.FaultErrorBefore, simulator.FaultErrorAfter,
		simulator.FaultGarbage, simulator.FaultRateLimit} {
		w.inject(simulator.Fault{Kind: kind, Times: -1, Match: "/transfer", Probability: 0.15})
	}
	ctx := context.WithoutCancel(t.Context())
	for round := range 6 {
		together(16, func(i int) error {
			s := w.Service
			if i%2 == 1 {
				s = replica
			}
			r := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			if i >= 14 {
				return s.SweepPayouts(ctx)
			}
			l := loans[r.IntN(len(loans))]
			if p, err := w.st.LatestPayout(ctx, l.ID); err == nil && r.IntN(2) == 0 {
				return s.ApplyPayout(ctx, p.Reference)
			}
			return s.StartPayout(ctx, l.ID)
		})
		w.clk.Advance(30 * time.Second)
	}
	w.sim.ClearFaults()
	for range 12 { // drain
		for deadline := time.Now().Add(20 * time.Second); w.pending() && time.Now().Before(deadline); { // ends in real time
			time.Sleep(5 * time.Millisecond)
		}
		w.sweepAfter(16 * time.Minute)
	}
	var paid []store.Loan
	for i, seen := range loans {
		l, err := w.st.Loan(ctx, seen.ID)
		w.must(err)
		switch want := lending.Active; {
		case endings[i] == "02" || endings[i] == "07":
			want = lending.DisbursementFailed
			fallthrough
		default:
			if l.State != want {
				t.Errorf("account %s: the loan is %s, its payout %+v", endings[i], l.State, w.payout(l.ID))
			}
		}
		if l.State == lending.Active {
			paid = append(paid, l)
		}
		w.equalsLedger(l.ID)
	}
	w.audit(paid...)
	if n := len(w.sim.Transfers()); n != len(loans) {
		t.Errorf("%d transfers for %d loans", n, len(loans))
	}
}

// The jobs carry a loan from the application to the money, with nobody calling a method.
func TestTheJobsDoItAll(t *testing.T) {
	w := newWorld(t, soon)
	w.config.PayoutHold = 50 * time.Millisecond
	workers := river.NewWorkers()
	river.AddWorker(workers, job.NewDecisionWorker(w.Decide))
	river.AddWorker(workers, job.NewPayoutWorker(w.StartPayout))
	river.AddWorker(workers, job.NewSweepPayoutsWorker(w.SweepPayouts))
	river.AddWorker(workers, job.NewSweepPhotosWorker(w.SweepPhotos))
	running, err := w.st.StartWorkers(t.Context(), workers, []*river.PeriodicJob{job.SweepPayoutsEvery(), job.SweepPhotosEvery()}, 4, w.log)
	w.must(err)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := running.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	loans := make([]store.Loan, 5)
	for i := range loans {
		loans[i] = w.applied(w.person(i, "09"))
	}
	deadline := time.Now().Add(30 * time.Second)
	for _, l := range loans {
		for {
			now, err := w.st.Loan(t.Context(), l.ID)
			w.must(err)
			if now.State == lending.Active {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("after 30 s the loan is %s", now.State)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	w.audit(loans...)
	recent, err := w.RealtimeLoans(t.Context(), brand)
	w.must(err)
	if len(recent) != 5 || recent[0].Principal != 600_000 || recent[0].Mobile == "" {
		t.Errorf("%+v", recent)
	}
	if other, err := w.RealtimeLoans(t.Context(), "Other"); err != nil || len(other) != 0 {
		t.Errorf("%+v, %v", other, err)
	}
	for i, l := range loans {
		if titles := w.messages(l.BorrowerID); fmt.Sprint(titles) != "[We have received your application Your loan is approved Your money has been sent]" {
			t.Errorf("%d: %q", i, titles)
		}
	}
}

// pending tells whether the gateway has not decided about every transfer.
func (w *world) pending() bool {
	return slices.ContainsFunc(w.sim.Transfers(), func(t simulator.Transfer) bool { return t.Status == "pending" || t.Status == "otp" })
}
