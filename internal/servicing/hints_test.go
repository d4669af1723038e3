package servicing_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// appliers are those of a deployment, as far as servicing provides them.
func (w *world) appliers() servicing.Appliers {
	return servicing.Appliers{servicing.CheckoutPrefix: w.ApplyCharge, servicing.CardPrefix: w.ApplyCharge}
}

// listen takes the gateway's events over HTTP, as the server does: only what is signed.
func (w *world) listen() {
	w.t.Helper()
	endpoint := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		raw, err := io.ReadAll(req.Body)
		if err != nil || !paystack.VerifySignature([][]byte{[]byte(secretKey)}, raw, req.Header.Get(paystack.SignatureHeader)) {
			res.WriteHeader(http.StatusUnauthorized)
			return
		}
		e, err := paystack.ParseEvent(raw)
		if err == nil {
			err = w.ReceiveEvent(req.Context(), servicing.Event{Provider: "paystack", Name: e.Name, Reference: e.Reference, Status: e.Status, Digest: e.Digest})
		}
		if err != nil {
			w.t.Errorf("event: %v", err)
			res.WriteHeader(http.StatusInternalServerError)
		}
	}))
	w.t.Cleanup(endpoint.Close)
	w.sim.SetWebhookURL(endpoint.URL)
}

// work runs the background jobs of a deployment.
func (w *world) work() {
	w.t.Helper()
	workers := river.NewWorkers()
	appliers := w.appliers()
	river.AddWorker(workers, job.NewEventWorker(func(ctx context.Context, id int64) error { return w.ApplyEvent(ctx, id, appliers) }))
	river.AddWorker(workers, job.NewRefundWorker(w.RefundCharge))
	running, err := w.st.StartWorkers(w.t.Context(), workers, nil, 4, slog.New(slog.DiscardHandler))
	w.must(err)
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := running.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	})
}

// receive stores an event and returns its id, without a worker.
func (w *world) receive(name, reference string) int64 {
	w.t.Helper()
	w.must(w.ReceiveEvent(w.t.Context(), servicing.Event{Provider: "paystack", Name: name, Reference: reference, Status: "success", Digest: name + reference}))
	return w.scalar(`SELECT id FROM gateway_events WHERE event = $1 AND reference = $2`, name, reference)
}

func (w *world) eventState(id int64) store.EventState {
	w.t.Helper()
	e, err := w.st.GatewayEvent(w.t.Context(), id)
	w.must(err)
	return e.State
}

// The whole way of an event: signed by the gateway, repeated, taken over HTTP, worked in the background.
func TestPaymentToldByEvents(t *testing.T) {
	w := newWorld(t)
	w.must(w.sim.Inject(simulator.Fault{Kind: simulator.FaultWebhookDuplicate, Match: "charge.success", Copies: 5, Times: -1}))
	w.fault(simulator.FaultWebhookForge, "refund.")
	w.listen()
	w.work()
	b := w.cardholder("4084")
	page := w.page(b)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 50_000})
	w.must(err)
	w.pay(page.AuthorizationURL)
	w.until("the loan is settled", func() bool { return w.loan(b.loan).State == lending.SettledEarly })
	w.until("the overpayment is given back", func() bool { return w.refundOf(page.Reference).State == store.RefundDone })
	w.until("every event is applied", func() bool {
		return w.scalar(`SELECT count(*) FROM gateway_events WHERE state = 0`) == 0
	})
	if n := w.scalar(`SELECT count(*) FROM gateway_events WHERE event = 'charge.success' AND reference = $1`, page.Reference); n != 1 {
		t.Errorf("the event of the payment is kept %d times", n)
	}
	if n := w.scalar(`SELECT count(*) FROM payments`); n != 2 {
		t.Errorf("%d payments", n)
	}
}

// No event comes at all: the sweep finds the payment.
func TestPaymentFoundBySweep(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.must(w.Sweep(t.Context())) // not due yet
	w.wantState(b.loan, lending.Active)
	w.clk.Advance(2 * time.Minute)
	w.fault(simulator.FaultErrorBefore, "/transaction/verify")
	if err := w.Sweep(t.Context()); err == nil {
		t.Error("a failure of the gateway was not told")
	}
	w.must(w.Sweep(t.Context())) // it was put off
	w.wantState(b.loan, lending.Active)
	w.clk.Advance(time.Minute)
	w.must(w.Sweep(t.Context()))
	w.wantState(b.loan, lending.SettledEarly)
}

// One charge that fails does not keep the sweep from the others.
func TestSweepGoesOnBehindAFailure(t *testing.T) {
	w := newWorld(t)
	var all []person
	for range 6 {
		b := w.borrower()
		w.pay(w.page(b).AuthorizationURL)
		all = append(all, b)
	}
	w.clk.Advance(2 * time.Minute)
	w.faults(simulator.FaultErrorBefore, "/transaction/verify", 2)
	err := w.Sweep(t.Context())
	settled := 0
	for _, b := range all {
		if w.loan(b.loan).State == lending.SettledEarly {
			settled++
		}
	}
	if err == nil || settled != 4 {
		t.Errorf("%d settled, %v", settled, err)
	}
	w.clk.Advance(time.Minute)
	w.must(w.Sweep(t.Context()))
	for _, b := range all {
		w.wantState(b.loan, lending.SettledEarly)
	}
}

// Events, sweeps and everybody else at once: one payment, one message, one refund.
func TestFortyHintsAtOnceAreOnePayment(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	page := w.page(b)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 50_000})
	w.must(err)
	w.pay(page.AuthorizationURL)
	w.clk.Advance(2 * time.Minute)
	id := w.receive("charge.success", page.Reference)
	var wg sync.WaitGroup
	failed := make(chan error, 48)
	for i := range cap(failed) {
		wg.Go(func() {
			var err error
			switch i % 12 {
			case 10:
				err = w.Sweep(t.Context())
			case 11:
				err = w.ApplyEvent(t.Context(), id, w.appliers())
			default:
				err = w.ApplyCharge(t.Context(), page.Reference)
			}
			if err != nil {
				failed <- fmt.Errorf("hint %d: %w", i, err)
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	w.wantState(b.loan, lending.SettledEarly)
	w.wantPaid(t, page.Reference, store.Payment{Amount: owed, Parts: sold.Minus(money.Components{ServiceFee: 50_000}), Credit: 50_000, PaidAt: w.intent(page.Reference).PaidAt})
	for query, want := range map[string]int64{
		`SELECT count(*) FROM payments`:                                                             2,
		`SELECT count(*) FROM ledger_batches WHERE kind = 'payment'`:                                2,
		`SELECT count(*) FROM messages WHERE title = 'We have received your payment'`:               2,
		`SELECT count(*) FROM messages WHERE title = 'Your loan is repaid'`:                         1,
		`SELECT count(*) FROM refunds WHERE purpose = 2`:                                            1,
		`SELECT count(*) FROM loan_events WHERE to_code = 8`:                                        1,
		`SELECT count(*) FROM river_job WHERE kind = 'refund' AND state IN ('available','running')`: 1,
	} {
		if got := w.scalar(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}
