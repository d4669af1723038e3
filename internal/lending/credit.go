package lending

import "github.com/creditpocket/creditpocket/internal/money"

// History is what a borrower's earlier loans of a brand say.
type History struct {
	Prior       int // disbursed
	Settled     int // paid in full, late ones included
	Late        int // ever past due
	MaxDaysLate int
	WrittenOff  int
}

// CreditPolicy sets the limit that repeat borrowers grow into.
type CreditPolicy struct {
	Entry money.Kobo // limit without a settled loan
	Step  money.Kobo // added for each loan settled without being late
	Max   money.Kobo
}

// DefaultCreditPolicy is ours: 20,000 naira to begin with, 10,000 more for each loan repaid on time, 500,000 at most.
func DefaultCreditPolicy() CreditPolicy {
	return CreditPolicy{Entry: 20_000 * money.Naira, Step: 10_000 * money.Naira, Max: 500_000 * money.Naira}
}

// Limit is the largest principal a borrower with this history may be approved for without a person, in kobo. A write-off ends it; a
// loan more than 30 days late holds it at the entry limit.
func (p CreditPolicy) Limit(h History) money.Kobo {
	switch {
	case h.WrittenOff > 0:
		return 0
	case h.MaxDaysLate > 30:
		return p.Entry
	}
	onTime := min(max(h.Settled-h.Late, 0), 10_000)
	return min(p.Entry+p.Step*money.Kobo(onTime), p.Max)
}

// Grade sums a history up for the borrower: NEW without a loan; A never late; B late by at most 7 days; C by at most 30; D worse, or
// a write-off.
func (h History) Grade() string {
	switch {
	case h.WrittenOff > 0 || h.MaxDaysLate > 30:
		return "D"
	case h.MaxDaysLate > 7:
		return "C"
	case h.MaxDaysLate > 0 || h.Late > 0:
		return "B"
	case h.Prior > 0:
		return "A"
	}
	return "NEW"
}
