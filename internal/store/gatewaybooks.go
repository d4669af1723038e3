package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
)

// GatewayRecord is a transfer, a charge or a refund as the gateway's books have it.
type GatewayRecord struct {
	Kind      string // "transfer", "charge", "refund"
	GatewayID string
	Reference string // ours; of a refund the charge's
	Note      string // ours of a refund
	Amount    money.Kobo
	Fee       money.Kobo
	Currency  string
	Status    string
	Outcome   string
	At        time.Time
}

// GatewayMovement is an entry of the gateway's ledger of our balance.
type GatewayMovement struct {
	ID           string
	Kind         string // of the record that caused it, "other" for none
	GatewayID    string
	Difference   money.Kobo
	BalanceAfter money.Kobo
	Before       *money.Kobo // the balance after the entry below it in the gateway's list; nil where that one has not been seen
	Currency     string
	At           time.Time
}

// PutGatewayRecords writes what the gateway says of its records now over what it said before.
func (t *Tx) PutGatewayRecords(ctx context.Context, records []GatewayRecord, seen time.Time) error {
	type row struct {
		bun.BaseModel `bun:"table:gateway_records"`
		Kind          string
		GatewayID     string `bun:"gateway_id"`
		Reference     string
		Note          string
		Amount        int64
		Fee           int64
		Currency      string
		Status        string
		Outcome       string
		HappenedAt    time.Time
		SeenAt        time.Time
	}
	if len(records) == 0 {
		return nil
	}
	rows := make([]row, len(records))
	for i, r := range records {
		rows[i] = row{Kind: r.Kind, GatewayID: r.GatewayID, Reference: r.Reference, Note: r.Note, Amount: int64(r.Amount), Fee: int64(r.Fee),
			Currency: r.Currency, Status: r.Status, Outcome: r.Outcome, HappenedAt: r.At, SeenAt: seen}
	}
	_, err := t.idb.NewInsert().Model(&rows).On(`CONFLICT (kind, gateway_id) DO UPDATE`).Set(`reference = EXCLUDED.reference, note = EXCLUDED.note,
		amount = EXCLUDED.amount, fee = EXCLUDED.fee, currency = EXCLUDED.currency, status = EXCLUDED.status, outcome = EXCLUDED.outcome,
		happened_at = EXCLUDED.happened_at, seen_at = EXCLUDED.seen_at`).Exec(ctx)
	return fromTx(err)
}

// PutGatewayMovements writes entries of the gateway's ledger and says how many were not there before. Of one that was, what the gateway
// says now is kept: entries do not change, and where one has, its record or the balance of the entry above no longer agrees with it.
func (t *Tx) PutGatewayMovements(ctx context.Context, movements []GatewayMovement) (fresh int64, err error) {
	type row struct {
		bun.BaseModel `bun:"table:gateway_movements,alias:m"`
		ID            string
		Kind          string
		GatewayID     string `bun:"gateway_id"`
		Difference    int64
		BalanceAfter  int64
		BalanceBefore *int64
		Currency      string
		HappenedAt    time.Time
	}
	if len(movements) == 0 {
		return 0, nil
	}
	rows := make([]row, len(movements))
	for i, m := range movements {
		rows[i] = row{ID: m.ID, Kind: m.Kind, GatewayID: m.GatewayID, Difference: int64(m.Difference), BalanceAfter: int64(m.BalanceAfter),
			BalanceBefore: (*int64)(m.Before), Currency: m.Currency, HappenedAt: m.At}
	}
	var isNew []bool
	err = t.idb.NewInsert().Model(&rows).On(`CONFLICT (id) DO UPDATE`).Set(`kind = EXCLUDED.kind, gateway_id = EXCLUDED.gateway_id, difference = EXCLUDED.difference,
		balance_after = EXCLUDED.balance_after, balance_before = coalesce(EXCLUDED.balance_before, m.balance_before), currency = EXCLUDED.currency,
		happened_at = EXCLUDED.happened_at`).Returning(`xmax = 0`).Scan(ctx, &isNew)
	if err != nil {
		return 0, fromTx(err)
	}
	for _, n := range isNew {
		if n {
			fresh++
		}
	}
	return fresh, nil
}

