package servicing

import (
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// compareSold holds the price a loan was sold at against what its payout charged.
func compareSold(r store.LoanRecord, booked ledger.LoanMoney) []ledger.Difference {
	if booked.Charged.Minus(money.Components{Penalty: booked.Charged.Penalty}).IsZero() {
		return nil // not paid out
	}
	var out []ledger.Difference
	for _, part := range []money.Component{money.Principal, money.ServiceFee, money.Interest} {
		if sold, charged := r.Sold.Of(part), booked.Charged.Of(part); sold != charged {
			out = append(out, ledger.Difference{Field: "sold." + string(part), Record: sold, Ledger: charged})
		}
	}
	return out
}

// compareResults checks the other side of a loan's receivables: each income and expense account must hold what the running totals
// say, and nothing after a payout that came back.
func compareResults(b ledger.LoanMoney, lines []ledger.Line) []ledger.Difference {
	held := map[ledger.Account]money.Kobo{}
	for _, l := range lines {
		held[l.Account] += l.Amount
	}
	want := map[ledger.Account]money.Kobo{
		ledger.InterestIncome:   b.Rebated.Total() - b.Charged.Interest,
		ledger.ServiceFeeIncome: -b.Charged.ServiceFee,
		ledger.PenaltyIncome:    -b.Charged.Penalty,
		ledger.RecoveryIncome:   -b.Recovered,
		ledger.Waiver:           b.Waived.Total() + b.Disbursed + b.UpfrontFee - b.Charged.Principal,
		ledger.CouponExpense:    b.Coupon.Total(),
		ledger.WriteOff:         b.WrittenOff.Total(),
	}
	var out []ledger.Difference
	for _, info := range ledger.Accounts() {
		expected, ok := want[info.Account]
		if !ok {
			continue
		}
		if reversed(lines) {
			expected = 0
		}
		if got := held[info.Account]; got != expected {
			out = append(out, ledger.Difference{Field: string(info.Account), Record: expected, Ledger: got})
		}
	}
	return out
}

func reversed(lines []ledger.Line) bool {
	for _, l := range lines {
		if l.Kind == ledger.KindDisbursementReversal {
			return true
		}
	}
	return false
}

// stateOf says what is wrong with a loan's state by the ledger, or "".
func stateOf(state lending.State, b ledger.LoanMoney) string {
	outstanding := b.Outstanding().Total()
	switch {
	case state.Owing() && outstanding <= 0:
		return "owes nothing"
	case !state.Owing() && outstanding != 0:
		return "owes " + outstanding.Wire()
	case state == lending.WrittenOff && b.WrittenOff.IsZero():
		return "not written off"
	case state != lending.WrittenOff && !b.WrittenOff.IsZero():
		return "written off"
	case state.PaidOut() != (b.Disbursed != 0):
		return "paid out " + b.Disbursed.Wire()
	}
	return ""
}
