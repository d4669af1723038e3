package servicing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// RefundCharge takes one step of a refund: it asks the gateway for it, or how far it is, and books it when the money has
// gone back. It is safe to call any number of times, also at once; it returns the gateway's errors, after which it is called
// again.
func (s *Service) RefundCharge(ctx context.Context, id int64) error {
	refund, err := s.store.Refund(ctx, id)
	if err != nil || refund.State == store.RefundDone || refund.State == store.RefundFailed {
		return err
	}
	intent, err := s.store.IntentByID(ctx, refund.IntentID)
	if err != nil {
		return err
	}
	call, cancel := context.WithTimeout(ctx, 4*s.config.GatewayTimeout)
	defer cancel()
	var result provider.RefundResult
	if refund.GatewayRef != "" {
		result, err = s.payments.VerifyRefund(call, refund.GatewayRef)
	} else {
		result, err = s.askRefund(call, refund, intent)
	}
	switch {
	case errors.Is(err, errUnderWay):
		return s.deferRefund(ctx, refund)
	case err != nil:
		return err
	}
	return s.recordRefund(ctx, refund, intent, result)
}

// errUnderWay says that a refund was asked for a moment ago and cannot be seen at the gateway yet.
var errUnderWay = errors.New("servicing: the refund is under way")

// askAgainAfter is how long a refund that was asked for may take to be seen at the gateway. Asked for again any earlier it might be
// given twice.
const askAgainAfter = 5 * time.Minute

// askRefund asks the gateway for a refund, unless it has it. The gateway takes no reference of ours for a refund: ours is in the note, by
// which one whose answer was lost is found. The right to ask is taken, and written down, before the call.
func (s *Service) askRefund(ctx context.Context, refund store.Refund, intent store.Intent) (provider.RefundResult, error) {
	var none provider.RefundResult
	note := refundNote + strconv.FormatInt(refund.ID, 10)
	if mayBeThere(refund, intent) && !planted.Is(planted.NonIdempotentJob) {
		if found, ok, err := s.findRefund(ctx, refund, intent.Reference); err != nil || ok {
			return found, err
		}
	}
	var ask int
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		ask, err = tx.ClaimRefund(ctx, refund, askAgainAfter)
		return err
	}); err != nil {
		return none, err
	}
	if ask == 0 {
		return none, errUnderWay
	}
	crashpoint.Reach(crashpoint.RefundClaimed)
	result, err := s.payments.Refund(ctx, provider.RefundRequest{ChargeReference: intent.Reference, Amount: refund.Amount, MerchantNote: note})
	crashpoint.Reach(crashpoint.RefundAsked)
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		// The gateway has not taken it, and has said when it may be asked again: nobody need wait for the right to run out.
		return none, errors.Join(err, s.store.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
			return tx.ReleaseRefund(ctx, refund, ask, tx.Now().Add(limited.RetryAfter))
		}))
	}
	var refused *provider.RejectedError
	if !errors.As(err, &refused) || errors.Is(err, provider.ErrInsufficientBalance) {
		return result, err
	}
	// A charge may have nothing left to give back because an earlier call of ours took it.
	if found, ok, err := s.findRefund(ctx, refund, intent.Reference); err != nil || ok {
		return found, err
	}
	return provider.RefundResult{Outcome: provider.OutcomeFailed, Status: "rejected"}, nil
}

// bookedAtOnce is within what time of the charge's order a refund comes about that no earlier state of the books can have asked for: a restore
// takes longer.
const bookedAtOnce = 30 * time.Second

// mayBeThere tells whether the gateway may have a refund already: it was asked for, or these books may not be the first to owe it.
func mayBeThere(refund store.Refund, intent store.Intent) bool {
	return !refund.AskedAt.IsZero() || intent.Kind == store.IntentReceipt || refund.CreatedAt.Sub(intent.CreatedAt) > bookedAtOnce
}

// refundNote begins our note of a refund at the gateway; our number of it follows.
const refundNote = "creditpocket-refund-"

