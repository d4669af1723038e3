package origination

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
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
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
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
		return 0, nil, errors.Join(err, s.alert(ctx, alertRules, brand, "applications wait until the brand has a rule set"))
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

// alert leaves a note for a person, in a transaction of its own.
func (s *Service) alert(ctx context.Context, kind, subject, detail string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.RaiseAlert(ctx, kind, subject, detail) })
}

// snapshot gathers every fact that rules may look at, as it is now.
func (s *Service) snapshot(ctx context.Context, tx *store.Tx, l store.Loan) (lending.Snapshot, error) {
	f := lending.Snapshot{Brand: l.Brand, ProductID: l.ProductID, Principal: int64(l.Terms.Principal), TotalDue: int64(l.Terms.Due),
		TermDays: int64(l.Terms.TermDays)}
	for _, part := range []func(context.Context, *store.Tx, store.Loan, *lending.Snapshot) error{personFacts, accountFacts, historyFacts, networkFacts} {
		if err := part(ctx, tx, l, &f); err != nil {
			return f, err
		}
	}
	budget, err := tx.LockBudget(ctx, l.Brand)
	f.BudgetLimited, f.BudgetLeft = budget.Limited, int64(budget.Left)
	return f, err
}

// personFacts are who the borrower is and what comes in.
func personFacts(ctx context.Context, tx *store.Tx, l store.Loan, f *lending.Snapshot) error {
	b, err := tx.Borrower(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	f.AccountAgeDays = int64(tx.Now().Sub(b.CreatedAt) / (24 * time.Hour))
	p, err := tx.Profile(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	f.AgeYears = int64(max(p.Birthday.AgeOn(clock.DateOf(tx.Now())), 0))
	w, err := tx.WorkInfo(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	f.EmploymentStatus = int64(w.EmploymentStatus)
	band, err := tx.IncomeBand(ctx, w.IncomeCode)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the band was taken out of the dictionary: unknown
	}
	f.IncomeMin = int64(band.Min)
	if !band.Open {
		f.IncomeMax = int64(band.Max)
	}
	return err
}

// accountFacts are whether the account is the borrower's. A Nigerian bank opens an account under the names of its owner's BVN, so a
// BVN counts as verified when it is on file and the account's resolved name is the borrower's; no bureau is asked.
func accountFacts(ctx context.Context, tx *store.Tx, l store.Loan, f *lending.Snapshot) error {
	p, err := tx.Profile(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	match := lending.MatchNames(p.FirstName, p.MiddleName, p.LastName, l.Snapshot.AccountName)
	f.AccountNameMatched = match.Matched
	f.BVNVerified = match.Matched && lending.ValidBVN(p.BVN)
	sharing, err := tx.AccountBorrowers(ctx, l.BankAccountID)
	f.AccountBorrowers = int64(sharing)
	f.SelfieProvided = l.HeadImage != ""
	return err
}

// historyFacts are what the borrower's earlier loans say.
func historyFacts(ctx context.Context, tx *store.Tx, l store.Loan, f *lending.Snapshot) error {
	h, err := tx.LoanHistory(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	f.PriorLoans, f.SettledLoans, f.LateLoans = int64(h.Prior), int64(h.Settled), int64(h.Late)
	f.MaxDaysLate, f.WrittenOffLoans = int64(h.MaxDaysLate), int64(h.WrittenOff)
	f.ApplicationsDay, f.ApplicationsMonth, f.RejectionsMonth = int64(h.Day), int64(h.Month), int64(h.Rejected)
	f.CreditLimit = int64(lending.DefaultCreditPolicy().Limit(lending.History{
		Prior: h.Prior, Settled: h.Settled, Late: h.Late, MaxDaysLate: h.MaxDaysLate, WrittenOff: h.WrittenOff}))
	return nil
}

// networkFacts are what the borrower shares with others, and the lists.
func networkFacts(ctx context.Context, tx *store.Tx, l store.Loan, f *lending.Snapshot) error {
	contacts, err := tx.EmergencyContacts(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	shared, err := tx.ContactsShared(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	devices, err := tx.DeviceBorrowers(ctx, l.BorrowerID)
	if err != nil {
		return err
	}
	hits, err := tx.ListHits(ctx, l.Brand, l.BorrowerID, l.BankAccountID)
	f.EmergencyContacts, f.ContactShared, f.DeviceBorrowers = int64(len(contacts)), int64(shared), int64(devices)
	f.BVNBlacklisted, f.BlacklistHits, f.Whitelisted = hits.BlackBVN, int64(hits.BlackOther), hits.White > 0
	return err
}
