package servicing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Words for why a due date cannot be moved.
const (
	NotOwing = "LOAN_NOT_OWING"
	NoneLeft = "NO_EXTENSION_LEFT"
	TooLate  = "TOO_LATE" // the loan would be past due all the same
)

// Extension is what moving a loan's due date costs and gives, and the page where its fee is paid. Amounts are kobo.
type Extension struct {
	LoanID           int64
	Eligible         bool
	Reason           string // why not: NotOwing, NoneLeft or TooLate; "" when eligible
	Fee              money.Kobo
	DueAt            time.Time // now
	NewDueAt         time.Time // after the extension; zero when not eligible
	Extended         int       // times so far
	Left             int       // times more
	Reference        string    // of the page; "" for none
	AuthorizationURL string    // "" where nothing is to be paid
	ExpiresAt        time.Time // of the page; zero for none
}

// offerOf is the offer for a loan at an instant, without a page.
func offerOf(l store.Loan, at time.Time) Extension {
	e := Extension{LoanID: l.ID, Fee: l.Conditions.ExtensionFee, DueAt: l.DueAt, Extended: l.Extensions, Left: max(l.Conditions.MaxExtensions-l.Extensions, 0)}
	offer, err := lending.OfferExtension(l.Loan, at)
	switch {
	case err == nil:
		e.Eligible, e.Fee, e.NewDueAt = true, offer.Fee, offer.DueAt
	case !l.State.Owing():
		e.Reason, e.Left = NotOwing, 0
	case e.Left == 0:
		e.Reason = NoneLeft
	default:
		e.Reason = TooLate
	}
	return e
}

// Extension returns what moving the loan's due date costs and gives, with the one open page for its fee, which is made when there is
// none; loan 0 means the open loan. No date moves before the fee is paid, and repeating gives the same page until it is paid,
// declined or expires. It returns LOAN_NOT_FOUND and GATEWAY_UNAVAILABLE.
func (s *Service) Extension(ctx context.Context, borrower, loan int64) (Extension, error) {
	l, err := loanToRepay(ctx, s.store, borrower, loan)
	if err != nil {
		return Extension{}, err
	}
	if e := offerOf(l, s.clock.Now()); !e.Eligible || e.Fee == 0 {
		return e, nil
	}
	shared := s.opening.DoChan(fmt.Sprintf("extension:%d", l.ID), func() (any, error) {
		return s.openExtension(context.WithoutCancel(ctx), l)
	})
	select {
	case done := <-shared:
		answer, _ := done.Val.(Extension)
		return answer, done.Err
	case <-ctx.Done():
		return Extension{}, gatewayAway(ctx.Err())
	}
}

// openExtension finds or makes the open page for the fee. A page is not offered again without a look whether it was paid.
func (s *Service) openExtension(ctx context.Context, l store.Loan) (Extension, error) {
	profile, err := s.store.Profile(ctx, l.BorrowerID)
	if err != nil {
		return Extension{}, err
	}
	asked := false
	for attempts := 0; attempts < pageAttempts; attempts++ {
		e, intent, err := s.extensionIntent(ctx, l.ID)
		if err != nil || intent.ID == 0 {
			return e, err
		}
		if !asked && intent.State == store.IntentOpen && s.clock.Now().Sub(intent.CreatedAt) > pageRest {
			asked = true
			s.look(ctx, intent)
			attempts--
			continue
		}
		if intent.State == store.IntentCreated {
			intent, err = s.openPage(ctx, intent, profile.Email)
		}
		switch {
		case errors.Is(err, store.ErrStale), errors.Is(err, provider.ErrDuplicateReference):
			continue // another process was faster, or the page of this reference is lost: look again
		case err != nil:
			return Extension{}, err
		}
		e.Reference, e.AuthorizationURL, e.ExpiresAt = intent.Reference, intent.AuthorizationURL, intent.ExpiresAt
		return e, nil
	}
	return Extension{}, gatewayAway(errors.New("no page could be opened"))
}

