package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
)

// IntentKind says what a charge at the gateway is for.
type IntentKind int

// The kinds of intents.
const (
	IntentCheckout   IntentKind = 1 // a repayment on the gateway's page
	IntentCardCharge IntentKind = 2 // a repayment by the bound card
	IntentBinding    IntentKind = 3 // the charge that binds a card
	IntentExtension  IntentKind = 4 // the fee for moving a due date, on the gateway's page
	IntentReceipt    IntentKind = 5 // a payment that an operator put on a loan, see AssignReceipt
)

// ByPage says whether the payer pays at a page of the gateway, where a declined attempt may be followed by another.
func (k IntentKind) ByPage() bool { return k == IntentCheckout || k == IntentExtension }

// IntentState says how far a charge has come.
type IntentState int

// The states of an intent. The gateway hears of its reference only after the row is committed.
const (
	IntentCreated     IntentState = 0 // committed; the gateway may or may not know it
	IntentOpen        IntentState = 1 // the gateway has it and nothing is paid yet
	IntentPaid        IntentState = 2
	IntentFailed      IntentState = 3 // declined, or over without a payment
	IntentSuperseded  IntentState = 4 // no longer offered, but honoured when it is paid all the same
	IntentUnconfirmed IntentState = 5 // waits for the card holder's second factor
	IntentQuarantined IntentState = 6 // the gateway's amount or currency is not ours: a person must look
)

// Unsettled says whether the gateway is still asked about an intent.
func (s IntentState) Unsettled() bool {
	return s == IntentCreated || s == IntentOpen || s == IntentSuperseded || s == IntentUnconfirmed
}

// intentMoves are the allowed changes of state. A failed intent may still turn out paid or wrong: a payer can try again on a page
// whose first attempt was declined, and money that has arrived is never denied.
var intentMoves = map[IntentState][]IntentState{
	IntentCreated:     {IntentOpen, IntentPaid, IntentFailed, IntentSuperseded, IntentUnconfirmed, IntentQuarantined},
	IntentOpen:        {IntentPaid, IntentFailed, IntentSuperseded, IntentUnconfirmed, IntentQuarantined},
	IntentSuperseded:  {IntentPaid, IntentFailed, IntentQuarantined},
	IntentUnconfirmed: {IntentPaid, IntentFailed, IntentSuperseded, IntentQuarantined},
	IntentFailed:      {IntentPaid, IntentQuarantined},
}

// Intent is a charge that we asked the gateway for, or that a borrower may pay on its page.
type Intent struct {
	ID               int64
	Brand            string
	BorrowerID       int64
	Kind             IntentKind
	LoanID           int64 // 0 for a binding
	BankAccountID    int64 // the account whose card is bound or charged; 0 for a checkout
	CardID           int64 // the card that is charged, or that came of a binding; 0 for none
	OperationID      int64 // the claimed operation it belongs to; 0 for none
	Reference        string
	Amount           money.Kobo
	State            IntentState
	AuthorizationURL string // the gateway's page, "" while there is none
	Failure          string // why it failed, a short stable word; no personal data
	PaidAmount       money.Kobo
	PaidAt           time.Time // by the gateway
	Checks           int       // how often the sweep has asked about it
	NextCheckAt      time.Time // when the sweep asks next; zero: never
	CreatedAt        time.Time
	ExpiresAt        time.Time // until when it is offered
	ConcludedAt      time.Time // when it reached paid, failed or quarantined
}

type intentRow struct {
	bun.BaseModel `bun:"table:payment_intents"`

	ID               int64      `bun:"id,pk"`
	Brand            string     `bun:"brand"`
	BorrowerID       int64      `bun:"borrower_id"`
	Kind             int        `bun:"kind"`
	LoanID           *int64     `bun:"loan_id"`
	BankAccountID    *int64     `bun:"bank_account_id"`
	CardID           *int64     `bun:"card_id"`
	OperationID      *int64     `bun:"operation_id"`
	Reference        string     `bun:"reference"`
	Amount           int64      `bun:"amount"`
	State            int        `bun:"state"`
	AuthorizationURL string     `bun:"authorization_url"`
	Failure          string     `bun:"failure"`
	PaidAmount       int64      `bun:"paid_amount"`
	PaidAt           *time.Time `bun:"paid_at"`
	Checks           int        `bun:"checks"`
	NextCheckAt      *time.Time `bun:"next_check_at"`
	CreatedAt        time.Time  `bun:"created_at"`
	ExpiresAt        time.Time  `bun:"expires_at"`
	ConcludedAt      *time.Time `bun:"concluded_at"`
}

