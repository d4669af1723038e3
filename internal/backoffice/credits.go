package backoffice

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Credits lists borrowers who have money with us, by id. It returns BRAND_FORBIDDEN.
func (s *Service) Credits(ctx context.Context, by Actor, p store.Page) ([]store.Credit, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.Credits(ctx, p)
}

// RefundOrder is the refunds that were set going for a borrower.
type RefundOrder struct {
	Amount  money.Kobo
	Refunds []OrderedRefund
	Credit  store.Credit // afterwards
}

// OrderedRefund is one refund of one charge.
type OrderedRefund struct {
	ID        int64
	Reference string // of the charge
	Amount    money.Kobo
}

// RefundCredit gives a borrower money back that no loan takes, through the gateway, on the borrower's charges, newest first. The
// ledger books each when the gateway has done it. It returns BORROWER_NOT_FOUND, CREDIT_TOO_SMALL, and NOT_REFUNDABLE when the
// charges left are smaller than the amount.
func (s *Service) RefundCredit(ctx context.Context, by Actor, key string, borrower int64, amount money.Kobo, reason string) (Done[RefundOrder], error) {
	return act(ctx, s, order{by, "refundCredit", key, reason, []any{borrower, amount}}, func(ctx context.Context, tx *store.Tx, n *note) (RefundOrder, error) {
		if err := tx.LockBorrower(ctx, borrower); err != nil {
			return RefundOrder{}, orFault(err, catalog.BorrowerNotFound)
		}
		credit, err := tx.Credit(ctx, borrower)
		if err == nil && !by.sees(credit.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return RefundOrder{}, orFault(err, catalog.BorrowerNotFound)
		}
		n.about("borrower", borrower, credit.Brand)
		if amount > credit.Available() {
			return RefundOrder{}, fault.New(catalog.CreditTooSmall)
		}
		charges, err := tx.RefundableCharges(ctx, borrower)
		if err != nil {
			return RefundOrder{}, err
		}
		out := RefundOrder{Amount: amount}
		left := amount
		for _, c := range charges {
			part := min(left, c.Remaining)
			if part == 0 {
				break
			}
			f, err := refund(ctx, tx, borrower, c.IntentID, store.RefundCredit, part)
			if err != nil {
				return out, err
			}
			out.Refunds = append(out.Refunds, OrderedRefund{f.ID, c.Reference, part})
			n.change(fmt.Sprintf("refund.%d", f.ID), "", part.Wire())
			left -= part
		}
		if left > 0 {
			return out, fault.New(catalog.NotRefundable)
		}
		out.Credit, err = tx.Credit(ctx, borrower)
		return out, err
	})
}
