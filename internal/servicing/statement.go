package servicing

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// StatementLine is one posting of the ledger about a loan.
type StatementLine struct {
	At          time.Time
	Kind        ledger.Kind
	Account     ledger.Account
	Text        string     // the account in words
	Amount      money.Kobo // debit positive
	Outstanding money.Kobo // what the borrower owes after the whole event
}

// StatementTotals sum the lines, in kobo.
type StatementTotals struct {
	Charged       money.Kobo // principal, fees, interest and penalty
	Paid          money.Kobo
	Coupon        money.Kobo
	Waived        money.Kobo // forgiven, and interest given back
	WrittenOff    money.Kobo
	Recovered     money.Kobo
	ExtensionFees money.Kobo
	Credit        money.Kobo // paid beyond the debt
	Reversed      money.Kobo // cancelled because the payout came back
	Outstanding   money.Kobo // Charged - Paid - Coupon - Waived - WrittenOff - Reversed
}

// Statement is everything that the ledger has about a loan.
type Statement struct {
	DocumentHead
	Lines  []StatementLine
	Totals StatementTotals
	Code   string
}

// Statement returns a loan's statement with every posting: the lines are the ledger's own, and so are the totals. It returns
// LOAN_NOT_FOUND.
func (s *Service) Statement(ctx context.Context, borrower, loan int64) (Statement, error) {
	l, err := s.loanOf(ctx, borrower, loan)
	if err != nil {
		return Statement{}, err
	}
	head, err := s.head(ctx, l)
	if err != nil {
		return Statement{}, err
	}
	postings, err := s.store.LoanPostings(ctx, l.ID)
	if err != nil {
		return Statement{}, err
	}
	st := Statement{DocumentHead: head, Lines: statementLines(postings), Totals: statementTotals(postings)}
	st.Code, err = s.issue(ctx, store.DocumentStatement, l, head.Date, st)
	return st, err
}

// receivable says whether an account is what the borrower owes.
func receivable(a ledger.Account) bool {
	switch a {
	case ledger.PrincipalReceivable, ledger.InterestReceivable, ledger.ServiceFeeReceivable, ledger.PenaltyReceivable:
		return true
	}
	return false
}

func statementLines(postings []store.LoanPosting) []StatementLine {
	words := map[ledger.Account]string{}
	for _, info := range ledger.Accounts() {
		words[info.Account] = info.Description
	}
	after := map[int64]money.Kobo{} // by batch
	var owed money.Kobo
	for _, p := range postings {
		if receivable(p.Account) {
			owed += p.Amount
		}
		after[p.BatchID] = owed
	}
	lines := make([]StatementLine, len(postings))
	for i, p := range postings {
		lines[i] = StatementLine{At: p.At, Kind: p.Kind, Account: p.Account, Text: words[p.Account], Amount: p.Amount, Outstanding: after[p.BatchID]}
	}
	return lines
}

func statementTotals(postings []store.LoanPosting) StatementTotals {
	lines := make([]ledger.Line, len(postings))
	for i, p := range postings {
		lines[i] = ledger.Line{Kind: p.Kind, Account: p.Account, Amount: p.Amount}
	}
	m := ledger.Rebuild(lines)
	return StatementTotals{Charged: m.Charged.Total(), Paid: m.Paid.Total(), Coupon: m.Coupon.Total(), Waived: m.Waived.Total() + m.Rebated.Total(),
		WrittenOff: m.WrittenOff.Total(), Recovered: m.Recovered, ExtensionFees: m.ExtensionFees, Credit: m.Credit, Reversed: m.Reversed.Total(),
		Outstanding: m.Outstanding().Total()}
}
