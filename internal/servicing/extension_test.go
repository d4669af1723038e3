package servicing_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// fee is that of product 301: half of its service fee, for seven days more, twice at most.
const fee = money.Kobo(114_500)

// offer is the extension that is offered to a person.
func (w *world) offer(b person) servicing.Extension {
	w.t.Helper()
	e, err := w.Extension(w.t.Context(), b.id, 0)
	w.must(err)
	return e
}

// atOnce runs n calls at once and gives their errors as one.
func atOnce(n int, call func() error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = call() })
	}
	all.Wait()
	return errors.Join(errs...)
}

func TestFortyAtOnceBuyOneExtension(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	due := w.loan(b.loan).DueAt
	second := w.service(w.st)
	var mu sync.Mutex
	pages := map[string]bool{}
	w.must(atOnce(40, func() error {
		s := w.Service
		mu.Lock()
		if len(pages)%2 == 0 {
			s = second
		}
		mu.Unlock()
		e, err := s.Extension(t.Context(), b.id, b.loan)
		mu.Lock()
		defer mu.Unlock()
		pages[e.AuthorizationURL] = true
		return err
	}))
	if len(pages) != 1 {
		t.Fatalf("%d pages: %v", len(pages), pages)
	}
	e := w.offer(b)
	if !e.Eligible || e.Fee != fee || !e.NewDueAt.Equal(due.AddDate(0, 0, 7)) || e.Left != 2 || e.Extended != 0 {
		t.Errorf("the offer is %+v", e)
	}
	if l := w.loan(b.loan); !l.DueAt.Equal(due) {
		t.Error("the due date moved before the fee was paid")
	}
	w.pay(e.AuthorizationURL)
	w.must(atOnce(40, func() error { return w.ApplyCharge(t.Context(), e.Reference) }))
	l := w.loan(b.loan)
	if l.Extensions != 1 || !l.DueAt.Equal(due.AddDate(0, 0, 7)) || !l.FirstDueAt.Equal(due) || l.State != lending.Active || l.Outstanding().Total() != owed {
		t.Errorf("after the fee: %d extensions, due %s, %s, owed %d", l.Extensions, l.DueAt, l.State, l.Outstanding().Total())
	}
	w.wantPaid(t, e.Reference, store.Payment{Amount: fee, Extension: fee, PaidAt: w.clk.Now()})
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.ExtensionFeeIncome: -fee, ledger.BorrowerCredit: 0})
	if got := w.titles(b.id); len(got) != 1 || got[0] != "Your due date has moved" {
		t.Errorf("messages %q", got)
	}
	if next := w.offer(b); next.Extended != 1 || next.Left != 1 || next.Reference == e.Reference {
		t.Errorf("the next offer is %+v", next)
	}
	w.pay(w.page(b).AuthorizationURL)
	w.apply(w.page(b).Reference)
	w.wantState(b.loan, lending.SettledEarly)
}

func TestNoMoreExtensionsThanTheProductAllows(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	// Three pages, each off the offer when the next one is made, and all of them paid.
	var pages []servicing.Extension
	for range 3 {
		pages = append(pages, w.offer(b))
		w.clk.Advance(25 * time.Hour)
	}
	for _, p := range pages {
		w.pay(p.AuthorizationURL)
	}
	w.must(atOnce(12, func() error {
		return errors.Join(w.ApplyCharge(t.Context(), pages[0].Reference), w.ApplyCharge(t.Context(), pages[1].Reference), w.ApplyCharge(t.Context(), pages[2].Reference))
	}))
	if l := w.loan(b.loan); l.Extensions != 2 {
		t.Errorf("%d extensions", l.Extensions)
	}
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.ExtensionFeeIncome: -2 * fee, ledger.BorrowerCredit: -fee})
	if e := w.offer(b); e.Eligible || e.Reason != servicing.NoneLeft || e.Reference != "" {
		t.Errorf("the offer is %+v", e)
	}
}

func TestAFeeForASettledLoanGoesBack(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	e := w.offer(b)
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.wantState(b.loan, lending.SettledEarly)
	if got, err := w.Extension(t.Context(), b.id, b.loan); err != nil || got.Eligible || got.Reason != servicing.NotOwing {
		t.Errorf("the offer for a settled loan is %+v, %v", got, err)
	}
	w.pay(e.AuthorizationURL)
	w.clk.Advance(10 * time.Minute)
	w.must(w.Sweep(t.Context())) // nobody told us
	w.wantPaid(t, e.Reference, store.Payment{Amount: fee, Credit: fee, PaidAt: w.intent(e.Reference).PaidAt})
	if r := w.refundOf(e.Reference); r.Amount != fee {
		t.Errorf("the refund is %+v", r)
	}
	w.wantState(b.loan, lending.SettledEarly)
}

