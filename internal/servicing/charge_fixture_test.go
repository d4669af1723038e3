package servicing_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// bindCard binds a card that the gateway does not know.
func bindCard(b person, authorization string) func(ctx context.Context, tx *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.BindCard(ctx, brand, store.Card{BorrowerID: b.id, BankAccountID: b.account, AuthorizationCode: authorization, Email: b.email, Signature: "s"})
		return err
	}
}

// plannedCharge commits what RepayByCard commits before its call, and nothing after it.
func plannedCharge(w *world, b person, r servicing.CardRepayment) func(ctx context.Context, tx *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		op, err := tx.ClaimOperation(ctx, store.OperationKey{Borrower: b.id, Kind: "repayLoan", Key: r.Key,
			Params: fmt.Appendf(nil, "loan=%d account=%d amount=%d", r.Loan, r.Account, r.Amount)})
		if err != nil {
			return err
		}
		card, err := tx.ActiveCard(ctx, b.id, b.account)
		if err != nil {
			return err
		}
		_, err = tx.AddIntent(ctx, store.Intent{Brand: brand, BorrowerID: b.id, Kind: store.IntentCardCharge, LoanID: b.loan, BankAccountID: b.account,
			CardID: card.ID, OperationID: op.ID, Reference: servicing.CardPrefix + "00000000000000000000000000000001", Amount: owed,
			NextCheckAt: tx.Now(), ExpiresAt: tx.Now().AddDate(0, 0, 1)})
		return err
	}
}

// stranger is a deployment with a key that the gateway does not accept.
func (w *world) stranger() *servicing.Service {
	w.t.Helper()
	client, err := paystack.New(paystack.Config{BaseURL: w.gateway, SecretKey: "sk_test_somebody_else"})
	w.must(err)
	w.t.Cleanup(client.CloseIdle)
	return servicing.New(w.st, client, w.clk, w.config, slog.New(slog.DiscardHandler))
}

// latest is the newest intent of the person's loan.
func (w *world) latest(b person) store.Intent {
	w.t.Helper()
	i, err := w.st.LatestIntentOfLoan(w.t.Context(), b.loan)
	w.must(err)
	return i
}

// handNote marks a refund that somebody made at the gateway, past our books.
const handNote = "by hand"

// refundAtGateway gives a charge back behind our back, as somebody at the gateway's dashboard would, and waits until it is done.
func (w *world) refundAtGateway(reference string, amount money.Kobo) {
	w.t.Helper()
	refund, err := w.client().Refund(w.t.Context(), provider.RefundRequest{ChargeReference: reference, Amount: amount, MerchantNote: handNote})
	w.must(err)
	w.until("the gateway gives the money back", func() bool {
		for _, r := range w.sim.Refunds() {
			if fmt.Sprint(r.ID) == refund.ID {
				return r.Status == "processed"
			}
		}
		return false
	})
}
