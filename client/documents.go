package creditpocket

import (
	"context"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// Payoff is what closes a loan on a day.
type Payoff struct {
	LoanID string    `wire:"loanId"`
	Date   Date      `wire:"date"`
	State  LoanState `wire:"status"`
	// OverdueDays on that day.
	OverdueDays int32 `wire:"overDays"`
	Principal   Kobo  `wire:"principal"`
	// Interest is before the rebate.
	Interest   Kobo `wire:"interest"`
	ServiceFee Kobo `wire:"serviceFee"`
	Penalty    Kobo `wire:"penalty"`
	// Rebate is unearned interest that is given back.
	Rebate Kobo `wire:"rebate"`
	// Amount is what to pay on that day.
	Amount Kobo `wire:"amount"`
	Extra  Extra
}

// LoanDocument is what a statement and a clearance letter have in common.
type LoanDocument struct {
	LoanID string `wire:"loanId"`
	// Number is the loan's number for people.
	Number       string    `wire:"indentNo"`
	AppCode      string    `wire:"appCode"`
	BrandName    string    `wire:"brandName"`
	BorrowerName string    `wire:"borrowerName"`
	Date         Date      `wire:"date"`
	State        LoanState `wire:"status"`
	Principal    Kobo      `wire:"balance"`
	PaidOut      Kobo      `wire:"actualBalance"`
	DueAmount    Kobo      `wire:"shouldbackFee"`
	TermDays     int32     `wire:"cycle"`
	Disbursed    time.Time `wire:"arriveTime"`
	Due          time.Time `wire:"shouldbackTime"`
	// Closed is the zero time while the loan is open.
	Closed time.Time `wire:"closedTime"`
	// VerificationCode lets anybody check the document: VerifyDocument.
	VerificationCode string `wire:"verificationCode"`
}

// Statement is everything that the ledger has about a loan.
type Statement struct {
	LoanDocument
	// Lines are every posting, in the order of booking.
	Lines  []StatementLine `wire:"lines"`
	Totals StatementTotals `wire:"totals"`
	Extra  Extra
}

// StatementLine is one posting.
type StatementLine struct {
	Time time.Time `wire:"time"`
	// Kind is the event, such as disbursement or payment.
	Kind    string `wire:"kind"`
	Account string `wire:"account"`
	// Text is the account in words.
	Text   string `wire:"text"`
	Debit  Kobo   `wire:"debit"`
	Credit Kobo   `wire:"credit"`
	// Outstanding is what the borrower owes after the event.
	Outstanding Kobo `wire:"outstanding"`
	Extra       Extra
}

// StatementTotals are the sums of a statement: Outstanding = Charged - Paid - Coupon - Waived - WrittenOff - Reversed.
type StatementTotals struct {
	Charged       Kobo `wire:"charged"`
	Paid          Kobo `wire:"paid"`
	Coupon        Kobo `wire:"coupon"`
	Waived        Kobo `wire:"waived"`
	WrittenOff    Kobo `wire:"writtenOff"`
	Recovered     Kobo `wire:"recovered"`
	ExtensionFees Kobo `wire:"extensionFees"`
	// Credit is paid beyond the debt, and goes back.
	Credit      Kobo `wire:"credit"`
	Reversed    Kobo `wire:"reversed"`
	Outstanding Kobo `wire:"outstanding"`
	Extra       Extra
}

// Clearance is the letter that says that a loan is repaid.
type Clearance struct {
	LoanDocument
	PaidTotal Kobo `wire:"paidTotal"`
	Extra     Extra
}

// DocumentKind is what a document is.
type DocumentKind int32

// The kinds.
const (
	StatementDocument DocumentKind = 1
	ClearanceDocument DocumentKind = 2
)

// DocumentCheck is a document that was given out. It tells nothing about the borrower.
type DocumentCheck struct {
	Code    string       `wire:"code"`
	Kind    DocumentKind `wire:"kind"`
	AppCode string       `wire:"appCode"`
	Date    Date         `wire:"date"`
	Number  string       `wire:"indentNo"`
	Extra   Extra
}

// Payoff says what to pay on a day so that the loan is closed. "" is the open loan, the zero date is today; at most sixty days
// ahead. Errors: ErrLoanNotFound, ErrLoanNotOwing. Operation getPayoff.
func (s *LoanService) Payoff(ctx context.Context, loanID string, on Date, options ...CallOption) (Payoff, error) {
	return invoke[Payoff](ctx, s.c, opGetPayoff, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.GetPayoffParams{}
		if loanID != "" {
			p.ID = &loanID
		}
		if !on.IsZero() {
			p.Date = Ptr(on.String())
		}
		return raw.NewGetPayoffRequest(server, p)
	}, options)
}

// Statement is every posting of a loan; ErrLoanNotFound. Operation getStatement.
func (s *LoanService) Statement(ctx context.Context, loanID string, options ...CallOption) (Statement, error) {
	return invoke[Statement](ctx, s.c, opGetStatement, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetStatementRequest(server, &raw.GetStatementParams{ID: loanID})
	}, options)
}

// StatementPDF is Statement to print. Operation getStatementPdf.
func (s *LoanService) StatementPDF(ctx context.Context, loanID string, options ...CallOption) ([]byte, error) {
	_, pdf, err := s.c.download(ctx, opGetStatementPdf, []string{"application/pdf"}, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetStatementPdfRequest(server, &raw.GetStatementPdfParams{ID: loanID})
	}, options)
	return pdf, err
}

// Clearance is the letter that says that a loan is repaid. Errors: ErrLoanNotFound, ErrLoanNotSettled. Operation getClearance.
func (s *LoanService) Clearance(ctx context.Context, loanID string, options ...CallOption) (Clearance, error) {
	return invoke[Clearance](ctx, s.c, opGetClearance, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetClearanceRequest(server, &raw.GetClearanceParams{ID: loanID})
	}, options)
}

// ClearancePDF is Clearance to print. Operation getClearancePdf.
func (s *LoanService) ClearancePDF(ctx context.Context, loanID string, options ...CallOption) ([]byte, error) {
	_, pdf, err := s.c.download(ctx, opGetClearancePdf, []string{"application/pdf"}, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetClearancePdfRequest(server, &raw.GetClearancePdfParams{ID: loanID})
	}, options)
	return pdf, err
}

// VerifyDocument says which document has a verification code; ErrDocumentNotFound if none of ours has. It needs no session.
// Operation verifyDocument.
func (s *LoanService) VerifyDocument(ctx context.Context, code string, options ...CallOption) (DocumentCheck, error) {
	return invoke[DocumentCheck](ctx, s.c, opVerifyDocument, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewVerifyDocumentRequest(server, &raw.VerifyDocumentParams{Code: code})
	}, options)
}
