package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

// ourPayout, ourIntent and ourRefund are our side of what the gateway did.
type ourPayout struct {
	loan   string
	amount int64
	state  int
}

type ourIntent struct {
	amount, paid int64
	kind, state  int
	failure      string
}

type ourRefund struct {
	charge string
	amount int64
	state  int
}

// auditGateway maps every transfer, charge and refund of the gateway's own books to exactly one of ours, by reference and
// amount, and ours to the gateway's.
func (w *world) auditGateway(ctx context.Context, f *findings) error {
	books, err := w.gateway.books(ctx)
	if err != nil {
		return err
	}
	if books.Audit != "" {
		f.add(offGateway, "the gateway's own books do not add up: %s", books.Audit)
	}
	if err := w.auditTransfers(ctx, f, books); err != nil {
		return err
	}
	if err := w.auditCharges(ctx, f, books); err != nil {
		return err
	}
	if err := w.auditRefunds(ctx, f, books); err != nil {
		return err
	}
	var cash int64
	if err := w.pool.QueryRow(ctx, `SELECT coalesce(sum(amount), 0)::bigint FROM ledger_postings WHERE account = 'gateway_clearing'`).Scan(&cash); err != nil {
		return err
	}
	if moved := books.Balance - openingBalance; money.Kobo(cash) != moved {
		f.add(offGateway, "our clearing account moved by %d kobo, the gateway's balance by %d", cash, int64(moved))
	}
	return nil
}

func (w *world) auditTransfers(ctx context.Context, f *findings, books simulator.Books) error {
	ours := map[string]ourPayout{}
	rows, err := w.pool.Query(ctx, `SELECT reference, loan_id::text, amount, state FROM payouts`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var reference string
		var p ourPayout
		if err := rows.Scan(&reference, &p.loan, &p.amount, &p.state); err != nil {
			return err
		}
		ours[reference] = p
	}
	if err := rows.Err(); err != nil {
		return err
	}
	states := map[string]int{"success": 2, "reversed": 4, "failed": 3, "abandoned": 3, "rejected": 3, "blocked": 3}
	theirs, kept := map[string]bool{}, map[string]string{}
	for _, t := range books.Transfers {
		theirs[t.Reference] = true
		p, known := ours[t.Reference]
		switch state, over := states[t.Status]; {
		case !known:
			f.add(offGateway, "transfer %s of %d kobo (%s) is not ours", t.Reference, int64(t.Amount), t.Status)
		case p.amount != int64(t.Amount):
			f.add(offGateway, "transfer %s: %d kobo there, %d here", t.Reference, int64(t.Amount), p.amount)
		case t.Status == "reversed" && p.state == 3:
			// It came back before we had heard that it went: it never counted as paid out.
		case over && p.state != state:
			f.add(wrongEnd, "transfer %s is %s there, our payout is in state %d", t.Reference, t.Status, p.state)
		}
		if t.Status != "success" {
			continue
		}
		loan := p.loan
		if !known { // a reference names its loan
			loan = between(t.Reference, "cpp-", "-")
		}
		if other := kept[loan]; other != "" && loan != "" {
			f.add(doubled, "loan %s was paid out by %s and by %s", loan, other, t.Reference)
		}
		kept[loan] = t.Reference
	}
	for reference, p := range ours {
		if (p.state == 2 || p.state == 4) && !theirs[reference] {
			f.add(offGateway, "payout %s has state %d, and the gateway has no such transfer", reference, p.state)
		}
	}
	w.counts.add("transfers at the gateway", int64(len(books.Transfers)))
	return nil
}

func between(text, before, after string) string {
	rest, ok := strings.CutPrefix(text, before)
	if !ok {
		return ""
	}
	inner, _, _ := strings.Cut(rest, after)
	return inner
}

