package origination

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
)

// soon makes what is pending at the gateway end after a moment.
func soon(o *simulator.Options) { o.Delay = 20 * time.Millisecond }

// gatewaySays waits until the gateway has a transfer in a status.
func (w *world) gatewaySays(reference, status string) {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		for _, transfer := range w.sim.Transfers() {
			if transfer.Reference == reference && transfer.Status == status {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	w.t.Fatalf("the gateway never said %s of %s: %+v", status, reference, w.sim.Transfers())
}

// sweepAfter moves the clock and sweeps.
func (w *world) sweepAfter(d time.Duration) {
	w.t.Helper()
	w.clk.Advance(d)
	w.must(w.SweepPayouts(w.t.Context()))
}

func TestPayoutsByTheEndOfTheAccount(t *testing.T) {
	const received, approved, sent = "We have received your application", "Your loan is approved", "Your money has been sent"
	const failed, returned = "Your payout did not succeed", "Your payout came back"
	for ending, c := range map[string]struct {
		first   lending.State        // right after the transfer was sent
		gateway string               // what the gateway comes to say
		last    lending.State        // once it was asked
		learn   func(*world, string) // how we get to know
		titles  []string             // of the messages
		sends   int                  // of the transfer
	}{
		"09": {lending.Active, "success", lending.Active, nil, []string{received, approved, sent}, 1},
		"01": {lending.Disbursing, "success", lending.Active, byEvent, []string{received, approved, sent}, 1},
		"02": {lending.Disbursing, "failed", lending.DisbursementFailed, byEvent, []string{received, approved, failed}, 1},
		"03": {lending.Active, "reversed", lending.Reversed, byEvent, []string{received, approved, sent, returned}, 1},
		"04": {lending.Disbursing, "success", lending.Active, bySweep, []string{received, approved, sent}, 1},
		"05": {lending.Disbursing, "", lending.Active, bySweep, []string{received, approved, sent}, 2},
		"06": {lending.Disbursing, "success", lending.Active, bySweep, []string{received, approved, sent}, 1},
		"07": {lending.Disbursing, "abandoned", lending.DisbursementFailed, bySweep, []string{received, approved, failed}, 1},
		"00": {lending.DisbursementRejected, "", lending.DisbursementRejected, nil, []string{received, approved, failed}, 0},
	} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, soon)
			p := w.person(1, ending)
			l := w.approved(p)
			w.must(w.StartPayout(t.Context(), l.ID))
			w.inState(l.ID, c.first)
			if c.sends > 0 {
				reference := w.payout(l.ID).Reference
				if c.gateway != "" {
					w.gatewaySays(reference, c.gateway)
				}
				if c.learn != nil {
					c.learn(w, reference)
				}
				if got := w.payout(l.ID); got.Sends != c.sends || got.Amount != l.Terms.Disbursed || got.State.Open() || got.ConcludedAt.IsZero() {
					t.Errorf("%+v", got)
				}
			}
			l = w.inState(l.ID, c.last)
			if titles := w.messages(p.id); !slices.Equal(titles, c.titles) {
				t.Errorf("messages %q", titles)
			}
			w.equalsLedger(l.ID)
			if c.last == lending.Active {
				w.audit(l)
				if !l.DueAt.Equal(l.DisbursedAt.Add(7*24*time.Hour)) || l.Outstanding() != l.Terms.Charged() || l.DisbursedAt.After(w.clk.Now()) {
					t.Errorf("%+v", l.Loan)
				}
			} else {
				w.audit()
				if _, err := w.Apply(t.Context(), w.application(p)); err != nil {
					t.Errorf("the borrower cannot apply again: %v", err)
				}
			}
			// Told again, nothing changes.
			if c.sends > 0 {
				w.must(w.ApplyPayout(t.Context(), w.payout(l.ID).Reference))
				w.sweepAfter(time.Hour)
				w.inState(l.ID, c.last)
				if titles := w.messages(p.id); len(titles) != len(c.titles) && c.last == lending.Active {
					t.Errorf("messages %q", titles)
				}
			}
		})
	}
}

func byEvent(w *world, reference string) { w.must(w.ApplyPayout(w.t.Context(), reference)) }
func bySweep(w *world, _ string)         { w.sweepAfter(4 * time.Second) }

