package servicing_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

const anyKey = "key-number-1"

// wantFault checks the reason of a refusal.
func wantFault(t *testing.T, what string, err error, want catalog.Entry) {
	t.Helper()
	if !fault.Has(err, want) {
		t.Errorf("%s: %v, want %s", what, err, want.Reason)
	}
}

// repayments are the charges at the gateway but for the card checks.
func (w *world) repayments() (charges []simulator.Charge) {
	for _, c := range w.sim.Charges() {
		if c.Amount != 50_00 {
			charges = append(charges, c)
		}
	}
	return charges
}

func TestCardPays(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	first, replayed, err := w.RepayByCard(t.Context(), r)
	w.must(err)
	want := servicing.Repayment{LoanID: b.loan, Amount: owed, Reference: first.Reference, Method: servicing.ByCard, Status: servicing.Paid}
	if first != want || replayed {
		t.Errorf("%+v, replayed %v", first, replayed)
	}
	w.wantState(b.loan, lending.SettledEarly)
	// The answer of a repeat is the first one, however the world has moved on.
	w.clk.Advance(30 * 24 * time.Hour)
	again, replayed, err := w.RepayByCard(t.Context(), r)
	if err != nil || !replayed || again != first {
		t.Errorf("%+v, replayed %v, %v", again, replayed, err)
	}
	r.Amount = 1000
	_, _, err = w.RepayByCard(t.Context(), r)
	wantFault(t, "the key with another amount", err, catalog.IdempotencyKeyReused)
	_, _, err = w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Loan: b.loan, Key: "key-number-2"})
	wantFault(t, "a settled loan", err, catalog.LoanNotOwing)
	if n := len(w.repayments()); n != 1 {
		t.Errorf("%d charges", n)
	}
}

func TestWhatCannotBeCharged(t *testing.T) {
	w := newWorld(t)
	b, bare, other := w.cardholder("4084"), w.borrower(), w.newcomer()
	for name, c := range map[string]struct {
		r    servicing.CardRepayment
		want catalog.Entry
	}{
		"no loan":                    {servicing.CardRepayment{Borrower: other.id}, catalog.LoanNotFound},
		"another borrower's loan":    {servicing.CardRepayment{Borrower: bare.id, Loan: b.loan}, catalog.LoanNotFound},
		"more than is owed":          {servicing.CardRepayment{Borrower: b.id, Amount: owed + 1}, catalog.AmountOutOfRange},
		"less than nothing":          {servicing.CardRepayment{Borrower: b.id, Amount: -1}, catalog.AmountOutOfRange},
		"another borrower's account": {servicing.CardRepayment{Borrower: b.id, Account: bare.account}, catalog.CardNotFound},
		"an account without a card":  {servicing.CardRepayment{Borrower: bare.id}, catalog.CardNotBound},
	} {
		c.r.Key = "key-of-" + strings.ReplaceAll(name, " ", "-")
		for i := range 2 {
			_, _, err := w.RepayByCard(t.Context(), c.r)
			wantFault(t, name, err, c.want)
			var f *fault.Error
			if errors.As(err, &f) && f.Replayed != (i > 0) {
				t.Errorf("%s: replayed is %v at attempt %d", name, f.Replayed, i)
			}
		}
	}
	if n := len(w.repayments()); n != 0 {
		t.Errorf("%d charges", n)
	}
	// A new attempt has a new key.
	if r, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: owed, Key: anyKey}); err != nil || r.Status != servicing.Paid {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDeclinedCard(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	w.fault(simulator.FaultDeclineCharge, b.email)
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	_, replayed, err := w.RepayByCard(t.Context(), r)
	wantFault(t, "declined", err, catalog.CardDeclined)
	_, again, err := w.RepayByCard(t.Context(), r)
	wantFault(t, "repeated", err, catalog.CardDeclined)
	if replayed || !again || len(w.repayments()) != 1 {
		t.Errorf("replayed %v and %v, %d charges", replayed, again, len(w.repayments()))
	}
	if got := w.titles(b.id); !slices.Equal(got, []string{"Your payment did not succeed"}) {
		t.Errorf("messages %q", got)
	}
	// A hint about the declined charge is no failure.
	w.apply(w.repayments()[0].Reference)
	r.Key = "key-number-2"
	if paid, _, err := w.RepayByCard(t.Context(), r); err != nil || paid.Status != servicing.Paid {
		t.Errorf("another attempt: %+v, %v", paid, err)
	}
}

// A card whose authorization is over at the gateway is refused, which is as good as declined.
func TestCardTheGatewayRefuses(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.in(bindCard(b, "AUTH_unknown"))
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Key: anyKey})
	wantFault(t, "an authorization that is over", err, catalog.CardDeclined)
	if i := w.latest(b); i.State != store.IntentFailed || len(w.repayments()) != 0 {
		t.Errorf("%+v, %d charges", i, len(w.repayments()))
	}
}