// findRefund looks for our refund among those of a charge. One that is not there under its own number may be there under that of a refund
// which the books have lost: on books restored to a point before it was asked for, what is refunded becomes due again, under a new number.
func (s *Service) findRefund(ctx context.Context, refund store.Refund, charge string) (provider.RefundResult, bool, error) {
	known, err := s.payments.ListRefunds(ctx, charge)
	if err != nil {
		return provider.RefundResult{}, false, err
	}
	var lost []provider.RefundResult
	for _, r := range known {
		number, ours := strings.CutPrefix(r.MerchantNote, refundNote)
		id, err := strconv.ParseInt(number, 10, 64)
		switch {
		case !ours || err != nil:
			continue
		case id == refund.ID:
			return r, true, nil
		case r.Amount != refund.Amount || r.Outcome == provider.OutcomeFailed:
			continue
		}
		if gone, err := s.store.RefundGone(ctx, id, r.ID); err != nil {
			return provider.RefundResult{}, false, err
		} else if gone {
			lost = append(lost, r)
		}
	}
	if len(lost) == 0 {
		return provider.RefundResult{}, false, nil
	}
	s.log.WarnContext(ctx, "a refund that the books had lost is taken on", "refund", refund.ID, "charge", charge, "gatewayRefund", lost[0].ID)
	return lost[0], true, nil
}

// alertAttention is the alert about a refund that waits for a person at the gateway. It closes when the refund is done.
const alertAttention = "refund_attention"

// attentionCheck is how often a refund that waits for a person is looked after.
const attentionCheck = 6 * time.Hour

// recordRefund writes what the gateway says about a refund, and books it when it is done.
func (s *Service) recordRefund(ctx context.Context, refund store.Refund, intent store.Intent, result provider.RefundResult) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := tx.LockRefund(ctx, refund.ID)
		if err != nil || r.State == store.RefundDone || r.State == store.RefundFailed {
			return err
		}
		seen := r.State
		if result.ID != "" {
			r.GatewayRef = result.ID
		}
		alert, detail := "", ""
		switch {
		case result.Outcome == provider.OutcomeSucceeded && result.Amount == r.Amount && (result.Currency == "" || result.Currency == provider.Currency):
			r.State = store.RefundDone
			if err := bookRefund(ctx, tx, r, intent); err != nil {
				return err
			}
			if err := tx.ResolveAlertsOf(ctx, alertAttention, fmt.Sprint(r.ID)); err != nil {
				return err
			}
		case result.Outcome == provider.OutcomeSucceeded:
			r.State, r.NextCheckAt = store.RefundAttention, tx.Now().Add(attentionCheck)
			alert, detail = "refund_mismatch", fmt.Sprintf("asked for %d kobo, the gateway says %d %.8s", int64(r.Amount), int64(result.Amount), result.Currency)
		case result.Outcome.Conclusive():
			r.State = store.RefundFailed
			alert, detail = "refund_failed", "the gateway does not refund: "+result.Status+"; the money stays the borrower's"
		case result.Status == "needs-attention":
			r.State, r.NextCheckAt = store.RefundAttention, tx.Now().Add(attentionCheck)
			alert, detail = alertAttention, "the gateway needs the customer's account details"
		default:
			r.State, r.NextCheckAt = store.RefundAccepted, tx.Now().Add(backOff(r.Checks))
		}
		if alert != "" {
			if err := tx.RaiseBrandAlert(ctx, intent.Brand, alert, fmt.Sprint(r.ID), detail); err != nil {
				return err
			}
		}
		if err := tx.MoveRefund(ctx, seen, r); err != nil {
			return err
		}
		return tx.DeferRefund(ctx, r.ID, r.NextCheckAt)
	})
	if err == nil && result.Outcome == provider.OutcomeSucceeded {
		crashpoint.Reach(crashpoint.RefundBooked)
	}
	return err
}

func bookRefund(ctx context.Context, tx *store.Tx, r store.Refund, intent store.Intent) error {
	ref := ledger.Ref{BorrowerID: r.BorrowerID, At: tx.Now()}
	reference := fmt.Sprint(r.ID)
	book, event := ledger.CardRefund, store.EventBindRefunded
	if r.Purpose != store.RefundBinding {
		book, event = ledger.CreditRefund, store.EventOverpaymentRefunded
	}
	batch, err := book(ref, reference, r.Amount)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, intent.Brand, batch); err != nil {
		return err
	}
	return tx.AddMessage(ctx, store.NewMessage{Borrower: r.BorrowerID, Event: event, DedupeKey: "refund:" + reference,
		Params: map[string]string{"amount": r.Amount.String()}})
}

func (s *Service) deferRefund(ctx context.Context, r store.Refund) error {
	return s.deferRefundBy(ctx, r, 0)
}

// deferRefundBy is deferRefund for at least the wait.
func (s *Service) deferRefundBy(ctx context.Context, r store.Refund, wait time.Duration) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeferRefund(ctx, r.ID, tx.Now().Add(max(backOff(r.Checks), 10*time.Second, wait)))
	})
}
