package origination

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// How a payout goes, and why money leaves once:
//
//  1. The recipient is made known to the gateway, which can be repeated.
//  2. One transaction moves the loan to disbursing and writes the payout with its reference. Nothing was sent yet.
//  3. Each sending is counted in a transaction before it happens (ClaimSend); of several workers one may send.
//  4. The transfer is sent under that one reference, which the gateway takes once.
//  5. The answer is applied in a transaction (applyResult). An answer that proves nothing leaves the loan disbursing.
//
// Whoever comes back to an open payout asks the gateway first. Only "there is no such transfer" lets it send again, with the same
// reference.

// Waits of a payout.
const (
	claimWait     = time.Minute      // after a sending nobody heard the end of: above the time one call may take
	topUpWait     = 5 * time.Minute  // for our own balance, or our key, to be put right
	doubtWait     = 10 * time.Minute // until an earlier call that was lost cannot be under way any more
	mismatchWait  = time.Hour        // between looks at a payout that a person must look at
	recordTimeout = 10 * time.Second
)

// Words of ours in a payout's gateway status, beside the gateway's own.
const (
	statusInconclusive = "inconclusive"
	statusNotFound     = "not_found"
	statusRejected     = "rejected_call" // the gateway refused the call; nothing is recorded under the reference
	statusNoBalance    = "insufficient_balance"
	statusUnauthorized = "unauthorized"
	statusLimited      = "rate_limited"
)

// Kinds of alerts about payouts; the subject is the payout's reference, or the brand where our account at the gateway is the matter.
const (
	alertMismatch      = "payout_mismatch"
	alertContradiction = "payout_contradiction"
	alertReversed      = "payout_reversed"
	alertGateway       = "gateway_account"
)

// StartPayout takes the payout of an approved loan as far as it goes, and goes on with one that was begun. It may run any number of
// times, at once too. An error means that it should run again; nothing is lost if it does not, the sweep finds the loan.
func (s *Service) StartPayout(ctx context.Context, loan int64) error {
	l, err := s.store.Loan(ctx, loan)
	if err != nil {
		return err
	}
	switch l.State {
	case lending.Approved:
		account, err := s.store.BankAccount(ctx, l.BorrowerID, l.BankAccountID)
		if err != nil {
			return err
		}
		if s.clock.Now().Before(account.PayableFrom) {
			return nil // the account has just changed: the sweep comes back when it may be paid to
		}
		recipient, err := s.recipient(ctx, account)
		var refused *provider.RejectedError
		if errors.As(err, &refused) {
			return s.refusePayout(ctx, l)
		}
		if err != nil {
			return err
		}
		p, err := s.openPayout(ctx, l, recipient)
		if err != nil || p.Reference == "" {
			return err
		}
		crashpoint.Reach(crashpoint.PayoutIntended)
		return s.send(ctx, p)
	case lending.Disbursing:
		p, err := s.store.LatestPayout(ctx, loan)
		if err != nil || !p.State.Open() {
			return err
		}
		return s.resume(ctx, p)
	}
	return nil
}

// recipient makes a bank account known to the gateway and returns its name there. A rejection is conclusive: the gateway does not pay to
// this account.
func (s *Service) recipient(ctx context.Context, account store.BankAccount) (string, error) {
	if account.RecipientCode != "" {
		return account.RecipientCode, nil
	}
	made, err := s.payments.CreateRecipient(ctx, provider.RecipientRequest{Name: account.AccountName, AccountNumber: account.AccountNo, BankCode: account.BankCode})
	if err != nil {
		return "", err
	}
	crashpoint.Reach(crashpoint.RecipientMade)
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SetRecipient(ctx, account.ID, made.Code) })
	if errors.Is(err, store.ErrStale) {
		err = nil // somebody else was faster: the same account has the same code
	}
	return made.Code, err
}

// openPayout commits the intent to pay out, before the gateway hears of it. It returns a payout without a reference when there is
// nothing to send: the loan has moved on, or its borrower was blocked while it waited.
func (s *Service) openPayout(ctx context.Context, l store.Loan, recipient string) (store.Payout, error) {
	var p store.Payout
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p = store.Payout{}
		if err := tx.LockBorrower(ctx, l.BorrowerID); err != nil {
			return err
		}
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil || locked.State != lending.Approved {
			return err
		}
		borrower, err := tx.Borrower(ctx, l.BorrowerID)
		if err != nil {
			return err
		}
		if borrower.Blocked || borrower.Erased {
			return endPayout(ctx, tx, locked, lending.DisbursementRejected, actorSystem)
		}
		locked.State = lending.Disbursing
		if err := tx.UpdateLoan(ctx, lending.Approved, locked, actorSystem); err != nil {
			return err
		}
		// An earlier attempt is one that an operator released: the gateway had said that no money moved.
		last, err := tx.LatestPayout(ctx, locked.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		attempt := last.Attempt + 1
		p, err = tx.AddPayout(ctx, store.Payout{LoanID: locked.ID, Attempt: attempt, Reference: s.mintReference(locked.ID, attempt), Amount: locked.Terms.Disbursed,
			BankAccountID: locked.BankAccountID, RecipientCode: recipient, NextCheckAt: tx.Now().Add(claimWait)})
		return err
	})
	return p, err
}

