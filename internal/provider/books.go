package provider

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Books is what a gateway has written down about us, for holding it against our own books. Its errors are those of Payments.
type Books interface {
	// Records returns one page (1, 2, ...) of the things of a kind that were made at or after an instant (zero: all), newest first.
	Records(ctx context.Context, kind RecordKind, since time.Time, page int) (RecordPage, error)
	// BalanceLedger returns one page (1, 2, ...) of the movements of our balance, newest first.
	BalanceLedger(ctx context.Context, page int) (LedgerPage, error)
}

// RecordKind is a kind of thing in a gateway's books.
type RecordKind string

// The kinds.
const (
	TransferRecord RecordKind = "transfer"
	ChargeRecord   RecordKind = "charge"
	RefundRecord   RecordKind = "refund"
)

// RecordKinds lists every kind.
func RecordKinds() []RecordKind { return []RecordKind{TransferRecord, ChargeRecord, RefundRecord} }

// Record is one thing in a gateway's books. Amounts are kobo.
type Record struct {
	Kind RecordKind
	// ID is the gateway's number for it, as text: what a LedgerEntry calls ModelID.
	ID string
	// Reference is ours of a transfer or a charge; of a refund it is the charge's, "" where the gateway gives only its number.
	Reference string
	// Note is a refund's MerchantNote.
	Note   string
	Amount money.Kobo
	// Fee is what the gateway took for it, 0 where it does not say.
	Fee      money.Kobo
	Currency string
	// Status is the gateway's own word.
	Status  string
	Outcome Outcome
	At      time.Time // made
}

// RecordPage is one page of records.
type RecordPage struct {
	Records []Record
	Page    int
	// Pages is the number of pages there are now.
	Pages int
}
