package backoffice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Review is an application that waits for a person.
type Review struct {
	store.Review
	Brief LoanBrief
}

// Reviews lists the applications that wait for a person, oldest first. It returns BRAND_FORBIDDEN.
func (s *Service) Reviews(ctx context.Context, by Actor, f store.ClaimFilter, p store.Page) ([]Review, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Reviews(ctx, f, by.ID, p)
	if err != nil {
		return nil, err
	}
	reviews := make([]Review, len(rows))
	for i, r := range rows {
		reviews[i] = Review{r, brief(r.Loan, s.clock.Now())}
	}
	return reviews, nil
}

// Claim is a right to decide a review.
type Claim struct {
	LoanID     int64
	OperatorID int64
	ExpiresAt  time.Time
}

// ClaimReview gives the operator the right to decide a review for a while, or prolongs it. It returns LOAN_NOT_FOUND,
// STATE_CONFLICT when the application no longer waits, and ALREADY_CLAIMED.
func (s *Service) ClaimReview(ctx context.Context, by Actor, key string, loan int64) (Done[Claim], error) {
	return act(ctx, s, order{by, "claimReview", key, "", loan}, func(ctx context.Context, tx *store.Tx, n *note) (Claim, error) {
		l, err := lockLoan(ctx, tx, by, loan)
		if err != nil {
			return Claim{}, err
		}
		n.about("loan", l.ID, l.Brand)
		if l.State != lending.InReview {
			return Claim{}, wrongState(l, lending.InReview)
		}
		c := Claim{l.ID, by.ID, tx.Now().Add(s.config.ClaimFor)}
		err = tx.ClaimReview(ctx, l.ID, by.ID, c.ExpiresAt)
		if errors.Is(err, store.ErrStale) {
			return c, fault.New(catalog.AlreadyClaimed)
		}
		n.change("claimedUntil", "", c.ExpiresAt.Format(time.RFC3339))
		return c, err
	})
}

// lockReview holds an application that the operator has claimed and that still waits. It returns LOAN_NOT_FOUND, STATE_CONFLICT
// and NOT_CLAIMED.
func (s *Service) lockReview(ctx context.Context, tx *store.Tx, by Actor, n *note, loan int64) (store.Loan, error) {
	l, err := lockLoan(ctx, tx, by, loan)
	if err != nil {
		return l, err
	}
	n.about("loan", l.ID, l.Brand)
	if l.State != lending.InReview {
		return l, wrongState(l, lending.InReview)
	}
	c, err := tx.ReviewClaim(ctx, l.ID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && c.OperatorID != by.ID) {
		return l, fault.New(catalog.NotClaimed)
	}
	return l, err
}

// ApproveReview approves an application; its payout starts. It returns LOAN_NOT_FOUND, STATE_CONFLICT, NOT_CLAIMED, and
// BUDGET_EXHAUSTED when the brand has spent what it may approve today.
func (s *Service) ApproveReview(ctx context.Context, by Actor, key string, loan int64, reason string) (Done[LoanBrief], error) {
	return act(ctx, s, order{by, "approveReview", key, reason, loan}, func(ctx context.Context, tx *store.Tx, n *note) (LoanBrief, error) {
		l, err := s.lockReview(ctx, tx, by, n, loan)
		if err != nil {
			return LoanBrief{}, err
		}
		budget, err := tx.LockBudget(ctx, l.Brand)
		if err != nil {
			return LoanBrief{}, err
		}
		if budget.Limited && budget.Left < l.Terms.Principal {
			return LoanBrief{}, fault.New(catalog.BudgetExhausted)
		}
		l.State, l.RiskStatus, l.ApprovedAt = lending.Approved, lending.Approve.RiskStatus(), tx.Now()
		if err := tx.Enqueue(ctx, job.StartPayout{LoanID: l.ID}, job.After(s.config.PayoutHold)); err != nil {
			return LoanBrief{}, err
		}
		return concludeReview(ctx, tx, by, n, l, reason, store.EventApplicationApproved)
	})
}

// Rejection is how a reviewer refuses.
type Rejection struct {
	State       lending.State // RejectedCoolDown, RejectedMayReapply or RejectedBlacklisted
	Reason      string        // for the staff
	Explanation string        // for the borrower; may be ""
}

// RejectReview refuses an application. RejectedBlacklisted also puts the borrower's BVN, mobile number and the loan's account on the
// black list. It returns LOAN_NOT_FOUND, STATE_CONFLICT and NOT_CLAIMED.
func (s *Service) RejectReview(ctx context.Context, by Actor, key string, loan int64, r Rejection) (Done[LoanBrief], error) {
	return act(ctx, s, order{by, "rejectReview", key, r.Reason, []any{loan, r.State, r.Explanation}}, func(ctx context.Context, tx *store.Tx, n *note) (LoanBrief, error) {
		l, err := s.lockReview(ctx, tx, by, n, loan)
		if err != nil {
			return LoanBrief{}, err
		}
		l.State, l.RiskStatus, l.RiskDetail = r.State, lending.Reject.RiskStatus(), r.Explanation
		if r.State == lending.RejectedBlacklisted {
			if err := blacklist(ctx, tx, by, n, l, r.Reason); err != nil {
				return LoanBrief{}, err
			}
		}
		return concludeReview(ctx, tx, by, n, l, r.Reason, store.EventApplicationRejected)
	})
}

func concludeReview(ctx context.Context, tx *store.Tx, by Actor, n *note, l store.Loan, reason, event string) (LoanBrief, error) {
	l.ReviewerID, l.ReviewReason, l.ReviewedAt = by.ID, reason, tx.Now()
	if err := moveLoan(ctx, tx, by, n, lending.InReview, l); err != nil {
		return LoanBrief{}, err
	}
	if err := tx.EndReviewClaim(ctx, l.ID); err != nil {
		return LoanBrief{}, err
	}
	return brief(l, tx.Now()), tx.AddMessage(ctx, message(l, event))
}

// blacklist puts who applied on the brand's black list. Of an erased borrower nothing is left to list.
func blacklist(ctx context.Context, tx *store.Tx, by Actor, n *note, l store.Loan, reason string) error {
	b, err := tx.Borrower(ctx, l.BorrowerID)
	if err != nil || b.Erased {
		return err
	}
	subjects := map[string][]byte{store.ListedMobile: tx.MobileIndex(l.Brand, b.Mobile),
		store.ListedAccount: tx.AccountIndex(l.Brand, l.Snapshot.BankCode, l.Snapshot.AccountNo)}
	p, err := tx.Profile(ctx, l.BorrowerID)
	switch {
	case err == nil:
		subjects[store.ListedBVN] = tx.BVNIndex(l.Brand, p.BVN)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	for _, kind := range []string{store.ListedBVN, store.ListedMobile, store.ListedAccount} {
		if index := subjects[kind]; index != nil {
			listed, err := tx.AddListing(ctx, l.Brand, store.BlackList, kind, index, reason, by.trace())
			if err != nil {
				return err
			}
			n.change("blacklisted", "", fmt.Sprintf("%s listing:%d", kind, listed.ID))
		}
	}
	return nil
}
