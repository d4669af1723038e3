package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// openLoan is the condition of the partial unique index loans_one_open.
const openLoan = "status IN (1, 2, 3, 4, 5, 21)"

// Loan reads one loan by id, or ErrNotFound. The caller checks whose it is; LoanOf does it for borrowers. The snapshot of an erased
// borrower is empty, here as in every read of a loan.
func (r reader) Loan(ctx context.Context, id int64) (Loan, error) {
	return r.oneLoan(ctx, "WHERE l.id = ?", id)
}

// LoanOf reads one loan of a borrower, or ErrNotFound: another borrower's loan looks like none.
func (r reader) LoanOf(ctx context.Context, borrower, id int64) (Loan, error) {
	if !OwnsLoans {
		return r.oneLoan(ctx, "WHERE l.id = ?", id)
	}
	return r.oneLoan(ctx, "WHERE l.id = ? AND l.borrower_id = ?", id, borrower)
}

// LatestLoan reads a borrower's newest loan in any state, or ErrNotFound.
func (r reader) LatestLoan(ctx context.Context, borrower int64) (Loan, error) {
	return r.oneLoan(ctx, "WHERE l.borrower_id = ? ORDER BY l.id DESC LIMIT 1", borrower)
}

// OpenLoan reads a borrower's one open loan, or ErrNotFound.
func (r reader) OpenLoan(ctx context.Context, borrower int64) (Loan, error) {
	return r.oneLoan(ctx, "WHERE l.borrower_id = ? AND l."+openLoan+" ORDER BY l.id DESC LIMIT 1", borrower)
}

// loanRead is a loan joined with its borrower's data key.
type loanRead struct {
	loanRow
	Wrapped []byte `bun:"wrapped"`
}

// loanQuery reads loans, l, with the keys to their snapshots.
var loanQuery = "SELECT " + selected[loanRow]("l") + ", k.wrapped FROM loans l LEFT JOIN borrower_keys k ON k.borrower_id = l.borrower_id "

func (r reader) oneLoan(ctx context.Context, where string, args ...any) (Loan, error) {
	var row loanRead
	if err := r.prepared(loanQuery+where, args...).Scan(ctx, &row); err != nil {
		return Loan{}, fromTx(err)
	}
	return r.ofRow(&row)
}

// ofRow is the loan of a row.
func (r reader) ofRow(row *loanRead) (Loan, error) {
	key, err := r.unwrapped(row.BorrowerID, row.Wrapped)
	if err != nil {
		return Loan{}, err
	}
	return row.loan(key)
}

// LoanPage is one page of a borrower's loans, newest first.
type LoanPage struct {
	Loans []Loan
	Total int64
}

// LoansPage reads page number page (from 1) of size rows, in one statement. The page is a range of the loans' numbers: no loan before it
// is touched, and nothing is counted.
func (r reader) LoansPage(ctx context.Context, borrower int64, page, size int) (LoanPage, error) {
	var out LoanPage
	var key *seal.DataKey
	var row struct {
		loanRead
		Total int64 `bun:"total"`
	}
	skip := int64(page-1) * int64(size)
	err := r.prepared(loansPageQuery, borrower, skip, size).Each(ctx, &row, func() { out = LoanPage{} }, func() (err error) {
		if out.Loans == nil {
			out.Total = row.Total
			out.Loans = make([]Loan, 0, min(int64(size), max(row.Total-skip, 1)))
			if key, err = r.unwrapped(borrower, row.Wrapped); err != nil {
				return err
			}
		}
		out.Loans = append(out.Loans, Loan{})
		return row.into(&out.Loans[len(out.Loans)-1], key)
	})
	if err == nil && out.Loans == nil && page > 1 { // beyond the last page
		err = r.prepared(newestLoan, borrower).Scan(ctx, &out.Total)
	}
	return out, fromTx(err)
}

// loansPageQuery reads a page. As subqueries the total is known before the index is asked: it bounds the range. In a join all of the
// borrower's loans would be read.
var loansPageQuery = `WITH newest AS MATERIALIZED (` + newestLoan + `) SELECT (SELECT total FROM newest) AS total, k.wrapped, ` + selected[loanRow]("l") + `
	FROM loans l LEFT JOIN borrower_keys k ON k.borrower_id = l.borrower_id
	WHERE l.borrower_id = ?0 AND l.number <= (SELECT total FROM newest) - ?1 AND l.number > (SELECT total FROM newest) - ?1 - ?2
	ORDER BY l.number DESC`

// newestLoan is the number of a borrower's newest loan, which is how many there are.
const newestLoan = `SELECT coalesce((SELECT number FROM loans WHERE borrower_id = ?0 ORDER BY number DESC LIMIT 1), 0)::bigint AS total`

// LockLoan reads a loan and holds it for this transaction. Lock order: borrower, loan, intent.
func (t *Tx) LockLoan(ctx context.Context, id int64) (Loan, error) {
	return t.oneLoan(ctx, lockedLoan, id)
}

const lockedLoan = "WHERE l.id = ? FOR NO KEY UPDATE OF l"

