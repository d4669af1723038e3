package servicing_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestRepeatsGiveTheSamePage(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	first := w.page(b)
	if first.LoanID != b.loan || first.Amount != owed || first.Remaining != owed || first.Method != servicing.ByCheckout || first.Status != servicing.PayOpen ||
		!strings.HasPrefix(first.Reference, servicing.CheckoutPrefix) || first.AuthorizationURL == "" || !first.ExpiresAt.Equal(w.clk.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", first)
	}
	w.clk.Advance(23 * time.Hour)
	byID, err := w.Repayment(t.Context(), b.id, b.loan)
	w.must(err)
	if again := w.page(b); again != first || byID != first {
		t.Errorf("repeats give %+v and %+v, first was %+v", again, byID, first)
	}
	if charges := w.sim.Charges(); len(charges) != 1 || charges[0].Email != b.email || charges[0].Amount != owed {
		t.Errorf("the gateway has %+v", charges)
	}
}

func TestWhoMayGetWhichPage(t *testing.T) {
	w := newWorld(t)
	b, other := w.borrower(), w.newcomer()
	for name, ask := range map[string]func() (servicing.Repayment, error){
		"no loan":                 func() (servicing.Repayment, error) { return w.Repayment(t.Context(), other.id, 0) },
		"another borrower's loan": func() (servicing.Repayment, error) { return w.Repayment(t.Context(), other.id, b.loan) },
		"an id that is no loan":   func() (servicing.Repayment, error) { return w.Repayment(t.Context(), b.id, 12345) },
	} {
		if _, err := ask(); !fault.Has(err, catalog.LoanNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	if _, err := w.Repayment(t.Context(), b.id, b.loan); !fault.Has(err, catalog.LoanNotOwing) {
		t.Errorf("a settled loan: %v", err)
	}
}

// Forty requests at two replicas at once: all are shown one page, and only one intent is open.
func TestFortyRequestsShareOnePage(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	second := w.service(testkit.OpenStore(t, w.url, w.keys, w.clk))
	for name, replicas := range map[string][]*servicing.Service{"one replica": {w.Service}, "two replicas": {w.Service, second}} {
		b := b
		if len(replicas) == 2 {
			b = w.borrower()
		}
		answers := make([]servicing.Repayment, 40)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				r, err := replicas[i%len(replicas)].Repayment(t.Context(), b.id, 0)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				answers[i] = r
			})
		}
		wg.Wait()
		for _, r := range answers {
			if r != answers[0] || r.AuthorizationURL == "" {
				t.Errorf("%s: one was shown %+v, another %+v", name, answers[0], r)
			}
		}
		open := w.scalar(`SELECT count(*) FROM payment_intents WHERE loan_id = $1 AND state IN (0, 1)`, b.loan)
		all := w.scalar(`SELECT count(*) FROM payment_intents WHERE loan_id = $1`, b.loan)
		if open != 1 || (len(replicas) == 1 && all != 1) {
			t.Errorf("%s: %d intents are open of %d", name, open, all)
		}
	}
}

// A new page replaces one whose amount is no longer what is owed, and one whose time is over. Whoever pays the old one all the same
// is not lost.
func TestNewPageWhenTheAmountChangesOrTheOldOneExpires(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	first := w.page(b)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 100_000})
	w.must(err)
	second := w.page(b)
	if second.Reference == first.Reference || second.Amount != owed-100_000 {
		t.Errorf("after a part was paid: %+v", second)
	}
	w.clk.Advance(25 * time.Hour)
	third := w.page(b)
	if third.Reference == second.Reference || third.Amount != second.Amount {
		t.Errorf("after a day: %+v", third)
	}
	for _, old := range []servicing.Repayment{first, second} {
		if i := w.intent(old.Reference); i.State != store.IntentSuperseded {
			t.Errorf("%s is in state %d", old.Reference, i.State)
		}
	}
	w.pay(second.AuthorizationURL)
	w.apply(second.Reference)
	w.wantState(b.loan, lending.SettledEarly)
	if i := w.intent(third.Reference); i.State != store.IntentSuperseded {
		t.Errorf("the page of a settled loan is in state %d", i.State)
	}
	// Paid once more on the first page: all of it is the borrower's.
	w.pay(first.AuthorizationURL)
	w.apply(first.Reference)
	w.wantPaid(t, first.Reference, store.Payment{Amount: owed, Credit: owed, PaidAt: w.clk.Now()})
}

func TestGatewayThatIsAwayIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.config.GatewayTimeout = time.Second
	w.Service = w.service(w.st)
	b := w.borrower()
	for _, kind := range []simulator.FaultKind{simulator.FaultSilent, simulator.FaultErrorBefore, simulator.FaultCutBefore, simulator.FaultRateLimit} {
		w.fault(kind, "/transaction/initialize")
		_, err := w.Repayment(t.Context(), b.id, 0)
		if !fault.Has(err, catalog.GatewayUnavailable) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if all := w.scalar(`SELECT count(*) FROM payment_intents WHERE kind = 1`); all != 1 {
		t.Errorf("%d intents", all)
	}
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.wantState(b.loan, lending.SettledEarly)
}

