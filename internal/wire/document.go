package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Statement is a statement on the wire.
func Statement(s servicing.Statement) api.Statement {
	lines := make([]api.StatementLine, len(s.Lines))
	for i, l := range s.Lines {
		lines[i] = api.StatementLine{Time: Time(l.At), Kind: string(l.Kind), Account: string(l.Account), Text: l.Text, Debit: max(l.Amount, 0).Wire(),
			Credit: max(-l.Amount, 0).Wire(), Outstanding: max(l.Outstanding, 0).Wire()}
	}
	t := s.Totals
	totals := api.StatementTotals{Charged: t.Charged.Wire(), Paid: t.Paid.Wire(), Coupon: t.Coupon.Wire(), Waived: t.Waived.Wire(), WrittenOff: t.WrittenOff.Wire(),
		Recovered: t.Recovered.Wire(), ExtensionFees: t.ExtensionFees.Wire(), Credit: max(t.Credit, 0).Wire(), Reversed: t.Reversed.Wire(), Outstanding: t.Outstanding.Wire()}
	return api.Statement{LoanID: ID(s.LoanID), IndentNo: s.IndentNo, AppCode: s.Brand, BrandName: s.BrandName, BorrowerName: s.Borrower, Date: s.Date.String(),
		Status: int32(s.State), Balance: s.Principal.Wire(), ActualBalance: s.Disbursed.Wire(), ShouldbackFee: s.Due.Wire(), Cycle: Int32(s.TermDays),
		ArriveTime: Time(s.DisbursedAt), ShouldbackTime: Time(s.DueAt), ClosedTime: Time(s.ClosedAt), Lines: lines, Totals: totals, VerificationCode: s.Code}
}

// Clearance is a clearance letter on the wire.
func Clearance(c servicing.Clearance) api.Clearance {
	return api.Clearance{LoanID: ID(c.LoanID), IndentNo: c.IndentNo, AppCode: c.Brand, BrandName: c.BrandName, BorrowerName: c.Borrower, Date: c.Date.String(),
		Status: int32(c.State), Balance: c.Principal.Wire(), ActualBalance: c.Disbursed.Wire(), ShouldbackFee: c.Due.Wire(), Cycle: Int32(c.TermDays),
		ArriveTime: Time(c.DisbursedAt), ShouldbackTime: Time(c.DueAt), ClosedTime: Time(c.ClosedAt), PaidTotal: c.Paid.Wire(), VerificationCode: c.Code}
}

// DocumentCheck is what a verification code tells anybody on the wire.
func DocumentCheck(d store.Document) api.DocumentCheck {
	return api.DocumentCheck{Code: d.Code, Kind: int32(d.Kind), AppCode: d.Brand, Date: d.Date.String(), IndentNo: d.IndentNo}
}
