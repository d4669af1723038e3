package money

// Movement is what one event moved on one loan, in kobo: lending computes it, ledger books it, in the order of the fields. Fields
// that the event does not touch are zero.
type Movement struct {
	PenaltyBefore Kobo       // penalty charged up to the event's date; negative when it had been charged beyond it
	Rebate        Kobo       // unearned interest given back
	Paid          Components // allocation of a payment
	Recovered     Kobo       // received on a written-off loan
	Over          Kobo       // received beyond what was owed: the borrower's credit
	Waived        Components
	Coupon        Components
	WrittenOff    Components
	Reversed      Components // no longer owed because the payout came back
	PenaltyAfter  Kobo       // penalty of the days between the event's date and today, at the new principal
}

// Received is the money that came in with the event. Law: it equals the amount of the payment.
func (m Movement) Received() Kobo { return m.Paid.Total() + m.Recovered + m.Over }
