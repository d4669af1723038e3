package opswire

import (
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// LoanBrief is a loan in short.
func LoanBrief(l backoffice.LoanBrief) opsapi.LoanBrief {
	return opsapi.LoanBrief{ID: id(l.ID), IndentNo: l.IndentNo, Brand: l.Brand, BorrowerID: id(l.BorrowerID), Status: int32(l.State), State: l.State.String(),
		Principal: l.Principal.Wire(), Due: l.Due.Wire(), Remaining: l.Remaining.Wire(), OverDays: wire.Int32(l.OverDays),
		CreatedAt: instant(l.CreatedAt), DueAt: instant(l.DueAt)}
}

// LoanFile is everything about a loan.
func LoanFile(f backoffice.LoanFile) opsapi.LoanFile {
	l := f.Loan
	out := opsapi.LoanFile{Loan: LoanBrief(f.Brief), Money: loanMoney(f.Position), ProductID: id(l.ProductID), ProductVersion: wire.Int32(l.ProductVersion),
		TermDays: wire.Int32(l.Terms.TermDays), Extensions: wire.Int32(l.Extensions), RiskReason: l.RiskReason, RiskDetail: l.RiskDetail, ReviewerID: id(l.ReviewerID),
		ReviewReason: l.ReviewReason, PayerID: id(l.PayerID), DisbursedAt: instant(l.DisbursedAt), ClosedAt: instant(l.ClosedAt), Rulings: []opsapi.LoanRuling{},
		Steps: each(f.Events, loanStep), Payouts: each(f.Payouts, payoutAttempt), Payments: each(f.Payments, loanPayment), Entries: each(f.Entries, ledgerLine)}
	if d := f.Decision; d != nil {
		out.Rulings = append(out.Rulings, ruling(d.Outcome, d.RuleSetVersion, d.Hits, *d))
	}
	return out
}

func loanMoney(p lending.Position) opsapi.LoanMoney {
	return opsapi.LoanMoney{Date: date(p.Date), Principal: p.Principal.Wire(), Disbursed: p.Disbursed.Wire(), UpfrontFee: p.UpfrontFee.Wire(),
		ServiceFee: p.ServiceFee.Wire(), SuffixFee: p.SuffixFee.Wire(), Due: p.Due.Wire(), Penalty: p.Penalty.Wire(), Coupon: p.Coupon.Wire(),
		Waived: p.Waived.Wire(), Paid: p.Paid.Wire(), Remaining: p.Remaining.Wire(), Outstanding: parts(nonNegative(p.Outstanding)),
		OverDays: wire.Int32(p.OverDays), Bucket: p.Bucket.String()}
}

// nonNegative shows what is outstanding of a loan that was never paid out as nothing.
func nonNegative(c money.Components) money.Components {
	return money.Components{Principal: max(c.Principal, 0), ServiceFee: max(c.ServiceFee, 0), Interest: max(c.Interest, 0), Penalty: max(c.Penalty, 0)}
}

func loanStep(e store.LoanEvent) opsapi.LoanStep {
	return opsapi.LoanStep{FromStatus: int32(e.From), ToStatus: int32(e.To), Trigger: e.Trigger, Actor: e.Actor, At: instant(e.At)}
}

func loanPayment(p store.LoanPayment) opsapi.LoanPayment {
	return opsapi.LoanPayment{ID: id(p.ID), Reference: p.Reference, Amount: p.Amount.Wire(), Parts: parts(p.Parts), Recovered: p.Recovered.Wire(),
		Credit: p.Credit.Wire(), PaidAt: instant(p.PaidAt)}
}

func ledgerLine(e store.LedgerEntry) opsapi.LedgerLine {
	return opsapi.LedgerLine{BatchID: id(e.BatchID), Kind: string(e.Kind), Account: string(e.Account), Amount: e.Amount.Wire(),
		BusinessDate: date(e.BusinessDate), EffectiveAt: instant(e.EffectiveAt)}
}

// Waiver reads what to forgive: an amount or parts, exactly one of them. It returns VALIDATION_FAILED.
func Waiver(loan string, in opsapi.WaiverInfo) (backoffice.Waiver, error) {
	w := backoffice.Waiver{Reason: in.Reason}
	var err error
	if w.Loan, err = ParseID("loanId", loan); err != nil {
		return w, err
	}
	if (in.Amount == nil) == (in.Parts == nil) {
		return w, invalidOneOf("amount", "parts")
	}
	if in.Amount != nil {
		w.Amount, err = wire.ParseKobo("amount", *in.Amount)
		return w, err
	}
	for _, part := range []struct {
		name string
		text *string
		to   *money.Kobo
	}{
		{"principal", in.Parts.Principal, &w.Parts.Principal}, {"serviceFee", in.Parts.ServiceFee, &w.Parts.ServiceFee},
		{"interest", in.Parts.Interest, &w.Parts.Interest}, {"penalty", in.Parts.Penalty, &w.Parts.Penalty},
	} {
		if *part.to, err = optionalKobo("parts."+part.name, part.text); err != nil {
			return w, err
		}
	}
	return w, nil
}

// Relief is what became of a waiver or a write-off.
func Relief(r backoffice.Relief) opsapi.Relief {
	return opsapi.Relief{Done: r.ApprovalID == 0, ApprovalID: id(r.ApprovalID), Amount: r.Amount.Wire(), Parts: parts(r.Parts), Loan: LoanBrief(r.Loan)}
}

// Recoveries is a page of written-off loans.
func Recoveries(rows []backoffice.WrittenOff, p store.Page) opsapi.RecoveryList {
	return opsapi.RecoveryList{Next: next(rows, p, func(w backoffice.WrittenOff) int64 { return w.Loan.ID }), List: each(rows, func(w backoffice.WrittenOff) opsapi.Recovery {
		return opsapi.Recovery{Loan: LoanBrief(w.Brief), WrittenOff: w.Loan.WrittenOff.Total().Wire(), Recovered: w.Loan.Recovered.Wire(),
			Unrecovered: w.Loan.Unrecovered().Wire(), WrittenOffAt: instant(w.Loan.ClosedAt), LastPaidAt: instant(w.Loan.LastPaidAt)}
	})}
}
