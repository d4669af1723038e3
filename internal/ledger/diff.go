package ledger

import "github.com/creditpocket/creditpocket/internal/money"

// Difference is one figure of a loan on which the loan's record and the ledger disagree, in kobo.
type Difference struct {
	Field  string // such as "paid.interest"
	Record money.Kobo
	Ledger money.Kobo
}

// Compare names each figure on which a loan's record and the ledger disagree; none means that they agree.
func Compare(record, ledger LoanMoney) []Difference {
	var out []Difference
	add := func(field string, r, l money.Kobo) {
		if r != l {
			out = append(out, Difference{field, r, l})
		}
	}
	parts := func(name string, r, l money.Components) {
		for _, part := range money.DefaultOrder() {
			add(name+"."+string(part), r.Of(part), l.Of(part))
		}
	}
	parts("charged", record.Charged, ledger.Charged)
	parts("paid", record.Paid, ledger.Paid)
	parts("waived", record.Waived, ledger.Waived)
	parts("coupon", record.Coupon, ledger.Coupon)
	parts("rebated", record.Rebated, ledger.Rebated)
	parts("written_off", record.WrittenOff, ledger.WrittenOff)
	parts("reversed", record.Reversed, ledger.Reversed)
	add("recovered", record.Recovered, ledger.Recovered)
	add("disbursed", record.Disbursed, ledger.Disbursed)
	add("upfront_fee", record.UpfrontFee, ledger.UpfrontFee)
	add("extension_fees", record.ExtensionFees, ledger.ExtensionFees)
	add("credit", record.Credit, ledger.Credit)
	return out
}
