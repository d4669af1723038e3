package ledger

import (
	"errors"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Book makes the batches of one event on one loan, in the order in which they took effect: penalty up to the event, rebate,
// payment or recovery, waiver, coupon, write-off, penalty after it. reference is the event's own (the payment's, the waiver's, the
// coupon's), from is where received money comes from. A payout that came back needs the loan's balances: see BookReversal.
func Book(ref Ref, reference string, from Source, m money.Movement) ([]Batch, error) {
	if !m.Reversed.IsZero() {
		return nil, errors.New("ledger: a reversed payout is booked by BookReversal")
	}
	var out []Batch
	var failed error
	add := func(wanted bool, build func() (Batch, error)) {
		if !wanted || failed != nil {
			return
		}
		b, err := build()
		if err != nil {
			failed = err
			return
		}
		out = append(out, b)
	}
	cause := string(mainKind(m)) + ":" + reference
	recovery := m.Recovered > 0
	add(m.PenaltyBefore != 0, func() (Batch, error) { return PenaltyAdjustment(ref, cause+":before", m.PenaltyBefore) })
	add(m.Rebate != 0, func() (Batch, error) { return Rebate(ref, reference, m.Rebate) })
	add(!recovery && m.Received() != 0, func() (Batch, error) { return Payment(ref, reference, from, m.Paid, m.Over) })
	add(recovery, func() (Batch, error) { return Recovery(ref, reference, from, m.Recovered, m.Over) })
	add(!m.Waived.IsZero(), func() (Batch, error) { return Waived(ref, reference, m.Waived) })
	add(!m.Coupon.IsZero(), func() (Batch, error) { return CouponRedeemed(ref, reference, m.Coupon) })
	add(!m.WrittenOff.IsZero(), func() (Batch, error) { return WrittenOff(ref, reference, m.WrittenOff) })
	add(m.PenaltyAfter != 0, func() (Batch, error) { return PenaltyAdjustment(ref, cause+":after", m.PenaltyAfter) })
	return out, failed
}

// BookReversal makes the batches of a payout that came back after it had counted as paid: penalty up to the event, then the
// reversal. reference is the transfer's, disbursed what it paid out, balances are the loan's by account before the event.
func BookReversal(ref Ref, reference string, m money.Movement, disbursed money.Kobo, balances map[Account]money.Kobo) ([]Batch, error) {
	var out []Batch
	if m.PenaltyBefore != 0 {
		b, err := PenaltyAdjustment(ref, string(KindDisbursementReversal)+":"+reference+":before", m.PenaltyBefore)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
		after := Totals(b.Postings)
		for account, balance := range balances {
			after[account] += balance
		}
		balances = after
	}
	b, err := DisbursementReversal(ref, reference, disbursed, balances)
	if err != nil {
		return nil, err
	}
	return append(out, b), nil
}

// mainKind names the event in the keys of the penalty batches it causes.
func mainKind(m money.Movement) Kind {
	switch {
	case m.Received() != 0:
		return KindPayment
	case !m.Waived.IsZero():
		return KindWaiver
	case !m.Coupon.IsZero():
		return KindCoupon
	case !m.WrittenOff.IsZero():
		return KindWriteOff
	}
	return KindExtensionFee
}
