package servicing

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// end is how a charge ended that took no money.
type end struct {
	failure string // a short stable word, stored with the intent
	tell    bool   // the borrower gets a message
	release bool   // nothing happened: the key of an operation that still runs is given back, and a repeat runs as new
	alert   string // what a person must know, or ""
}

// fail records that a charge took no money. A charge that was paid meanwhile stays paid.
func (s *Service) fail(ctx context.Context, intent store.Intent, e end) (repayResult, error) {
	return s.decide(ctx, intent, func(ctx context.Context, tx *store.Tx, _ *store.Loan, i *store.Intent) error {
		return failed(ctx, tx, i, e)
	})
}

// failed is fail in a transaction that holds the intent.
func failed(ctx context.Context, tx *store.Tx, i *store.Intent, e end) error {
	if !i.State.Unsettled() {
		return nil
	}
	seen := i.State
	i.State, i.Failure = store.IntentFailed, e.failure
	if err := tx.MoveIntent(ctx, seen, *i); err != nil {
		return err
	}
	if e.alert != "" {
		if err := tx.RaiseBrandAlert(ctx, i.Brand, "charge_"+e.failure, i.Reference, e.alert); err != nil {
			return err
		}
	}
	if e.release {
		if err := tx.ReleaseOperation(ctx, i.OperationID); err != nil {
			return err
		}
		i.OperationID = 0
	}
	if e.tell {
		return tellFailed(ctx, tx, *i)
	}
	return nil
}

func tellFailed(ctx context.Context, tx *store.Tx, i store.Intent) error {
	return tx.AddMessage(ctx, store.NewMessage{Borrower: i.BorrowerID, Event: store.EventPaymentFailed, DedupeKey: "payment-failed:" + i.Reference,
		Params: map[string]string{"amount": i.Amount.String()}})
}

// declinedAtCheckout takes a page off the offer whose payment was declined. The payer may have another attempt at the page that is
// still open before him, so the gateway is asked about it until its time is over: an attempt that succeeds is not lost with its event.
func (s *Service) declinedAtCheckout(ctx context.Context, intent store.Intent) (repayResult, error) {
	return s.decide(ctx, intent, func(ctx context.Context, tx *store.Tx, _ *store.Loan, i *store.Intent) error {
		switch {
		case !i.State.Unsettled():
			return nil
		case tx.Now().After(i.ExpiresAt.Add(honourFor)):
			return failed(ctx, tx, i, end{failure: "declined"})
		}
		seen := i.State
		i.State, i.Failure = store.IntentSuperseded, "declined"
		if err := tx.MoveIntent(ctx, seen, *i); err != nil {
			return err
		}
		if err := deferCheck(ctx, tx, *i); err != nil {
			return err
		}
		return tellFailed(ctx, tx, *i)
	})
}

// wait keeps a charge that is not decided, and answers the operation that asked for it: paid or not will be seen later. It ends
// what nobody can decide any more, so that neither the borrower nor the sweep waits for ever:
//
//   - a page is given up when its time and the time for which it is honoured are over
//   - a card charge that nobody confirmed stops standing in the way of another when it expires, and is given up like a page
//   - a card charge that the gateway does not decide is never given up; a person is told when it expires
func (s *Service) wait(ctx context.Context, intent store.Intent, charge provider.ChargeResult) (repayResult, error) {
	return s.decide(ctx, intent, func(ctx context.Context, tx *store.Tx, _ *store.Loan, i *store.Intent) error {
		if !i.State.Unsettled() {
			return nil
		}
		byCard := i.Kind == store.IntentCardCharge
		paused := charge.Outcome == provider.OutcomePaused
		expired := tx.Now().After(i.ExpiresAt)
		seen := i.State
		switch {
		case tx.Now().After(i.ExpiresAt.Add(honourFor)) && (!byCard || paused):
			return failed(ctx, tx, i, end{failure: "expired", tell: byCard})
		case byCard && paused && expired && i.State == store.IntentUnconfirmed:
			i.State = store.IntentSuperseded
		case byCard && paused && (i.State == store.IntentCreated || i.State == store.IntentOpen):
			i.State, i.AuthorizationURL = store.IntentUnconfirmed, charge.AuthorizationURL
		case byCard && expired && !paused:
			if err := tx.RaiseBrandAlert(ctx, i.Brand, "charge_undecided", i.Reference, "the gateway has not decided a card charge in time"); err != nil {
				return err
			}
		}
		if i.State != seen {
			if err := tx.MoveIntent(ctx, seen, *i); err != nil {
				return err
			}
		}
		return deferCheck(ctx, tx, *i)
	})
}

// quarantine keeps a payment whose amount or currency is not what we asked for away from the loan, for a person to decide.
func (s *Service) quarantine(ctx context.Context, intent store.Intent, charge provider.ChargeResult) (repayResult, error) {
	return s.decide(ctx, intent, func(ctx context.Context, tx *store.Tx, _ *store.Loan, i *store.Intent) error {
		if i.State == store.IntentPaid || i.State == store.IntentQuarantined {
			return nil
		}
		seen := i.State
		i.State, i.Failure, i.PaidAmount, i.PaidAt = store.IntentQuarantined, "amount_mismatch", charge.Amount, charge.PaidAt
		if err := tx.MoveIntent(ctx, seen, *i); err != nil {
			return err
		}
		return tx.RaiseBrandAlert(ctx, i.Brand, "payment_mismatch", i.Reference,
			fmt.Sprintf("asked for %d kobo, the gateway says %d %.8s", int64(i.Amount), int64(charge.Amount), charge.Currency))
	})
}
