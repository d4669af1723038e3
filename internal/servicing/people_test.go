package servicing_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// person is a borrower with a bank account, a loan that is paid out, and perhaps a bound card.
type person struct {
	id, account, loan int64
	email             string
}

// borrower makes a person with an active loan of product 301, paid out by a transfer at the gateway.
func (w *world) borrower() person {
	w.t.Helper()
	p := w.newcomer()
	p.loan = w.lend(p)
	return p
}

func (w *world) newcomer() person {
	w.t.Helper()
	n := w.count()
	p := person{email: fmt.Sprintf("b%d@example.com", n)}
	w.in(func(ctx context.Context, tx *store.Tx) (err error) {
		if p.id, err = tx.AddBorrower(ctx, brand, fmt.Sprintf("+234700000%04d", n), "hash"); err != nil {
			return err
		}
		if err := tx.SaveProfile(ctx, store.Profile{BorrowerID: p.id, Brand: brand, FirstName: "Ada", LastName: "Obi", BVN: fmt.Sprintf("2222222%04d", n),
			Birthday: clock.NewDate(1990, 1, 1), Gender: 2, Email: p.email}); err != nil {
			return err
		}
		p.account, err = tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: p.id, BankCode: "058", BankName: "GTBank",
			AccountNo: fmt.Sprintf("00%05d999", n), AccountName: "ADA OBI", Default: true})
		return err
	})
	return p
}

// count numbers the borrowers of one world.
func (w *world) count() int {
	w.people++
	return w.people
}

// lend takes an application through payout: the transfer at the gateway and its record in our books.
func (w *world) lend(p person) int64 {
	w.t.Helper()
	product := lending.DemoProducts()[0]
	terms, err := product.Price()
	w.must(err)
	l := store.Loan{Brand: brand, BorrowerID: p.id, ProductID: product.ID, ProductVersion: 1, Loan: lending.NewLoan(terms, product.Conditions),
		ApplyTerminal: 1, BankAccountID: p.account, HeadImage: "0f8fad5b-d9cb-469f-a165-70867728950e"}
	gateway := w.client()
	to, err := gateway.CreateRecipient(w.t.Context(), provider.RecipientRequest{Name: "Ada Obi", AccountNumber: fmt.Sprintf("%010d", p.id%1e7*1000+99), BankCode: "058"})
	w.must(err)
	payout := store.Payout{Attempt: 1, Amount: terms.Disbursed, BankAccountID: p.account, RecipientCode: to.Code}
	w.in(func(ctx context.Context, tx *store.Tx) (err error) {
		if l, err = tx.AddLoan(ctx, l); err != nil {
			return err
		}
		for _, state := range []lending.State{lending.Approved, lending.Disbursing} {
			seen := l.State
			l.State = state
			if err := tx.UpdateLoan(ctx, seen, l, "system"); err != nil {
				return err
			}
		}
		payout.LoanID, payout.Reference = l.ID, fmt.Sprintf("cpp-%020d", l.ID)
		payout, err = tx.AddPayout(ctx, payout)
		return err
	})
	_, err = gateway.Transfer(w.t.Context(), provider.TransferRequest{Amount: payout.Amount, RecipientCode: to.Code, Reference: payout.Reference, Reason: "loan"})
	w.must(err)
	w.in(func(ctx context.Context, tx *store.Tx) (err error) {
		if l.Loan, err = lending.Disburse(l.Loan, tx.Now()); err != nil {
			return err
		}
		batch, err := ledger.Disbursement(ledger.Ref{LoanID: l.ID, BorrowerID: p.id, At: tx.Now()}, payout.Reference, ledger.Sale{Charged: l.Charged, Disbursed: payout.Amount})
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batch); err != nil {
			return err
		}
		seen := payout.State
		payout.State = store.PayoutSucceeded
		if err := tx.UpdatePayout(ctx, seen, payout); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, lending.Disbursing, l, "gateway")
	})
	return l.ID
}