// PayoutPrefix begins the references of payouts.
const PayoutPrefix = "cpp-"

// mintReference makes a payout's reference: 16 to 50 of lower case letters, digits and '-', not to be guessed from the loan. The same
// attempt at the same loan has the same reference for ever: books that were restored to a point before the payout send it again, and
// the gateway, which takes a reference once, answers with what it did the first time.
func (s *Service) mintReference(loan int64, attempt int) string {
	index := s.store.Keys().Blind("payout reference", strconv.FormatInt(loan, 10), strconv.Itoa(attempt))
	return fmt.Sprintf(PayoutPrefix+"%d-%d-%s", loan, attempt, hex.EncodeToString(index[:8]))
}

// send sends a payout once more, if nobody else has since the caller looked, and records what came of it.
func (s *Service) send(ctx context.Context, p store.Payout) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.ClaimSend(ctx, p, tx.Now().Add(claimWait)) })
	if errors.Is(err, store.ErrStale) {
		return nil
	}
	if err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.PayoutClaimed)
	result, err := s.payments.Transfer(ctx, provider.TransferRequest{Amount: p.Amount, RecipientCode: p.RecipientCode, Reference: p.Reference, Reason: "Loan payout"})
	crashpoint.Reach(crashpoint.PayoutSent)
	// What is known of money is written down even if the caller has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	var refused *provider.RejectedError
	switch {
	case err == nil:
		return s.applyResult(ctx, p.Reference, result)
	case errors.Is(err, provider.ErrDuplicateReference):
		return s.ApplyPayout(ctx, p.Reference)
	case errors.Is(err, provider.ErrInsufficientBalance):
		return errors.Join(s.note(ctx, p.Reference, statusNoBalance, topUpWait), s.alert(ctx, "", alertGateway, "balance", "our balance at the gateway does not cover the payouts"))
	case errors.Is(err, provider.ErrUnauthorized):
		return errors.Join(s.note(ctx, p.Reference, statusUnauthorized, topUpWait), s.alert(ctx, "", alertGateway, "key", "the gateway refuses our key"))
	case patience(err) > 0:
		return s.note(ctx, p.Reference, statusLimited, patience(err))
	case errors.As(err, &refused):
		return s.refused(ctx, p.Reference)
	}
	switch {
	case planted.Is(planted.TimeoutIsFailure):
		return s.refused(ctx, p.Reference)
	case planted.Is(planted.NewReference):
		_, err = s.payments.Transfer(ctx, provider.TransferRequest{Amount: p.Amount, RecipientCode: p.RecipientCode, Reference: s.mintReference(p.LoanID, p.Attempt+1), Reason: "Loan payout"})
	}
	s.log.WarnContext(ctx, "a transfer's answer is not conclusive", "reference", p.Reference, "error", err.Error())
	return s.note(ctx, p.Reference, statusInconclusive, 0)
}

// patience is how long the gateway asks us to wait, 0 where it does not.
func patience(err error) time.Duration {
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		return limited.RetryAfter
	}
	return 0
}

// resume goes on with an open payout that somebody left: it asks first, and sends again only what the gateway does not know.
func (s *Service) resume(ctx context.Context, p store.Payout) error {
	result, err := s.payments.VerifyTransfer(ctx, p.Reference)
	switch {
	case err == nil:
		return s.applyResult(ctx, p.Reference, result)
	case !errors.Is(err, provider.ErrNotFound):
		return errors.Join(err, s.note(ctx, p.Reference, "", patience(err)))
	case p.GatewayStatus == statusRejected:
		return s.refused(ctx, p.Reference)
	}
	return s.send(ctx, p)
}

// note writes down a look at a payout that ended without a result, and when to look again: after wait, or after the back-off for 0. An
// empty status leaves the one before, and so does the end of a payout.
func (s *Service) note(ctx context.Context, reference, status string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.LockPayout(ctx, reference)
		if err != nil {
			return err
		}
		return noted(ctx, tx, p, status, wait)
	})
}

func noted(ctx context.Context, tx *store.Tx, p store.Payout, status string, wait time.Duration) error {
	seen := p.State
	if status != "" && seen.Open() {
		p.GatewayStatus = status
	}
	p.Checks++
	switch {
	case seen == store.PayoutSucceeded:
		p.NextCheckAt = nextWatch(p, tx.Now())
	case !seen.Open():
		p.NextCheckAt = time.Time{}
	case wait > 0:
		p.NextCheckAt = tx.Now().Add(wait)
	default:
		p.NextCheckAt = tx.Now().Add(backOff(p.Checks))
	}
	return tx.UpdatePayout(ctx, seen, p)
}

// backOff is the wait after so many looks: 3 seconds, doubling up to 15 minutes.
func backOff(checks int) time.Duration {
	return min(3*time.Second<<min(max(checks-1, 0), 10), 15*time.Minute)
}

// watches are when a payout that succeeded is looked at again without being asked to: a bank may send it back days later, and the
// event that says so may be lost.
var watches = []time.Duration{time.Hour, 24 * time.Hour, 72 * time.Hour}

// nextWatch is the first of the watches after now, or never.
func nextWatch(p store.Payout, now time.Time) time.Time {
	for _, after := range watches {
		if at := p.ConcludedAt.Add(after); at.After(now) {
			return at
		}
	}
	return time.Time{}
}