func newIntentRow(in Intent) *intentRow {
	return &intentRow{ID: in.ID, Brand: in.Brand, BorrowerID: in.BorrowerID, Kind: int(in.Kind), LoanID: idIn(in.LoanID),
		BankAccountID: idIn(in.BankAccountID), CardID: idIn(in.CardID), OperationID: idIn(in.OperationID), Reference: in.Reference,
		Amount: int64(in.Amount), State: int(in.State), AuthorizationURL: in.AuthorizationURL, Failure: in.Failure,
		PaidAmount: int64(in.PaidAmount), PaidAt: timeIn(in.PaidAt), Checks: in.Checks, NextCheckAt: timeIn(in.NextCheckAt),
		CreatedAt: in.CreatedAt, ExpiresAt: in.ExpiresAt, ConcludedAt: timeIn(in.ConcludedAt)}
}

func (row *intentRow) intent() Intent {
	return Intent{ID: row.ID, Brand: row.Brand, BorrowerID: row.BorrowerID, Kind: IntentKind(row.Kind), LoanID: idOut(row.LoanID),
		BankAccountID: idOut(row.BankAccountID), CardID: idOut(row.CardID), OperationID: idOut(row.OperationID), Reference: row.Reference,
		Amount: money.Kobo(row.Amount), State: IntentState(row.State), AuthorizationURL: row.AuthorizationURL, Failure: row.Failure,
		PaidAmount: money.Kobo(row.PaidAmount), PaidAt: timeOut(row.PaidAt), Checks: row.Checks, NextCheckAt: timeOut(row.NextCheckAt),
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(), ConcludedAt: timeOut(row.ConcludedAt)}
}

