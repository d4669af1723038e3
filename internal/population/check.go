package population

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// mostDifferences bounds how many differences a report names.
const mostDifferences = 100

func (w *World) differs(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.report.Differences) < mostDifferences {
		w.report.Differences = append(w.report.Differences, fmt.Sprintf(format, args...))
	}
}

// check holds the whole system against itself and against the population's own books.
func (w *World) check(ctx context.Context) error {
	audit, err := w.servicing.Verify(ctx, nil)
	if err != nil {
		return err
	}
	for _, d := range audit.Differences {
		w.differs("verify: %s", d)
	}
	if audit.Loans < int64(len(w.people.papers)) {
		w.differs("verify looked at %d loans of %d", audit.Loans, len(w.people.papers))
	}
	if err := w.checkAccounts(ctx); err != nil {
		return err
	}
	return w.checkWire(ctx)
}

// books are the sums by account as the papers and the gateway have them.
func (w *World) books() map[ledger.Account]money.Kobo {
	sums := map[ledger.Account]money.Kobo{ledger.GatewayClearing: w.gateway.balance(), ledger.BorrowerCredit: w.gateway.refundedSoFar()}
	for _, p := range w.people.papers {
		if p.state == lending.Reversed { // but for what the borrower had paid, nothing is left of it
			sums[ledger.BorrowerCredit] -= p.credit
			continue
		}
		sums[ledger.PrincipalReceivable] += p.principal
		sums[ledger.ServiceFeeReceivable] += p.fee
		sums[ledger.InterestReceivable] += p.interest
		sums[ledger.PenaltyReceivable] += p.penalty
		sums[ledger.ServiceFeeIncome] -= p.terms.ServiceFee
		sums[ledger.InterestIncome] += p.rebated - p.terms.Interest
		sums[ledger.PenaltyIncome] -= p.charged
		sums[ledger.UpfrontFeeIncome] -= p.terms.UpfrontFee
		sums[ledger.CouponExpense] += p.couponed
		sums[ledger.ExtensionFeeIncome] -= p.extensionFees
		sums[ledger.RecoveryIncome] -= p.recovered
		sums[ledger.BorrowerCredit] -= p.credit
		sums[ledger.Waiver] += p.waived
		sums[ledger.WriteOff] += p.writtenOff
	}
	return sums
}

func (w *World) checkAccounts(ctx context.Context) error {
	now, err := w.store.AccountTotals(ctx)
	if err != nil {
		return err
	}
	own := w.books()
	for _, a := range ledger.Accounts() {
		if booked := now[a.Account] - w.people.before[a.Account]; booked != own[a.Account] {
			w.differs("account %s: %s in the ledger, %s in the population's books", a.Account, booked.Wire(), own[a.Account].Wire())
		}
	}
	return nil
}

// checkWire holds every loan of the population, as the server shows it to a client, against the price core and against its paper.
func (w *World) checkWire(ctx context.Context) error {
	papers := make(map[int64]*paper, len(w.people.papers))
	for _, p := range w.people.papers {
		papers[p.loan] = p
	}
	at, found := w.clock.Now(), 0
	for after := int64(0); ; {
		loans, err := w.store.LoansAfter(ctx, after, 1000)
		if err != nil {
			return err
		}
		if len(loans) == 0 {
			break
		}
		for _, l := range loans {
			p, ours := papers[l.ID]
			if !ours {
				continue
			}
			found++
			shown, err := fieldsOf(wire.Loan(l, at))
			if err != nil {
				return err
			}
			w.checkLoan(l, p, shown, at)
		}
		after = loans[len(loans)-1].ID
	}
	w.report.Checked += int64(found)
	if found != len(papers) {
		w.differs("%d loans in the database, %d in the population's books", found, len(papers))
	}
	return nil
}
