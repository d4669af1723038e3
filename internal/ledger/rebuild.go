package ledger

import "github.com/creditpocket/creditpocket/internal/money"

// Line is the part of a posting that decides a loan's money. Lines may be summed by (kind, account) before they are given to
// Rebuild: the answer is the same, so a store can group a million postings in SQL first.
type Line struct {
	Kind    Kind
	Account Account
	Amount  money.Kobo // debit positive
}

// Lines are the lines of a batch.
func (b Batch) Lines() []Line {
	out := make([]Line, len(b.Postings))
	for i, p := range b.Postings {
		out[i] = Line{b.Kind, p.Account, p.Amount}
	}
	return out
}

// LoanMoney is everything about a loan's money that the ledger knows, in kobo.
type LoanMoney struct {
	money.Balances
	Disbursed     money.Kobo // paid out to the borrower, less a payout that came back
	UpfrontFee    money.Kobo // kept back from the principal
	ExtensionFees money.Kobo // paid for moving the due date
	Credit        money.Kobo // overpayments of this loan moved to the borrower's credit, less credit spent on it
}

// Rebuild recomputes a loan's money from its lines, in any order.
func Rebuild(lines []Line) LoanMoney {
	var m LoanMoney
	for _, l := range lines {
		if part, ok := component(l.Account); ok {
			m.receivable(l.Kind, part, l.Amount)
			continue
		}
		switch l.Account {
		case GatewayClearing:
			if l.Kind == KindDisbursement || l.Kind == KindDisbursementReversal {
				m.Disbursed -= l.Amount
			}
		case UpfrontFeeIncome:
			m.UpfrontFee -= l.Amount
		case ExtensionFeeIncome:
			m.ExtensionFees -= l.Amount
		case RecoveryIncome:
			if l.Kind == KindRecovery {
				m.Recovered -= l.Amount
			}
		case BorrowerCredit:
			m.Credit -= l.Amount
		}
	}
	return m
}

// receivable books one line of a receivable account to the running total that its kind moves.
func (m *LoanMoney) receivable(kind Kind, part money.Component, amount money.Kobo) {
	target, sign := &m.Charged, money.Kobo(1)
	switch kind {
	case KindPayment:
		target, sign = &m.Paid, -1
	case KindWaiver:
		target, sign = &m.Waived, -1
	case KindCoupon:
		target, sign = &m.Coupon, -1
	case KindRebate:
		target, sign = &m.Rebated, -1
	case KindWriteOff:
		target, sign = &m.WrittenOff, -1
	case KindDisbursementReversal:
		target, sign = &m.Reversed, -1
	}
	*target = target.With(part, target.Of(part)+sign*amount)
}

func component(a Account) (money.Component, bool) {
	switch a {
	case PrincipalReceivable:
		return money.Principal, true
	case ServiceFeeReceivable:
		return money.ServiceFee, true
	case InterestReceivable:
		return money.Interest, true
	case PenaltyReceivable:
		return money.Penalty, true
	}
	return "", false
}

// Totals are the balances by account of some postings, in kobo, debit positive. Over all postings they sum to zero.
func Totals(postings []Posting) map[Account]money.Kobo {
	out := map[Account]money.Kobo{}
	for _, p := range postings {
		out[p.Account] += p.Amount
	}
	return out
}
