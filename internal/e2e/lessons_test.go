package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// Each test is named for a failure that was reported of another system, and shows that it cannot happen here.

// TestFineract6231KeyWrittenAfterTheEffect: where the key's result is written after the effect, a failure between them leaves an effect that the
// repeat does again. Here they are one transaction: a result that cannot be written takes the effect back.
func TestFineract6231KeyWrittenAfterTheEffect(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12")
	testkit.Exec(t, w.app.DatabaseURL, `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no result today'; END $$`)
	testkit.Exec(t, w.app.DatabaseURL, `CREATE TRIGGER broken BEFORE UPDATE ON operations FOR EACH ROW EXECUTE FUNCTION broken()`)
	apply := b.applyCall("301", nil)
	w.want(apply, http.StatusInternalServerError, "INTERNAL")
	if n := testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM loans`)[0]; n != "0" {
		t.Fatalf("%s loans of an application that failed", n)
	}
	testkit.Exec(t, w.app.DatabaseURL, `DROP TRIGGER broken ON operations`)
	if a := w.ok(apply); a.Header.Get("Idempotency-Replayed") != "" {
		t.Error("what was never done is told as a repeat")
	}
	if a := w.ok(apply); a.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("the repeat is not told as one")
	}
}

// TestFineract5674KeysMadeByTheServer: a key that the server draws at random for a request without one makes every repeat new. Here a request
// without a key is guarded by what it is about.
func TestFineract5674KeysMadeByTheServer(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12")
	bare := func() call {
		c := b.applyCall("301", nil)
		c.Request.Header.Del("Idempotency-Key")
		return c
	}
	w.ok(bare())
	w.want(bare(), conflict, "OPEN_LOAN_EXISTS")
	b.until(5).loanID()
	var wg sync.WaitGroup
	var mu sync.Mutex
	pages := map[string]bool{}
	for range 40 {
		wg.Go(func() {
			a, err := w.try(b.get("getRepayment", map[string]string{"id": b.loan}))
			var page struct{ Reference string }
			if err == nil {
				err = json.Unmarshal(a.Data, &page)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil || page.Reference == "" {
				t.Errorf("%s: %v", a, err)
			}
			pages[page.Reference] = true
		})
	}
	wg.Wait()
	if len(pages) != 1 || len(w.app.Simulator.Charges()) != 1 {
		t.Errorf("%d references, %d charges at the gateway for one GET sent forty times", len(pages), len(w.app.Simulator.Charges()))
	}
}

// TestOpenBankOSS579TwoKeysOneTransfer: two keys for one transfer, and a refund for each of them. Here the second key for one debt is refused
// while the first charge is not decided, and what is too much goes back once.
func TestOpenBankOSS579TwoKeysOneTransfer(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12").bind().apply(5)
	if err := w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultSlow, Times: 1, Match: "charge_authorization", Delay: 2 * time.Second}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{}
	for range 10 {
		c := b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "850000"}).key(newKey())
		wg.Go(func() {
			a, err := w.try(c)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			outcomes[a.Reason]++
		})
	}
	wg.Wait()
	if outcomes[""] != 1 {
		t.Errorf("ten keys for one debt: %v", outcomes)
	}
	charged, refunds := 0, 0
	for _, c := range w.app.Simulator.Charges() {
		if strings.HasPrefix(c.Reference, "cpc-") && c.Status == "success" {
			charged++
		}
	}
	for _, r := range w.app.Simulator.Refunds() {
		if strings.HasPrefix(r.Charge, "cpc-") {
			refunds++
		}
	}
	if charged != 1 || refunds != 0 {
		t.Errorf("charged %d times, refunded %d times", charged, refunds)
	}
	noDifference(t, w.app)
}

// TestTruxify15778RetryClearsTheEvidence: a retry that clears what was known of the first attempt pays twice. Here the reference and the count of
// sendings outlive every retry, and the gateway is asked before anything is sent again.
func TestTruxify15778RetryClearsTheEvidence(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	// Every verify is lost for a while after a transfer whose own answer was lost.
	if err := w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultErrorBefore, Times: 4, Match: "/transfer/verify/"}); err != nil {
		t.Fatal(err)
	}
	b := w.register().profile().account("04").apply(4)
	before := testkit.Texts(t, w.app.DatabaseURL, `SELECT reference FROM payouts`)
	for range 5 { // the retries: jobs and sweeps, as often as they like
		for _, id := range testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM loans`) {
			_ = w.app.Origination.StartPayout(t.Context(), mustInt(id)) // fails while the gateway says nothing
		}
	}
	b.until(5)
	after := testkit.Texts(t, w.app.DatabaseURL, `SELECT reference FROM payouts`)
	if len(before) != 1 || len(after) != 1 || before[0] != after[0] {
		t.Errorf("the references were %v and are %v", before, after)
	}
	if n := len(w.app.Simulator.Transfers()); n != 1 {
		t.Errorf("%d transfers", n)
	}
	if sends := testkit.Texts(t, w.app.DatabaseURL, `SELECT sends::text FROM payouts`)[0]; sends != "1" {
		t.Errorf("sent %s times", sends)
	}
	noDifference(t, w.app)
}