// Wherever a worker dies, and however many take over at once, the money leaves once.
func TestCrashesPayOnce(t *testing.T) {
	ctx := func(w *world) context.Context { return w.t.Context() }
	opened := func(w *world, l store.Loan) store.Payout {
		account, err := w.store.BankAccount(ctx(w), l.BorrowerID, l.BankAccountID)
		w.must(err)
		recipient, err := w.recipient(ctx(w), account)
		w.must(err)
		p, err := w.openPayout(ctx(w), l, recipient)
		w.must(err)
		return p
	}
	claimed := func(w *world, l store.Loan) store.Payout {
		p := opened(w, l)
		w.write(func(ctx context.Context, tx *store.Tx) error { return tx.ClaimSend(ctx, p, tx.Now().Add(claimWait)) })
		return p
	}
	for name, die := range map[string]func(w *world, l store.Loan){
		"before anything": func(*world, store.Loan) {},
		"after the recipient is made": func(w *world, l store.Loan) {
			account, err := w.store.BankAccount(ctx(w), l.BorrowerID, l.BankAccountID)
			w.must(err)
			_, err = w.recipient(ctx(w), account)
			w.must(err)
		},
		"after the intent": func(w *world, l store.Loan) { opened(w, l) },
		"before the call":  func(w *world, l store.Loan) { claimed(w, l) },
		"after the call, before it is written down": func(w *world, l store.Loan) {
			p := claimed(w, l)
			_, err := w.payments.Transfer(ctx(w), provider.TransferRequest{Amount: p.Amount, RecipientCode: p.RecipientCode, Reference: p.Reference, Reason: "Loan payout"})
			w.must(err)
		},
		"answer cut":        meets(simulator.FaultCutAfter),
		"answer is garbage": meets(simulator.FaultGarbage),
		"500 after":         meets(simulator.FaultErrorAfter),
		"request cut":       meets(simulator.FaultCutBefore),
		"500 before":        meets(simulator.FaultErrorBefore),
		"too many requests": meets(simulator.FaultRateLimit),
	} {
		for _, takeover := range []string{"by the job", "by the sweep", "by eight at once"} {
			t.Run(name+", "+takeover, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				l := w.approved(w.person(1, "09"))
				die(w, l)
				replica := w.service(w.gateway)
				switch takeover {
				case "by the job":
					w.must(replica.StartPayout(t.Context(), l.ID))
				case "by the sweep":
					w.clk.Advance(2 * time.Minute)
					w.must(replica.SweepPayouts(t.Context()))
				default:
					for i, err := range together(8, func(i int) error {
						if i%2 == 0 {
							return replica.StartPayout(t.Context(), l.ID)
						}
						return w.StartPayout(t.Context(), l.ID)
					}) {
						if err != nil {
							t.Errorf("%d: %v", i, err)
						}
					}
				}
				w.sweepAfter(2 * time.Minute)
				l = w.inState(l.ID, lending.Active)
				w.audit(l)
				w.equalsLedger(l.ID)
				if n := len(w.sim.Transfers()); n != 1 {
					t.Errorf("%d transfers", n)
				}
			})
		}
	}
}

// meets lets a worker run into a fault of the gateway's transfer call.
func meets(kind simulator.FaultKind) func(*world, store.Loan) {
	return func(w *world, l store.Loan) {
		// The recipient's call ("POST /transferrecipient") matches too: it is made first, so that it does not use the fault up.
		account, err := w.store.BankAccount(w.t.Context(), l.BorrowerID, l.BankAccountID)
		w.must(err)
		_, err = w.recipient(w.t.Context(), account)
		w.must(err)
		w.inject(simulator.Fault{Kind: kind, Match: "POST /transfer"})
		w.must(w.StartPayout(w.t.Context(), l.ID))
		w.inState(l.ID, lending.Disbursing)
		w.sim.ClearFaults()
	}
}

func TestAnAnswerThatIsNotOursChangesNothing(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultWrongAmount, simulator.FaultWrongCurrency} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, soon)
			l := w.approved(w.person(1, "01"))
			w.must(w.StartPayout(t.Context(), l.ID))
			reference := w.payout(l.ID).Reference
			w.gatewaySays(reference, "success")
			w.inject(simulator.Fault{Kind: kind, Match: reference})
			w.must(w.ApplyPayout(t.Context(), reference))
			w.inState(l.ID, lending.Disbursing)
			if alerts := w.alerts(alertMismatch); len(alerts) != 1 || alerts[0].Subject != reference {
				t.Errorf("%+v", alerts)
			}
			w.sweepAfter(10 * time.Minute)
			w.inState(l.ID, lending.Disbursing)
			w.sweepAfter(time.Hour) // the gateway tells the truth again
			w.audit(w.inState(l.ID, lending.Active))
		})
	}
}

func TestAReversalIsFoundWithoutAnEvent(t *testing.T) {
	w := newWorld(t, soon)
	l := w.approved(w.person(1, "03"))
	w.must(w.StartPayout(t.Context(), l.ID))
	w.inState(l.ID, lending.Active)
	w.gatewaySays(w.payout(l.ID).Reference, "reversed")
	w.sweepAfter(59 * time.Minute)
	w.inState(l.ID, lending.Active)
	w.sweepAfter(time.Minute)
	w.inState(l.ID, lending.Reversed)
	w.equalsLedger(l.ID)
	w.audit()
	if alerts := w.alerts(alertReversed); len(alerts) != 1 {
		t.Errorf("%+v", alerts)
	}
}

// pay books a payment on a loan, as servicing would.
func (w *world) pay(l store.Loan, amount int64) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error {
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil {
			return err
		}
		effect, err := lending.ApplyPayment(locked.Loan, kobo(amount), tx.Now(), tx.Now())
		if err != nil {
			return err
		}
		batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, "test-payment", ledger.FromGateway, effect.Movement)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batches...); err != nil {
			return err
		}
		seen := locked.State
		locked.Loan = effect.Loan
		return tx.UpdateLoan(ctx, seen, locked, "gateway")
	})
}