// The gateway accepted a page and its answer was lost: the next request makes another one under a new reference.
func TestLostPageIsReplaced(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultCutAfter, simulator.FaultErrorAfter, simulator.FaultGarbage} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			b := w.borrower()
			w.fault(kind, "/transaction/initialize")
			if _, err := w.Repayment(t.Context(), b.id, 0); !fault.Has(err, catalog.GatewayUnavailable) {
				t.Fatal(err)
			}
			lost := w.sim.Charges()[0]
			page := w.page(b)
			if page.Reference == lost.Reference || page.AuthorizationURL == "" {
				t.Errorf("%+v, the lost one was %s", page, lost.Reference)
			}
			if i := w.intent(lost.Reference); i.State != store.IntentSuperseded {
				t.Errorf("the lost one is in state %d", i.State)
			}
			// Somebody finds the lost page and pays there.
			w.pay(w.gateway + "/checkout/" + lost.AccessCode)
			w.clk.Advance(5 * time.Minute)
			w.must(w.Sweep(t.Context()))
			w.wantState(b.loan, lending.SettledEarly)
		})
	}
}

// A payer whose card is declined gets a new page. The old one stays watched: an attempt there that succeeds is found by the sweep.
func TestDeclinedAtCheckout(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	first := w.page(b)
	w.submit(first.AuthorizationURL+"/pay", url.Values{"card": {"4081"}})
	w.apply(first.Reference)
	w.apply(first.Reference)
	second := w.page(b)
	if second.Reference == first.Reference {
		t.Error("the page of a declined payment is still on offer")
	}
	if got := w.titles(b.id); len(got) != 1 || got[0] != "Your payment did not succeed" {
		t.Errorf("messages %q", got)
	}
	if i := w.intent(first.Reference); i.State != store.IntentSuperseded || i.Failure != "declined" {
		t.Errorf("%+v", i)
	}
	w.clk.Advance(24*time.Hour + 72*time.Hour + 7*time.Hour)
	w.must(w.Sweep(t.Context()))
	if i := w.intent(first.Reference); i.State != store.IntentFailed || i.Failure != "declined" || !i.NextCheckAt.IsZero() {
		t.Errorf("after its time: %+v", i)
	}
	w.wantState(b.loan, lending.Active)
}

// No event comes. A borrower who asks for the page again is not shown one that is paid or declined.
func TestPageIsLookedAtBeforeItIsOfferedAgain(t *testing.T) {
	w := newWorld(t)
	w.config.GatewayTimeout = time.Second
	w.Service = w.service(w.st)
	b := w.borrower()
	first := w.page(b)
	w.submit(first.AuthorizationURL+"/decline", nil)
	w.clk.Advance(time.Minute)
	w.fault(simulator.FaultSilent, "/transaction/verify")
	if again := w.page(b); again != first {
		t.Errorf("while the gateway is silent: %+v", again)
	}
	second := w.page(b)
	if second.Reference == first.Reference {
		t.Error("the page of a declined payment is still on offer")
	}
	for range 20 { // an app that asks and asks does not keep the sweep from asking
		w.page(b)
	}
	w.clk.Advance(time.Minute)
	for range 20 {
		w.page(b)
	}
	if i := w.intent(second.Reference); i.Checks > 1 || i.NextCheckAt.Sub(w.clk.Now()) > time.Minute {
		t.Errorf("%+v", i)
	}
	w.pay(second.AuthorizationURL)
	_, err := w.Repayment(t.Context(), b.id, b.loan)
	if !fault.Has(err, catalog.LoanNotOwing) {
		t.Errorf("of a loan that was just paid: %v", err)
	}
	w.wantState(b.loan, lending.SettledEarly)
}

// Pages that nobody pays are given up in the end, without a message; an event that comes later still is heard.
func TestPageNobodyPays(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.fault(simulator.FaultErrorBefore, "/transaction/initialize")
	if _, err := w.Repayment(t.Context(), b.id, 0); !fault.Has(err, catalog.GatewayUnavailable) {
		t.Fatal(err)
	}
	never := w.scalar(`SELECT id FROM payment_intents`)
	w.clk.Advance(25 * time.Hour)
	w.must(w.Sweep(t.Context()))
	if i, err := w.st.IntentByID(t.Context(), never); err != nil || i.State != store.IntentFailed || i.Failure != "never_accepted" {
		t.Errorf("a page that was never opened: %+v, %v", i, err)
	}
	page := w.page(b)
	for range 14 {
		w.must(w.Sweep(t.Context()))
		w.clk.Advance(7 * time.Hour)
	}
	w.must(w.Sweep(t.Context()))
	if i := w.intent(page.Reference); i.State != store.IntentFailed || i.Failure != "expired" || i.Checks < 5 {
		t.Errorf("%+v", i)
	}
	if got := w.titles(b.id); len(got) != 0 {
		t.Errorf("messages %q", got)
	}
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	if i := w.intent(page.Reference); i.State != store.IntentPaid || i.Failure != "" {
		t.Errorf("paid after all: %+v", i)
	}
}

// A caller who hangs up while the page is being opened does not cost the page.
func TestCallerWhoHangsUp(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.must(w.sim.Inject(simulator.Fault{Kind: simulator.FaultSlow, Match: "/transaction/initialize", Delay: 2 * time.Second}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // enough to reach the gateway
	defer cancel()
	if _, err := w.Repayment(ctx, b.id, 0); !fault.Has(err, catalog.GatewayUnavailable) {
		t.Error(err)
	}
	page := w.page(b)
	if all := w.scalar(`SELECT count(*) FROM payment_intents`); all != 1 || page.AuthorizationURL == "" {
		t.Errorf("%d intents, %+v", all, page)
	}
}
