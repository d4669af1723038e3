package creditpockettest

import (
	"fmt"
	"strconv"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

func (x *exchange) listLoans() (any, *Refusal) { return page(x, x.b.loans), nil }

func (x *exchange) shownProducts() []creditpocket.Product {
	var shown []creditpocket.Product
	for _, p := range x.srv.products() {
		shown = append(shown, x.srv.product(p, x.b))
	}
	return shown
}

func (x *exchange) listProducts() (any, *Refusal) { return page(x, x.shownProducts()), nil }

func (x *exchange) productDetail() (any, *Refusal) {
	p, ok := x.srv.findProduct(x.r.URL.Query().Get("id"))
	if !ok {
		return nil, Refuse(creditpocket.ErrProductNotFound)
	}
	at := now()
	d := data[creditpocket.ProductDetail](x.srv.contract, "getLoanProduct", "shortTerm")
	d.Product = x.srv.product(p, x.b)
	d.Due, d.TotalCost, d.QuoteID, d.QuoteExpires = at.AddDate(0, 0, int(p.TermDays)), p.UpfrontFee+p.FinanceCharge, "", time.Time{}
	if d.Eligible {
		d.QuoteExpires = at.Add(30 * time.Minute)
		d.QuoteID = quote(x.b, p.ID, d.QuoteExpires)
	}
	return d, nil
}

func (x *exchange) apply() (any, *Refusal) {
	p, ok := x.srv.findProduct(x.form["id"])
	switch {
	case !ok:
		return nil, Refuse(creditpocket.ErrProductNotFound)
	case x.b.openLoan() != nil:
		return nil, Refuse(creditpocket.ErrOpenLoanExists)
	case !x.b.status().Complete:
		return nil, Refuse(creditpocket.ErrProfileIncomplete)
	case !x.srv.product(p, x.b).Eligible:
		return nil, Refuse(creditpocket.ErrNotEligible)
	}
	if id := x.form["quoteId"]; id != "" {
		if refused := checkQuote(x.b, p.ID, id); refused != nil {
			return nil, refused
		}
	}
	coupon, refused := x.b.coupon(x.form["couponId"])
	if refused != nil {
		return nil, refused
	}
	for i := len(x.files) - 1; i >= 0; i-- {
		kind := creditpocket.Document
		if i == 0 {
			kind = creditpocket.Selfie
		}
		if !x.b.addImage(x.files[i], kind) {
			return nil, Refuse(creditpocket.ErrImageRejected)
		}
	}
	terminal, _ := strconv.Atoi(x.form["applyTerminal"])
	x.b.addLoan(p, creditpocket.Terminal(terminal), x.b.portrait())
	if coupon != nil {
		coupon.Status, coupon.LoanID, coupon.Discount = creditpocket.CouponUsed, x.b.loans[0].ID, min(coupon.Amount, p.FinanceCharge)
		x.b.loans[0].Coupons = coupon.Discount
	}
	return page(x, x.b.loans), nil
}

func (x *exchange) latestOpenLoan() (any, *Refusal) {
	if l := x.b.openLoan(); l != nil {
		return *l, nil
	}
	return nil, Refuse(creditpocket.ErrLoanNotFound)
}

func (x *exchange) latestLoan() (any, *Refusal) {
	if len(x.b.loans) > 0 {
		return x.b.loans[0], nil
	}
	return nil, Refuse(creditpocket.ErrLoanNotFound)
}

// owing finds a loan on which money is owed.
func (x *exchange) owing(id string) (*creditpocket.Loan, *Refusal) {
	l := x.b.loan(id)
	switch {
	case l == nil:
		return nil, Refuse(creditpocket.ErrLoanNotFound)
	case !l.State.Owing():
		return nil, Refuse(creditpocket.ErrLoanNotOwing)
	}
	return l, nil
}

func (x *exchange) newPayment(l *creditpocket.Loan, method creditpocket.PaymentMethod, amount creditpocket.Kobo) creditpocket.Repayment {
	return creditpocket.Repayment{LoanID: l.ID, Amount: amount, Remaining: owed(l), Method: method, Reference: fmt.Sprintf("cpr-%s-%010s", l.ID, x.srv.next())}
}

func (x *exchange) checkout() (any, *Refusal) {
	l, refused := x.owing(x.r.URL.Query().Get("id"))
	if refused != nil {
		return nil, refused
	}
	for _, p := range x.b.payments {
		if p.LoanID == l.ID && p.Status == creditpocket.PaymentOpen && p.Method == creditpocket.ByCheckout {
			return p, nil
		}
	}
	p := x.newPayment(l, creditpocket.ByCheckout, owed(l))
	p.AuthorizationURL, p.Expires = x.srv.URL+"/checkout/"+p.Reference, now().Add(time.Hour)
	x.b.payments = append(x.b.payments, p)
	return p, nil
}

func (x *exchange) repay() (any, *Refusal) {
	r := request[creditpocket.RepayRequest](x)
	l, refused := x.owing(r.LoanID)
	if refused != nil {
		return nil, refused
	}
	amount := owed(l)
	if r.Amount != nil {
		amount = *r.Amount
	}
	account := x.b.account(r.AccountID)
	switch {
	case account == nil:
		return nil, Refuse(creditpocket.ErrCardNotFound)
	case account.BindStatus != creditpocket.Bound:
		return nil, Refuse(creditpocket.ErrCardNotBound)
	case amount > owed(l):
		return nil, Refuse(creditpocket.ErrAmountOutOfRange)
	}
	p := x.newPayment(l, creditpocket.ByCard, amount)
	x.b.pay(l, amount)
	p.Status, p.Remaining = creditpocket.PaymentPaid, owed(l)
	x.b.payments = append(x.b.payments, p)
	return p, nil
}