func TestAReversalGivesBackWhatWasPaid(t *testing.T) {
	t.Run("at once", func(t *testing.T) { reversalGivesBack(t, 0) })
	// Its penalty up to the day, which no daily run has charged, is booked and cancelled with the rest.
	t.Run("when the loan is overdue", func(t *testing.T) { reversalGivesBack(t, 9*24*time.Hour) })
}

func reversalGivesBack(t *testing.T, after time.Duration) {
	w := newWorld(t, soon)
	l := w.approved(w.person(1, "03"))
	w.must(w.StartPayout(t.Context(), l.ID))
	w.pay(l, 100_000)
	reference := w.payout(l.ID).Reference
	w.gatewaySays(reference, "reversed")
	w.clk.Advance(after)
	w.must(w.ApplyPayout(t.Context(), reference))
	w.inState(l.ID, lending.Reversed)
	w.equalsLedger(l.ID)
	totals, err := w.st.AccountTotals(t.Context())
	w.must(err)
	for account, total := range totals {
		want := kobo(0)
		switch account {
		case ledger.BorrowerCredit:
			want = -100_000
		case ledger.GatewayClearing:
			want = 100_000 // the borrower's payment; what was paid out is back
		}
		if total != want {
			t.Errorf("%s holds %d, want %d", account, total, want)
		}
	}
	if alerts := w.alerts(alertReversed); len(alerts) != 1 || alerts[0].Detail != "the transfer came back; the loan is cancelled; 100000 kobo that the borrower had paid are to be refunded" {
		t.Errorf("%+v", alerts)
	}
}

// The loan was paid back out of the borrower's own pocket; what came back waits as money that no loan has, and the books show it.
func TestAReversalOfASettledLoanIsLeftToAPerson(t *testing.T) {
	w := newWorld(t, soon)
	l := w.approved(w.person(1, "03"))
	w.must(w.StartPayout(t.Context(), l.ID))
	w.pay(l, 850_000)
	w.inState(l.ID, lending.SettledEarly)
	reference := w.payout(l.ID).Reference
	w.gatewaySays(reference, "reversed")
	w.must(w.ApplyPayout(t.Context(), reference))
	w.inState(l.ID, lending.SettledEarly)
	w.equalsLedger(l.ID)
	if alerts := w.alerts(alertReversed); len(alerts) != 1 || w.payout(l.ID).State != store.PayoutReversed {
		t.Errorf("%+v, %+v", alerts, w.payout(l.ID))
	}
	w.must(w.ApplyPayout(t.Context(), reference)) // and again: nothing more happens
	receipts, err := w.st.Receipts(t.Context(), store.ReceiptUnmatched, store.Page{Limit: 10})
	w.must(err)
	if len(receipts) != 1 || receipts[0].Reference != reference || receipts[0].Amount != l.Terms.Disbursed || receipts[0].BorrowerID != l.BorrowerID {
		t.Errorf("the receipts are %+v", receipts)
	}
	totals, err := w.st.AccountTotals(t.Context())
	w.must(err)
	if totals[ledger.Unassigned] != -l.Terms.Disbursed || totals[ledger.GatewayClearing] != 850_000 {
		t.Errorf("the accounts are %+v", totals)
	}
}

func TestTheGatewayContradictsItself(t *testing.T) {
	w := newWorld(t, soon)
	lost := w.approved(w.person(1, "02"))
	w.must(w.StartPayout(t.Context(), lost.ID))
	reference := w.payout(lost.ID).Reference
	w.gatewaySays(reference, "failed")
	w.must(w.ApplyPayout(t.Context(), reference))
	p := w.payout(lost.ID)
	success := provider.TransferResult{Outcome: provider.OutcomeSucceeded, Status: "success", Reference: reference, Amount: p.Amount, Currency: "NGN"}
	w.must(w.applyResult(t.Context(), reference, success))
	w.inState(lost.ID, lending.DisbursementFailed)

	paid := w.approved(w.person(2, "09"))
	w.must(w.StartPayout(t.Context(), paid.ID))
	p = w.payout(paid.ID)
	failed := provider.TransferResult{Outcome: provider.OutcomeFailed, Status: "failed", Reference: p.Reference, Amount: p.Amount, Currency: "NGN"}
	w.must(w.applyResult(t.Context(), p.Reference, failed))
	w.inState(paid.ID, lending.Active)
	if alerts := w.alerts(alertContradiction); len(alerts) != 2 {
		t.Errorf("%+v", alerts)
	}
	w.audit(paid)
}

func TestAnUnknownReferenceIsNotOurs(t *testing.T) {
	w := newWorld(t)
	if err := w.ApplyPayout(t.Context(), "cpp-1-1-aaaaaaaaaaaa"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestABlockedBorrowerIsNotPaid(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	l := w.approved(p)
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.BlockBorrower(ctx, p.id, "fraud") })
	w.must(w.StartPayout(t.Context(), l.ID))
	w.inState(l.ID, lending.DisbursementRejected)
	w.audit()
}
