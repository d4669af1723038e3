package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Kind says which event a batch records. Rebuild reads it to tell a payment from a waiver. The text is stable and stored.
type Kind string

// The kinds of batches.
const (
	KindDisbursement         Kind = "disbursement"
	KindDisbursementReversal Kind = "disbursement_reversal"
	KindPayment              Kind = "payment"
	KindPenalty              Kind = "penalty"
	KindWaiver               Kind = "waiver"
	KindCoupon               Kind = "coupon"
	KindRebate               Kind = "rebate"
	KindWriteOff             Kind = "write_off"
	KindRecovery             Kind = "recovery"
	KindExtensionFee         Kind = "extension_fee"
	KindCreditRefund         Kind = "credit_refund"
	KindCardCharge           Kind = "card_charge"
	KindCardRefund           Kind = "card_refund"
	KindUnassigned           Kind = "unassigned_receipt"
	KindReceiptReclaimed     Kind = "receipt_reclaimed"
	KindGatewayFee           Kind = "gateway_fee"
)

// Kinds lists every kind. Stores and documents are made from this list.
func Kinds() []Kind {
	return []Kind{
		KindDisbursement, KindDisbursementReversal, KindPayment, KindPenalty, KindWaiver, KindCoupon, KindRebate, KindWriteOff,
		KindRecovery, KindExtensionFee, KindCreditRefund, KindCardCharge, KindCardRefund, KindUnassigned,
		KindReceiptReclaimed, KindGatewayFee,
	}
}

// Posting is one line of a batch. LoanID or BorrowerID is zero where the account is not kept for one.
type Posting struct {
	Account    Account
	LoanID     int64
	BorrowerID int64
	Amount     money.Kobo // debit positive, credit negative, never zero
}

// Batch is the record of one event: its postings sum to zero. Key is the event's natural key: the same event always gives the same
// key, so a unique index on it makes posting idempotent.
type Batch struct {
	Key        string
	Kind       Kind
	LoanID     int64 // zero when the event concerns no loan
	BorrowerID int64 // zero when the event concerns no known borrower
	At         time.Time
	Postings   []Posting
}

// Ref names whom an event concerns and when it took effect.
type Ref struct {
	LoanID     int64
	BorrowerID int64
	At         time.Time
}

// ErrUnbalanced says that the postings of a batch do not sum to zero.
var ErrUnbalanced = errors.New("ledger: the postings of a batch must sum to zero")

// Validate says what is wrong with a batch: no key, unknown kind or account, no postings, a zero posting, a sum that is not zero
// (ErrUnbalanced), or a sum that overflows (money.ErrOverflow).
func (b Batch) Validate() error {
	switch {
	case b.Key == "":
		return errors.New("ledger: a batch needs a key")
	case !known(b.Kind):
		return fmt.Errorf("ledger: unknown kind %q", string(b.Kind))
	case len(b.Postings) < 2:
		return fmt.Errorf("ledger: batch %s needs at least two postings", b.Key)
	case b.At.IsZero():
		return fmt.Errorf("ledger: batch %s needs an instant", b.Key)
	}
	var sum money.Kobo
	for _, p := range b.Postings {
		if !knownAccount(p.Account) {
			return fmt.Errorf("ledger: unknown account %q in batch %s", string(p.Account), b.Key)
		}
		if p.Amount == 0 {
			return fmt.Errorf("ledger: zero posting to %s in batch %s", string(p.Account), b.Key)
		}
		var err error
		if sum, err = sum.Add(p.Amount); err != nil {
			return fmt.Errorf("ledger: batch %s: %w", b.Key, err)
		}
	}
	if sum != 0 {
		return fmt.Errorf("%w: batch %s sums to %d", ErrUnbalanced, b.Key, int64(sum))
	}
	return nil
}

func known(k Kind) bool {
	for _, other := range Kinds() {
		if k == other {
			return true
		}
	}
	return false
}

func knownAccount(a Account) bool {
	for _, info := range Accounts() {
		if info.Account == a {
			return true
		}
	}
	return false
}

// builder collects postings and leaves out zero lines, so that events need no conditions.
type builder struct {
	ref   Ref
	lines []Posting
}

func (b *builder) debit(a Account, amount money.Kobo) {
	if amount != 0 {
		b.lines = append(b.lines, Posting{Account: a, LoanID: b.ref.LoanID, BorrowerID: b.ref.BorrowerID, Amount: amount})
	}
}

func (b *builder) credit(a Account, amount money.Kobo) { b.debit(a, -amount) }

// creditReceivables takes parts off what the borrower owes.
func (b *builder) creditReceivables(parts money.Components) {
	b.credit(PenaltyReceivable, parts.Penalty)
	b.credit(ServiceFeeReceivable, parts.ServiceFee)
	b.credit(InterestReceivable, parts.Interest)
	b.credit(PrincipalReceivable, parts.Principal)
}

// batch closes the builder: a batch that is valid, or the reason why the event cannot be booked.
func (b *builder) batch(kind Kind, key string) (Batch, error) {
	out := Batch{Key: key, Kind: kind, LoanID: b.ref.LoanID, BorrowerID: b.ref.BorrowerID, At: b.ref.At, Postings: b.lines}
	if err := out.Validate(); err != nil {
		return Batch{}, err
	}
	return out, nil
}

// loanKey is the natural key of an event of a loan: "loan:7:payment:<reference>".
func loanKey(ref Ref, kind Kind, reference string) string {
	return fmt.Sprintf("loan:%d:%s:%s", ref.LoanID, kind, reference)
}

// borrowerKey is the natural key of an event of a borrower: "borrower:3:credit_refund:<reference>".
func borrowerKey(ref Ref, kind Kind, reference string) string {
	return fmt.Sprintf("borrower:%d:%s:%s", ref.BorrowerID, kind, reference)
}
