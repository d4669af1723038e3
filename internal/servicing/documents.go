package servicing

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// DocumentHead is what a statement and a clearance letter say first. Amounts are kobo.
type DocumentHead struct {
	Brand       string
	BrandName   string
	LoanID      int64
	IndentNo    string
	Borrower    string     // the name at the application
	Date        clock.Date // the business date of the document
	State       lending.State
	Principal   money.Kobo
	Disbursed   money.Kobo
	Due         money.Kobo
	TermDays    int
	DisbursedAt time.Time
	DueAt       time.Time
	ClosedAt    time.Time // zero while the loan is open
}

func (s *Service) head(ctx context.Context, l store.Loan) (DocumentHead, error) {
	brands, err := s.store.Brands(ctx)
	if err != nil {
		return DocumentHead{}, err
	}
	brand := l.Brand
	for _, b := range brands {
		if b.Code == l.Brand {
			brand = b.Name
		}
	}
	now := s.clock.Now()
	p := lending.PositionAt(l.Loan, now)
	name := strings.Join(strings.Fields(l.Snapshot.FirstName+" "+l.Snapshot.MiddleName+" "+l.Snapshot.LastName), " ")
	return DocumentHead{Brand: l.Brand, BrandName: brand, LoanID: l.ID, IndentNo: l.IndentNo, Borrower: name, Date: clock.DateOf(now), State: p.State,
		Principal: p.Principal, Disbursed: p.Disbursed, Due: p.Due, TermDays: l.Terms.TermDays, DisbursedAt: l.DisbursedAt, DueAt: l.DueAt, ClosedAt: l.ClosedAt}, nil
}

// loanOf finds a borrower's loan. It returns LOAN_NOT_FOUND.
func (s *Service) loanOf(ctx context.Context, borrower, loan int64) (store.Loan, error) {
	l, err := s.store.LoanOf(ctx, borrower, loan)
	if errors.Is(err, store.ErrNotFound) {
		return l, fault.New(catalog.LoanNotFound)
	}
	return l, err
}

// codeAlphabet has no letters that look like digits.
var codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeSize is how much of the hash a code shows: 100 bits, which nobody guesses.
const codeSize = 20

// issue gives a document its code, a keyed hash over all that it says, and remembers it. The same content has the same code.
func (s *Service) issue(ctx context.Context, kind store.DocumentKind, l store.Loan, date clock.Date, content any) (string, error) {
	said, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	kinds := map[store.DocumentKind]string{store.DocumentStatement: "statement", store.DocumentClearance: "clearance"}
	code := codeAlphabet.EncodeToString(s.store.Keys().Blind("document:"+kinds[kind], l.Brand, string(said)))[:codeSize]
	return groups(code), s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddDocument(ctx, store.Document{Code: code, Kind: kind, Brand: l.Brand, BorrowerID: l.BorrowerID, LoanID: l.ID, Date: date})
	})
}

// groups writes a code as people read it: in fours.
func groups(code string) string {
	var parts []string
	for ; len(code) > 4; code = code[4:] {
		parts = append(parts, code[:4])
	}
	return strings.Join(append(parts, code), "-")
}

// VerifyDocument says which document has a code, as it stands on paper; case and hyphens do not matter. It returns
// DOCUMENT_NOT_FOUND.
func (s *Service) VerifyDocument(ctx context.Context, code string) (store.Document, error) {
	code = strings.ToUpper(strings.ReplaceAll(code, "-", ""))
	d, err := s.store.Document(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return d, fault.New(catalog.DocumentNotFound)
	}
	d.Code = groups(d.Code)
	return d, err
}
