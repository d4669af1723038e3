package origination

import (
	"context"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Actors of the loan's trace.
const (
	actorSystem  = "system"
	actorGateway = "gateway"
)

// alertRules is the kind of the alert that says a brand cannot decide.
const alertRules = "rule_set_missing"

// ruleKey names a version of a brand's rules. Versions never change, so what is compiled once stays good.
type ruleKey struct {
	brand   string
	version int
}

// Decide makes the automatic decision about a submitted loan, in one transaction: snapshot, outcome, state, message, and the payout's
// job for an approval. A loan that is no longer submitted is left alone, so it may run any number of times.
func (s *Service) Decide(ctx context.Context, loan int64) error {
	seen, err := s.store.Loan(ctx, loan)
	if err != nil {
		return err
	}
	if seen.State != lending.Submitted {
		return nil
	}
	version, engine, err := s.rules(ctx, seen.Brand)
	if err != nil {
		return err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, seen.BorrowerID); err != nil {
			return err
		}
		l, err := tx.LockLoan(ctx, loan)
		if err != nil || l.State != lending.Submitted {
			return err
		}
		snapshot, err := s.snapshot(ctx, tx, l)
		if err != nil {
			return err
		}
		d, err := engine.Decide(snapshot)
		if err != nil {
			return err
		}
		record := store.Decision{LoanID: l.ID, RuleSetVersion: version, Snapshot: snapshot, Outcome: d.Outcome, Hits: d.Hits}
		if err := tx.AddDecision(ctx, l.BorrowerID, record); err != nil {
			return err
		}
		return s.conclude(ctx, tx, l, d.Verdict)
	})
	if err == nil {
		crashpoint.Reach(crashpoint.DecisionCommitted)
	}
	return err
}

// conclude writes what was decided about a submitted loan.
func (s *Service) conclude(ctx context.Context, tx *store.Tx, l store.Loan, v lending.Verdict) error {
	l.State = v.Outcome.State()
	l.RiskStatus, l.RiskReason, l.RiskDetail, l.RiskAt = v.Outcome.RiskStatus(), v.Internal, v.Borrower, tx.Now()
	event := store.EventApplicationInReview
	switch v.Outcome {
	case lending.Approve:
		event = store.EventApplicationApproved
		l.ApprovedAt = tx.Now()
		if err := tx.Enqueue(ctx, job.StartPayout{LoanID: l.ID}, job.After(s.config.PayoutHold)); err != nil {
			return err
		}
	case lending.Reject:
		event = store.EventApplicationRejected
	}
	if err := tx.UpdateLoan(ctx, lending.Submitted, l, actorSystem); err != nil {
		return err
	}
	return tx.AddMessage(ctx, message(l, event))
}

// rules are the compiled rules that a brand decides by now. A brand without rules decides nothing: an alert is raised and the job
// comes back.
func (s *Service) rules(ctx context.Context, brand string) (int, *lending.Engine, error) {
	set, err := s.store.LatestRuleSet(ctx, brand)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("origination: brand %s has no decision rules", brand)
		return 0, nil, errors.Join(err, s.alert(ctx, brand, alertRules, brand, "applications wait until the brand has a rule set"))
	}
	if err != nil {
		return 0, nil, err
	}
	key := ruleKey{brand, set.Version}
	s.mu.Lock()
	engine := s.engines[key]
	s.mu.Unlock()
	if engine != nil {
		return set.Version, engine, nil
	}
	if engine, err = lending.CompileRules(set.Rules); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	s.engines[key] = engine
	s.mu.Unlock()
	return set.Version, engine, nil
}

// alertOfLoan is alert about something of a loan.
func (s *Service) alertOfLoan(ctx context.Context, loan int64, kind, subject, detail string) error {
	l, err := s.store.Loan(ctx, loan)
	if err != nil {
		return err
	}
	return s.alert(ctx, l.Brand, kind, subject, detail)
}

// alert leaves a note for a person about something of a brand, or of the deployment itself for "", in a transaction of its own.
func (s *Service) alert(ctx context.Context, brand, kind, subject, detail string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.RaiseBrandAlert(ctx, brand, kind, subject, detail)
	})
}
