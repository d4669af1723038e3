package money

// Balances are the running totals of one loan, each split by component, in kobo. They only ever grow, except that Charged.Penalty
// shrinks when a payment turns out to have been made on an earlier day than the penalty was charged for. The ledger holds the
// same totals as postings: `verify` rebuilds a Balances from them and compares.
//
// Law, for each component: Charged = Paid + Waived + Coupon + Rebated + WrittenOff + Reversed + Outstanding().
type Balances struct {
	Charged    Components // owed ever: principal, fees and interest at payout, penalty as it accrues
	Paid       Components // paid by the borrower, before a write-off
	Waived     Components // forgiven by an operator
	Coupon     Components // taken over by a coupon
	Rebated    Components // unearned interest given back on early settlement
	WrittenOff Components // given up as lost; the borrower still owes it
	Reversed   Components // cancelled because the payout came back after it had counted as paid
	Recovered  Kobo       // received after the write-off, up to what was written off
}

// Outstanding is what the receivables hold: charged and not yet paid, waived, rebated, covered by a coupon, written off or reversed.
func (b Balances) Outstanding() Components {
	return b.Charged.Minus(b.Paid).Minus(b.Waived).Minus(b.Coupon).Minus(b.Rebated).Minus(b.WrittenOff).Minus(b.Reversed)
}

// Unrecovered is what a written-off borrower still owes, in kobo: written off less recovered, never negative.
func (b Balances) Unrecovered() Kobo { return max(b.WrittenOff.Total()-b.Recovered, 0) }