// bind binds a card to the person's account by a charge of 50 naira, which is booked and owed back, as onboarding does.
func (w *world) bind(p person, card string) {
	w.t.Helper()
	const check = money.Kobo(50_00)
	in := store.Intent{Brand: brand, BorrowerID: p.id, Kind: store.IntentBinding, BankAccountID: p.account, Reference: fmt.Sprintf("cpb-%020d", p.id),
		Amount: check, ExpiresAt: w.clk.Now()}
	w.in(func(ctx context.Context, tx *store.Tx) (err error) {
		in, err = tx.AddIntent(ctx, in)
		return err
	})
	gateway := w.client()
	page, err := gateway.InitializeCheckout(w.t.Context(), provider.CheckoutRequest{Email: p.email, Amount: check, Reference: in.Reference})
	w.must(err)
	w.submit(page.AuthorizationURL+"/pay", url.Values{"card": {card}})
	if card[len(card)-1] == '0' {
		w.approve(page.AuthorizationURL)
	}
	charge, err := gateway.VerifyCharge(w.t.Context(), in.Reference)
	w.must(err)
	if charge.Authorization == nil {
		w.t.Fatalf("card %s was not bound: %s", card, charge.Status)
	}
	w.in(func(ctx context.Context, tx *store.Tx) (err error) {
		if in.CardID, err = tx.BindCard(ctx, brand, store.Card{BorrowerID: p.id, BankAccountID: p.account, AuthorizationCode: charge.Authorization.Code,
			Email: p.email, Signature: charge.Authorization.Signature}); err != nil {
			return err
		}
		in.State, in.PaidAmount, in.PaidAt = store.IntentPaid, check, tx.Now()
		if err := tx.MoveIntent(ctx, store.IntentCreated, in); err != nil {
			return err
		}
		batch, err := ledger.CardCharge(ledger.Ref{BorrowerID: p.id, At: tx.Now()}, in.Reference, check)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batch); err != nil {
			return err
		}
		_, err = tx.AddRefund(ctx, store.Refund{BorrowerID: p.id, IntentID: in.ID, Purpose: store.RefundBinding, Amount: check, NextCheckAt: tx.Now()})
		return err
	})
}

// approve answers the second factor of a page with yes. A checkout page and its second factor share their code.
func (w *world) approve(page string) {
	w.t.Helper()
	u, err := url.Parse(page)
	w.must(err)
	code := u.Path[len(u.Path)-15:]
	w.submit(w.gateway+"/checkout/2fa/"+code+"/approve", nil)
}

// cardholder is a borrower with a bound card.
func (w *world) cardholder(card string) person {
	w.t.Helper()
	p := w.borrower()
	w.bind(p, card)
	return p
}

// late makes the person's loan overdue by days, as the daily run would.
func (w *world) late(p person, days int) {
	w.t.Helper()
	w.clk.Set(w.loan(p.loan).DueAt.AddDate(0, 0, days))
	w.in(func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.LockLoan(ctx, p.loan)
		if err != nil {
			return err
		}
		seen, day := l.State, clock.DateOf(tx.Now())
		var added money.Kobo
		l.Loan, added = lending.RunDay(l.Loan, day)
		batch, err := ledger.PenaltyAccrual(ledger.Ref{LoanID: l.ID, BorrowerID: p.id, At: tx.Now()}, day, added)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batch); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, seen, l, "system")
	})
}

// writeOff gives the person's loan up as lost.
func (w *world) writeOff(p person) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.LockLoan(ctx, p.loan)
		if err != nil {
			return err
		}
		seen := l.State
		effect, err := lending.WriteOff(l.Loan, tx.Now())
		if err != nil {
			return err
		}
		l.Loan = effect.Loan
		batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: p.id, At: tx.Now()}, "act-1", ledger.FromGateway, effect.Movement)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batches...); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, seen, l, "operator:1")
	})
}

// reverse cancels the person's loan because its payout came back.
func (w *world) reverse(p person) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.LockLoan(ctx, p.loan)
		if err != nil {
			return err
		}
		seen := l.State
		effect, err := lending.ReversePayout(l.Loan, tx.Now())
		if err != nil {
			return err
		}
		l.Loan = effect.Loan
		lines, err := tx.LoanLines(ctx, l.ID)
		if err != nil {
			return err
		}
		balances := map[ledger.Account]money.Kobo{}
		for _, line := range lines {
			balances[line.Account] += line.Amount
		}
		batches, err := ledger.BookReversal(ledger.Ref{LoanID: l.ID, BorrowerID: p.id, At: tx.Now()}, "back", effect.Movement, l.Terms.Disbursed, balances)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, brand, batches...); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, seen, l, "gateway")
	})
}

// wantPaid compares the payment of an intent with how it should have been allocated.
func (w *world) wantPaid(t *testing.T, reference string, want store.Payment) {
	t.Helper()
	got, err := w.st.PaymentOfIntent(t.Context(), w.intent(reference).ID)
	w.must(err)
	want.ID, want.LoanID, want.BorrowerID, want.IntentID, want.CreatedAt = got.ID, got.LoanID, got.BorrowerID, got.IntentID, got.CreatedAt
	if got != want {
		t.Errorf("payment %+v, want %+v", got, want)
	}
}
