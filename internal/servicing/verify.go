package servicing

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Difference is one place where two of our books disagree.
type Difference struct {
	Subject string // "loan 123", "batch 7", "payment cpr-…", "charge cpr-…", "refund 12", "payout cpp-…"
	Field   string
	Record  string
	Ledger  string
}

// String names the difference in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %s in the record and %s in the ledger", d.Subject, d.Field, d.Record, d.Ledger)
}

// Audit is the result of Verify.
type Audit struct {
	Loans       int64
	Differences []Difference
}

const (
	verifyBatch    = 1000
	verifyRecords  = 5000
	maxDifferences = 1000
)

// Verify recomputes the money of every loan from its postings and holds it against the loan's own record and state, and its penalty
// against the rules, and checks that every batch of the ledger is whole and sums to zero, and that every paid charge, payment, refund,
// payout, returned payout and unassigned receipt is in it once. It
// may run beside the business: what is being written while it looks is no difference. progress, which may be nil, is told how many
// loans are done. At most a thousand differences are named.
func (s *Service) Verify(ctx context.Context, progress func(done, total int64)) (Audit, error) {
	var a Audit
	if err := s.verifyLoans(ctx, &a, progress); err != nil {
		return a, err
	}
	for _, table := range store.AuditTables() {
		if err := s.verifyRecords(ctx, &a, table); err != nil {
			return a, err
		}
	}
	return a, s.verifyBatches(ctx, &a)
}

func (s *Service) verifyLoans(ctx context.Context, a *Audit, progress func(done, total int64)) error {
	total, err := s.store.CountLoans(ctx)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		records, err := s.store.LoanRecordsAfter(ctx, after, verifyBatch)
		if err != nil || len(records) == 0 {
			return err
		}
		ids := make([]int64, len(records))
		for i, r := range records {
			ids[i] = r.LoanID
		}
		lines, err := s.store.LinesOfLoans(ctx, ids)
		if err != nil {
			return err
		}
		for _, r := range records {
			if len(loanDifferences(r, lines[r.LoanID])) == 0 || a.full() {
				continue
			}
			if err := s.verifyHeld(ctx, a, r.LoanID); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
		a.Loans += int64(len(ids))
		if progress != nil {
			progress(a.Loans, total)
		}
	}
}

// verifyHeld looks at a loan that seems to differ once more while nobody can write it: record and ledger were read one after the
// other, and a payment may have come between.
func (s *Service) verifyHeld(ctx context.Context, a *Audit, loan int64) error {
	var found []Difference
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		record, err := tx.LockLoanRecord(ctx, loan)
		if err != nil {
			return err
		}
		lines, err := tx.LinesOfLoans(ctx, []int64{loan})
		found = loanDifferences(record, lines[loan])
		return err
	})
	a.add(found...)
	return err
}

// loanDifferences holds one loan against its ledger.
func loanDifferences(r store.LoanRecord, lines []ledger.Line) []Difference {
	var out []Difference
	add := func(d ledger.Difference) {
		out = append(out, Difference{Subject: fmt.Sprintf("loan %d", r.LoanID), Field: d.Field, Record: d.Record.Wire(), Ledger: d.Ledger.Wire()})
	}
	booked := ledger.Rebuild(lines)
	for _, d := range ledger.Compare(r.Money, booked) {
		add(d)
	}
	for _, d := range append(compareSold(r, booked), compareResults(booked, lines)...) {
		add(d)
	}
	if want := lending.PenaltyAt(r.Loan, r.Loan.PenaltyThrough); want != r.Money.Charged.Penalty {
		add(ledger.Difference{Field: "penalty by the rules", Record: r.Money.Charged.Penalty, Ledger: want})
	}
	if want := stateOf(r.State, booked); want != "" {
		out = append(out, Difference{Subject: fmt.Sprintf("loan %d", r.LoanID), Field: "status", Record: r.State.String(), Ledger: want})
	}
	return out
}

// verifyRecords holds the records of a table against the ledger, a range at a time.
func (s *Service) verifyRecords(ctx context.Context, a *Audit, table store.AuditTable) error {
	for after := int64(0); !a.full(); {
		last, err := s.store.RangeAfter(ctx, table, after, verifyRecords)
		if err != nil || last == 0 {
			return err
		}
		found, err := s.store.Mismatches(ctx, table, after, last)
		if err != nil {
			return err
		}
		for _, m := range found {
			a.add(Difference{Subject: m.Subject, Field: m.Field, Record: m.Record.Wire(), Ledger: m.Ledger.Wire()})
		}
		after = last
	}
	return nil
}

// verifyBatches looks at the ledger in itself.
func (s *Service) verifyBatches(ctx context.Context, a *Audit) error {
	wrong := map[string][2]string{"sum": {"0", "not zero"}, "batch": {"missing", "postings"}, "postings": {"batch", "missing"},
		"owner": {"the batch's or the loan's", "somebody else's"}}
	for after := int64(0); !a.full(); {
		last, err := s.store.BatchRangeAfter(ctx, after, verifyRecords)
		if err != nil || last == 0 {
			return err
		}
		flaws, err := s.store.BatchFlaws(ctx, after, last)
		if err != nil {
			return err
		}
		for _, f := range flaws {
			a.add(Difference{Subject: fmt.Sprintf("batch %d", f.BatchID), Field: f.Field, Record: wrong[f.Field][0], Ledger: wrong[f.Field][1]})
		}
		after = last
	}
	return nil
}

func (a *Audit) full() bool { return len(a.Differences) >= maxDifferences }

func (a *Audit) add(found ...Difference) {
	a.Differences = append(a.Differences, found[:min(len(found), maxDifferences-len(a.Differences))]...)
}
