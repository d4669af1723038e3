package backoffice

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Approvals lists requests for a second person in the given states, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) Approvals(ctx context.Context, by Actor, states []store.ApprovalState, p store.Page) ([]store.Approval, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.Approvals(ctx, states, p)
}

// Ruling is a decided request and the loan afterwards.
type Ruling struct {
	Approval store.Approval
	Loan     LoanBrief
}

// ApproveRequest carries out what somebody else asked for, as the loan stands now. It returns RECORD_NOT_FOUND,
// SECOND_PERSON_REQUIRED for who asked, ALREADY_DECIDED, LOAN_NOT_OWING, STATE_CONFLICT for a loan that is not past due any more, and
// WAIVER_TOO_LARGE when less is owed by now.
func (s *Service) ApproveRequest(ctx context.Context, by Actor, key string, id int64, reason string) (Done[Ruling], error) {
	return s.decide(ctx, by, "approveRequest", key, id, reason, func(ctx context.Context, tx *store.Tx, n *note, a store.Approval, l store.Loan) (store.Loan, error) {
		var effect lending.Effect
		var err error
		switch a.Kind {
		case store.ApproveWriteOff:
			effect, err = lending.WriteOff(l.Loan, tx.Now())
		default:
			amount := a.Amount
			if a.ByParts {
				amount = 0
			}
			_, effect, err = forgive(l, amount, a.Parts, tx.Now())
		}
		if err != nil {
			return l, err
		}
		if err := tx.DecideApproval(ctx, a.ID, store.ApprovalApproved, by.ID, reason); err != nil {
			return l, err
		}
		return bookRelief(ctx, tx, by, n, l, effect, fmt.Sprintf("approval-%d", a.ID))
	})
}

// DeclineRequest ends somebody else's request; nothing changes on the loan. It returns RECORD_NOT_FOUND, SECOND_PERSON_REQUIRED for who
// asked, and ALREADY_DECIDED.
func (s *Service) DeclineRequest(ctx context.Context, by Actor, key string, id int64, reason string) (Done[Ruling], error) {
	return s.decide(ctx, by, "declineRequest", key, id, reason, func(ctx context.Context, tx *store.Tx, _ *note, a store.Approval, l store.Loan) (store.Loan, error) {
		return l, tx.DecideApproval(ctx, a.ID, store.ApprovalDeclined, by.ID, reason)
	})
}

type decision func(ctx context.Context, tx *store.Tx, n *note, a store.Approval, l store.Loan) (store.Loan, error)

// decide holds the borrower, the loan and the request, in this order, and lets a second person decide: of two who do at once, one
// does and the other hears that it was decided.
func (s *Service) decide(ctx context.Context, by Actor, kind, key string, id int64, reason string, work decision) (Done[Ruling], error) {
	return act(ctx, s, order{by, kind, key, reason, id}, func(ctx context.Context, tx *store.Tx, n *note) (Ruling, error) {
		a, err := tx.Approval(ctx, id)
		if err != nil {
			return Ruling{}, orFault(err, catalog.RecordNotFound)
		}
		l, err := lockLoan(ctx, tx, by, a.LoanID)
		if fault.Has(err, catalog.LoanNotFound) {
			return Ruling{}, fault.New(catalog.RecordNotFound)
		}
		if err != nil {
			return Ruling{}, err
		}
		if a, err = tx.LockApproval(ctx, id); err != nil {
			return Ruling{}, err
		}
		n.about("approval", a.ID, a.Brand)
		switch {
		case a.RequestedBy == by.ID:
			return Ruling{}, fault.New(catalog.SecondPersonRequired)
		case a.State != store.ApprovalPending:
			return Ruling{}, fault.New(catalog.AlreadyDecided)
		}
		n.change("loan", "", fmt.Sprint(l.ID))
		n.change(string(a.Kind), "requested", kind)
		if l, err = work(ctx, tx, n, a, l); err != nil {
			return Ruling{}, err
		}
		a, err = tx.Approval(ctx, id)
		return Ruling{a, brief(l, tx.Now())}, err
	})
}