// Compared is a record of the gateway beside what we have of the same thing. OursID is 0 where we have nothing.
type Compared struct {
	GatewayRecord
	FeeBooked money.Kobo
	Moved     money.Kobo // what the gateway's ledger moved for it, all in all
	Ledgered  bool       // the copy of the gateway's ledger reaches back to it
	Twins     int        // records of the gateway under the same reference, itself included
	Returned  money.Kobo // of a charge: the gateway's refunds of it that are done

	OursID        int64
	OursState     int
	OursAmount    money.Kobo
	OursPaid      money.Kobo // of a charge: what was booked
	ReceiptAmount money.Kobo // of a charge: booked as a payment that no loan has, or had, and that no other charge of ours should have
	Brand         string     // whose books; "" where we have nothing
}

type comparedRow struct {
	Kind, GatewayID, Reference, Note, Currency, Status, Outcome, Brand                   string
	Amount, Fee, FeeBooked, Moved, Returned, OursID, OursAmount, OursPaid, ReceiptAmount int64
	Twins, OursState                                                                     int
	Ledgered                                                                             bool
	HappenedAt                                                                           time.Time
}

// comparedSQL reads the gateway's records of a kind that a run is about: made since an instant (and still shown by the gateway), moved
// since then, or under a break that is open. What stands in the place of %s is ours.
const comparedSQL = `SELECT g.kind, g.gateway_id, g.reference, g.note, g.amount, g.fee, g.fee_booked, g.currency, g.status, g.outcome, g.happened_at,
	coalesce((SELECT sum(m.difference) FROM gateway_movements m WHERE m.kind = g.kind AND m.gateway_id = g.gateway_id), 0)::bigint AS moved,
	g.happened_at >= coalesce((SELECT min(m.happened_at) FROM gateway_movements m), 'infinity') AS ledgered,
	(SELECT count(*) FROM gateway_records o WHERE o.kind = g.kind AND o.reference = g.reference AND o.note = g.note AND (o.seen_at >= ?1 OR o.happened_at < ?2)) AS twins,
	CASE WHEN g.kind = 'charge' THEN coalesce((SELECT sum(r.amount) FROM gateway_records r WHERE r.kind = 'refund' AND r.reference = g.reference
		AND r.outcome = 'succeeded'), 0)::bigint ELSE 0 END AS returned, `

const comparedScope = ` WHERE g.kind = ?0 AND g.gateway_id > ?3 AND (g.seen_at >= ?1 OR g.happened_at < ?2) AND (g.happened_at >= ?2
		OR EXISTS (SELECT FROM gateway_movements m WHERE m.kind = g.kind AND m.gateway_id = g.gateway_id AND m.happened_at >= ?2)
		OR EXISTS (SELECT FROM reconcile_breaks b WHERE b.state = 0 AND b.object = g.kind AND b.reference IN (g.reference, nullif(g.note, ''))))
	ORDER BY g.gateway_id LIMIT ?4`

var comparedOurs = map[string]string{
	"transfer": `coalesce(p.id, 0) AS ours_id, coalesce(p.state, 0) AS ours_state, coalesce(p.amount, 0) AS ours_amount, 0 AS ours_paid, 0 AS receipt_amount,
		coalesce(l.brand, '') AS brand FROM gateway_records g LEFT JOIN payouts p ON p.reference = g.reference LEFT JOIN loans l ON l.id = p.loan_id`,
	"charge": `coalesce(i.id, 0) AS ours_id, coalesce(i.state, 0) AS ours_state, coalesce(i.amount, 0) AS ours_amount, coalesce(i.paid_amount, 0) AS ours_paid,
		CASE WHEN u.state <> 2 AND (i.id IS NULL OR u.intent_id = i.id) THEN u.amount ELSE 0 END AS receipt_amount, coalesce(i.brand, u.brand, '') AS brand
		FROM gateway_records g LEFT JOIN payment_intents i ON i.reference = g.reference LEFT JOIN unmatched_receipts u ON u.reference = g.reference`,
	"refund": `coalesce(f.id, 0) AS ours_id, coalesce(f.state, 0) AS ours_state, coalesce(f.amount, 0) AS ours_amount, 0 AS ours_paid, 0 AS receipt_amount,
		coalesce(i.brand, '') AS brand FROM gateway_records g LEFT JOIN refunds f ON f.id = coalesce((SELECT n.id FROM refunds n WHERE n.gateway_ref = g.gateway_id AND n.gateway_ref <> '' LIMIT 1),
			CASE WHEN g.note ~ '^creditpocket-refund-[0-9]{1,18}$' THEN substring(g.note FROM 21)::bigint END) LEFT JOIN payment_intents i ON i.id = f.intent_id`,
}

