package servicing_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// sold is what product 301 charges.
var sold = money.Components{Principal: 600_000, ServiceFee: 229_000, Interest: 21_000}

// The whole debt at once: before the due date, on it and after it.
func TestFullPaymentSettles(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name    string
		after   time.Duration // the payout
		penalty money.Kobo    // 6,000 a day
		state   lending.State
	}{
		{"at once", 0, 0, lending.SettledEarly},
		{"on the day before it is due", 6*day + 11*time.Hour, 0, lending.SettledEarly},
		{"on the due date, before the instant", 7*day - time.Hour, 0, lending.Settled},
		{"on the due date, after the instant", 7*day + 11*time.Hour, 0, lending.Settled},
		{"a day late", 8 * day, 6_000, lending.SettledLate},
		{"after the cap of the penalty", 90 * day, 300_000, lending.SettledLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.borrower()
			paidOut := w.clk.Now()
			w.clk.Set(paidOut.Add(c.after))
			page := w.page(b)
			if page.Amount != owed+c.penalty {
				t.Fatalf("owed %d", page.Amount)
			}
			w.pay(page.AuthorizationURL)
			paid := w.clk.Now()
			w.clk.Advance(10 * time.Minute) // the gateway tells us later than it was paid
			w.apply(page.Reference)
			parts := sold
			parts.Penalty = c.penalty
			w.wantPaid(t, page.Reference, store.Payment{Amount: owed + c.penalty, Parts: parts, PaidAt: paid})
			l := w.loan(b.loan)
			if l.State != c.state || l.Balances.Paid != parts || !l.ClosedAt.Equal(paid) || !l.LastPaidAt.Equal(paid) {
				t.Errorf("the loan is %s, paid %+v, closed %s", l.State, l.Balances.Paid, l.ClosedAt)
			}
			if got := w.titles(b.id); len(got) != 2 || got[0] != "Your loan is repaid" || got[1] != "We have received your payment" {
				t.Errorf("messages %q", got)
			}
			if i := w.intent(page.Reference); i.State != store.IntentPaid || i.PaidAmount != page.Amount || !i.PaidAt.Equal(paid) || !i.ConcludedAt.Equal(w.clk.Now()) {
				t.Errorf("%+v", i)
			}
			events, err := w.st.LoanEvents(t.Context(), b.loan)
			if last := events[len(events)-1]; err != nil || last.To != c.state || last.Actor != "gateway" {
				t.Errorf("%+v, %v", last, err)
			}
			w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.PrincipalReceivable: 0, ledger.PenaltyReceivable: 0, ledger.BorrowerCredit: 0,
				ledger.ServiceFeeIncome: -229_000, ledger.InterestIncome: -21_000, ledger.PenaltyIncome: -c.penalty})
		})
	}
}

// A payment that was made in time settles in time, though the gateway's word reaches us days later and the daily run has charged a
// penalty meanwhile.
func TestPaymentToldLateIsBookedOnItsDay(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.clk.Advance(7*24*time.Hour - time.Hour)
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.late(b, 3)
	w.wantState(b.loan, lending.Overdue)
	w.apply(page.Reference)
	w.wantState(b.loan, lending.Settled)
	w.wantPaid(t, page.Reference, store.Payment{Amount: owed, Parts: sold, PaidAt: testPaid(page)})
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.PenaltyIncome: 0, ledger.PenaltyReceivable: 0})
}

// testPaid is when the page of the test above was paid: a day before it expires.
func testPaid(page servicing.Repayment) time.Time { return page.ExpiresAt.Add(-24 * time.Hour) }

