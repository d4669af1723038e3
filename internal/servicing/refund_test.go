package servicing_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const surplus = money.Kobo(300_000)

// overpaid is a borrower whose page was paid after a part had been paid by card, and the reference of the page.
func (w *world) overpaid() (person, string) {
	w.t.Helper()
	b := w.cardholder("4084")
	page := w.page(b)
	_, _, err := w.RepayByCard(w.t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: surplus})
	w.must(err)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	return b, page.Reference
}

// atGateway are the refunds of a charge at the gateway.
func (w *world) atGateway(reference string) (refunds []simulator.Refund) {
	for _, r := range w.sim.Refunds() {
		if r.Charge == reference {
			refunds = append(refunds, r)
		}
	}
	return refunds
}

// The gateway takes no reference of ours for a refund, so neither a lost answer nor many workers at once may ask twice.
func TestRefundWithALostAnswerIsNotDoubled(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultCutAfter, simulator.FaultErrorAfter, simulator.FaultGarbage} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			_, reference := w.overpaid()
			id := w.refundOf(reference).ID
			w.fault(kind, "POST /refund")
			if err := w.RefundCharge(t.Context(), id); err == nil {
				t.Error("a lost answer was taken for one")
			}
			w.must(w.RefundCharge(t.Context(), id))
			if r := w.refundOf(reference); r.GatewayRef == "" {
				t.Errorf("the refund was not found: %+v", r)
			}
			w.clk.Advance(time.Hour)
			w.must(w.Sweep(t.Context()))
			if all := w.atGateway(reference); len(all) != 1 || all[0].Amount != surplus {
				t.Errorf("at the gateway: %+v", all)
			}
		})
	}
}

func TestFortyWorkersAskForOneRefund(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	id := w.refundOf(reference).ID
	w.must(w.sim.Inject(simulator.Fault{Kind: simulator.FaultSlow, Match: "/refund", Delay: 50 * time.Millisecond, Times: 10}))
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if err := w.RefundCharge(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all := w.atGateway(reference); len(all) != 1 {
		t.Errorf("at the gateway: %+v", all)
	}
	if r := w.refundOf(reference); r.GatewayRef == "" || r.AskedAt.IsZero() {
		t.Errorf("%+v", r)
	}
}

// A refund whose request never arrived is asked for again, but only once it cannot be under way any more.
// leaseOver lets the right to ask for a refund run out: it goes by the database's clock.
func (w *world) leaseOver(id int64) {
	testkit.Exec(w.t, w.url, `UPDATE refunds SET ask_until = ask_until - interval '5 minutes' WHERE id = $1`, id)
}

func TestRefundThatNeverArrived(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	id := w.refundOf(reference).ID
	w.fault(simulator.FaultErrorBefore, "POST /refund")
	if err := w.RefundCharge(t.Context(), id); err == nil {
		t.Error("no error")
	}
	w.clk.Advance(24 * time.Hour) // the business may be anywhere: the call may still be under way
	w.must(w.RefundCharge(t.Context(), id))
	if all := w.atGateway(reference); len(all) != 0 {
		t.Errorf("asked again within five minutes: %+v", all)
	}
	w.leaseOver(id)
	w.must(w.RefundCharge(t.Context(), id))
	if all := w.atGateway(reference); len(all) != 1 {
		t.Errorf("at the gateway: %+v", all)
	}
}

// A refund that the gateway puts off for its limits can be asked for as soon as the gateway says, by the job and by the sweep.
func TestRefundThatMeetsTheLimits(t *testing.T) {
	w := newWorld(t)
	for _, by := range []string{"job", "sweep"} {
		_, reference := w.overpaid()
		id := w.refundOf(reference).ID
		w.fault(simulator.FaultRateLimit, "POST /refund")
		before := w.clk.Now()
		var limited *provider.RateLimitedError
		err := w.RefundCharge(t.Context(), id)
		if !errors.As(err, &limited) || limited.RetryAfter <= 0 {
			t.Fatalf("%s: the error is %v", by, err)
		}
		if r := w.refundOf(reference); r.State != store.RefundCreated || !r.AskedAt.IsZero() || r.NextCheckAt.Before(before.Add(limited.RetryAfter)) ||
			r.NextCheckAt.After(before.Add(limited.RetryAfter+time.Minute)) {
			t.Errorf("%s: the refund after a limit of %s: %+v", by, limited.RetryAfter, r)
		}
		if by == "job" {
			w.must(w.RefundCharge(t.Context(), id))
		} else {
			w.clk.Advance(limited.RetryAfter + time.Second)
			w.must(w.Sweep(t.Context()))
		}
		if all := w.atGateway(reference); len(all) != 1 || all[0].Amount != surplus {
			t.Errorf("%s: at the gateway: %+v", by, all)
		}
	}
}

// Who gives back a right that has run out meanwhile does not take it from who has it now.
func TestRightToAskForARefundBelongsToOne(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	fresh := w.refundOf(reference)
	id := fresh.ID
	claimSeeing := func(seen store.Refund) (ask int) {
		w.must(w.st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			ask, err = tx.ClaimRefund(ctx, seen, time.Minute)
			return err
		}))
		return ask
	}
	claim := func() int { return claimSeeing(w.refundOf(reference)) }
	release := func(ask int) {
		w.must(w.st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseRefund(ctx, fresh, ask, tx.Now()) }))
	}
	first := claim()
	if first == 0 || claim() != 0 {
		t.Fatalf("the first right is %d, and a second is given beside it", first)
	}
	w.leaseOver(id)
	if claimSeeing(fresh) != 0 {
		t.Error("who has not seen that the gateway was asked may ask")
	}
	second := claim()
	if second == 0 || second == first {
		t.Fatalf("the rights are %d and %d", first, second)
	}
	release(first)
	if claim() != 0 {
		t.Error("the first holder has given the second's right away")
	}
	release(second)
	if claim() == 0 {
		t.Error("a right that was given back is not free")
	}
	w.leaseOver(id)
	w.must(w.RefundCharge(t.Context(), id))
}