// CompareGateway reads a page of the gateway's records of a kind with ours beside them, in the order of the gateway's numbers, after one
// of them. started is when the run began to copy the gateway's books, since from when on it did.
func (r reader) CompareGateway(ctx context.Context, kind string, started, since time.Time, after string, limit int) ([]Compared, error) {
	return r.compared(ctx, comparedSQL+comparedOurs[kind]+comparedScope, kind, started, since, after, limit)
}

// CompareRecord reads one record of the gateway with ours beside it as it is now, or ErrNotFound.
func (r reader) CompareRecord(ctx context.Context, kind, id string, started, since time.Time) (Compared, error) {
	found, err := r.compared(ctx, comparedSQL+comparedOurs[kind]+` WHERE g.kind = ?0 AND g.gateway_id = ?3`, kind, started, since, id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Compared{}, err
	}
	return found[0], nil
}

func (r reader) compared(ctx context.Context, query string, args ...any) ([]Compared, error) {
	var rows []comparedRow
	if err := r.idb.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	out := make([]Compared, len(rows))
	for i, row := range rows {
		out[i] = Compared{GatewayRecord: GatewayRecord{Kind: row.Kind, GatewayID: row.GatewayID, Reference: row.Reference, Note: row.Note, Amount: money.Kobo(row.Amount),
			Fee: money.Kobo(row.Fee), Currency: row.Currency, Status: row.Status, Outcome: row.Outcome, At: row.HappenedAt.UTC()},
			FeeBooked: money.Kobo(row.FeeBooked), Moved: money.Kobo(row.Moved), Ledgered: row.Ledgered, Twins: row.Twins, Returned: money.Kobo(row.Returned),
			OursID: row.OursID, OursState: row.OursState, OursAmount: money.Kobo(row.OursAmount), OursPaid: money.Kobo(row.OursPaid),
			ReceiptAmount: money.Kobo(row.ReceiptAmount), Brand: row.Brand}
	}
	return out, nil
}

// Unseen is a thing of ours that moved money at the gateway, by our books, and that the gateway's do not show.
type Unseen struct {
	Object    string
	Reference string
	Amount    money.Kobo
	State     int
	At        time.Time
}

// UnseenAtGateway lists what the gateway should have and has not: payouts that succeeded, charges that are paid, refunds that it took; made
// since an instant (or under an open break) and before another.
func (r reader) UnseenAtGateway(ctx context.Context, started, since, before time.Time) ([]Unseen, error) {
	var rows []struct {
		Object, Reference string
		Amount            int64
		State             int
		CreatedAt         time.Time
	}
	// Each kind by itself, so that each goes by an index of the gateway's records.
	const scope = ` AND x.created_at < ?2 AND (x.created_at >= ?1 OR EXISTS (SELECT FROM reconcile_breaks b WHERE b.state = 0 AND b.object = %[1]s AND b.reference = %[2]s))`
	const shown = ` AND NOT EXISTS (SELECT FROM gateway_records g WHERE g.kind = %[1]s AND %[2]s AND (g.seen_at >= ?0 OR g.happened_at < ?1))`
	const note = `'creditpocket-refund-' || x.id`
	err := r.idb.NewRaw(`SELECT object, reference, amount, state, created_at FROM (
		SELECT 'transfer' AS object, x.reference, x.amount, x.state, x.created_at FROM payouts x WHERE x.state IN (2, 4)`+
		fmt.Sprintf(scope, `'transfer'`, `x.reference`)+fmt.Sprintf(shown, `'transfer'`, `g.reference = x.reference`)+`
		UNION ALL SELECT 'charge', x.reference, x.paid_amount, x.state, x.created_at FROM payment_intents x WHERE x.state = 2`+
		fmt.Sprintf(scope, `'charge'`, `x.reference`)+fmt.Sprintf(shown, `'charge'`, `g.reference = x.reference`)+`
		UNION ALL SELECT 'refund', `+note+`, x.amount, x.state, x.created_at FROM refunds x WHERE x.state IN (1, 2)`+
		fmt.Sprintf(scope, `'refund'`, note)+fmt.Sprintf(shown, `'refund'`, `g.note = `+note)+fmt.Sprintf(shown, `'refund'`, `g.gateway_id = x.gateway_ref`)+`
		) u ORDER BY created_at LIMIT 10000`, started, since, before).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	out := make([]Unseen, len(rows))
	for i, row := range rows {
		out[i] = Unseen{row.Object, row.Reference, money.Kobo(row.Amount), row.State, row.CreatedAt.UTC()}
	}
	return out, nil
}

