package servicing

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// ErrUnknownReference says that a reference is not one of ours.
var ErrUnknownReference = errors.New("servicing: unknown reference")

// ApplyCharge asks the gateway what became of a repayment and applies its answer: the one way in which money that was paid
// reaches a loan, whoever gave the hint. It is safe to call any number of times, also at once. It returns
// ErrUnknownReference, and the gateway's errors, after which it is called again.
func (s *Service) ApplyCharge(ctx context.Context, reference string) error {
	intent, err := s.store.Intent(ctx, reference)
	if errors.Is(err, store.ErrNotFound) || (err == nil && intent.Kind == store.IntentBinding) {
		return ErrUnknownReference
	}
	if err != nil || intent.State == store.IntentPaid || intent.State == store.IntentQuarantined {
		return err
	}
	if amount, heard := planted.Heard(reference); planted.Is(planted.WebhookAmount) && heard && intent.Kind != store.IntentExtension {
		_, err := s.applyPayment(ctx, intent, provider.ChargeResult{Outcome: provider.OutcomeSucceeded, Amount: money.Kobo(amount)})
		return err
	}
	call, cancel := context.WithTimeout(ctx, 4*s.config.GatewayTimeout)
	charge, err := s.payments.VerifyCharge(call, reference)
	cancel()
	switch {
	case errors.Is(err, provider.ErrNotFound):
		return s.neverAccepted(ctx, intent)
	case err != nil:
		return err
	}
	_, err = s.settle(ctx, intent, charge)
	return err
}

const (
	// acceptedWithin is how long after its commitment a charge may still reach the gateway: every call has given up long before.
	acceptedWithin = 2 * time.Minute
	// honourFor is how long a payment page that is off the offer is still asked about: as long as the gateway repeats its events.
	// An event that comes later is heard all the same.
	honourFor = 72 * time.Hour
)

// neverAccepted closes a charge that the gateway does not know and will not hear of any more. A payment page that could
// not be opened stays on offer until it expires, because the next request opens it under the same reference.
func (s *Service) neverAccepted(ctx context.Context, intent store.Intent) error {
	since := intent.CreatedAt
	if intent.Kind.ByPage() && intent.State != store.IntentSuperseded {
		since = intent.ExpiresAt
	}
	if intent.State.Unsettled() && s.clock.Now().Sub(since) > acceptedWithin {
		_, err := s.fail(ctx, intent, end{failure: "never_accepted", release: true, tell: intent.Kind == store.IntentCardCharge})
		return err
	}
	return s.deferIntent(ctx, intent)
}

func (s *Service) deferIntent(ctx context.Context, intent store.Intent) error {
	return s.deferIntentBy(ctx, intent, 0)
}

// deferIntentBy is deferIntent for at least the wait.
func (s *Service) deferIntentBy(ctx context.Context, intent store.Intent, wait time.Duration) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return deferCheckBy(ctx, tx, intent, wait) })
}

// deferCheck sets the sweep's next question, if it was due: an app that asks every few seconds must not wear the sweep out.
func deferCheck(ctx context.Context, tx *store.Tx, intent store.Intent) error {
	return deferCheckBy(ctx, tx, intent, 0)
}

func deferCheckBy(ctx context.Context, tx *store.Tx, intent store.Intent, wait time.Duration) error {
	if intent.NextCheckAt.After(tx.Now()) {
		return nil
	}
	return tx.DeferIntent(ctx, intent.ID, tx.Now().Add(max(backOff(intent.Checks), wait)))
}

// settle applies what the gateway said about a charge and returns how the repayment stands then.
func (s *Service) settle(ctx context.Context, intent store.Intent, charge provider.ChargeResult) (repayResult, error) {
	switch charge.Outcome {
	case provider.OutcomeSucceeded:
		if charge.Amount != intent.Amount || charge.Currency != provider.Currency {
			return s.quarantine(ctx, intent, charge)
		}
		if intent.Kind == store.IntentExtension {
			return s.applyExtension(ctx, intent, charge)
		}
		return s.applyPayment(ctx, intent, charge)
	case provider.OutcomeFailed, provider.OutcomeAbandoned:
		if intent.Kind.ByPage() {
			return s.declinedAtCheckout(ctx, intent)
		}
		return s.fail(ctx, intent, end{failure: "declined", tell: true})
	case provider.OutcomeReversed:
		return s.fail(ctx, intent, end{failure: "reversed", tell: true, alert: "the gateway gave a paid charge back before we had booked it"})
	default:
		return s.wait(ctx, intent, charge)
	}
}

// decide runs work with the loan and the intent held, and stores the standing afterwards for the operation that asked for the
// charge. An operation that is finished already keeps its first answer.
func (s *Service) decide(ctx context.Context, intent store.Intent, work func(ctx context.Context, tx *store.Tx, l *store.Loan, i *store.Intent) error) (result repayResult, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, i, err := tx.LockCharge(ctx, intent)
		if err != nil {
			return err
		}
		if err := work(ctx, tx, &l, &i); err != nil {
			return err
		}
		result = repayResult{Repayment: s.view(l, i), Declined: i.State == store.IntentFailed}
		return tx.FinishRunning(ctx, store.Operation{ID: i.OperationID, Borrower: i.BorrowerID}, result)
	})
	return result, err
}

// view is how a repayment stands by the intent's state. A payment that waits for a person is shown as undecided: calling it failed
// would invite the borrower to pay twice.
func (s *Service) view(l store.Loan, i store.Intent) Repayment {
	v := Repayment{LoanID: l.ID, Amount: i.Amount, Remaining: lending.PositionAt(l.Loan, s.clock.Now()).Remaining, Reference: i.Reference,
		AuthorizationURL: i.AuthorizationURL, Method: ByCheckout, Status: PayOpen, ExpiresAt: i.ExpiresAt}
	if strings.HasPrefix(i.Reference, CardPrefix) { // also where an operator put its money on the loan
		v.Method = ByCard
	}
	switch i.State {
	case store.IntentPaid:
		v.Status = Paid
	case store.IntentFailed:
		v.Status = PayFailed
	case store.IntentUnconfirmed:
		v.Status = PayConfirm
	}
	if !i.State.Unsettled() {
		v.AuthorizationURL, v.ExpiresAt = "", time.Time{}
	}
	return v
}
