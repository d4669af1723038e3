package store

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Every query here reads one range of ids, so that each stays far below the statement time-out however large the books are, and
// reads all it compares in one statement, so that a payment which is being booked is seen whole or not at all.

// Mismatch is a figure of a record on which the ledger, or the record beside it, disagrees, in kobo.
type Mismatch struct {
	Subject string // such as "charge cpr-…", "refund 12"
	Field   string
	Record  money.Kobo
	Ledger  money.Kobo
}

// auditRow is one record with the figures it has and those that were found for it.
type auditRow struct {
	ID      int64
	Subject string
	Field   string
	Record  int64
	Found   int64
}

func (r reader) mismatches(ctx context.Context, kind, query string, args ...any) ([]Mismatch, error) {
	var rows []auditRow
	if err := r.idb.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	out := make([]Mismatch, len(rows))
	for i, row := range rows {
		out[i] = Mismatch{Subject: kind + " " + row.Subject, Field: row.Field, Record: money.Kobo(row.Record), Ledger: money.Kobo(row.Found)}
	}
	return out, nil
}

// AuditTable is a table whose records are held against the ledger.
type AuditTable string

// The tables.
const (
	AuditIntents  AuditTable = "payment_intents"
	AuditPayments AuditTable = "payments"
	AuditRefunds  AuditTable = "refunds"
	AuditPayouts  AuditTable = "payouts"
	AuditReceipts AuditTable = "unmatched_receipts"
)

// AuditTables lists every table that Mismatches reads.
func AuditTables() []AuditTable {
	return []AuditTable{AuditIntents, AuditPayments, AuditRefunds, AuditPayouts, AuditReceipts}
}

// RangeAfter finds the end of the next size records of a table with ids above after; 0 where there is none.
func (r reader) RangeAfter(ctx context.Context, table AuditTable, after int64, size int) (int64, error) {
	var last int64
	err := r.idb.NewRaw(fmt.Sprintf(`SELECT coalesce(max(id), 0) FROM (SELECT id FROM %s WHERE id > ? ORDER BY id LIMIT ?) part`, table), after, size).Scan(ctx, &last)
	return last, fromTx(err)
}

// Mismatches compares the records of a table with ids above after, up to and including last, with the ledger:
//
//   - a charge of a card check with its deposit; any other paid charge with its payment, in amount, loan and borrower
//   - a payment with the batch that booked it, in each part, and its credit with the refund that gives it back
//   - a refund that is done with its batch; one that is not done must have none
//   - a payout that succeeded with its batch; one that came back also with the batch of its return
//   - a receipt with the batch that booked it and the one that took it back; one without money must have none that is left
func (r reader) Mismatches(ctx context.Context, table AuditTable, after, last int64) ([]Mismatch, error) {
	switch table {
	case AuditIntents:
		return r.mismatches(ctx, "charge", intentAudit, after, last)
	case AuditPayments:
		return r.mismatches(ctx, "payment", paymentAudit, after, last)
	case AuditRefunds:
		return r.mismatches(ctx, "refund", refundAudit, after, last)
	case AuditPayouts:
		return r.mismatches(ctx, "payout", payoutAudit, after, last)
	case AuditReceipts:
		return r.mismatches(ctx, "receipt", receiptAudit, after, last)
	}
	return nil, fmt.Errorf("no audit of %q", string(table))
}

const intentAudit = `SELECT i.id, i.reference AS subject, v.field, v.record, v.found
	FROM payment_intents i LEFT JOIN payments p ON p.intent_id = i.id
	LEFT JOIN ledger_batches b ON i.kind = 3 AND b.key = 'borrower:' || i.borrower_id || ':card_charge:' || i.reference
	LEFT JOIN LATERAL (SELECT sum(q.amount)::bigint AS amount FROM ledger_postings q WHERE q.batch_id = b.id AND q.account = 'gateway_clearing') d ON true
	CROSS JOIN LATERAL (VALUES
		('paid_amount', CASE WHEN i.state = 2 THEN i.paid_amount ELSE 0 END, coalesce(CASE WHEN i.kind = 3 THEN d.amount ELSE p.amount END, 0)),
		('asked_amount', i.amount, CASE WHEN i.state = 2 THEN i.paid_amount ELSE i.amount END),
		('loan', coalesce(i.loan_id, 0), coalesce(p.loan_id, i.loan_id, 0)),
		('borrower', i.borrower_id, coalesce(p.borrower_id, i.borrower_id))) v (field, record, found)
	WHERE i.id > ? AND i.id <= ? AND v.record <> v.found`

