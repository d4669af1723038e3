package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// Loan is one application and what became of it: the lender's record around the rules' view of it (lending.Loan).
type Loan struct {
	ID             int64
	Brand          string
	BorrowerID     int64
	IndentNo       string
	ProductID      int64
	ProductVersion int
	lending.Loan

	ApplyTerminal int
	PriorLoans    int // loans paid out to the borrower before this application
	RiskStatus    int // -1 rejected, 0 pending, 1 sent to review, 2 approved
	RiskReason    string
	RiskDetail    string
	RiskAt        time.Time
	ReviewerID    int64
	ReviewReason  string
	ReviewedAt    time.Time
	PayerID       int64
	BankAccountID int64
	HeadImage     string // code of the selfie
	CouponID      int64  // the coupon it was applied for with, also once it has been given back; 0 for none
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ApprovedAt    time.Time
	Snapshot      LoanSnapshot
}

// loanRow mirrors the table loans.
type loanRow struct {
	bun.BaseModel `bun:"table:loans,alias:l"`

	ID             int64           `bun:"id,pk"`
	Brand          string          `bun:"brand"`
	BorrowerID     int64           `bun:"borrower_id"`
	IndentNo       string          `bun:"indent_no"`
	Status         int16           `bun:"status"`
	ProductID      int64           `bun:"product_id"`
	ProductVersion int             `bun:"product_version"`
	Principal      int64           `bun:"principal"`
	Payout         int64           `bun:"payout"`
	UpfrontFee     int64           `bun:"upfront_fee"`
	ServiceFee     int64           `bun:"service_fee"`
	Interest       int64           `bun:"interest"`
	Due            int64           `bun:"due"`
	TermDays       int             `bun:"term_days"`
	Conditions     json.RawMessage `bun:"conditions,type:jsonb"`

	Charged        componentsRow `bun:"embed:charged_"`
	Paid           componentsRow `bun:"embed:paid_"`
	Waived         componentsRow `bun:"embed:waived_"`
	Coupon         componentsRow `bun:"embed:coupon_"`
	Rebated        componentsRow `bun:"embed:rebated_"`
	WrittenOff     componentsRow `bun:"embed:written_off_"`
	Reversed       componentsRow `bun:"embed:reversed_"`
	Recovered      int64         `bun:"recovered"`
	ExtensionCount int           `bun:"extension_count"`
	PenaltyThrough *string       `bun:"penalty_through,type:date"`
	AnchorDate     *string       `bun:"anchor_date,type:date"`
	AnchorPenalty  int64         `bun:"anchor_penalty"`

	ApplyTerminal  int16      `bun:"apply_terminal"`
	PriorLoans     int        `bun:"prior_loans"`
	RiskStatus     int16      `bun:"risk_status"`
	RiskReason     string     `bun:"risk_reason"`
	RiskDetail     string     `bun:"risk_detail"`
	RiskAt         *time.Time `bun:"risk_at"`
	ReviewerID     int64      `bun:"reviewer_id"`
	ReviewReason   string     `bun:"review_reason"`
	ReviewedAt     *time.Time `bun:"reviewed_at"`
	PayerID        int64      `bun:"payer_id"`
	BankAccountID  int64      `bun:"bank_account_id"`
	SnapshotSealed []byte     `bun:"snapshot_sealed"`
	HeadImage      string     `bun:"head_image,type:uuid"`
	CouponID       *int64     `bun:"coupon_id"`

	CreatedAt   time.Time  `bun:"created_at"`
	UpdatedAt   time.Time  `bun:"updated_at"`
	ApprovedAt  *time.Time `bun:"approved_at"`
	DisbursedAt *time.Time `bun:"disbursed_at"`
	DueAt       *time.Time `bun:"due_at"`
	FirstDueAt  *time.Time `bun:"first_due_at"`
	DueDate     *string    `bun:"due_date,type:date"`
	LastPaidAt  *time.Time `bun:"last_paid_at"`
	ClosedAt    *time.Time `bun:"closed_at"`
}

