package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/clock"
)

// DocumentKind says what was given out.
type DocumentKind int

// The kinds of documents.
const (
	DocumentStatement DocumentKind = 1
	DocumentClearance DocumentKind = 2
)

// Document is a paper about a loan that was given out. Code is a keyed hash of all that it says.
type Document struct {
	Code       string
	Kind       DocumentKind
	Brand      string
	BorrowerID int64
	LoanID     int64
	IndentNo   string // of the loan; only read
	Date       clock.Date
}

// AddDocument remembers a document; the same one given out again changes nothing.
func (t *Tx) AddDocument(ctx context.Context, d Document) error {
	_, err := t.idb.NewRaw(`INSERT INTO documents (code, kind, brand, borrower_id, loan_id, business_date, created_at) VALUES (?, ?, ?, ?, ?, ?::date, ?)
		ON CONFLICT (code) DO NOTHING`, d.Code, int(d.Kind), d.Brand, d.BorrowerID, d.LoanID, d.Date.String(), t.now).Exec(ctx)
	return fromTx(err)
}

// Document reads a document by its code, or ErrNotFound.
func (r reader) Document(ctx context.Context, code string) (Document, error) {
	var row struct {
		Code         string
		Kind         int
		Brand        string
		BorrowerID   int64
		LoanID       int64
		IndentNo     string
		BusinessDate string
	}
	err := r.idb.NewRaw(`SELECT d.code, d.kind, d.brand, d.borrower_id, d.loan_id, l.indent_no, d.business_date::text AS business_date
		FROM documents d JOIN loans l ON l.id = d.loan_id WHERE d.code = ?`, code).Scan(ctx, &row)
	if err != nil {
		return Document{}, fromTx(err)
	}
	date, err := clock.ParseDate(row.BusinessDate)
	return Document{Code: row.Code, Kind: DocumentKind(row.Kind), Brand: row.Brand, BorrowerID: row.BorrowerID, LoanID: row.LoanID, IndentNo: row.IndentNo,
		Date: date}, err
}