const paymentAudit = `SELECT p.id, i.reference AS subject, v.field, v.record, v.found
	FROM payments p JOIN payment_intents i ON i.id = p.intent_id
	LEFT JOIN refunds f ON f.intent_id = i.id AND f.purpose = 2
	CROSS JOIN LATERAL (SELECT coalesce(sum(q.amount) FILTER (WHERE q.account IN ('gateway_clearing', 'unassigned_receipts')), 0)::bigint AS amount,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'penalty_receivable'), 0)::bigint AS penalty,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'service_fee_receivable'), 0)::bigint AS service_fee,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'interest_receivable'), 0)::bigint AS interest,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'principal_receivable'), 0)::bigint AS principal,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'recovery_income'), 0)::bigint AS recovery,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'extension_fee_income'), 0)::bigint AS extension,
			coalesce(-sum(q.amount) FILTER (WHERE q.account = 'borrower_credit'), 0)::bigint AS credit
		FROM ledger_batches b JOIN ledger_postings q ON q.batch_id = b.id
		WHERE b.key IN ('loan:' || p.loan_id || ':payment:' || i.reference, 'loan:' || p.loan_id || ':recovery:' || i.reference,
			'loan:' || p.loan_id || ':extension_fee:' || i.reference)) s
	CROSS JOIN LATERAL (VALUES ('amount', p.amount, s.amount), ('to_penalty', p.to_penalty, s.penalty), ('to_service_fee', p.to_service_fee, s.service_fee),
		('to_interest', p.to_interest, s.interest), ('to_principal', p.to_principal, s.principal), ('to_recovery', p.to_recovery, s.recovery), ('to_extension', p.to_extension, s.extension),
		('to_credit', p.to_credit, s.credit), ('refund', p.to_credit, coalesce(f.amount, 0))) v (field, record, found)
	WHERE p.id > ? AND p.id <= ? AND v.record <> v.found`

const refundAudit = `SELECT f.id, f.id::text AS subject, 'booked' AS field, v.record, v.found
	FROM refunds f LEFT JOIN ledger_batches b
		ON b.key = 'borrower:' || f.borrower_id || CASE f.purpose WHEN 1 THEN ':card_refund:' ELSE ':credit_refund:' END || f.id
	LEFT JOIN LATERAL (SELECT -sum(q.amount)::bigint AS amount FROM ledger_postings q WHERE q.batch_id = b.id AND q.account = 'gateway_clearing') d ON true
	CROSS JOIN LATERAL (SELECT CASE WHEN f.state = 2 THEN f.amount ELSE 0 END, coalesce(d.amount, 0)) v (record, found)
	WHERE f.id > ? AND f.id <= ? AND v.record <> v.found`

const payoutAudit = `SELECT o.id, o.reference AS subject, v.field, v.record, v.found
	FROM payouts o LEFT JOIN ledger_batches b ON b.key = 'loan:' || o.loan_id || ':disbursement:' || o.reference
	LEFT JOIN LATERAL (SELECT -sum(q.amount)::bigint AS amount FROM ledger_postings q WHERE q.batch_id = b.id AND q.account = 'gateway_clearing') d ON true
	LEFT JOIN LATERAL (SELECT sum(q.amount)::bigint AS amount FROM ledger_batches r JOIN ledger_postings q ON q.batch_id = r.id AND q.account = 'gateway_clearing'
		WHERE r.key IN ('loan:' || o.loan_id || ':disbursement_reversal:' || o.reference, 'receipt:unassigned_receipt:' || o.reference)) back ON true
	CROSS JOIN LATERAL (VALUES ('booked', CASE WHEN o.state IN (2, 4) THEN o.amount ELSE 0 END, coalesce(d.amount, 0)),
		('returned', CASE WHEN o.state = 4 THEN o.amount ELSE 0 END, coalesce(back.amount, 0))) v (field, record, found)
	WHERE o.id > ? AND o.id <= ? AND v.record <> v.found`

const receiptAudit = `SELECT u.id, u.reference AS subject, 'booked' AS field, v.record, v.found
	FROM unmatched_receipts u LEFT JOIN LATERAL (SELECT sum(q.amount)::bigint AS amount FROM ledger_batches b JOIN ledger_postings q ON q.batch_id = b.id AND q.account = 'gateway_clearing'
		WHERE b.key IN ('receipt:unassigned_receipt:' || u.reference, 'receipt:receipt_reclaimed:' || u.reference)) d ON true
	CROSS JOIN LATERAL (SELECT CASE WHEN u.state <> 2 THEN u.amount ELSE 0 END, coalesce(d.amount, 0)) v (record, found)
	WHERE u.id > ? AND u.id <= ? AND v.record <> v.found`
