package creditpockettest

import (
	"fmt"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// loanOf finds the loan that the parameter `id` names, or the open one.
func (x *exchange) loanOf() (*creditpocket.Loan, *Refusal) {
	if l := x.b.loan(x.r.URL.Query().Get("id")); l != nil {
		return l, nil
	}
	return nil, Refuse(creditpocket.ErrLoanNotFound)
}

func (x *exchange) payoff() (any, *Refusal) {
	l, refused := x.owing(x.r.URL.Query().Get("id"))
	if refused != nil {
		return nil, refused
	}
	on := creditpocket.DateOf(now())
	if text := x.r.URL.Query().Get("date"); text != "" {
		wanted, err := creditpocket.ParseDate(text)
		if err != nil || wanted.Time().Before(on.Time()) || wanted.Time().After(on.Time().AddDate(0, 0, 60)) {
			return nil, Refuse(creditpocket.ErrValidationFailed).fields([]creditpocket.FieldError{{Name: "date", Message: "must be a day from today to sixty days ahead"}})
		}
		on = wanted
	}
	late := int32(max(0, on.Time().Sub(creditpocket.DateOf(l.Due).Time())/(24*time.Hour)))
	p := creditpocket.Payoff{LoanID: l.ID, Date: on, State: l.State, OverdueDays: late, Principal: l.Principal, ServiceFee: l.ServiceFee,
		Interest: l.FinanceCharge - l.ServiceFee, Penalty: l.Principal / 100 * creditpocket.Kobo(min(late, 50))}
	p.Amount = max(0, p.Principal+p.Interest+p.ServiceFee+p.Penalty-l.Paid)
	return p, nil
}

// extensionOf is an extension for nothing, once.
func extensionOf(l *creditpocket.Loan) creditpocket.Extension {
	e := creditpocket.Extension{LoanID: l.ID, Due: l.Due, Count: l.Extensions, Left: max(0, 1-l.Extensions)}
	switch {
	case !l.State.Owing():
		e.Reason = "LOAN_NOT_OWING"
	case e.Left == 0:
		e.Reason = "NO_EXTENSION_LEFT"
	default:
		e.Eligible, e.NewDue = true, l.Due.AddDate(0, 0, int(l.TermDays))
	}
	return e
}

func (x *exchange) extension() (any, *Refusal) {
	l, refused := x.loanOf()
	if refused != nil {
		return nil, refused
	}
	return extensionOf(l), nil
}

func (x *exchange) extend() (any, *Refusal) {
	r := request[struct {
		ID string `json:"id"`
	}](x)
	l, refused := x.owing(r.ID)
	if refused != nil {
		return nil, refused
	}
	e := extensionOf(l)
	if !e.Eligible {
		return nil, Refuse(creditpocket.ErrExtensionNotAllowed)
	}
	l.Due, l.Updated, l.OverdueDays = e.NewDue, now(), nil
	l.Extensions++
	l.State = creditpocket.LoanActive
	return extensionOf(l), nil
}

// GiveCoupon gives the borrower a coupon for any loan.
func (b *Borrower) GiveCoupon(amount creditpocket.Kobo) creditpocket.Coupon {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	c := creditpocket.Coupon{ID: b.srv.next(), Amount: amount, Status: creditpocket.CouponAvailable, Expires: now().AddDate(0, 3, 0), Created: now()}
	b.coupons = append([]creditpocket.Coupon{c}, b.coupons...)
	return c
}

func (x *exchange) listCoupons() (any, *Refusal) { return list(x.b.coupons), nil }

// coupon finds a coupon that can be used; nil for "".
func (b *Borrower) coupon(id string) (*creditpocket.Coupon, *Refusal) {
	for i := range b.coupons {
		if b.coupons[i].ID == id && b.coupons[i].Status == creditpocket.CouponAvailable {
			return &b.coupons[i], nil
		}
	}
	if id == "" {
		return nil, nil
	}
	return nil, Refuse(creditpocket.ErrCouponNotUsable)
}

// documentOf is the head of a document, with a verification code that says which loan it is about.
func (x *exchange) documentOf(l *creditpocket.Loan, kind creditpocket.DocumentKind) creditpocket.LoanDocument {
	code := fmt.Sprintf("%020s", fmt.Sprintf("%s%d", l.ID, kind))
	code = fmt.Sprintf("%s-%s-%s-%s-%s", code[:4], code[4:8], code[8:12], code[12:16], code[16:])
	d := creditpocket.LoanDocument{LoanID: l.ID, Number: l.Number, AppCode: l.AppCode, BrandName: l.AppCode, BorrowerName: l.FirstName + " " + l.LastName,
		Date: creditpocket.DateOf(now()), State: l.State, Principal: l.Principal, PaidOut: l.PaidOut, DueAmount: l.DueAmount, TermDays: l.TermDays,
		Disbursed: l.Disbursed, Due: l.Due, VerificationCode: code}
	if l.State.Settled() {
		d.Closed = l.LastPaid
	}
	x.srv.documents[code] = creditpocket.DocumentCheck{Code: code, Kind: kind, AppCode: d.AppCode, Date: d.Date, Number: d.Number}
	return d
}

func (x *exchange) statementOf(l *creditpocket.Loan) creditpocket.Statement {
	s := creditpocket.Statement{LoanDocument: x.documentOf(l, creditpocket.StatementDocument), Lines: []creditpocket.StatementLine{}}
	if l.Disbursed.IsZero() {
		return s
	}
	line := creditpocket.StatementLine{Time: l.Disbursed, Kind: "disbursement", Account: "principal_receivable", Text: "principal that borrowers owe",
		Debit: l.PaidOut, Outstanding: l.DueAmount}
	s.Lines = append(s.Lines, line)
	if l.Paid > 0 {
		line.Time, line.Kind, line.Debit, line.Credit, line.Outstanding = l.LastPaid, "payment", 0, l.Paid, owed(l)
		s.Lines = append(s.Lines, line)
	}
	s.Totals = creditpocket.StatementTotals{Charged: l.DueAmount + l.Penalty, Paid: l.Paid, Coupon: l.Coupons, Waived: l.Waived, Outstanding: owed(l)}
	return s
}

func (x *exchange) statement() (any, *Refusal) {
	l, refused := x.loanOf()
	if refused != nil {
		return nil, refused
	}
	return x.statementOf(l), nil
}

func (x *exchange) clearance() (any, *Refusal) {
	l, refused := x.loanOf()
	switch {
	case refused != nil:
		return nil, refused
	case !l.State.Settled():
		return nil, Refuse(creditpocket.ErrLoanNotSettled)
	}
	return creditpocket.Clearance{LoanDocument: x.documentOf(l, creditpocket.ClearanceDocument), PaidTotal: l.Paid}, nil
}

// pdf is the smallest document that starts and ends as one.
func pdf(data any, refused *Refusal) (any, *Refusal) {
	if refused != nil {
		return nil, refused
	}
	return file{"application/pdf", []byte(fmt.Sprintf("%%PDF-1.4\n%% a %T of the fake server\n%%%%EOF\n", data))}, nil
}

func (x *exchange) statementPDF() (any, *Refusal) { return pdf(x.statement()) }

func (x *exchange) clearancePDF() (any, *Refusal) { return pdf(x.clearance()) }

func (x *exchange) verifyDocument() (any, *Refusal) {
	if d, ok := x.srv.documents[x.r.URL.Query().Get("code")]; ok {
		return d, nil
	}
	return nil, Refuse(creditpocket.ErrDocumentNotFound)
}
