package origination

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// ApplyPayout asks the gateway what became of a payout and applies it: the one way in which webhooks, sweeps and jobs learn of it. It
// never sends. It may run any number of times, at once too. It returns store.ErrNotFound for a reference that is not a payout's, and
// the gateway's error when it gives no answer.
func (s *Service) ApplyPayout(ctx context.Context, reference string) error {
	p, err := s.store.Payout(ctx, reference)
	if err != nil {
		return err
	}
	result, err := s.payments.VerifyTransfer(ctx, reference)
	switch {
	case err == nil:
		return s.applyResult(ctx, reference, result)
	case !errors.Is(err, provider.ErrNotFound):
		return errors.Join(err, s.note(ctx, reference, "", patience(err)))
	case p.State == store.PayoutSucceeded:
		return errors.Join(s.note(ctx, reference, "", 0), s.alertOfLoan(ctx, p.LoanID, alertContradiction, reference, "the gateway no longer knows a transfer that it had confirmed"))
	case p.State.Open():
		return s.note(ctx, reference, keepRejected(p.GatewayStatus), 0)
	}
	return nil
}

// keepRejected is the status after "no such transfer": an earlier refusal must not be forgotten, see refused.
func keepRejected(before string) string {
	if before == statusRejected {
		return ""
	}
	return statusNotFound
}

// applyResult writes down what the gateway says of a payout, in one transaction.
func (s *Service) applyResult(ctx context.Context, reference string, r provider.TransferResult) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, p, err := lockPayout(ctx, tx, reference)
		if err != nil {
			return err
		}
		if wrong := mismatch(p, r); wrong != "" {
			if err := tx.RaiseBrandAlert(ctx, l.Brand, alertMismatch, reference, wrong); err != nil {
				return err
			}
			return noted(ctx, tx, p, "", mismatchWait)
		}
		switch {
		case r.Outcome == provider.OutcomeSucceeded && p.State.Open():
			return paidOut(ctx, tx, l, p, r)
		case r.Outcome == provider.OutcomeReversed && p.State == store.PayoutSucceeded:
			return cameBack(ctx, tx, l, p, r)
		case notPaid(r.Outcome) && p.State.Open():
			end := lending.DisbursementFailed
			if r.Status == "rejected" || r.Status == "blocked" {
				end = lending.DisbursementRejected
			}
			return notPaidOut(ctx, tx, l, p, r.Status, end)
		case contradicts(r.Outcome, p.State):
			detail := fmt.Sprintf("the gateway says %s, our payout is in state %d", r.Outcome, p.State)
			if err := tx.RaiseBrandAlert(ctx, l.Brand, alertContradiction, reference, detail); err != nil {
				return err
			}
			return noted(ctx, tx, p, "", mismatchWait)
		}
		return noted(ctx, tx, p, r.Status, 0)
	})
	crashpoint.Reach(crashpoint.PayoutApplied)
	return err
}

// lockPayout holds a payout and its loan, in the lock order.
func lockPayout(ctx context.Context, tx *store.Tx, reference string) (store.Loan, store.Payout, error) {
	p, err := tx.Payout(ctx, reference)
	if err != nil {
		return store.Loan{}, p, err
	}
	l, err := tx.LockLoan(ctx, p.LoanID)
	if err != nil {
		return l, p, err
	}
	p, err = tx.LockPayout(ctx, reference)
	return l, p, err
}

// mismatch says what the gateway's transfer has that ours has not, or "". Nothing may follow from a transfer that is not the one
// we asked for.
func mismatch(p store.Payout, r provider.TransferResult) string {
	switch {
	case r.Amount != p.Amount:
		return fmt.Sprintf("the gateway's amount is %d kobo, ours %d", int64(r.Amount), int64(p.Amount))
	case r.Currency != provider.Currency:
		return "the gateway's currency is not " + provider.Currency
	case r.RecipientCode != "" && r.RecipientCode != p.RecipientCode:
		return "the gateway's recipient is not ours"
	}
	return ""
}

// notPaid says whether an outcome means that the borrower does not have the money.
func notPaid(o provider.Outcome) bool {
	return o == provider.OutcomeFailed || o == provider.OutcomeAbandoned || o == provider.OutcomeReversed
}

// contradicts says whether an outcome cannot be, after what we have written down.
func contradicts(o provider.Outcome, state store.PayoutState) bool {
	switch state {
	case store.PayoutSucceeded:
		return o == provider.OutcomeFailed || o == provider.OutcomeAbandoned
	case store.PayoutFailed, store.PayoutReversed:
		return o == provider.OutcomeSucceeded
	}
	return false
}

// paidOut begins the loan: it is owed from the instant at which the gateway paid.
func paidOut(ctx context.Context, tx *store.Tx, l store.Loan, p store.Payout, r provider.TransferResult) error {
	at := r.UpdatedAt.Truncate(time.Microsecond) // what the database keeps
	if at.Before(p.CreatedAt) || at.After(tx.Now()) {
		at = tx.Now() // the gateway's clock is not ours
	}
	var err error
	if l.Loan, err = lending.Disburse(l.Loan, at); err != nil {
		return err
	}
	ref := ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: at}
	batch, err := ledger.Disbursement(ref, p.Reference, ledger.Sale{Charged: l.Charged, Disbursed: p.Amount, UpfrontFee: l.Terms.UpfrontFee})
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batch); err != nil {
		return err
	}
	if l, err = RedeemCoupon(ctx, tx, l, at); err != nil {
		return err
	}
	if err := tx.UpdateLoan(ctx, lending.Disbursing, l, actorGateway); err != nil {
		return err
	}
	if err := concluded(ctx, tx, p, store.PayoutSucceeded, r.Status); err != nil {
		return err
	}
	return tx.AddMessage(ctx, message(l, store.EventPayoutSent))
}

