package lending_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

// books are a loan with the ledger that its events make.
type books struct {
	loan    lending.Loan
	batches []ledger.Batch
	lines   []ledger.Line
	keys    map[string]bool
	over    money.Kobo
	fees    money.Kobo
	inflow  money.Kobo
}

func (b *books) post(t *rapid.T, batches ...ledger.Batch) {
	for _, batch := range batches {
		if err := batch.Validate(); err != nil {
			t.Fatal(err)
		}
		if b.keys[batch.Key] {
			t.Fatalf("key %s stands twice", batch.Key)
		}
		b.keys[batch.Key] = true
		b.batches = append(b.batches, batch)
		b.lines = append(b.lines, batch.Lines()...)
	}
}

func (b *books) book(t *rapid.T, at time.Time, reference string, e lending.Effect) {
	batches, err := ledger.Book(ledger.Ref{LoanID: 7, BorrowerID: 3, At: at}, reference, ledger.FromGateway, e.Movement)
	if err != nil {
		t.Fatal(err)
	}
	b.post(t, batches...)
	b.loan = e.Loan
	b.over += e.Over
	b.inflow += e.Received()
}

// check holds the loan against its ledger, and every law of a loan's figures.
func (b *books) check(t *rapid.T, at time.Time) {
	l := b.loan
	if !l.Outstanding().NonNegative() {
		t.Fatalf("outstanding %+v", l.Outstanding())
	}
	p := lending.PositionAt(l, at)
	if p.Remaining < 0 || (l.State.Owing() && (p.Remaining != p.Due+p.Penalty-p.Coupon-p.Waived-p.Paid || p.Remaining != p.Outstanding.Total())) {
		t.Fatalf("%+v", p)
	}
	if l.Paid.Total()+l.Recovered+b.over+b.fees != b.inflow {
		t.Fatalf("%d came in, the loan knows %d", b.inflow, l.Paid.Total()+l.Recovered+b.over+b.fees)
	}
	record := ledger.LoanMoney{Balances: l.Balances, Disbursed: l.Terms.Disbursed, UpfrontFee: l.Terms.UpfrontFee, ExtensionFees: b.fees, Credit: b.over}
	if l.State == lending.Reversed {
		record.Disbursed, record.UpfrontFee, record.ExtensionFees = 0, 0, 0
		record.Credit = b.over + l.Paid.Total() + b.fees
	}
	if diff := ledger.Compare(record, ledger.Rebuild(b.lines)); len(diff) > 0 {
		t.Fatalf("%s: %+v", l.State, diff)
	}
	balances := map[ledger.Account]money.Kobo{}
	for _, line := range b.lines {
		balances[line.Account] += line.Amount
	}
	if got := balances[ledger.PrincipalReceivable] + balances[ledger.InterestReceivable] + balances[ledger.ServiceFeeReceivable] + balances[ledger.PenaltyReceivable]; got != l.Outstanding().Total() {
		t.Fatalf("receivables %d, outstanding %d", got, l.Outstanding().Total())
	}
	if got := balances[ledger.GatewayClearing]; l.State != lending.Reversed && got != b.inflow-l.Terms.Disbursed {
		t.Fatalf("clearing %d, in %d, out %d", got, b.inflow, l.Terms.Disbursed)
	}
}

func TestEveryLoanCanBeRebuiltFromItsPostings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		b := &books{loan: l, keys: map[string]bool{}}
		now := l.DisbursedAt
		sale, err := ledger.Disbursement(ledger.Ref{LoanID: 7, BorrowerID: 3, At: now}, "tr", ledger.Sale{Charged: l.Charged, Disbursed: l.Terms.Disbursed, UpfrontFee: l.Terms.UpfrontFee})
		if err != nil {
			t.Fatal(err)
		}
		b.post(t, sale)
		b.check(t, now)
		for i := range rapid.IntRange(1, 12).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(1, 30*86_400).Draw(t, "pause")) * time.Second)
			b.event(t, fmt.Sprintf("event-%d", i), now)
			b.check(t, now)
		}
	})
}

func (b *books) event(t *rapid.T, reference string, now time.Time) {
	ref := ledger.Ref{LoanID: 7, BorrowerID: 3, At: now}
	from := b.loan.State
	var e lending.Effect
	var err error
	switch rapid.IntRange(0, 9).Draw(t, "event") {
	case 0, 1, 2, 3:
		amount := money.Kobo(rapid.Int64Range(1, int64(b.loan.Terms.Due)*3/2).Draw(t, "amount"))
		paidAt := now.Add(-time.Duration(rapid.IntRange(0, 5*86_400).Draw(t, "delay")) * time.Second)
		if e, err = lending.ApplyPayment(b.loan, amount, paidAt, now); err == nil && e.Received() != amount {
			t.Fatalf("%d came in, %d is accounted for", amount, e.Received())
		}
	case 4:
		day := clock.DateOf(now)
		l, added := lending.RunDay(b.loan, day)
		if added != 0 {
			batch, err := ledger.PenaltyAccrual(ref, day, added)
			if err != nil {
				t.Fatal(err)
			}
			b.post(t, batch)
		}
		b.loan = l
		b.move(t, from, l.State)
		return
	case 5:
		var parts money.Components
		if parts, err = lending.SpreadWaiver(b.loan, money.Kobo(rapid.Int64Range(1, 300_000).Draw(t, "waiver")), now); err == nil {
			e, err = lending.Waive(b.loan, parts, now)
		}
	case 6:
		e, err = lending.RedeemCoupon(b.loan, money.Kobo(rapid.Int64Range(1, 300_000).Draw(t, "coupon")), now)
	case 7:
		fee := money.Kobo(rapid.Int64Range(1, 50_000).Draw(t, "fee"))
		if e, err = lending.Extend(b.loan, now); err == nil {
			batch, err := ledger.ExtensionFee(ref, reference, ledger.FromGateway, fee, 0)
			if err != nil {
				t.Fatal(err)
			}
			b.post(t, batch)
			b.fees += fee
			b.inflow += fee
		}
	case 8:
		e, err = lending.WriteOff(b.loan, now)
	case 9:
		if e, err = lending.ReversePayout(b.loan, now); err == nil {
			balances := map[ledger.Account]money.Kobo{}
			for _, line := range b.lines {
				balances[line.Account] += line.Amount
			}
			batches, err := ledger.BookReversal(ref, "tr", e.Movement, b.loan.Terms.Disbursed, balances)
			if err != nil {
				t.Fatal(err)
			}
			b.post(t, batches...)
			b.loan = e.Loan
			b.move(t, from, e.Loan.State)
			return
		}
	}
	if err != nil {
		return
	}
	b.book(t, now, reference, e)
	b.move(t, from, e.Loan.State)
}

// move holds a change of state against the transition table; a loan whose due date passed unseen goes through overdue.
func (b *books) move(t *rapid.T, from, to lending.State) {
	viaOverdue := from == lending.Active && lending.CanTransition(lending.Overdue, to)
	if from != to && !lending.CanTransition(from, to) && !viaOverdue {
		t.Fatalf("%s became %s", from, to)
	}
}
