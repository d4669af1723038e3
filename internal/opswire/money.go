package opswire

import (
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// ApprovalStates reads which requests to list; absent is all.
func ApprovalStates(s *opsapi.ApprovalState) []store.ApprovalState {
	known := map[opsapi.ApprovalState]store.ApprovalState{opsapi.ApprovalStatePENDING: store.ApprovalPending,
		opsapi.ApprovalStateAPPROVED: store.ApprovalApproved, opsapi.ApprovalStateDECLINED: store.ApprovalDeclined}
	if s != nil {
		return []store.ApprovalState{known[*s]}
	}
	return []store.ApprovalState{store.ApprovalPending, store.ApprovalApproved, store.ApprovalDeclined}
}

// Approvals is a page of requests for a second person.
func Approvals(rows []store.Approval, p store.Page) opsapi.ApprovalList {
	return opsapi.ApprovalList{List: each(rows, approval), Next: next(rows, p, func(a store.Approval) int64 { return a.ID })}
}

func approval(a store.Approval) opsapi.Approval {
	state := []opsapi.ApprovalState{opsapi.ApprovalStatePENDING, opsapi.ApprovalStateAPPROVED, opsapi.ApprovalStateDECLINED}[a.State]
	return opsapi.Approval{ID: id(a.ID), Kind: opsapi.ApprovalKind(word(string(a.Kind))), State: state, Brand: a.Brand, LoanID: id(a.LoanID), Amount: a.Amount.Wire(),
		Parts: parts(a.Parts), Reason: a.Reason, RequestedBy: id(a.RequestedBy), RequestedByName: a.RequestedByName, RequestedAt: instant(a.RequestedAt),
		DecidedBy: id(a.DecidedBy), DecidedByName: a.DecidedByName, DecidedAt: instant(a.DecidedAt), Decision: a.Decision}
}

// Ruling is a decided request.
func Ruling(r backoffice.Ruling) opsapi.ApprovalRuling {
	return opsapi.ApprovalRuling{Approval: approval(r.Approval), Loan: LoanBrief(r.Loan)}
}

// ReceiptState reads which receipts to list; absent is those that no loan has.
func ReceiptState(s *opsapi.ReceiptState) store.ReceiptState {
	if s != nil && *s == opsapi.ReceiptStateASSIGNED {
		return store.ReceiptAssigned
	}
	return store.ReceiptUnmatched
}

// Receipts is a page of payments that no loan had.
func Receipts(rows []store.Receipt, p store.Page) opsapi.ReceiptList {
	return opsapi.ReceiptList{List: each(rows, receipt), Next: next(rows, p, func(r store.Receipt) int64 { return r.ID })}
}

func receipt(r store.Receipt) opsapi.Receipt {
	out := opsapi.Receipt{ID: id(r.ID), Brand: r.Brand, Reference: r.Reference, Origin: opsapi.ReceiptOriginUNKNOWNREFERENCE, State: opsapi.ReceiptStateUNMATCHED,
		Amount: r.Amount.Wire(), BorrowerID: id(r.BorrowerID), LoanID: id(r.LoanID), PaidAt: instant(r.PaidAt), RecordedAt: instant(r.RecordedAt),
		AssignedBy: id(r.AssignedBy), AssignedAt: instant(r.AssignedAt)}
	if r.Quarantined {
		out.Origin, out.Asked = opsapi.ReceiptOriginQUARANTINED, r.Asked.Wire()
	}
	if r.State == store.ReceiptAssigned {
		out.State = opsapi.ReceiptStateASSIGNED
	}
	return out
}

// Assignment is a payment put on a loan.
func Assignment(a backoffice.Assignment) opsapi.Assignment {
	return opsapi.Assignment{Receipt: receipt(a.Receipt), Loan: LoanBrief(a.Loan), Parts: parts(a.Parts), Recovered: a.Recovered.Wire(), Credit: a.Credit.Wire()}
}

// Credits is a page of borrowers who have money with us.
func Credits(rows []store.Credit, p store.Page) opsapi.CreditList {
	return opsapi.CreditList{List: each(rows, credit), Next: next(rows, p, func(c store.Credit) int64 { return c.BorrowerID })}
}

func credit(c store.Credit) opsapi.Credit {
	return opsapi.Credit{BorrowerID: id(c.BorrowerID), Brand: c.Brand, Credit: max(c.Booked, 0).Wire(), Refunding: c.Refunding.Wire(), Available: max(c.Available(), 0).Wire()}
}

// Refund reads how much to give back. It returns VALIDATION_FAILED.
func Refund(borrower string, in opsapi.RefundInfo) (who int64, amount money.Kobo, err error) {
	if who, err = ParseID("id", borrower); err != nil {
		return 0, 0, err
	}
	amount, err = wire.ParseKobo("amount", in.Amount)
	return who, amount, err
}

// RefundOrder is the refunds that were set going.
func RefundOrder(borrower int64, o backoffice.RefundOrder) opsapi.RefundOrder {
	return opsapi.RefundOrder{BorrowerID: id(borrower), Amount: o.Amount.Wire(), Credit: credit(o.Credit), Refunds: each(o.Refunds, func(f backoffice.OrderedRefund) opsapi.CreditRefund {
		return opsapi.CreditRefund{ID: id(f.ID), Reference: f.Reference, Amount: f.Amount.Wire()}
	})}
}