// extensionIntent finds the loan's open intent for the fee, or replaces it by a new one. There is none where no extension is possible.
func (s *Service) extensionIntent(ctx context.Context, loan int64) (e Extension, intent store.Intent, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := tx.LockLoan(ctx, loan)
		if err != nil {
			return err
		}
		intent = store.Intent{}
		if e = offerOf(l, tx.Now()); !e.Eligible || e.Fee == 0 {
			return nil
		}
		open, err := tx.OpenIntentOfLoan(ctx, loan, store.IntentExtension)
		switch {
		case err == nil && open.Amount == e.Fee && tx.Now().Before(open.ExpiresAt):
			intent = open
			return nil
		case err == nil:
			moved := open
			moved.State = store.IntentSuperseded
			if err := tx.MoveIntent(ctx, open.State, moved); err != nil {
				return err
			}
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		reference, err := newReference(ExtensionPrefix)
		if err != nil {
			return err
		}
		intent, err = tx.AddIntent(ctx, store.Intent{Brand: l.Brand, BorrowerID: l.BorrowerID, Kind: store.IntentExtension, LoanID: l.ID, Reference: reference,
			Amount: e.Fee, NextCheckAt: tx.Now().Add(time.Minute), ExpiresAt: tx.Now().Add(s.config.CheckoutLife)})
		return err
	})
	return e, intent, err
}

// Extend moves a due date whose moving costs nothing, at once; loan 0 means the open loan. It returns LOAN_NOT_FOUND, LOAN_NOT_OWING,
// EXTENSION_NOT_ALLOWED (also where there is a fee: it is paid first, see Extension), IDEMPOTENCY_KEY_REUSED and
// OPERATION_IN_PROGRESS. replayed says that the answer is that of an earlier call with the same key.
func (s *Service) Extend(ctx context.Context, borrower, loan int64, key string) (e Extension, replayed bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		op, err := tx.ClaimOperation(ctx, store.OperationKey{Borrower: borrower, Kind: "extendLoan", Key: key, Params: fmt.Appendf(nil, "loan=%d", loan)})
		if err != nil {
			return err
		}
		if replayed = op.Replayed; replayed {
			return json.Unmarshal(op.Result, &e)
		}
		found, err := loanToRepay(ctx, tx, borrower, loan)
		if err != nil {
			return err
		}
		l, err := tx.LockLoan(ctx, found.ID)
		if err != nil {
			return err
		}
		offer := offerOf(l, tx.Now())
		switch {
		case offer.Reason == NotOwing:
			return fault.New(catalog.LoanNotOwing)
		case !offer.Eligible:
			return fault.New(catalog.ExtensionNotAllowed).WithCause(errors.New(offer.Reason))
		case offer.Fee > 0:
			return fault.New(catalog.ExtensionNotAllowed).WithMessage("Moving the due date has a fee. Please pay it first.").WithCause(errors.New("fee"))
		}
		effect, err := lending.Extend(l.Loan, tx.Now())
		if err != nil {
			return asFault(err)
		}
		if err := extended(ctx, tx, &l, effect, fmt.Sprintf("free-%d", l.Extensions+1), fmt.Sprintf("borrower:%d", borrower)); err != nil {
			return err
		}
		e = offerOf(l, tx.Now())
		return tx.FinishOperation(ctx, op, e)
	})
	return e, replayed, err
}

// extended writes an extension: the penalty it causes, the loan, the message.
func extended(ctx context.Context, tx *store.Tx, l *store.Loan, effect lending.Effect, reference, actor string) error {
	batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, reference, ledger.FromGateway, effect.Movement)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return err
	}
	seen := l.State
	l.Loan = effect.Loan
	if err := tx.UpdateLoan(ctx, seen, *l, actor); err != nil {
		return err
	}
	return tx.AddMessage(ctx, store.NewMessage{Borrower: l.BorrowerID, Event: store.EventLoanExtended, DedupeKey: fmt.Sprintf("extended:%d:%d", l.ID, l.Extensions),
		Params: map[string]string{"due_date": l.DueDate().String()}})
}