// The bank asks the card holder: the charge is neither paid nor failed until the answer is in.
func TestSecondFactor(t *testing.T) {
	for answer, want := range map[string]store.IntentState{"approve": store.IntentPaid, "decline": store.IntentFailed} {
		t.Run(answer, func(t *testing.T) {
			w := newWorld(t)
			b := w.cardholder("4080")
			r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
			first, _, err := w.RepayByCard(t.Context(), r)
			w.must(err)
			if first.Status != servicing.PayConfirm || first.AuthorizationURL == "" || first.Remaining != owed || first.ExpiresAt.IsZero() {
				t.Errorf("%+v", first)
			}
			w.apply(first.Reference) // still nothing
			_, _, err = w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id})
			wantFault(t, "another charge meanwhile", err, catalog.PaymentInProgress)
			w.submit(first.AuthorizationURL+"/"+answer, nil)
			w.clk.Advance(time.Minute)
			w.must(w.Sweep(t.Context()))
			if i := w.intent(first.Reference); i.State != want {
				t.Errorf("state %d, want %d", i.State, want)
			}
			again, replayed, err := w.RepayByCard(t.Context(), r)
			if err != nil || !replayed || again != first {
				t.Errorf("%+v, replayed %v, %v", again, replayed, err)
			}
		})
	}
}

// A second factor that nobody answers does not lock the card out for ever, and is honoured when it is answered all the same.
func TestSecondFactorNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4080")
	first, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 100_000})
	w.must(err)
	w.clk.Advance(25 * time.Hour)
	w.must(w.Sweep(t.Context()))
	if i := w.intent(first.Reference); i.State != store.IntentSuperseded {
		t.Errorf("after a day: %+v", i)
	}
	second, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 200_000})
	w.must(err)
	w.submit(first.AuthorizationURL+"/approve", nil)
	w.submit(second.AuthorizationURL+"/approve", nil)
	w.clk.Advance(7 * time.Hour)
	w.must(w.Sweep(t.Context()))
	if l := w.loan(b.loan); l.Balances.Paid.Total() != 300_000 {
		t.Errorf("paid %+v", l.Balances.Paid)
	}
	third, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 1_000})
	w.must(err)
	for range 15 {
		w.clk.Advance(7 * time.Hour)
		w.must(w.Sweep(t.Context()))
	}
	if i := w.intent(third.Reference); i.State != store.IntentFailed || i.Failure != "expired" {
		t.Errorf("never answered: %+v", i)
	}
	if got := w.titles(b.id); got[0] != "Your payment did not succeed" {
		t.Errorf("messages %q", got)
	}
}

// The gateway charged the card and its answer was lost: the caller hears that it is not decided, the sweep finds the payment.
func TestLostAnswerOfACharge(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultCutAfter, simulator.FaultErrorAfter, simulator.FaultGarbage} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			b := w.cardholder("4084")
			w.fault(kind, "charge_authorization")
			r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
			first, _, err := w.RepayByCard(t.Context(), r)
			w.must(err)
			if first.Status != servicing.PayOpen || first.Remaining != owed || first.Reference == "" {
				t.Errorf("%+v", first)
			}
			_, _, err = w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id})
			wantFault(t, "another charge meanwhile", err, catalog.PaymentInProgress)
			w.clk.Advance(10 * time.Second)
			w.must(w.Sweep(t.Context()))
			w.wantState(b.loan, lending.SettledEarly)
			again, replayed, err := w.RepayByCard(t.Context(), r)
			if err != nil || !replayed || again != first {
				t.Errorf("%+v, replayed %v, %v", again, replayed, err)
			}
			if n := len(w.repayments()); n != 1 {
				t.Errorf("%d charges", n)
			}
		})
	}
}

// The gateway never got the charge, and nobody can know at first. Once it cannot be under way any more it is over, and the borrower is
// told; the card can be charged again.
func TestChargeThatNeverArrived(t *testing.T) {
	w := newWorld(t)
	w.config.GatewayTimeout = time.Second
	w.Service = w.service(w.st)
	b := w.cardholder("4084")
	for i, kind := range []simulator.FaultKind{simulator.FaultCutBefore, simulator.FaultErrorBefore, simulator.FaultSilent} {
		w.fault(kind, "charge_authorization")
		first, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Key: "key-" + string(kind)})
		w.must(err)
		if first.Status != servicing.PayOpen {
			t.Errorf("%s: %+v", kind, first)
		}
		w.clk.Advance(time.Minute)
		w.must(w.Sweep(t.Context()))
		if in := w.intent(first.Reference); in.State != store.IntentCreated {
			t.Errorf("%s: given up after a minute: %+v", kind, in)
		}
		w.clk.Advance(2 * time.Minute)
		w.must(w.Sweep(t.Context()))
		if in := w.intent(first.Reference); in.State != store.IntentFailed || in.Failure != "never_accepted" {
			t.Errorf("%s: %+v", kind, in)
		}
		if told := w.scalar(`SELECT count(*) FROM messages WHERE title = 'Your payment did not succeed'`); told != int64(i+1) {
			t.Errorf("%s: told %d times", kind, told)
		}
	}
	if r, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id}); err != nil || r.Status != servicing.Paid {
		t.Errorf("%+v, %v", r, err)
	}
}

