package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Payment is a paid intent as it was allocated. Amount is the sum of the parts, in kobo.
type Payment struct {
	ID         int64
	LoanID     int64
	BorrowerID int64
	IntentID   int64
	Amount     money.Kobo
	Parts      money.Components
	Recovered  money.Kobo // on a written-off loan
	Extension  money.Kobo // fee for moving the due date
	Credit     money.Kobo // beyond what was owed
	PaidAt     time.Time  // by the gateway
	CreatedAt  time.Time
}

type paymentRow struct {
	bun.BaseModel `bun:"table:payments"`

	ID           int64     `bun:"id,pk"`
	LoanID       int64     `bun:"loan_id"`
	BorrowerID   int64     `bun:"borrower_id"`
	IntentID     int64     `bun:"intent_id"`
	Amount       int64     `bun:"amount"`
	ToPenalty    int64     `bun:"to_penalty"`
	ToServiceFee int64     `bun:"to_service_fee"`
	ToInterest   int64     `bun:"to_interest"`
	ToPrincipal  int64     `bun:"to_principal"`
	ToRecovery   int64     `bun:"to_recovery"`
	ToExtension  int64     `bun:"to_extension"`
	ToCredit     int64     `bun:"to_credit"`
	PaidAt       time.Time `bun:"paid_at"`
	CreatedAt    time.Time `bun:"created_at"`
}

// AddPayment writes a payment. An intent is paid once: a second payment of it is a *DuplicateError of
// payments_intent_id_key, of what the transaction sends next.
func (t *Tx) AddPayment(ctx context.Context, p Payment) error {
	row := &paymentRow{ID: newID(), LoanID: p.LoanID, BorrowerID: p.BorrowerID, IntentID: p.IntentID, Amount: int64(p.Amount),
		ToPenalty: int64(p.Parts.Penalty), ToServiceFee: int64(p.Parts.ServiceFee), ToInterest: int64(p.Parts.Interest),
		ToPrincipal: int64(p.Parts.Principal), ToRecovery: int64(p.Recovered), ToExtension: int64(p.Extension), ToCredit: int64(p.Credit), PaidAt: p.PaidAt, CreatedAt: t.now}
	return t.insertLater(ctx, "payments", []paymentRow{*row})
}

// PaymentOfIntent reads the payment of an intent, or ErrNotFound.
func (r reader) PaymentOfIntent(ctx context.Context, intent int64) (Payment, error) {
	var row paymentRow
	if err := r.prepared("SELECT "+selected[paymentRow]("p")+" FROM payments p WHERE intent_id = ?", intent).Scan(ctx, &row); err != nil {
		return Payment{}, fromTx(err)
	}
	return row.payment(), nil
}

func (row *paymentRow) payment() Payment {
	return Payment{ID: row.ID, LoanID: row.LoanID, BorrowerID: row.BorrowerID, IntentID: row.IntentID, Amount: money.Kobo(row.Amount),
		Parts: money.Components{Principal: money.Kobo(row.ToPrincipal), ServiceFee: money.Kobo(row.ToServiceFee),
			Interest: money.Kobo(row.ToInterest), Penalty: money.Kobo(row.ToPenalty)},
		Recovered: money.Kobo(row.ToRecovery), Extension: money.Kobo(row.ToExtension), Credit: money.Kobo(row.ToCredit), PaidAt: row.PaidAt.UTC(), CreatedAt: row.CreatedAt.UTC()}
}

// SupersedeCheckouts takes the open payment pages of a loan off the offer, but for the intent named. One that is paid all
// the same is still honoured.
func (t *Tx) SupersedeCheckouts(loan, except int64) {
	t.later(t.prepared(`UPDATE payment_intents SET state = 4 WHERE loan_id = ? AND kind = 1 AND state IN (0, 1) AND id <> ?`, loan, except).written())
}

// ReleaseOperation gives an operation's key back, because the operation certainly had no effect: a repeat under the same
// key runs as new. A finished operation stays.
func (t *Tx) ReleaseOperation(ctx context.Context, op int64) error {
	if op == 0 {
		return nil
	}
	var running []int64
	if err := t.prepared(`SELECT id FROM operations WHERE id = ? AND state = 0 FOR UPDATE`, op).Scan(ctx, &running); err != nil || len(running) == 0 {
		return fromTx(err)
	}
	if _, err := t.prepared(`UPDATE payment_intents SET operation_id = NULL WHERE operation_id = ?`, op).Exec(ctx); err != nil {
		return fromTx(err)
	}
	_, err := t.prepared(`DELETE FROM operations WHERE id = ?`, op).Exec(ctx)
	return fromTx(err)
}