// notPaidOut ends the loan: no money moved, and none will.
func notPaidOut(ctx context.Context, tx *store.Tx, l store.Loan, p store.Payout, status string, end lending.State) error {
	if err := concluded(ctx, tx, p, store.PayoutFailed, status); err != nil {
		return err
	}
	return endPayout(ctx, tx, l, end, actorGateway)
}

// endPayout moves a loan to an end without a payout.
func endPayout(ctx context.Context, tx *store.Tx, l store.Loan, end lending.State, actor string) error {
	seen := l.State
	if err := lending.CheckTransition(seen, end); err != nil {
		return err
	}
	l.State = end
	if err := tx.UpdateLoan(ctx, seen, l, actor); err != nil {
		return err
	}
	return tx.AddMessage(ctx, message(l, store.EventPayoutFailed))
}

// cameBack cancels a loan whose transfer was returned after it had counted as paid. The money of a loan that is over already waits for
// a person, as a payment that no loan has.
func cameBack(ctx context.Context, tx *store.Tx, l store.Loan, p store.Payout, r provider.TransferResult) error {
	detail := "the transfer came back; the loan is cancelled"
	seen := l.State
	effect, err := lending.ReversePayout(l.Loan, tx.Now())
	var rule *lending.RuleError
	switch {
	case errors.As(err, &rule):
		detail = fmt.Sprintf("the transfer came back, but the loan is %s: the money is an unassigned receipt", seen)
		if err := keepReturned(ctx, tx, l, p); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		credit, err := bookReturn(ctx, tx, l, p, effect.Movement)
		if err != nil {
			return err
		}
		l.Loan = effect.Loan
		if err := tx.UpdateLoan(ctx, seen, l, actorGateway); err != nil {
			return err
		}
		if err := tx.AddMessage(ctx, message(l, store.EventPayoutReversed)); err != nil {
			return err
		}
		if credit > 0 {
			detail += fmt.Sprintf("; %d kobo that the borrower had paid are to be refunded", int64(credit))
		}
	}
	if err := tx.RaiseBrandAlert(ctx, l.Brand, alertReversed, p.Reference, detail); err != nil {
		return err
	}
	return concluded(ctx, tx, p, store.PayoutReversed, r.Status)
}

// keepReturned books the money of a returned transfer whose loan is over already.
func keepReturned(ctx context.Context, tx *store.Tx, l store.Loan, p store.Payout) error {
	return tx.KeepReceipt(ctx, store.Receipt{Brand: l.Brand, Reference: p.Reference, BorrowerID: l.BorrowerID, LoanID: l.ID, Amount: p.Amount, PaidAt: tx.Now()})
}

// bookReturn posts the penalty of the days until the return of a payout, and the return itself, and says what of it is the borrower's own money.
func bookReturn(ctx context.Context, tx *store.Tx, l store.Loan, p store.Payout, m money.Movement) (money.Kobo, error) {
	lines, err := tx.LoanLines(ctx, l.ID)
	if err != nil {
		return 0, err
	}
	balances := map[ledger.Account]money.Kobo{}
	for _, line := range lines {
		balances[line.Account] += line.Amount
	}
	ref := ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}
	batches, err := ledger.BookReversal(ref, p.Reference, m, p.Amount, balances)
	if err != nil {
		return 0, err
	}
	var credit money.Kobo
	for _, batch := range batches {
		credit -= ledger.Totals(batch.Postings)[ledger.BorrowerCredit]
	}
	return credit, tx.Post(ctx, l.Brand, batches...)
}

// concluded writes the end of a payout. One that succeeded is watched for a while.
func concluded(ctx context.Context, tx *store.Tx, p store.Payout, state store.PayoutState, status string) error {
	seen := p.State
	p.State, p.GatewayStatus, p.ConcludedAt, p.NextCheckAt = state, status, tx.Now(), time.Time{}
	p.Checks++
	if state == store.PayoutSucceeded {
		p.NextCheckAt = nextWatch(p, tx.Now())
	}
	return tx.UpdatePayout(ctx, seen, p)
}

// refused ends a payout whose call the gateway refused with nothing recorded. It is believed at once when that was the only call
// ever made; after an earlier one whose answer was lost, only once that one cannot be under way any more.
func (s *Service) refused(ctx context.Context, reference string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, p, err := lockPayout(ctx, tx, reference)
		if err != nil || !p.State.Open() {
			return err
		}
		if safe := p.SentAt.Add(doubtWait); p.Sends > 1 && tx.Now().Before(safe) {
			return noted(ctx, tx, p, statusRejected, safe.Sub(tx.Now()))
		}
		return notPaidOut(ctx, tx, l, p, statusRejected, lending.DisbursementRejected)
	})
}

// refusePayout ends an approved loan whose account the gateway does not pay to. Nothing was sent.
func (s *Service) refusePayout(ctx context.Context, l store.Loan) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil || locked.State != lending.Approved {
			return err
		}
		return endPayout(ctx, tx, locked, lending.DisbursementRejected, actorSystem)
	})
}
