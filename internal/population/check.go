package population

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// mostDifferences bounds how many differences a report names.
const mostDifferences = 100

func (w *World) differs(format string, args ...any) {
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
		sums[ledger.PrincipalReceivable] += p.principal
		sums[ledger.ServiceFeeReceivable] += p.fee
		sums[ledger.InterestReceivable] += p.interest
		sums[ledger.PenaltyReceivable] += p.penalty
		sums[ledger.ServiceFeeIncome] -= p.terms.ServiceFee
		sums[ledger.InterestIncome] += p.rebated - p.terms.Interest
		sums[ledger.PenaltyIncome] -= p.charged
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

// checkWire holds every loan of the population, as a client reads it, against the price core and against its paper.
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
			if err := w.checkLoan(l, p, at); err != nil {
				return err
			}
		}
		after = loans[len(loans)-1].ID
	}
	w.report.Checked += int64(found)
	if found != len(papers) {
		w.differs("%d loans in the database, %d in the population's books", found, len(papers))
	}
	return nil
}

func (w *World) checkLoan(l store.Loan, p *paper, at time.Time) error {
	text, err := json.Marshal(wire.Loan(l, at))
	if err != nil {
		return err
	}
	shown := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&shown); err != nil {
		return err
	}
	for _, answer := range []struct {
		whose  string
		fields map[string]string
	}{{"the price core", coreFields(l, at)}, {"the population's books", p.fields(clock.DateOf(at))}} {
		for name, want := range answer.fields {
			got := fmt.Sprint(shown[name])
			if len(want) == len("2006-01-02") && len(got) > len(want) {
				got = got[:len(want)] // a paper knows dates, not instants
			}
			if got != want {
				w.differs("loan %d (%s, %s): %s is %q on the wire, %q by %s", l.ID, l.State, clock.DateOf(at), name, got, want, answer.whose)
			}
		}
	}
	return nil
}

// days is a count as the wire writes it: "" for none.
func days(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// coreFields is every figure, date and status of a loan as lending.PositionAt gives it.
func coreFields(l store.Loan, at time.Time) map[string]string {
	p := lending.PositionAt(l.Loan, at)
	return map[string]string{
		"status": strconv.Itoa(int(p.State)), "balance": p.Principal.Wire(), "actualBalance": p.Disbursed.Wire(), "fee": p.UpfrontFee.Wire(),
		"serviceFee": p.ServiceFee.Wire(), "suffixFee": p.SuffixFee.Wire(), "shouldbackFee": p.Due.Wire(), "shouldback_fee": p.Due.Wire(),
		"overdueFee": p.Penalty.Wire(), "couponsFee": p.Coupon.Wire(), "reduceAmt": p.Waived.Wire(), "actualbackAmt": p.Paid.Wire(),
		"remainingAmount": p.Remaining.Wire(), "overDays": days(p.OverDays), "extensionStatus": strconv.Itoa(l.Extensions), "cycle": strconv.Itoa(l.Terms.TermDays),
		"arriveTime": clock.FormatWire(l.DisbursedAt), "shouldbackTime": clock.FormatWire(l.DueAt), "initialrepaymentTime": clock.FormatWire(l.FirstDueAt),
		"lastbackTime": clock.FormatWire(l.LastPaidAt), "loanCount": strconv.Itoa(l.PriorLoans),
	}
}

// fields is the same as the clerk's paper has it; instants are dates.
func (p *paper) fields(today clock.Date) map[string]string {
	f := map[string]string{
		"status": strconv.Itoa(int(p.state)), "balance": p.terms.Principal.Wire(), "actualBalance": p.terms.Principal.Wire(), "fee": "0",
		"serviceFee": p.terms.ServiceFee.Wire(), "suffixFee": (p.terms.ServiceFee + p.terms.Interest).Wire(),
		"shouldbackFee": (p.terms.Principal + p.terms.ServiceFee + p.terms.Interest).Wire(), "overdueFee": p.charged.Wire(), "couponsFee": "0",
		"reduceAmt": (p.waived + p.rebated).Wire(), "actualbackAmt": (p.paid + p.recovered).Wire(), "remainingAmount": p.remaining().Wire(),
		"overDays": days(p.overDays(today)), "extensionStatus": strconv.Itoa(p.extended), "cycle": strconv.Itoa(p.terms.TermDays),
		"arriveTime": p.payout.String(), "shouldbackTime": p.due.String(), "initialrepaymentTime": p.payout.AddDays(p.terms.TermDays).String(), "lastbackTime": "",
	}
	if !p.lastPaid.IsZero() {
		f["lastbackTime"] = p.lastPaid.String()
	}
	return f
}
