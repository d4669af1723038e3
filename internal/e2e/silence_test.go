//go:build silence

package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

var silentFor = flag.Duration("silent-for", 2*time.Minute, "how long the gateway is silent")

const (
	// deadline is the longest that a call may take: the deadline of an operation's context, and a second on the way on a loaded machine.
	deadline     = 11 * time.Second
	uploadsFor   = 90 * time.Second // of an application
	drainWithin  = 4 * time.Minute
	silentCalls  = 6 // callers at once, each of a borrower of its own
	silentPayers = 4 // borrowers with a loan and a card
)

// timed is one call during the silence.
type timed struct {
	operation string
	took      time.Duration
	status    int
}

// TestGatewaySilence lets the gateway accept connections and say nothing for two minutes, under callers of every operation that asks it
// something. No call takes longer than its deadline; calls that need no gateway, texts with codes among them, go on; afterwards the backlog
// drains by itself, and at the gateway each loan was paid out once and each payment was taken once.
func TestGatewaySilence(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	var payers, applicants []*borrower
	for range silentPayers {
		payers = append(payers, w.register().profile().account("12").bind().apply(5))
	}
	for range silentCalls {
		applicants = append(applicants, w.register().profile().account("14"))
	}
	if err := w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultSilent, Times: -1}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var mu sync.Mutex
	var calls []timed
	keys := map[string]bool{}
	send := func(c call) {
		at := time.Now()
		a, err := w.try(c)
		if err != nil {
			t.Errorf("%s: %v", c.Operation.ID, err)
		}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, timed{c.Operation.ID, time.Since(at), a.Status})
		if c.Operation.ID == "repayLoan" && a.Status == http.StatusOK {
			keys[c.Header.Get("Idempotency-Key")] = true
		}
	}
	var wg sync.WaitGroup
	for i, b := range applicants {
		wg.Go(func() { send(b.applyCall("301", nil)) }) // each is approved, and its payout meets the silence
		payer := payers[i%len(payers)]
		wg.Go(func() {
			for n := 0; time.Since(began) < *silentFor; n++ {
				for _, c := range []call{
					payer.get("getRepayment", map[string]string{"id": payer.loan}),
					payer.call("repayLoan", map[string]any{"id": payer.loan, "cardId": payer.card, "amount": "100"}).key(newKey()),
					b.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "15", "isDefault": 0}),
					b.call("ensureTransferRecipient", map[string]any{"cardId": b.card}),
					b.get("getCardBindAmount", map[string]string{"cardId": b.card}),
					b.get("getExtension", map[string]string{"id": ""}),
					b.call("getLatestLoan", nil),
					b.call("listLoans", nil),
				} {
					send(c)
				}
			}
		})
	}
	// Somebody registers meanwhile: the text with the code must not wait behind the gateway.
	codes := 0
	var slowestText time.Duration
	for time.Since(began) < *silentFor {
		at := time.Now()
		w.register()
		codes++
		slowestText = max(slowestText, time.Since(at))
	}
	wg.Wait()
	w.app.Simulator.ClearFaults()
	quiet := time.Now()
	left := func() string {
		return testkit.Texts(t, w.app.DatabaseURL, `SELECT (SELECT count(*) FROM loans WHERE status IN (0, 1, 2, 3, 4)) || ' loans, ' ||
			(SELECT count(*) FROM payouts WHERE state IN (0, 1)) || ' payouts, ' || (SELECT count(*) FROM payment_intents WHERE kind = 2 AND state IN (0, 1, 5)) || ' card charges, ' ||
			(SELECT count(*) FROM operations WHERE state = 0) || ' operations, ' || (SELECT count(*) FROM gateway_events WHERE state = 0) || ' events'`)[0]
	}
	w.eventually(drainWithin, "the backlog to drain", func() bool {
		return left() == "0 loans, 0 payouts, 0 card charges, 0 operations, 0 events"
	})
	drained := time.Since(quiet)

	slowest, late := timed{}, 0
	statuses := map[string]int{}
	for _, c := range calls {
		limit := deadline
		if c.operation == "applyLoan" {
			limit = uploadsFor
		}
		if c.took > limit {
			late++
			t.Errorf("%s took %s", c.operation, c.took)
		}
		if c.operation != "applyLoan" && c.took > slowest.took {
			slowest = c
		}
		statuses[fmt.Sprintf("%s %d", c.operation, c.status)]++
	}
	doubled := 0
	for _, table := range []string{`payouts WHERE state = 2`, `payments`} {
		column := "loan_id"
		if strings.HasPrefix(table, "payments") {
			column = "intent_id"
		}
		doubled += len(testkit.Texts(t, w.app.DatabaseURL, `SELECT `+column+`::text FROM `+table+` GROUP BY `+column+` HAVING count(*) > 1`))
	}
	transfers := map[string]int{}
	for _, transfer := range w.app.Simulator.Transfers() {
		if transfer.Status == "success" {
			transfers[strings.Join(strings.Split(transfer.Reference, "-")[:2], "-")]++
		}
	}
	for loan, n := range transfers {
		if n != 1 {
			doubled++
			t.Errorf("loan %s was paid out %d times", loan, n)
		}
	}
	if len(transfers) != silentPayers+silentCalls {
		t.Errorf("%d loans were paid out, not %d", len(transfers), silentPayers+silentCalls)
	}
	r, err := w.app.Reconcile.Run(t.Context(), time.Time{})
	if err != nil || len(r.Breaks) != 0 {
		t.Errorf("reconciled: %+v, %v", r, err)
	}
	noDifference(t, w.app)
	var lines []string
	for name, n := range statuses {
		lines = append(lines, fmt.Sprintf("%s: %d", name, n))
	}
	slices.Sort(lines)
	fmt.Printf("%s\nRESULT gateway-silence silent_s=%.0f calls=%d late=%d slowest_ms=%d slowest=%s registered=%d slowest_registration_ms=%d charges_answered=%d doubled=%d breaks=%d drained_s=%.1f ok=%v\n",
		strings.Join(lines, "\n"), silentFor.Seconds(), len(calls), late, slowest.took.Milliseconds(), slowest.operation, codes, slowestText.Milliseconds(), len(keys), doubled,
		len(r.Breaks), drained.Seconds(), !t.Failed())
}
