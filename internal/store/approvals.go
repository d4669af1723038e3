package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
)

// ApprovalKind says what waits for a second person.
type ApprovalKind string

// The kinds of approvals.
const (
	ApproveWaiver   ApprovalKind = "waiver"
	ApproveWriteOff ApprovalKind = "write_off"
)

// ApprovalState says how a request stands.
type ApprovalState int

// The states of a request.
const (
	ApprovalPending  ApprovalState = 0
	ApprovalApproved ApprovalState = 1
	ApprovalDeclined ApprovalState = 2
)

// Approval is an act above a limit that waits, or waited, for a second person.
type Approval struct {
	ID              int64
	Kind            ApprovalKind
	State           ApprovalState
	Brand           string
	LoanID          int64
	Amount          money.Kobo       // as asked for
	ByParts         bool             // a waiver of Parts; otherwise of Amount, split when it is approved
	Parts           money.Components // as asked for
	Reason          string
	RequestedBy     int64
	RequestedByName string
	RequestedAt     time.Time
	DecidedBy       int64
	DecidedByName   string
	DecidedAt       time.Time
	Decision        string
}

type approvalRow struct {
	ID              int64
	Kind            string
	State           int
	Brand           string
	LoanID          int64
	Amount          int64
	ByParts         bool
	Principal       int64
	ServiceFee      int64
	Interest        int64
	Penalty         int64
	Reason          string
	RequestedBy     int64
	RequestedByName string
	RequestedAt     time.Time
	DecidedBy       int64
	DecidedByName   string
	DecidedAt       *time.Time
	Decision        string
}

func (r approvalRow) approval() Approval {
	return Approval{ID: r.ID, Kind: ApprovalKind(r.Kind), State: ApprovalState(r.State), Brand: r.Brand, LoanID: r.LoanID, Amount: money.Kobo(r.Amount),
		ByParts: r.ByParts, Parts: money.Components{Principal: money.Kobo(r.Principal), ServiceFee: money.Kobo(r.ServiceFee),
			Interest: money.Kobo(r.Interest), Penalty: money.Kobo(r.Penalty)},
		Reason: r.Reason, RequestedBy: r.RequestedBy, RequestedByName: r.RequestedByName, RequestedAt: r.RequestedAt.UTC(),
		DecidedBy: r.DecidedBy, DecidedByName: r.DecidedByName, DecidedAt: timeOut(r.DecidedAt), Decision: r.Decision}
}

const selectApproval = `SELECT a.id, a.kind, a.state, a.brand, a.loan_id, a.amount, a.by_parts, a.principal, a.service_fee, a.interest, a.penalty, a.reason,
	a.requested_by, q.name AS requested_by_name, a.requested_at, coalesce(a.decided_by, 0) AS decided_by, coalesce(d.name, '') AS decided_by_name,
	a.decided_at, a.decision FROM approvals a JOIN operators q ON q.id = a.requested_by LEFT JOIN operators d ON d.id = a.decided_by `

// Approval reads a request, or ErrNotFound.
func (r reader) Approval(ctx context.Context, id int64) (Approval, error) {
	var row approvalRow
	err := r.idb.NewRaw(selectApproval+`WHERE a.id = ?`, id).Scan(ctx, &row)
	return row.approval(), fromTx(err)
}

// LockApproval reads a request and holds it for this transaction. Lock order: borrower, loan, approval.
func (t *Tx) LockApproval(ctx context.Context, id int64) (Approval, error) {
	var row approvalRow
	err := t.idb.NewRaw(selectApproval+`WHERE a.id = ? FOR UPDATE OF a`, id).Scan(ctx, &row)
	return row.approval(), fromTx(err)
}

// Approvals lists requests in the given states, newest first; the cursor is the id of the last one seen.
func (r reader) Approvals(ctx context.Context, states []ApprovalState, p Page) ([]Approval, error) {
	var rows []approvalRow
	err := r.idb.NewRaw(selectApproval+`WHERE a.state IN (?0) AND (?1 = '' OR a.brand = ?1) AND (?2 = 0 OR a.id < ?2) ORDER BY a.id DESC LIMIT ?3`,
		bun.List(states), p.Brand, p.Cursor, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	all := make([]Approval, len(rows))
	for i, row := range rows {
		all[i] = row.approval()
	}
	return all, nil
}

// AddApproval writes a request and returns it with its id. A second pending one of the kind for the loan is a *DuplicateError of
// approvals_one_pending.
func (t *Tx) AddApproval(ctx context.Context, a Approval) (Approval, error) {
	a.ID, a.RequestedAt = newID(), t.now
	_, err := t.idb.NewRaw(`INSERT INTO approvals (id, kind, brand, loan_id, amount, by_parts, principal, service_fee, interest, penalty, reason,
		requested_by, requested_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, string(a.Kind), a.Brand, a.LoanID, int64(a.Amount), a.ByParts,
		int64(a.Parts.Principal), int64(a.Parts.ServiceFee), int64(a.Parts.Interest), int64(a.Parts.Penalty), a.Reason, a.RequestedBy, t.now).Exec(ctx)
	return a, fromTx(err)
}

// DecideApproval writes the decision on a pending request; ErrStale for one that is decided. The database refuses the person who
// asked.
func (t *Tx) DecideApproval(ctx context.Context, id int64, state ApprovalState, by int64, decision string) error {
	result, err := t.idb.NewRaw(`UPDATE approvals SET state = ?, decided_by = ?, decided_at = ?, decision = ? WHERE id = ? AND state = 0`,
		int(state), by, t.now, decision, id).Exec(ctx)
	return exactly(1, result, err)
}