// Parts pay penalty, service fee, interest and principal, in this order, and the loan is settled by the last of them.
func TestPartialPaymentsAreAllocatedInOrder(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	w.late(b, 2)
	part := func(amount money.Kobo, want money.Components, state lending.State, remaining money.Kobo) {
		t.Helper()
		r, replayed, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: amount})
		w.must(err)
		if r.Status != servicing.Paid || r.Amount != amount || r.Remaining != remaining || replayed {
			t.Errorf("%+v", r)
		}
		w.wantPaid(t, r.Reference, store.Payment{Amount: amount, Parts: want, PaidAt: w.clk.Now()})
		w.wantState(b.loan, state)
	}
	part(100_000, money.Components{Penalty: 12_000, ServiceFee: 88_000}, lending.Overdue, owed+12_000-100_000)
	part(150_000, money.Components{ServiceFee: 141_000, Interest: 9_000}, lending.Overdue, owed+12_000-250_000)
	part(212_000, money.Components{Interest: 12_000, Principal: 200_000}, lending.Overdue, 400_000)
	w.clk.Advance(24 * time.Hour) // one more day at 1 % of the 400,000 left
	part(404_000, money.Components{Penalty: 4_000, Principal: 400_000}, lending.SettledLate, 0)
	if got := w.titles(b.id); len(got) != 5 {
		t.Errorf("messages %q", got)
	}
}

// What is paid beyond the debt is the borrower's credit, and goes back through the gateway.
func TestOverpaymentGoesBack(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	page := w.page(b)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 300_000})
	w.must(err)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.wantState(b.loan, lending.SettledEarly)
	w.wantPaid(t, page.Reference, store.Payment{Amount: owed, Parts: money.Components{Principal: 550_000}, Credit: 300_000, PaidAt: w.clk.Now()})
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: -300_000, ledger.PrincipalReceivable: 0})
	refund := w.refundOf(page.Reference)
	if refund.Amount != 300_000 || refund.State != store.RefundCreated {
		t.Errorf("%+v", refund)
	}
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.until("the gateway gives the money back", func() bool { return w.sim.Refunds()[0].Status == "processed" })
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.must(w.RefundCharge(t.Context(), refund.ID))
	if refund = w.refundOf(page.Reference); refund.State != store.RefundDone || refund.GatewayRef == "" || refund.ConcludedAt.IsZero() {
		t.Errorf("%+v", refund)
	}
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.BorrowerCredit: 0})
	if got := w.titles(b.id); got[0] != "We are sending money back to you" || len(got) != 4 {
		t.Errorf("messages %q", got)
	}
}

// Money that comes after the write-off is a recovery, up to what was written off; the rest goes back.
func TestPaymentOnAWrittenOffLoan(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	w.clk.Advance(7 * 24 * time.Hour)
	early := w.page(b) // for 850,000; nobody pays it yet
	w.late(b, 100)
	w.writeOff(b)
	page, err := w.Repayment(t.Context(), b.id, b.loan)
	w.must(err)
	if page.Amount != owed+300_000 || page.Remaining != page.Amount {
		t.Errorf("%+v", page)
	}
	w.pay(early.AuthorizationURL)
	w.apply(early.Reference)
	w.wantPaid(t, early.Reference, store.Payment{Amount: owed, Recovered: owed, PaidAt: w.clk.Now()})
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.wantPaid(t, page.Reference, store.Payment{Amount: owed + 300_000, Recovered: 300_000, Credit: owed, PaidAt: w.clk.Now()})
	w.wantState(b.loan, lending.WrittenOff)
	w.wantAccounts(t, map[ledger.Account]money.Kobo{ledger.WriteOff: owed + 300_000, ledger.RecoveryIncome: -owed - 300_000, ledger.BorrowerCredit: -owed})
	if l := w.loan(b.loan); l.Recovered != owed+300_000 {
		t.Errorf("recovered %d", l.Recovered)
	}
}

// A gateway whose clock is ahead of ours does not date a payment into the future.
func TestPaymentFromTheFuture(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	now := w.clk.Now()
	w.clk.Set(now.Add(8 * 24 * time.Hour))
	w.pay(page.AuthorizationURL)
	w.clk.Set(now)
	w.apply(page.Reference)
	w.wantPaid(t, page.Reference, store.Payment{Amount: owed, Parts: sold, PaidAt: now})
	w.wantState(b.loan, lending.SettledEarly)
}