// The process died between the commitment of a charge and its call: the key answers "in progress" until the charge is given up, and is
// free then.
func TestProcessThatDiesBeforeTheCall(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	w.in(plannedCharge(w, b, r))
	_, _, err := w.RepayByCard(t.Context(), r)
	wantFault(t, "after the death", err, catalog.OperationInProgress)
	var f *fault.Error
	if !errors.As(err, &f) || f.RetryAfter <= 0 {
		t.Error("no wait is named")
	}
	for range 3 {
		w.clk.Advance(time.Minute)
		w.must(w.Sweep(t.Context()))
	}
	paid, replayed, err := w.RepayByCard(t.Context(), r)
	if err != nil || replayed || paid.Status != servicing.Paid {
		t.Errorf("%+v, replayed %v, %v", paid, replayed, err)
	}
}

// The gateway did not look at the charge: nothing happened, and the key is free.
func TestRefusedCallFreesTheKey(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	for range 3 {
		w.fault(simulator.FaultRateLimit, "charge_authorization")
		_, replayed, err := w.RepayByCard(t.Context(), r)
		wantFault(t, "429", err, catalog.GatewayUnavailable)
		var f *fault.Error
		if !errors.As(err, &f) || f.RetryAfter != 2*time.Second || replayed {
			t.Errorf("wait %v, replayed %v", f, replayed)
		}
	}
	if got := w.titles(b.id); len(got) != 0 {
		t.Errorf("messages %q", got)
	}
	paid, replayed, err := w.RepayByCard(t.Context(), r)
	if err != nil || replayed || paid.Status != servicing.Paid {
		t.Errorf("%+v, replayed %v, %v", paid, replayed, err)
	}
}

// A key of ours that the gateway does not accept is our mistake, not the borrower's card.
func TestWrongKeyOfTheGateway(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	stranger := w.stranger()
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	_, _, err := stranger.RepayByCard(t.Context(), r)
	wantFault(t, "401", err, catalog.GatewayUnavailable)
	if paid, replayed, err := w.RepayByCard(t.Context(), r); err != nil || replayed || paid.Status != servicing.Paid {
		t.Errorf("%+v, replayed %v, %v", paid, replayed, err)
	}
}

// A double tap, forty-fold: one charge. The others are answered as repeats, as in progress, or as having nothing left to pay.
func TestFortyChargesAtOnceAreOne(t *testing.T) {
	for name, r := range map[string]servicing.CardRepayment{
		"with a key, a part":       {Amount: 100_000, Key: anyKey},
		"with a key, everything":   {Key: anyKey},
		"without a key":            {},
		"without a key, one by id": {Loan: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.cardholder("4084")
			r.Borrower = b.id
			if r.Loan != 0 {
				r.Loan = b.loan
			}
			var mu sync.Mutex
			var fresh, repeated int
			var wg sync.WaitGroup
			for range 40 {
				wg.Go(func() {
					paid, replayed, err := w.RepayByCard(t.Context(), r)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil && paid.Status == servicing.Paid && replayed:
						repeated++
					case err == nil && paid.Status == servicing.Paid:
						fresh++
					case r.Key != "" && fault.Has(err, catalog.OperationInProgress), fault.Has(err, catalog.Unavailable):
					case r.Key == "" && (fault.Has(err, catalog.PaymentInProgress) || fault.Has(err, catalog.LoanNotFound) || fault.Has(err, catalog.LoanNotOwing)):
					default:
						t.Errorf("%+v, %v", paid, err)
					}
				})
			}
			wg.Wait()
			amount := max(r.Amount, 0)
			if amount == 0 {
				amount = owed
			}
			if n := len(w.repayments()); fresh != 1 || n != 1 || (r.Key == "" && repeated > 0) {
				t.Errorf("%d charged, %d repeated, %d charges at the gateway", fresh, repeated, n)
			}
			if paid := w.loan(b.loan).Balances.Paid.Total(); paid != amount {
				t.Errorf("paid %d, want %d", paid, amount)
			}
		})
	}
}

// Charges of two borrowers and all hints about them at once do not get in each other's way.
func TestChargesAndHintsAtOnce(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := money.Kobo(0)
	for i := range 24 {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				paid, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 10_000})
				if err == nil {
					mu.Lock()
					total += paid.Amount
					mu.Unlock()
				} else if !fault.Has(err, catalog.PaymentInProgress) && !fault.Has(err, catalog.Unavailable) {
					t.Error(err)
				}
			case 1:
				if _, err := w.Repayment(t.Context(), b.id, 0); err != nil && !fault.Has(err, catalog.Unavailable) {
					t.Error(err)
				}
			default:
				for _, c := range w.repayments() {
					if err := w.ApplyCharge(t.Context(), c.Reference); err != nil && !fault.Has(err, catalog.Unavailable) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if paid := w.loan(b.loan).Balances.Paid.Total(); paid != total {
		t.Errorf("paid %d, answers say %d", paid, total)
	}
	if n := w.scalar(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}
