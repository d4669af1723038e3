package store

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// BreakState says what became of a break.
type BreakState int

// The states of a break.
const (
	BreakOpen     BreakState = 0
	BreakMatched  BreakState = 1 // a later run found the two books agreeing
	BreakResolved BreakState = 2 // a person explained it
)

// Break is one place where the gateway's books and ours disagree. Amounts are kobo.
type Break struct {
	ID          int64
	Kind        string // missing_ours, missing_theirs, amount, currency, status, duplicate, balance
	Object      string // transfer, charge, refund, movement
	Reference   string
	Ours        money.Kobo
	Theirs      money.Kobo
	Detail      string
	At          time.Time // when the thing it is about was made: its age
	FirstSeenAt time.Time
	LastSeenAt  time.Time
	State       BreakState
	ResolvedBy  int64
	Reason      string
	ConcludedAt time.Time
}

type breakRow struct {
	ID                                      int64
	Kind, Object, Reference, Detail, Reason string
	Ours, Theirs                            int64
	HappenedAt, FirstSeenAt, LastSeenAt     time.Time
	State                                   int
	ResolvedBy                              *int64
	ConcludedAt                             *time.Time
}

func (row breakRow) record() Break {
	return Break{ID: row.ID, Kind: row.Kind, Object: row.Object, Reference: row.Reference, Ours: money.Kobo(row.Ours), Theirs: money.Kobo(row.Theirs), Detail: row.Detail,
		At: row.HappenedAt.UTC(), FirstSeenAt: row.FirstSeenAt.UTC(), LastSeenAt: row.LastSeenAt.UTC(), State: BreakState(row.State), ResolvedBy: idOut(row.ResolvedBy),
		Reason: row.Reason, ConcludedAt: timeOut(row.ConcludedAt)}
}

// Breaks lists breaks in a state (all for below 0), oldest first; the cursor is the id of the last one seen.
func (r reader) Breaks(ctx context.Context, state BreakState, p Page) ([]Break, error) {
	return r.breaksWhere(ctx, `(?0 < 0 OR state = ?0) AND id > ?1 ORDER BY id LIMIT ?2`, int(state), p.Cursor, p.Limit)
}

// Break reads one break, or ErrNotFound.
func (r reader) Break(ctx context.Context, id int64) (Break, error) {
	found, err := r.breaksWhere(ctx, `id = ?`, id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Break{}, err
	}
	return found[0], nil
}

func (r reader) breaksWhere(ctx context.Context, where string, args ...any) ([]Break, error) {
	var rows []breakRow
	if err := r.idb.NewRaw(`SELECT * FROM reconcile_breaks WHERE `+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	out := make([]Break, len(rows))
	for i, row := range rows {
		out[i] = row.record()
	}
	return out, nil
}

// PutBreak writes a break that a run has found. One that a person resolved stays resolved while its figures and its words are the same; any
// other is open again. It returns whether the break is open.
func (t *Tx) PutBreak(ctx context.Context, b Break) (open bool, err error) {
	err = t.idb.NewRaw(`INSERT INTO reconcile_breaks AS b (id, kind, object, reference, ours, theirs, detail, happened_at, first_seen_at, last_seen_at)
		VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT (object, reference, kind) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at,
			ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, detail = EXCLUDED.detail,
			state = CASE WHEN b.state = 2 AND (b.ours, b.theirs, b.detail) = (EXCLUDED.ours, EXCLUDED.theirs, EXCLUDED.detail) THEN 2 ELSE 0 END,
			resolved_by = CASE WHEN b.state = 2 AND (b.ours, b.theirs, b.detail) = (EXCLUDED.ours, EXCLUDED.theirs, EXCLUDED.detail) THEN b.resolved_by END,
			concluded_at = CASE WHEN b.state = 2 AND (b.ours, b.theirs, b.detail) = (EXCLUDED.ours, EXCLUDED.theirs, EXCLUDED.detail) THEN b.concluded_at END
		RETURNING b.state = 0`, newID(), b.Kind, b.Object, b.Reference, int64(b.Ours), int64(b.Theirs), b.Detail, b.At, t.now).Scan(ctx, &open)
	return open, fromTx(err)
}

// MatchBreaks closes the open breaks that the run of this transaction has not found again, and returns them.
func (t *Tx) MatchBreaks(ctx context.Context) ([]Break, error) {
	var rows []breakRow
	err := t.idb.NewRaw(`UPDATE reconcile_breaks SET state = 1, concluded_at = ?0 WHERE state = 0 AND last_seen_at < ?0 RETURNING *`, t.now).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	out := make([]Break, len(rows))
	for i, row := range rows {
		out[i] = row.record()
	}
	return out, nil
}

// ResolveBreak closes an open break with a person's reason; ErrStale for one that is not open.
func (t *Tx) ResolveBreak(ctx context.Context, id, operator int64, reason string) error {
	result, err := t.idb.NewRaw(`UPDATE reconcile_breaks SET state = 2, resolved_by = ?, reason = ?, concluded_at = ? WHERE id = ? AND state = 0`,
		operator, reason, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// ReconcileRun is one run, as it ended.
type ReconcileRun struct {
	Since     time.Time // zero: from the beginning
	StartedAt time.Time
	Records   int
	Movements int
	Matched   int
	Found     int
}

// LastReconciled is when the newest run that ended began; zero for none.
func (r reader) LastReconciled(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := fromTx(r.idb.NewRaw(`SELECT started_at FROM reconcile_runs WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1`).Scan(ctx, &at))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return at.UTC(), err
}

// EndReconcileRun writes a run down.
func (t *Tx) EndReconcileRun(ctx context.Context, run ReconcileRun) error {
	_, err := t.idb.NewRaw(`INSERT INTO reconcile_runs (id, since, started_at, finished_at, records, movements, matched, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		newID(), timeIn(run.Since), run.StartedAt, t.now, run.Records, run.Movements, run.Matched, run.Found).Exec(ctx)
	return fromTx(err)
}