// AddLoan writes a new application in the state submitted, with an indent number drawn from the sequence, and returns it
// with its id, a new one where it has none. Its images, few, are written with it: their bytes are in the blob store already. A second open
// loan of the borrower is a *DuplicateError of loans_one_open, of whatever the transaction sends next.
func (t *Tx) AddLoan(ctx context.Context, l Loan, images ...Image) (Loan, error) {
	var next struct {
		IndentPrefix string
		Number       int64
	}
	err := t.along(ctx, t.prepared(`SELECT indent_prefix, nextval('indent_numbers') AS number FROM brands WHERE code = ?`, l.Brand).scanned(&next))
	if err != nil {
		return Loan{}, err
	}
	if l.ID == 0 {
		l.ID = newID()
	}
	l.CreatedAt, l.UpdatedAt = t.now, t.now
	if l.IndentNo, err = lending.IndentNo(next.IndentPrefix, clock.DateOf(t.now), next.Number); err != nil {
		return Loan{}, err
	}
	key, err := t.dataKey(ctx, l.BorrowerID)
	if err != nil {
		return Loan{}, err
	}
	row, err := newLoanRow(l, key)
	if err != nil {
		return Loan{}, err
	}
	t.later(t.inserting("loans", reflect.ValueOf([]loanRow{*row})).written())
	t.addLoanEvent(l.ID, 0, l.State, "apply", fmt.Sprintf("borrower:%d", l.BorrowerID))
	if len(images) > 0 {
		t.later(t.inserting("images", reflect.ValueOf(t.imageRows(images, l))).written())
	}
	return l, nil
}

// UpdateLoan writes what an event changed, if the loan is still in the state the caller saw (ErrStale of what the transaction sends next
// otherwise), and logs the move when the state changed. A move that is not in the state table is a RuleError with STATE_CONFLICT; the database would
// refuse it too. Actor is who did it: "system", "gateway", "borrower:<id>" or "operator:<id>".
func (t *Tx) UpdateLoan(ctx context.Context, seen lending.State, l Loan, actor string) error {
	move, ok := lending.FindTransition(seen, l.State)
	if l.State != seen && !ok {
		return lending.CheckTransition(seen, l.State)
	}
	row := &loanRow{ID: l.ID}
	l.UpdatedAt = t.now
	row.setMutable(l)
	set, args := assignments(row, mutableLoanColumns)
	t.later(t.prepared("UPDATE loans SET "+set+" WHERE id = ? AND status = ?", append(args, l.ID, int16(seen))...).changed())
	if l.State == seen {
		return nil
	}
	if err := t.followCoupon(ctx, seen, l); err != nil {
		return err
	}
	t.addLoanEvent(l.ID, seen, l.State, string(move.Trigger), actor)
	return nil
}

func (t *Tx) addLoanEvent(loan int64, from, to lending.State, trigger, actor string) {
	var was *int16
	if from != 0 {
		code := int16(from)
		was = &code
	}
	t.later(t.prepared(`INSERT INTO loan_events (id, loan_id, from_code, to_code, trigger, actor, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		newID(), loan, was, int16(to), trigger, actor, t.now).written())
}

// LoanEvent is one move of a loan, or its beginning (From zero).
type LoanEvent struct {
	From, To lending.State
	Trigger  string
	Actor    string
	At       time.Time
}

// LoanEvents reads the trace of a loan, oldest first.
func (r reader) LoanEvents(ctx context.Context, loan int64) ([]LoanEvent, error) {
	var rows []struct {
		FromCode int16
		ToCode   int16
		Trigger  string
		Actor    string
		At       time.Time
	}
	err := r.prepared(`SELECT coalesce(from_code, 0) AS from_code, to_code, trigger, actor, at FROM loan_events WHERE loan_id = ? ORDER BY id`, loan).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	events := make([]LoanEvent, 0, len(rows))
	for _, row := range rows {
		events = append(events, LoanEvent{From: lending.State(row.FromCode), To: lending.State(row.ToCode), Trigger: row.Trigger, Actor: row.Actor, At: row.At})
	}
	return events, nil
}

// LoanFigures are a borrower's past in numbers, for limits and decisions.
type LoanFigures struct {
	Applications int
	PaidOut      int // loans whose money reached the borrower
	Settled      int
	SettledLate  int
	WrittenOff   int
	MaxOverDays  int
	LastRejected time.Time
}

// LoanFigures counts a borrower's loans.
func (r reader) LoanFigures(ctx context.Context, borrower int64) (LoanFigures, error) {
	var row struct {
		Applications int
		PaidOut      int
		Settled      int
		SettledLate  int
		WrittenOff   int
		MaxOverDays  int
		LastRejected *time.Time
	}
	err := r.prepared(`SELECT count(*) AS applications,
		count(*) FILTER (WHERE disbursed_at IS NOT NULL AND status <> 63) AS paid_out,
		count(*) FILTER (WHERE status IN (6, 8, 22)) AS settled,
		count(*) FILTER (WHERE status = 22) AS settled_late,
		count(*) FILTER (WHERE status = 51) AS written_off,
		coalesce(max(greatest((coalesce(closed_at, ?) AT TIME ZONE 'Africa/Lagos')::date - due_date, 0)), 0) AS max_over_days,
		max(updated_at) FILTER (WHERE status IN (31, 32, 33, 34)) AS last_rejected
		FROM loans WHERE borrower_id = ?`, r.clk.Now(), borrower).Scan(ctx, &row)
	if err != nil {
		return LoanFigures{}, fromTx(err)
	}
	return LoanFigures{Applications: row.Applications, PaidOut: row.PaidOut, Settled: row.Settled, SettledLate: row.SettledLate,
		WrittenOff: row.WrittenOff, MaxOverDays: row.MaxOverDays, LastRejected: timeOut(row.LastRejected)}, nil
}