func TestAnExtensionEndsBeingPastDue(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.late(b, 3)
	w.wantState(b.loan, lending.Overdue)
	before := w.loan(b.loan)
	e := w.offer(b)
	w.pay(e.AuthorizationURL)
	// The gateway's answer reaches us two days later, after two more daily runs: what counts is when the fee was paid.
	paid := w.clk.Now()
	w.clk.Advance(48 * time.Hour)
	w.lateRun(b)
	if charged := w.loan(b.loan).Charged.Penalty; charged <= before.Charged.Penalty {
		t.Fatalf("the daily run charged nothing: %d", charged)
	}
	w.apply(e.Reference)
	l := w.loan(b.loan)
	if l.State != lending.Active || l.Charged.Penalty != before.Charged.Penalty || lending.PositionAt(l.Loan, w.clk.Now()).OverDays != 0 {
		t.Errorf("after the fee of %s: %s, penalty %d, want %d", paid, l.State, l.Charged.Penalty, before.Charged.Penalty)
	}
	w.clk.Set(l.DueAt.AddDate(0, 0, 20))
	if e := w.offer(b); e.Eligible || e.Reason != servicing.TooLate {
		t.Errorf("an offer that would leave the loan past due: %+v", e)
	}
	w.lateRun(b)
	w.wantState(b.loan, lending.Overdue)
}

// lateRun does for the person's loan what the daily run of today does.
func (w *world) lateRun(b person) {
	w.t.Helper()
	w.late(b, clock.DateOf(w.clk.Now()).Sub(w.loan(b.loan).DueDate()))
}

func TestAnExtensionWithoutAFee(t *testing.T) {
	w := newWorld(t)
	b, other := w.borrower(), w.borrower()
	_, _, err := w.Extend(t.Context(), b.id, 0, "")
	wantFault(t, "refusal", err, catalog.ExtensionNotAllowed) // there is a fee
	testkit.Exec(t, w.url, `UPDATE loans SET conditions = jsonb_set(conditions, '{ExtensionFee}', '0')`)
	if e := w.offer(b); !e.Eligible || e.AuthorizationURL != "" || e.Reference != "" {
		t.Errorf("a free extension is offered as %+v", e)
	}
	due := w.loan(b.loan).DueAt
	var mu sync.Mutex
	replays := 0
	w.must(atOnce(40, func() error {
		_, replayed, err := w.Extend(t.Context(), b.id, b.loan, "the-same-key")
		mu.Lock()
		defer mu.Unlock()
		if replayed {
			replays++
		}
		return err
	}))
	if l := w.loan(b.loan); l.Extensions != 1 || !l.DueAt.Equal(due.AddDate(0, 0, 7)) || replays != 39 {
		t.Errorf("%d extensions, due %s, %d replays", l.Extensions, l.DueAt, replays)
	}
	_, _, err = w.Extend(t.Context(), b.id, other.loan, "the-same-key")
	wantFault(t, "refusal", err, catalog.IdempotencyKeyReused)
	_, _, err = w.Extend(t.Context(), b.id, other.loan, "another-key")
	wantFault(t, "refusal", err, catalog.LoanNotFound)
	e, _, err := w.Extend(t.Context(), b.id, 0, "")
	w.must(err)
	if e.Extended != 2 || e.Left != 0 || e.Eligible {
		t.Errorf("after two: %+v", e)
	}
	_, _, err = w.Extend(t.Context(), b.id, 0, "")
	wantFault(t, "refusal", err, catalog.ExtensionNotAllowed)
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	_, _, err = w.Extend(t.Context(), b.id, b.loan, "")
	wantFault(t, "refusal", err, catalog.LoanNotOwing)
}

func TestADeclinedFeePageIsReplaced(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	first := w.offer(b)
	w.submit(first.AuthorizationURL+"/pay", map[string][]string{"card": {"4081"}})
	w.clk.Advance(time.Minute)
	second := w.offer(b)
	if second.Reference == first.Reference || w.intent(first.Reference).State != store.IntentSuperseded {
		t.Errorf("the page of a declined fee is still on offer: %+v", w.intent(first.Reference))
	}
	w.pay(second.AuthorizationURL)
	w.apply(second.Reference)
	if l := w.loan(b.loan); l.Extensions != 1 {
		t.Errorf("%d extensions", l.Extensions)
	}
}