// componentsRow is money.Components as four columns under a prefix.
type componentsRow struct {
	Principal  int64 `bun:"principal"`
	ServiceFee int64 `bun:"service_fee"`
	Interest   int64 `bun:"interest"`
	Penalty    int64 `bun:"penalty"`
}

func componentsIn(c money.Components) componentsRow {
	return componentsRow{int64(c.Principal), int64(c.ServiceFee), int64(c.Interest), int64(c.Penalty)}
}

func (r componentsRow) out() money.Components {
	return money.Components{Principal: money.Kobo(r.Principal), ServiceFee: money.Kobo(r.ServiceFee),
		Interest: money.Kobo(r.Interest), Penalty: money.Kobo(r.Penalty)}
}

// newLoanRow encodes a loan with its snapshot sealed under the borrower's key.
func newLoanRow(l Loan, key *seal.DataKey) (*loanRow, error) {
	conditions, err := json.Marshal(l.Conditions)
	if err != nil {
		return nil, err
	}
	snapshot, err := sealJSON(key, loanSnapshotColumn, l.Snapshot)
	if err != nil {
		return nil, err
	}
	row := &loanRow{
		ID: l.ID, Brand: l.Brand, BorrowerID: l.BorrowerID, IndentNo: l.IndentNo, ProductID: l.ProductID, ProductVersion: l.ProductVersion,
		Principal: int64(l.Terms.Principal), Payout: int64(l.Terms.Disbursed), UpfrontFee: int64(l.Terms.UpfrontFee),
		ServiceFee: int64(l.Terms.ServiceFee), Interest: int64(l.Terms.Interest), Due: int64(l.Terms.Due), TermDays: l.Terms.TermDays, Conditions: conditions,
		ApplyTerminal: int16(l.ApplyTerminal), PriorLoans: l.PriorLoans, BankAccountID: l.BankAccountID, SnapshotSealed: snapshot,
		HeadImage: l.HeadImage, CreatedAt: l.CreatedAt,
	}
	row.setMutable(l)
	return row, nil
}

// mutableLoanColumns are what setMutable sets: everything that an event of a loan may change.
var mutableLoanColumns = []string{
	"status", "charged_principal", "charged_service_fee", "charged_interest", "charged_penalty", "paid_principal", "paid_service_fee",
	"paid_interest", "paid_penalty", "waived_principal", "waived_service_fee", "waived_interest", "waived_penalty", "coupon_principal",
	"coupon_service_fee", "coupon_interest", "coupon_penalty", "rebated_principal", "rebated_service_fee", "rebated_interest",
	"rebated_penalty", "written_off_principal", "written_off_service_fee", "written_off_interest", "written_off_penalty",
	"reversed_principal", "reversed_service_fee", "reversed_interest", "reversed_penalty", "recovered", "extension_count",
	"penalty_through", "anchor_date", "anchor_penalty", "risk_status", "risk_reason", "risk_detail", "risk_at", "reviewer_id",
	"review_reason", "reviewed_at", "payer_id", "updated_at", "approved_at", "disbursed_at", "due_at", "first_due_at", "due_date",
	"last_paid_at", "closed_at", "coupon_id",
}

func (row *loanRow) setMutable(l Loan) {
	row.Status = int16(l.State)
	row.Charged, row.Paid, row.Waived = componentsIn(l.Charged), componentsIn(l.Loan.Paid), componentsIn(l.Waived)
	row.Coupon, row.Rebated = componentsIn(l.Coupon), componentsIn(l.Rebated)
	row.WrittenOff, row.Reversed = componentsIn(l.Balances.WrittenOff), componentsIn(l.Balances.Reversed)
	row.Recovered, row.ExtensionCount = int64(l.Recovered), l.Extensions
	row.PenaltyThrough, row.AnchorDate, row.AnchorPenalty = dateIn(l.PenaltyThrough), dateIn(l.AnchorDate), int64(l.AnchorPenalty)
	row.RiskStatus, row.RiskReason, row.RiskDetail, row.RiskAt = int16(l.RiskStatus), l.RiskReason, l.RiskDetail, timeIn(l.RiskAt)
	row.ReviewerID, row.ReviewReason, row.ReviewedAt, row.PayerID = l.ReviewerID, l.ReviewReason, timeIn(l.ReviewedAt), l.PayerID
	row.UpdatedAt, row.ApprovedAt = l.UpdatedAt, timeIn(l.ApprovedAt)
	row.DisbursedAt, row.DueAt, row.FirstDueAt = timeIn(l.DisbursedAt), timeIn(l.DueAt), timeIn(l.FirstDueAt)
	row.LastPaidAt, row.ClosedAt = timeIn(l.LastPaidAt), timeIn(l.ClosedAt)
	row.CouponID = idIn(l.CouponID)
	row.DueDate = nil
	if !l.DueAt.IsZero() {
		row.DueDate = dateIn(l.Loan.DueDate())
	}
}

