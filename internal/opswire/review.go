package opswire

import (
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// invalidOneOf is the fault for two properties of which exactly one must be there.
func invalidOneOf(a, b string) error {
	return fault.Invalid("", "must have "+a+" or "+b+", and not both")
}

// Operator is who a key belongs to.
func Operator(a backoffice.Actor) opsapi.Operator {
	return opsapi.Operator{ID: id(a.ID), Name: a.Name, Role: opsapi.OperatorRole(word(string(a.Role))), Brand: a.Brand, ExpiresAt: instant(a.ExpiresAt)}
}

// ClaimFilter reads whose reviews to list.
func ClaimFilter(f *opsapi.ReviewClaimFilter) store.ClaimFilter {
	if f == nil {
		return store.ClaimAny
	}
	return map[opsapi.ReviewClaimFilter]store.ClaimFilter{opsapi.ReviewClaimFilterUNCLAIMED: store.ClaimFree, opsapi.ReviewClaimFilterMINE: store.ClaimMine}[*f]
}

// Reviews is a page of the review queue.
func Reviews(rows []backoffice.Review, p store.Page) opsapi.ReviewList {
	return opsapi.ReviewList{Next: next(rows, p, func(r backoffice.Review) int64 { return r.Loan.ID }), List: each(rows, func(r backoffice.Review) opsapi.Review {
		return opsapi.Review{Loan: LoanBrief(r.Brief), Mobile: wire.MaskMobile(r.Loan.Snapshot.Mobile), ProductID: id(r.Loan.ProductID),
			TermDays: wire.Int32(r.Loan.Terms.TermDays), PriorLoans: wire.Int32(r.Loan.PriorLoans), RiskReason: r.Loan.RiskReason,
			ClaimedBy: id(r.Claim.OperatorID), ClaimedByName: r.Claim.OperatorName, ClaimExpiresAt: instant(r.Claim.ExpiresAt)}
	})}
}

// Claim is a right to decide a review.
func Claim(c backoffice.Claim) opsapi.ReviewClaim {
	return opsapi.ReviewClaim{LoanID: id(c.LoanID), OperatorID: id(c.OperatorID), ExpiresAt: instant(c.ExpiresAt)}
}

// Rejection reads how an application is refused.
func Rejection(in opsapi.RejectInfo) backoffice.Rejection {
	return backoffice.Rejection{Reason: in.Reason, Explanation: wire.Text(in.Explanation), State: map[opsapi.ReviewRejection]lending.State{
		opsapi.ReviewRejectionCOOLDOWN: lending.RejectedCoolDown, opsapi.ReviewRejectionMAYREAPPLY: lending.RejectedMayReapply,
		opsapi.ReviewRejectionBLACKLIST: lending.RejectedBlacklisted}[in.Rejection]}
}

// PayoutQueue reads which payouts to list.
func PayoutQueue(q *opsapi.PayoutQueue) store.PayoutQueue {
	if q == nil {
		return store.PayoutsStuck
	}
	return map[opsapi.PayoutQueue]store.PayoutQueue{opsapi.PayoutQueueFAILED: store.PayoutsFailed, opsapi.PayoutQueueHELD: store.PayoutsHeld}[*q]
}

// Payouts is a page of a queue of payouts.
func Payouts(rows []backoffice.QueuedPayout, p store.Page) opsapi.PayoutList {
	return opsapi.PayoutList{Next: next(rows, p, func(q backoffice.QueuedPayout) int64 { return q.Loan.ID }), List: each(rows, func(q backoffice.QueuedPayout) opsapi.Payout {
		step := opsapi.PayoutStepNONE
		if q.Payout.ID != 0 {
			step = payoutStep(q.Payout.State)
		}
		return opsapi.Payout{Loan: LoanBrief(q.Brief), Amount: q.Loan.Terms.Disbursed.Wire(), BankName: q.Loan.Snapshot.BankName,
			Account: mask.Account(q.Loan.Snapshot.AccountNo), Step: step, Reference: q.Payout.Reference, GatewayStatus: q.Payout.GatewayStatus,
			Sends: wire.Int32(q.Payout.Sends), SentAt: instant(q.Payout.SentAt), Checks: wire.Int32(q.Payout.Checks), NextCheckAt: instant(q.Payout.NextCheckAt),
			Since: instant(q.Loan.UpdatedAt)}
	})}
}

func payoutStep(s store.PayoutState) opsapi.PayoutStep {
	return map[store.PayoutState]opsapi.PayoutStep{store.PayoutCreated: opsapi.PayoutStepCREATED, store.PayoutSent: opsapi.PayoutStepSENT,
		store.PayoutSucceeded: opsapi.PayoutStepSUCCEEDED, store.PayoutFailed: opsapi.PayoutStepFAILED, store.PayoutReversed: opsapi.PayoutStepREVERSED}[s]
}

func payoutAttempt(p store.Payout) opsapi.PayoutAttempt {
	return opsapi.PayoutAttempt{Attempt: wire.Int32(p.Attempt), Reference: p.Reference, Amount: p.Amount.Wire(), Step: payoutStep(p.State),
		GatewayStatus: p.GatewayStatus, Sends: wire.Int32(p.Sends), SentAt: instant(p.SentAt), NextCheckAt: instant(p.NextCheckAt),
		CreatedAt: instant(p.CreatedAt), ConcludedAt: instant(p.ConcludedAt)}
}