// BrokenBalance is an entry of the gateway's ledger whose balance does not follow from the one below it.
type BrokenBalance struct {
	ID       string
	Expected money.Kobo
	Balance  money.Kobo
	At       time.Time
}

// BrokenBalances lists such entries: made since an instant, or under an open break.
func (r reader) BrokenBalances(ctx context.Context, since time.Time) ([]BrokenBalance, error) {
	var rows []struct {
		ID                string
		Expected, Balance int64
		HappenedAt        time.Time
	}
	err := r.idb.NewRaw(`SELECT m.id, m.balance_before + m.difference AS expected, m.balance_after AS balance, m.happened_at FROM gateway_movements m
		WHERE m.balance_before + m.difference <> m.balance_after
			AND (m.happened_at >= ?0 OR EXISTS (SELECT FROM reconcile_breaks b WHERE b.state = 0 AND b.kind = 'balance' AND b.object = 'movement' AND b.reference = m.id))
		ORDER BY m.happened_at LIMIT 10000`, since).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	out := make([]BrokenBalance, len(rows))
	for i, row := range rows {
		out[i] = BrokenBalance{row.ID, money.Kobo(row.Expected), money.Kobo(row.Balance), row.HappenedAt.UTC()}
	}
	return out, nil
}

// StrayMovements lists entries of the gateway's ledger that no record of it explains: made since an instant, or under an open break. The
// entry that opened the books is none.
func (r reader) StrayMovements(ctx context.Context, since time.Time) ([]GatewayMovement, error) {
	var rows []struct {
		ID, Kind, GatewayID, Currency string
		Difference, BalanceAfter      int64
		HappenedAt                    time.Time
	}
	err := r.idb.NewRaw(`SELECT m.id, m.kind, m.gateway_id, m.currency, m.difference, m.balance_after, m.happened_at FROM gateway_movements m
		WHERE m.difference <> m.balance_after AND (m.happened_at >= ?0 OR EXISTS (SELECT FROM reconcile_breaks b WHERE b.state = 0 AND b.object = 'movement' AND b.reference = m.id))
			AND NOT EXISTS (SELECT FROM gateway_records g WHERE g.kind = m.kind AND g.gateway_id = m.gateway_id)
		ORDER BY m.happened_at LIMIT 10000`, since).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	out := make([]GatewayMovement, len(rows))
	for i, row := range rows {
		out[i] = GatewayMovement{ID: row.ID, Kind: row.Kind, GatewayID: row.GatewayID, Difference: money.Kobo(row.Difference), BalanceAfter: money.Kobo(row.BalanceAfter),
			Currency: row.Currency, At: row.HappenedAt.UTC()}
	}
	return out, nil
}

// BookGatewayFee notes that our ledger has so much of the gateway's fee of a record, if it had what the caller saw; ErrStale otherwise.
func (t *Tx) BookGatewayFee(ctx context.Context, kind, id string, seen, booked money.Kobo) error {
	result, err := t.idb.NewRaw(`UPDATE gateway_records SET fee_booked = ? WHERE kind = ? AND gateway_id = ? AND fee_booked = ?`,
		int64(booked), kind, id, int64(seen)).Exec(ctx)
	return exactly(1, result, err)
}