// loan decodes the row; the snapshot is opened with the borrower's key, and stays empty without one.
func (row *loanRow) loan(key *seal.DataKey) (l Loan, err error) {
	return l, row.into(&l, key)
}

// into is loan, into a place that is empty.
func (row *loanRow) into(l *Loan, key *seal.DataKey) (err error) {
	*l = Loan{
		ID: row.ID, Brand: row.Brand, BorrowerID: row.BorrowerID, IndentNo: row.IndentNo, ProductID: row.ProductID, ProductVersion: row.ProductVersion,
		ApplyTerminal: int(row.ApplyTerminal), PriorLoans: row.PriorLoans, RiskStatus: int(row.RiskStatus), RiskReason: row.RiskReason,
		RiskDetail: row.RiskDetail, RiskAt: timeOut(row.RiskAt), ReviewerID: row.ReviewerID, ReviewReason: row.ReviewReason,
		ReviewedAt: timeOut(row.ReviewedAt), PayerID: row.PayerID, BankAccountID: row.BankAccountID, HeadImage: row.HeadImage,
		CouponID: idOut(row.CouponID), CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), ApprovedAt: timeOut(row.ApprovedAt),
	}
	suffix := row.ServiceFee + row.Interest
	l.State = lending.State(row.Status)
	l.Terms = lending.Terms{Principal: money.Kobo(row.Principal), Disbursed: money.Kobo(row.Payout), UpfrontFee: money.Kobo(row.UpfrontFee),
		ServiceFee: money.Kobo(row.ServiceFee), Interest: money.Kobo(row.Interest), SuffixFee: money.Kobo(suffix),
		Due: money.Kobo(row.Due), TermDays: row.TermDays}
	if l.Conditions, err = knownConditions.decode(row.Conditions); err != nil {
		return fmt.Errorf("conditions of loan %d: %w", row.ID, err)
	}
	l.Balances = money.Balances{Charged: row.Charged.out(), Paid: row.Paid.out(), Waived: row.Waived.out(), Coupon: row.Coupon.out(),
		Rebated: row.Rebated.out(), WrittenOff: row.WrittenOff.out(), Reversed: row.Reversed.out(), Recovered: money.Kobo(row.Recovered)}
	l.DisbursedAt, l.DueAt, l.FirstDueAt = timeOut(row.DisbursedAt), timeOut(row.DueAt), timeOut(row.FirstDueAt)
	l.LastPaidAt, l.ClosedAt, l.Extensions = timeOut(row.LastPaidAt), timeOut(row.ClosedAt), row.ExtensionCount
	l.AnchorPenalty = money.Kobo(row.AnchorPenalty)
	if l.PenaltyThrough, err = dateOut(row.PenaltyThrough); err != nil {
		return err
	}
	if l.AnchorDate, err = dateOut(row.AnchorDate); err != nil {
		return err
	}
	if key == nil {
		return nil
	}
	return l.Snapshot.open(key, row.SnapshotSealed)
}

func timeIn(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOut(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func dateIn(d clock.Date) *string {
	if d.IsZero() {
		return nil
	}
	text := d.String()
	return &text
}

// dateOut reads a date column; drivers hand it over with or without a time of day.
func dateOut(text *string) (clock.Date, error) {
	if text == nil {
		return clock.Date{}, nil
	}
	return clock.ParseDate((*text)[:min(len(*text), len("2006-01-02"))])
}
