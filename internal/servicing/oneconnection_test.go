package servicing_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// A transaction never asks for a second connection: with a pool of one, a read beside it would wait for itself until its time is
// over, as every request does when the pool is used up.
func TestOneConnectionIsEnough(t *testing.T) {
	w := newWorld(t)
	b, reference := w.overpaid()
	late := w.cardholder("4084")
	single, err := store.Open(store.Options{URL: w.url, MaxConns: 1, Log: slog.New(slog.DiscardHandler)}, w.keys, w.clk)
	w.must(err)
	t.Cleanup(func() { _ = single.Close() })
	s := w.service(single)
	w.until("the one connection", func() bool { _, err := single.CountLoans(t.Context()); return err == nil }) // a busy machine takes its time
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()

	page, err := s.Repayment(ctx, late.id, 0)
	w.must(err)
	r := servicing.CardRepayment{Borrower: late.id, Amount: 100_000, Key: anyKey}
	for range 2 {
		if _, _, err := s.RepayByCard(ctx, r); err != nil {
			t.Error(err)
		}
	}
	w.pay(page.AuthorizationURL)
	w.must(s.ReceiveEvent(ctx, servicing.Event{Provider: "paystack", Name: "charge.success", Reference: page.Reference, Digest: "d"}))
	id := w.scalar(`SELECT max(id) FROM gateway_events`)
	w.must(s.ApplyEvent(ctx, id, servicing.Appliers{servicing.CheckoutPrefix: s.ApplyCharge}))
	w.wantState(late.loan, lending.SettledEarly)
	w.must(s.RefundCharge(ctx, w.refundOf(reference).ID))
	w.clk.Advance(time.Hour)
	w.must(s.Sweep(ctx))
	if audit, err := s.Verify(ctx, nil); err != nil || audit.Loans != 2 {
		t.Errorf("%+v, %v", audit, err)
	}
	w.wantState(b.loan, lending.SettledEarly)
}
