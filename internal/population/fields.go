package population

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// fields are the properties of a LoanVo, as they stand in its JSON: digits of a number, the text of a string.
type fields map[string]string

// fieldsOf reads the fields of a LoanVo, or of anything that becomes one as JSON.
func fieldsOf(loan any) (fields, error) {
	text, err := json.Marshal(loan)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	shown := make(fields, len(values))
	for name, value := range values {
		shown[name] = fmt.Sprint(value)
	}
	return shown, nil
}

// checkLoan holds what a client is shown of a loan against the price core and against its paper. A field that neither knows is a
// difference too: the comparison must not fall behind the contract.
func (w *World) checkLoan(l store.Loan, p *paper, shown fields, at time.Time) {
	core := coreFields(l, at)
	for _, answer := range []struct {
		whose string
		fields
	}{{"the price core", core}, {"the population's books", p.fields(w.people.people[p.person], clock.DateOf(at))}} {
		for name, want := range answer.fields {
			if got, is := shown[name]; got != want || !is {
				w.differs("loan %d (%s, %s): %s is %q on the wire, %q by %s", l.ID, l.State, clock.DateOf(at), name, got, want, answer.whose)
			}
		}
	}
	for name, value := range shown {
		if _, known := core[name]; !known {
			w.differs("loan %d: nothing says what %s must be; it is %q on the wire", l.ID, name, value)
		}
	}
}

// count is a number as the wire writes it: "" for none.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// coreFields is every field of a loan: figures, states and dates as lending.PositionAt gives them, the rest from its record.
func coreFields(l store.Loan, at time.Time) fields {
	p, s := lending.PositionAt(l.Loan, at), l.Snapshot
	f := fields{
		"status": strconv.Itoa(int(p.State)), "balance": p.Principal.Wire(), "actualBalance": p.Disbursed.Wire(), "fee": p.UpfrontFee.Wire(),
		"serviceFee": p.ServiceFee.Wire(), "suffixFee": p.SuffixFee.Wire(), "shouldbackFee": p.Due.Wire(), "shouldback_fee": p.Due.Wire(),
		"overdueFee": p.Penalty.Wire(), "couponsFee": p.Coupon.Wire(), "reduceAmt": p.Waived.Wire(), "actualbackAmt": p.Paid.Wire(),
		"remainingAmount": p.Remaining.Wire(), "overDays": count(p.OverDays), "extensionStatus": strconv.Itoa(l.Extensions), "cycle": strconv.Itoa(l.Terms.TermDays),
		"arriveTime": clock.FormatWire(l.DisbursedAt), "shouldbackTime": clock.FormatWire(l.DueAt), "initialrepaymentTime": clock.FormatWire(l.FirstDueAt),
		"lastbackTime": clock.FormatWire(l.LastPaidAt), "createdTime": clock.FormatWire(l.CreatedAt), "updatedTime": clock.FormatWire(l.UpdatedAt),
		"loanCount": strconv.Itoa(l.PriorLoans), "couponIds": "", "couponCount": "",

		"id": strconv.FormatInt(l.ID, 10), "uid": strconv.FormatInt(l.BorrowerID, 10), "appCode": l.Brand, "indentNo": l.IndentNo,
		"productId": strconv.FormatInt(l.ProductID, 10), "applyTerminal": strconv.Itoa(l.ApplyTerminal), "applyCity": s.City, "headImgCode": l.HeadImage,
		"firstName": s.FirstName, "middleName": s.MiddleName, "lastName": s.LastName, "mobile": strings.TrimPrefix(s.Mobile, "+234"), "dentityCard": s.MaskedBVN,
		"bankNo": s.BankCode, "bankName": s.BankName, "bankAccNo": s.AccountNo, "bankaccName": s.AccountName, "bankCardNo": s.MaskedCard,
		"auditRiskStatus": strconv.Itoa(l.RiskStatus), "auditRiskReson": l.RiskReason, "auditRiskDetail": l.RiskDetail, "auditRiskTime": clock.FormatWire(l.RiskAt),
		"auditUserId": strconv.FormatInt(l.ReviewerID, 10), "auditUserReson": l.ReviewReason, "auditUserTime": clock.FormatWire(l.ReviewedAt),
		"payUserId": strconv.FormatInt(l.PayerID, 10),
	}
	if l.CouponID != 0 && l.State.PaidOut() {
		f["couponIds"], f["couponCount"] = strconv.FormatInt(l.CouponID, 10), "1"
	}
	for name, value := range opaque() {
		f[name] = value
	}
	return f
}

// opaque are the fields that no source explains: they have one value in every record of the first API.
func opaque() fields {
	return fields{"feePercent": "60", "feeType": "10000", "tradeMode": "1", "loanReason": "0", "repayment": "", "limits": "", "profit": "", "overduePercent": "0",
		"feeGetway": "0"}
}

// fields is what the clerk's paper knows of it: everything that money and time make of a loan, and whose it is.
func (p *paper) fields(who person, today clock.Date) fields {
	due := p.paidOut.Add(time.Duration(p.terms.TermDays) * 24 * time.Hour)
	f := fields{
		"status": strconv.Itoa(int(p.state)), "balance": p.terms.Principal.Wire(), "actualBalance": (p.terms.Principal - p.terms.UpfrontFee).Wire(),
		"fee": p.terms.UpfrontFee.Wire(), "serviceFee": p.terms.ServiceFee.Wire(), "suffixFee": (p.terms.ServiceFee + p.terms.Interest).Wire(),
		"shouldbackFee": (p.terms.Principal + p.terms.ServiceFee + p.terms.Interest).Wire(), "shouldback_fee": (p.terms.Principal + p.terms.ServiceFee + p.terms.Interest).Wire(),
		"overdueFee": p.charged.Wire(), "couponsFee": p.couponed.Wire(), "reduceAmt": (p.waived + p.rebated).Wire(), "actualbackAmt": (p.paid + p.recovered).Wire(),
		"remainingAmount": p.remaining().Wire(), "overDays": count(p.overDays(today)), "extensionStatus": strconv.Itoa(p.extended), "cycle": strconv.Itoa(p.terms.TermDays),
		"arriveTime": clock.FormatWire(p.paidOut), "shouldbackTime": clock.FormatWire(due.Add(time.Duration(p.moved) * 24 * time.Hour)),
		"initialrepaymentTime": clock.FormatWire(due), "lastbackTime": clock.FormatWire(p.lastPaid), "loanCount": strconv.Itoa(p.prior),
		"couponIds": "", "couponCount": "",

		"id": strconv.FormatInt(p.loan, 10), "uid": strconv.FormatInt(who.id, 10), "appCode": lending.DemoBrand, "productId": strconv.FormatInt(p.product, 10),
		"applyTerminal": "1", "firstName": who.snapshot.FirstName, "lastName": who.snapshot.LastName, "mobile": strings.TrimPrefix(who.snapshot.Mobile, "+234"),
		"bankNo": who.snapshot.BankCode, "bankAccNo": who.snapshot.AccountNo, "auditRiskStatus": "2", "auditUserId": "0", "payUserId": "0",
	}
	if p.coupon != 0 && p.state != lending.Reversed {
		f["couponIds"], f["couponCount"] = strconv.FormatInt(p.coupon, 10), "1"
	}
	return f
}
