package creditpockettest

import (
	"fmt"
	_ "image/png" // photographs may be PNG
	"slices"
	"strings"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// products are those of the contract's example.
func (s *Server) products() []creditpocket.Product {
	return data[creditpocket.Page[creditpocket.Product]](s.contract, "listLoanProducts", "products").Items
}

// product shows one to a borrower, or to a visitor for nil.
func (s *Server) product(p creditpocket.Product, b *Borrower) creditpocket.Product {
	p.IneligibleReason = ""
	switch {
	case b == nil:
		p.IneligibleReason = "NOT_SIGNED_IN"
	case !b.status().Complete:
		p.IneligibleReason = "PROFILE_INCOMPLETE"
	case b.openLoan() != nil:
		p.IneligibleReason = "OPEN_LOAN_EXISTS"
	case b.paidOut() < p.MinLoanCount:
		p.IneligibleReason = "MIN_LOAN_COUNT"
	}
	p.Eligible = p.IneligibleReason == ""
	return p
}

func (s *Server) findProduct(id string) (creditpocket.Product, bool) {
	for _, p := range s.products() {
		if p.ID == id {
			return p, true
		}
	}
	return creditpocket.Product{}, false
}

func (b *Borrower) openLoan() *creditpocket.Loan {
	for i := range b.loans {
		if b.loans[i].State.Open() {
			return &b.loans[i]
		}
	}
	return nil
}

func (b *Borrower) loan(id string) *creditpocket.Loan {
	if id == "" {
		return b.openLoan()
	}
	for i := range b.loans {
		if b.loans[i].ID == id {
			return &b.loans[i]
		}
	}
	return nil
}

func (b *Borrower) paidOut() (n int32) {
	for _, l := range b.loans {
		if l.State.PaidOut() {
			n++
		}
	}
	return n
}

// addLoan adds an application.
func (b *Borrower) addLoan(p creditpocket.Product, terminal creditpocket.Terminal, portrait string) {
	account, at, id := b.account(""), now(), b.srv.next()
	l := creditpocket.Loan{
		ID: id, Number: fmt.Sprintf("CC%s%06s", at.Format("060102"), id[max(0, len(id)-6):]), UserID: b.id, AppCode: b.srv.brand, ProductID: p.ID,
		Principal: p.Principal, UpfrontFee: p.UpfrontFee, ServiceFee: p.ServiceFee, FinanceCharge: p.FinanceCharge, DueAmount: p.DueAmount,
		TermDays: p.TermDays, Created: at, Updated: at, Terminal: terminal, CityCode: b.user.CityCode, PortraitCode: portrait, PriorLoans: b.paidOut(),
		FirstName: b.user.FirstName, MiddleName: b.user.MiddleName, LastName: b.user.LastName, Mobile: b.mobile, BVN: b.user.BVN,
		BankCode: account.BankCode, BankName: account.BankName, AccountNumber: account.Number, AccountHolder: account.Holder,
		CardNumber: account.CardNumber, ReviewerID: "0", PayerID: "0", State: creditpocket.LoanSubmitted,
		Legacy: creditpocket.Legacy{FeePercent: 60, FeeType: 10000, TradeMode: 1},
	}
	b.loans = slices.Insert(b.loans, 0, l)
}

// Move brings the borrower's latest loan to a state, with the amounts and times of a loan that has been there for a while: an
// overdue loan is three days late and has a penalty.
func (b *Borrower) Move(state creditpocket.LoanState) creditpocket.Loan {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	if len(b.loans) == 0 {
		panic("creditpockettest: the borrower has no loan to move")
	}
	b.move(state)
	return b.loans[0]
}

func (b *Borrower) move(state creditpocket.LoanState) {
	const day = 24 * time.Hour
	l, at := &b.loans[0], now()
	term := time.Duration(l.TermDays) * day
	age := map[creditpocket.LoanState]time.Duration{creditpocket.LoanActive: day, creditpocket.LoanSettledEarly: day, creditpocket.LoanSettled: term,
		creditpocket.LoanOverdue: term + 3*day, creditpocket.LoanSettledLate: term + 3*day, creditpocket.LoanWrittenOff: term + 120*day,
		creditpocket.LoanReversed: day}[state]
	l.State, l.Updated = state, at
	if state != creditpocket.LoanSubmitted {
		decide(l, at.Add(-age))
	}
	l.Remaining, l.OverdueDays, l.Penalty, l.PaidOut = nil, nil, 0, 0
	if age == 0 {
		return
	}
	if l.Disbursed.IsZero() || at.Sub(l.Disbursed) < age {
		l.Disbursed = at.Add(-age)
		l.Created = l.Disbursed.Add(-time.Minute)
		l.Due = l.Disbursed.Add(term)
		l.FirstDue = l.Due
	}
	l.PaidOut = l.Principal
	if late := int64((age - term) / day); late > 0 {
		if l.Penalty = l.Principal / 100 * creditpocket.Kobo(min(late, 50)); !state.Settled() {
			l.OverdueDays = &late
		}
	}
	if state.Settled() {
		l.Paid, l.LastPaid = l.DueAmount+l.Penalty, at
	}
	l.Remaining = creditpocket.Ptr(owed(l))
	if state == creditpocket.LoanReversed {
		l.Remaining = creditpocket.Ptr(creditpocket.Kobo(0))
	}
	if state == creditpocket.LoanActive {
		b.message(creditpocket.PayoutMessage, "Your money is on the way", fmt.Sprintf("%s was sent to your %s account.", l.Principal, l.BankName))
	}
}

// decide is the automatic decision or a person's, as the state has it.
func decide(l *creditpocket.Loan, at time.Time) {
	l.RiskStatus, l.RiskReason, l.RiskTime = creditpocket.RiskApproved, "Whitelist customers system automatic approve", at
	switch l.State {
	case creditpocket.LoanRejectedRisk:
		l.RiskStatus, l.RiskReason = creditpocket.RiskRejected, "score"
		l.RiskDetail = "We sincerely apologize as you do not meet our lending criteria."
	case creditpocket.LoanInReview:
		l.RiskStatus, l.RiskReason = creditpocket.RiskSentToReview, "first loan"
	case creditpocket.LoanRejectedCoolDown, creditpocket.LoanRejectedMayReapply, creditpocket.LoanRejectedBlacklisted:
		l.RiskStatus, l.RiskReason, l.ReviewerID, l.ReviewReason, l.ReviewTime = creditpocket.RiskSentToReview, "first loan", "7", "documents", at
	}
}

// owed is what is owed of a loan that was paid out.
func owed(l *creditpocket.Loan) creditpocket.Kobo {
	return max(0, l.DueAmount+l.Penalty-l.Coupons-l.Waived-l.Paid)
}

// pay books a payment and settles the loan when nothing is owed any more.
func (b *Borrower) pay(l *creditpocket.Loan, amount creditpocket.Kobo) {
	at := now()
	l.Paid, l.LastPaid, l.Updated = l.Paid+amount, at, at
	l.Remaining = creditpocket.Ptr(owed(l))
	if *l.Remaining > 0 {
		return
	}
	today, due := creditpocket.DateOf(at), creditpocket.DateOf(l.Due)
	switch {
	case today == due:
		l.State = creditpocket.LoanSettled
	case at.After(l.Due):
		l.State = creditpocket.LoanSettledLate
	default:
		l.State = creditpocket.LoanSettledEarly
	}
	l.OverdueDays = nil
	b.message(creditpocket.RepaymentMessage, "Your loan is paid back", "Thank you.")
}

// quote is a name for a price that only this server knows how to read.
func quote(b *Borrower, product string, until time.Time) string {
	return fmt.Sprintf("cpt-quote.%s.%s.%d", b.id, product, until.Unix())
}

// checkQuote refuses a quote of another borrower or product, and one that has expired.
func checkQuote(b *Borrower, product, id string) *Refusal {
	var until int64
	rest, ok := strings.CutPrefix(id, fmt.Sprintf("cpt-quote.%s.%s.", b.id, product))
	if !ok {
		return Refuse(creditpocket.ErrQuoteInvalid)
	}
	if _, err := fmt.Sscanf(rest, "%d", &until); err != nil {
		return Refuse(creditpocket.ErrQuoteInvalid)
	}
	if time.Now().Unix() > until {
		return Refuse(creditpocket.ErrQuoteExpired)
	}
	return nil
}