// Our balance at the gateway is too small for the refund: that passes, and the borrower's money is not given up.
func TestRefundThatTheBalanceDoesNotCover(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	id := w.refundOf(reference).ID
	next := w.borrower()
	gateway := w.client()
	to, err := gateway.CreateRecipient(t.Context(), provider.RecipientRequest{Name: "House", AccountNumber: "0000000099", BankCode: "058"})
	w.must(err)
	all := w.sim.Balance()
	_, err = gateway.Transfer(t.Context(), provider.TransferRequest{Amount: all, RecipientCode: to.Code, Reference: "house-account-000001"})
	w.must(err)
	if err := w.RefundCharge(t.Context(), id); err == nil {
		t.Error("no error")
	}
	if r := w.refundOf(reference); r.State != store.RefundCreated {
		t.Errorf("%+v", r)
	}
	other := w.page(next) // money comes in again
	w.pay(other.AuthorizationURL)
	w.apply(other.Reference)
	w.leaseOver(id)
	w.must(w.RefundCharge(t.Context(), id))
	if len(w.atGateway(reference)) != 1 {
		t.Error("not asked for when the balance was there")
	}
	w.house += all
}

// The gateway refuses or fails a refund: the money stays the borrower's in our books, and a person is told.
func TestRefundThatFails(t *testing.T) {
	t.Run("after it was accepted", func(t *testing.T) {
		w := newWorld(t)
		_, reference := w.overpaid()
		w.fault(simulator.FaultRefundFail, reference)
		id := w.refundOf(reference).ID
		w.must(w.RefundCharge(t.Context(), id))
		w.until("the refund fails", func() bool { return w.atGateway(reference)[0].Status == "failed" })
		w.must(w.RefundCharge(t.Context(), id))
		w.must(w.RefundCharge(t.Context(), id))
		w.wantFailedRefund(t, reference)
	})
	t.Run("at once", func(t *testing.T) {
		w := newWorld(t)
		_, reference := w.overpaid()
		w.refundAtGateway(reference, owed) // somebody gave it all back by hand
		w.must(w.RefundCharge(t.Context(), w.refundOf(reference).ID))
		w.wantFailedRefund(t, reference)
	})
}

func (w *world) wantFailedRefund(t *testing.T, reference string) {
	t.Helper()
	if r := w.refundOf(reference); r.State != store.RefundFailed || r.ConcludedAt.IsZero() {
		t.Errorf("%+v", r)
	}
	if got := w.alerts(); !slices.Equal(got, []string{"refund_failed"}) {
		t.Errorf("alerts %q", got)
	}
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: -surplus})
}

// A question about an accepted refund that the gateway cannot answer does not end the refund.
func TestRefundThatCannotBeSeenForAWhile(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	id := w.refundOf(reference).ID
	w.must(w.RefundCharge(t.Context(), id))
	for _, kind := range []simulator.FaultKind{simulator.FaultErrorBefore, simulator.FaultRateLimit, simulator.FaultGarbage} {
		w.fault(kind, "GET /refund/")
		if err := w.RefundCharge(t.Context(), id); err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
	if r := w.refundOf(reference); r.State != store.RefundAccepted {
		t.Errorf("%+v", r)
	}
}

// The gateway wants something from a person. The sweep keeps looking, and books the refund when it is done.
func TestRefundThatNeedsAttention(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	refund := w.refundOf(reference)
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.until("the gateway gives the money back", func() bool { return w.atGateway(reference)[0].Status == "processed" })
	refund = w.refundOf(reference)
	attention := w.rewriting(`"status":"processed"`, `"status":"needs-attention"`)
	w.must(attention.RefundCharge(t.Context(), refund.ID))
	if r := w.refundOf(reference); r.State != store.RefundAttention || !r.NextCheckAt.After(w.clk.Now()) {
		t.Errorf("%+v", r)
	}
	if got := w.alerts(); !slices.Equal(got, []string{"refund_attention"}) {
		t.Errorf("alerts %q", got)
	}
	w.clk.Advance(7 * time.Hour)
	w.must(w.Sweep(t.Context()))
	if r := w.refundOf(reference); r.State != store.RefundDone {
		t.Errorf("%+v", r)
	}
}

// The gateway gave back another amount than we asked for, or in another currency: a person is told, and nothing is booked until it is right.
func TestRefundOfAnotherAmount(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	refund := w.refundOf(reference)
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.until("the gateway gives the money back", func() bool { return w.atGateway(reference)[0].Status == "processed" })
	for _, lie := range [][2]string{{`"amount":"300000"`, `"amount":"300001"`}, {`"currency":"NGN"`, `"currency":"GHS"`}} {
		w.must(w.rewriting(lie[0], lie[1]).RefundCharge(t.Context(), refund.ID))
		if r := w.refundOf(reference); r.State != store.RefundAttention {
			t.Errorf("%s: %+v", lie[1], r)
		}
	}
	if got := w.alerts(); !slices.Equal(got, []string{"refund_mismatch"}) {
		t.Errorf("alerts %q", got)
	}
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: -surplus})
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: 0})
}
