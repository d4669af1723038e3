package wire

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Fields that no source explains. They have one value in every record of the first API, which old clients keep getting.
const (
	opaqueFeePercent = 60
	opaqueFeeType    = 10_000
	opaqueTradeMode  = 1
)

// LoanPage shows a page of loans as they were when it was read.
func LoanPage(p origination.Page) api.LoanPage {
	list := make([]api.LoanVo, len(p.Loans))
	for i, l := range p.Loans {
		list[i] = Loan(l, p.At)
	}
	return api.LoanPage{List: list, Total: Count(p.Total)}
}

// Loan shows a loan as it stands at an instant: LoanVo, with the 60 names of the first API. 64-bit values are digit strings, 32-bit
// values numbers, and what is absent is "".
func Loan(l store.Loan, at time.Time) api.LoanVo {
	p, s := lending.PositionAt(l.Loan, at), l.Snapshot
	couponIDs, couponCount := couponOf(l)
	return api.LoanVo{
		ID: ID(l.ID), UID: ID(l.BorrowerID), AppCode: l.Brand, IndentNo: l.IndentNo, ProductID: ID(l.ProductID), Status: int32(p.State),

		Balance: p.Principal.Wire(), ActualBalance: p.Disbursed.Wire(), Fee: kobo32(p.UpfrontFee), ServiceFee: kobo32(p.ServiceFee),
		SuffixFee: kobo32(p.SuffixFee), ShouldbackFee: p.Due.Wire(), ShouldbackFeeTwin: p.Due.Wire(), OverdueFee: p.Penalty.Wire(),
		CouponsFee: kobo32(p.Coupon), CouponIds: couponIDs, CouponCount: couponCount, ReduceAmt: p.Waived.Wire(), ActualbackAmt: p.Paid.Wire(), RemainingAmount: remaining(l, p),
		Cycle: Int32(l.Terms.TermDays), OverDays: positive(p.OverDays), ExtensionStatus: Int32(l.Extensions),

		CreatedTime: Time(l.CreatedAt), UpdatedTime: Time(l.UpdatedAt), ArriveTime: Time(l.DisbursedAt), ShouldbackTime: Time(l.DueAt),
		InitialrepaymentTime: Time(l.FirstDueAt), LastbackTime: Time(l.LastPaidAt),

		ApplyTerminal: Int32(l.ApplyTerminal), ApplyCity: digitsOnly(s.City), HeadImgCode: l.HeadImage, LoanCount: Int32(l.PriorLoans),
		FirstName: s.FirstName, MiddleName: s.MiddleName, LastName: s.LastName, Mobile: Mobile(s.Mobile), DentityCard: s.MaskedBVN,
		BankNo: s.BankCode, BankName: s.BankName, BankAccNo: s.AccountNo, BankaccName: s.AccountName, BankCardNo: s.MaskedCard,

		AuditRiskStatus: Int32(l.RiskStatus), AuditRiskReson: l.RiskReason, AuditRiskDetail: l.RiskDetail, AuditRiskTime: Time(l.RiskAt),
		AuditUserID: strconv.FormatInt(l.ReviewerID, 10), AuditUserReson: l.ReviewReason, AuditUserTime: Time(l.ReviewedAt),
		PayUserID: strconv.FormatInt(l.PayerID, 10), Repayment: repayment(l),

		FeePercent: opaqueFeePercent, FeeType: opaqueFeeType, TradeMode: opaqueTradeMode,
	}
}

// remaining is what is still owed: "" before the payout, digits ever after, "0" once it is settled.
func remaining(l store.Loan, p lending.Position) string {
	if l.DisbursedAt.IsZero() {
		return ""
	}
	return p.Remaining.Wire()
}

// repayment is the one field of two types. No source explains it; of the ten known records it is 1 in the one whose payout a person
// released, hours after the approval, and "" in the others.
func repayment(l store.Loan) any {
	if l.PayerID != 0 {
		return 1
	}
	return ""
}

// kobo32 brings an amount into a 32-bit field. Products keep such amounts within it; a sum of coupons beyond it is shown as the largest.
func kobo32(k money.Kobo) int32 { return int32(min(max(k, 0), math.MaxInt32)) }

// positive is a count as digits, "" for none.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// digitsOnly is a code where the wire has room for digits alone, "" for another.
func digitsOnly(code string) string {
	if strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}
