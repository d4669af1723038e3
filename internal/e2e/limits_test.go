package e2e

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/reconcile"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestGatewayLimits: a loan whose transfer and payment meet the gateway's limits is paid out once and repaid once. What was refused
// with 429 was not accepted; it is asked again when the gateway said.
func TestGatewayLimits(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("11")
	other := w.otherCaller(b)
	b.bind()
	w.app.Simulator.SetLimits(simulator.Limits{Share: 0.0001, Window: 3 * time.Second}) // one call of each class

	// Somebody else takes what there is of transfers until the payout was refused too; the gateway has no such recipient.
	var limited *provider.RateLimitedError
	theirs := 0
	take := func() {
		_, err := other.Transfer(t.Context(), provider.TransferRequest{Amount: 100, RecipientCode: "RCP_nobody", Reference: "somebody-elses-transfer"})
		if errors.As(err, &limited) {
			theirs++
		}
	}
	take()
	w.ok(b.applyCall("301", nil))
	w.eventually(30*time.Second, "the payout to meet the limit", func() bool {
		take()
		return w.app.Simulator.LimitsMet()["transfers"] > theirs
	})
	b.until(5)
	var latest loanView
	w.ok(b.call("getLatestLoan", nil)).into(w, &latest)
	b.loan = latest.ID
	if sent := w.app.Simulator.Transfers(); len(sent) != 1 || sent[0].Status != "success" {
		t.Errorf("transfers: %+v", sent)
	}

	// The same with the charge: the app is told when to come back, and charges once then, under the same key.
	w.app.Simulator.SetLimits(simulator.Limits{Share: 0.0001, Window: 10 * time.Second})
	_, err := other.ChargeAuthorization(t.Context(), provider.ChargeRequest{Email: "a@example.com", Amount: 5_000, AuthorizationCode: "AUTH_nobody", Reference: "somebody-elses-charge"})
	if err == nil || errors.As(err, &limited) {
		t.Fatalf("the first charge of the window: %v", err)
	}
	charge := b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "850000"}).key(newKey())
	a := w.want(charge, http.StatusServiceUnavailable, "GATEWAY_UNAVAILABLE")
	if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 10 {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	w.eventually(30*time.Second, "the charge", func() bool { return w.send(charge).Status == http.StatusOK })
	b.until(8)
	if again := w.ok(charge); again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat of a charge that was made: %s", again)
	}
	w.app.Simulator.SetLimits(simulator.Limits{})
	paid := 0
	for _, c := range w.app.Simulator.Charges() {
		if strings.HasPrefix(c.Reference, "cpc-") {
			paid++
		}
	}
	if paid != 1 {
		t.Errorf("%d charges of the card for one loan", paid)
	}
	noDifference(t, w.app)
	w.reconciles()
}

// otherCaller is another system with our key at the gateway.
func (w *world) otherCaller(b *borrower) *paystack.Client {
	w.Helper()
	var page struct{ AuthorizationURL string }
	w.ok(b.get("getCardBindAmount", map[string]string{"cardId": b.card})).into(w, &page)
	url, _, _ := strings.Cut(page.AuthorizationURL, "/checkout/")
	c, err := paystack.New(paystack.Config{BaseURL: url, SecretKey: w.app.Config.PaystackSecret.Reveal()})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(c.CloseIdle)
	return c
}

// reconciles holds the gateway's books against ours.
func (w *world) reconciles() {
	w.Helper()
	var r reconcile.Report
	w.eventually(30*time.Second, "the run of the night to end", func() (alone bool) { // at three o'clock the server makes one itself
		var err error
		if r, err = w.app.Reconcile.Run(w.Context(), time.Time{}); err != nil && !errors.Is(err, reconcile.ErrUnderWay) {
			w.Fatal(err)
		}
		return err == nil
	})
	for _, b := range r.Breaks {
		w.Errorf("the gateway's books differ: %+v", b)
	}
}