func idOut(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// Intent reads an intent by its reference, or ErrNotFound. The caller checks whose it is; IntentOf does it for borrowers.
func (r reader) Intent(ctx context.Context, reference string) (Intent, error) {
	return r.oneIntent(ctx, "reference = ?", reference)
}

// IntentByID reads an intent by its id, or ErrNotFound.
func (r reader) IntentByID(ctx context.Context, id int64) (Intent, error) {
	return r.oneIntent(ctx, "id = ?", id)
}

// IntentOf reads an intent of a borrower by its reference, or ErrNotFound: another borrower's intent looks like none.
func (r reader) IntentOf(ctx context.Context, borrower int64, reference string) (Intent, error) {
	return r.oneIntent(ctx, "borrower_id = ? AND reference = ?", borrower, reference)
}

// OpenIntentOfLoan reads the one intent of a kind that stands in the way of another for the loan (created, open, or unconfirmed
// for a card), or ErrNotFound.
func (r reader) OpenIntentOfLoan(ctx context.Context, loan int64, kind IntentKind) (Intent, error) {
	return r.oneIntent(ctx, "loan_id = ? AND kind = ? AND (state IN (0, 1) OR (kind = 2 AND state = 5))", loan, int(kind))
}

// OpenBinding reads the one open card check of a bank account, or ErrNotFound.
func (r reader) OpenBinding(ctx context.Context, account int64) (Intent, error) {
	return r.oneIntent(ctx, "bank_account_id = ? AND kind = 3 AND state IN (0, 1)", account)
}

// LatestIntentOfLoan reads the newest intent of a loan in any state, or ErrNotFound.
func (r reader) LatestIntentOfLoan(ctx context.Context, loan int64) (Intent, error) {
	return r.oneIntent(ctx, "loan_id = ? ORDER BY id DESC LIMIT 1", loan)
}

// intentQuery reads intents, i.
var intentQuery = "SELECT " + selected[intentRow]("i") + " FROM payment_intents i WHERE "

func (r reader) oneIntent(ctx context.Context, where string, args ...any) (Intent, error) {
	var row intentRow
	if err := r.prepared(intentQuery+where, args...).Scan(ctx, &row); err != nil {
		return Intent{}, fromTx(err)
	}
	return row.intent(), nil
}

// IntentsToCheck lists the unsettled intents of the given kinds (all kinds for none) that are due for a question to the gateway,
// the longest waiting first.
func (r reader) IntentsToCheck(ctx context.Context, now time.Time, limit int, kinds ...IntentKind) ([]Intent, error) {
	if len(kinds) == 0 {
		kinds = []IntentKind{IntentCheckout, IntentCardCharge, IntentBinding, IntentExtension}
	}
	var rows []intentRow
	err := r.idb.NewRaw(`SELECT * FROM payment_intents WHERE state IN (0, 1, 4, 5) AND next_check_at <= ? AND kind IN (?)
		ORDER BY next_check_at LIMIT ?`, now, bun.List(kinds), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	intents := make([]Intent, len(rows))
	for i := range rows {
		intents[i] = rows[i].intent()
	}
	return intents, nil
}

// LockIntent reads an intent and holds it for this transaction: the last of the lock order borrower, loan, intent.
func (t *Tx) LockIntent(ctx context.Context, id int64) (Intent, error) {
	return t.oneIntent(ctx, lockedIntent, id)
}

const lockedIntent = "id = ? FOR NO KEY UPDATE"

// AddIntent writes a new intent and returns it with its id. It returns *DuplicateError of payment_intents_one_checkout,
// payment_intents_one_card_charge, payment_intents_one_binding or payment_intents_one_extension where another one of the kind is open.
func (t *Tx) AddIntent(ctx context.Context, in Intent) (Intent, error) {
	in.ID, in.CreatedAt = newID(), t.now
	return in, t.insert(ctx, "payment_intents", []intentRow{*newIntentRow(in)})
}

// OpenCardCharge writes a card charge like AddIntent. The reference of one with a key is that of its repeats: where it failed and its key was
// given back, because the gateway certainly has not taken it, it is open again under the same reference. Any other charge that has the
// reference it returns with ErrStale.
func (t *Tx) OpenCardCharge(ctx context.Context, in Intent) (Intent, error) {
	known, err := t.oneIntent(ctx, "reference = ? FOR NO KEY UPDATE", in.Reference)
	if errors.Is(err, ErrNotFound) {
		return t.AddIntent(ctx, in)
	}
	if err != nil {
		return in, err
	}
	if known.State != IntentFailed || known.OperationID != 0 || known.BorrowerID != in.BorrowerID || known.Kind != in.Kind {
		return known, ErrStale
	}
	in.ID, in.CreatedAt = known.ID, t.now
	result, err := t.idb.NewUpdate().Model(newIntentRow(in)).Column("loan_id", "bank_account_id", "card_id", "operation_id", "amount", "state", "authorization_url", "failure",
		"checks", "next_check_at", "created_at", "expires_at", "concluded_at").Where("id = ? AND state = ?", in.ID, int(IntentFailed)).Exec(ctx)
	return in, exactly(1, result, err)
}

// mutableIntentColumns are what MoveIntent writes.
var mutableIntentColumns = []string{"card_id", "state", "authorization_url", "failure", "paid_amount", "paid_at", "next_check_at", "concluded_at"}

// MoveIntent writes what happened to an intent (state, page, card, failure, payment, next check) if it is still in the state the
// caller saw: ErrStale of what the transaction sends next otherwise, and an error for a move that does not exist. It sets ConcludedAt on a move to an end.
func (t *Tx) MoveIntent(_ context.Context, seen IntentState, in Intent) error {
	if in.State != seen && !slices.Contains(intentMoves[seen], in.State) {
		return fmt.Errorf("intent %d may not move from %d to %d", in.ID, seen, in.State)
	}
	if in.State != seen && !in.State.Unsettled() {
		in.ConcludedAt, in.NextCheckAt = t.now, time.Time{}
	}
	set, args := assignments(newIntentRow(in), mutableIntentColumns)
	t.later(t.prepared("UPDATE payment_intents SET "+set+" WHERE id = ? AND state = ?", append(args, in.ID, int(seen))...).changed())
	return nil
}

// DeferIntent counts one more question to the gateway without an answer and sets the time of the next. An intent that is settled
// meanwhile stays as it is.
func (t *Tx) DeferIntent(ctx context.Context, id int64, next time.Time) error {
	_, err := t.prepared(`UPDATE payment_intents SET checks = checks + 1, next_check_at = ? WHERE id = ? AND state IN (0, 1, 4, 5)`,
		next, id).Exec(ctx)
	return fromTx(err)
}
