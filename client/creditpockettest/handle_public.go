package creditpockettest

import (
	"slices"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

func (x *exchange) homeProducts() (any, *Refusal) {
	out := creditpocket.HomeProducts{Products: x.shownProducts()}
	out.CanApply = slices.ContainsFunc(out.Products, func(p creditpocket.Product) bool { return p.Eligible })
	if x.b != nil {
		if l := x.b.openLoan(); l != nil {
			out.OpenLoanID = l.ID
		}
	}
	return out, nil
}

func (x *exchange) homeStatus() (any, *Refusal) {
	status := x.b.status()
	out := creditpocket.HomeStatus{LoggedIn: true, Complete: status.Complete, CanApply: true, Missing: missing(status)}
	l := x.b.openLoan()
	if l != nil {
		out.OpenLoanID = l.ID
	}
	switch {
	case !status.Complete:
		out.CanApply, out.BlockedReason = false, "PROFILE_INCOMPLETE"
	case l != nil:
		out.CanApply, out.BlockedReason = false, "OPEN_LOAN_EXISTS"
	}
	return out, nil
}

func (x *exchange) recentPayouts() (any, *Refusal) {
	return list(examples[creditpocket.RecentPayout](x, "payouts")), nil
}

func (x *exchange) cities() (any, *Refusal) {
	all := examples[creditpocket.City](x, "lagos")
	if state := x.r.URL.Query().Get("state"); state != "" {
		all = slices.DeleteFunc(all, func(c creditpocket.City) bool { return c.StateCode != state })
	}
	return list(all), nil
}

func (x *exchange) incomeBands() (any, *Refusal) {
	return list(examples[creditpocket.IncomeBand](x, "bands")), nil
}

func (x *exchange) questions() (any, *Refusal) {
	r := request[creditpocket.QuestionQuery](x)
	all := slices.DeleteFunc(examples[creditpocket.Question](x, "repayment"), func(q creditpocket.Question) bool {
		return r.Category != "" && q.Category != r.Category
	})
	if r.Limit > 0 && int(r.Limit) < len(all) {
		all = all[:r.Limit]
	}
	return list(all), nil
}

func (x *exchange) phones() (any, *Refusal) {
	return list(examples[creditpocket.SupportPhone](x, "oneNumber")), nil
}

func (x *exchange) email() (any, *Refusal) {
	return data[creditpocket.SupportEmail](x.srv.contract, "getSupportEmail", "address"), nil
}

func (x *exchange) loanClick() (any, *Refusal) {
	if _, ok := x.srv.findProduct(request[creditpocket.LoanClick](x).ProductID); !ok {
		return nil, Refuse(creditpocket.ErrProductNotFound)
	}
	return x.accept()
}

// event takes an event of the payment gateway. Nothing in it is believed but its name and reference.
func (x *exchange) event() (any, *Refusal) {
	e, err := creditpocket.ParsePaymentEvent(x.body, x.r.Header.Get(creditpocket.SignatureHeader), GatewaySecret)
	if err != nil {
		return nil, Refuse(creditpocket.ErrSignatureInvalid)
	}
	if e.Name == "charge.success" {
		x.srv.paid(e.Reference)
	}
	return x.accept()
}