func (w *world) auditCharges(ctx context.Context, f *findings, books simulator.Books) error {
	ours := map[string]ourIntent{}
	rows, err := w.pool.Query(ctx, `SELECT reference, amount, paid_amount, kind, state, failure FROM payment_intents WHERE kind <= 4`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var reference string
		var i ourIntent
		if err := rows.Scan(&reference, &i.amount, &i.paid, &i.kind, &i.state, &i.failure); err != nil {
			return err
		}
		ours[reference] = i
	}
	if err := rows.Err(); err != nil {
		return err
	}
	paid := map[string]bool{}
	for _, c := range books.Charges {
		i, known := ours[c.Reference]
		if !known {
			f.add(offGateway, "charge %s of %d kobo (%s) is not ours", c.Reference, int64(c.Amount), c.Status)
			continue
		}
		if i.amount != int64(c.Amount) {
			f.add(offGateway, "charge %s: %d kobo there, %d here", c.Reference, int64(c.Amount), i.amount)
		}
		if c.Status != "success" && c.Status != "reversed" {
			continue
		}
		paid[c.Reference] = true
		switch {
		case i.state == 2 && i.paid != int64(c.Amount):
			f.add(offGateway, "charge %s: %d kobo were paid there, %d here", c.Reference, int64(c.Amount), i.paid)
		case i.state != 2 && !(c.Status == "reversed" && i.failure == "reversed"):
			f.add(wrongEnd, "charge %s is %s there, our intent is in state %d (%s)", c.Reference, c.Status, i.state, i.failure)
		}
	}
	for reference, i := range ours {
		if i.state == 2 && !paid[reference] {
			f.add(offGateway, "intent %s is paid with %d kobo, and at the gateway nobody paid it", reference, i.paid)
		}
	}
	w.counts.add("paid charges at the gateway", int64(len(paid)))
	return nil
}

func (w *world) auditRefunds(ctx context.Context, f *findings, books simulator.Books) error {
	ours := map[string]ourRefund{}
	rows, err := w.pool.Query(ctx, `SELECT f.id::text, i.reference, f.amount, f.state FROM refunds f JOIN payment_intents i ON i.id = f.intent_id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var r ourRefund
		if err := rows.Scan(&id, &r.charge, &r.amount, &r.state); err != nil {
			return err
		}
		ours[id] = r
	}
	if err := rows.Err(); err != nil {
		return err
	}
	states := map[string]int{"processed": 2, "failed": 3}
	given := map[string]int{}
	for _, t := range books.Refunds {
		id := strings.TrimPrefix(t.MerchantNote, "creditpocket-refund-")
		r, known := ours[id]
		switch state, over := states[t.Status]; {
		case !known:
			f.add(offGateway, "refund %d of charge %s (%d kobo) is not ours", t.ID, t.Charge, int64(t.Amount))
			continue
		case r.charge != t.Charge || r.amount != int64(t.Amount):
			f.add(offGateway, "refund %s: %d kobo of %s there, %d of %s here", id, int64(t.Amount), t.Charge, r.amount, r.charge)
		case over && r.state != state && given[id] == 0:
			f.add(wrongEnd, "refund %s is %s there, ours is in state %d", id, t.Status, r.state)
		}
		if t.Status != "failed" {
			given[id]++
		}
	}
	for id, n := range given {
		if n > 1 {
			f.add(doubled, "refund %s was given %d times", id, n)
		}
	}
	for id, r := range ours {
		if r.state == 2 && given[id] == 0 {
			f.add(offGateway, "refund %s is done, and the gateway has none", id)
		}
	}
	w.counts.add("refunds at the gateway", int64(len(books.Refunds)))
	return nil
}

// auditHooks looks for events that a replica took with a 200 and that are nowhere, and for events whose signature was wrong.
func (w *world) auditHooks(ctx context.Context, f *findings) error {
	books, err := w.gateway.books(ctx)
	if err != nil {
		return err
	}
	kept, err := w.texts(ctx, `SELECT event || ' ' || reference || ' ' || status FROM gateway_events`)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, text := range kept {
		there[text] = true
		if strings.Contains(text, forgedMark) {
			f.add(forged, "%s is in the database", text)
		}
	}
	for _, h := range books.Webhooks {
		if h.Delivered {
			w.counts.add("webhooks taken from the gateway", 1)
			if name := fmt.Sprintf("%s %s %s", h.Event, h.Reference, h.Status); !there[name] {
				f.add(lost, "the event %s was answered with 200 and is not in the database", name)
			}
		}
	}
	for name := range w.takenHooks() {
		if !there[name] {
			f.add(lost, "the event %s was answered with 200 and is not in the database", name)
		}
	}
	return nil
}
