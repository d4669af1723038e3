package origination

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

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
