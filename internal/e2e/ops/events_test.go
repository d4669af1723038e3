package ops

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// tell sends an event as the gateway does, signed.
func (w *world) tell(event, reference string) {
	w.Helper()
	body := fmt.Sprintf(`{"event":%q,"data":{"reference":%q,"status":"success","amount":1}}`, event, reference)
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.app.BaseURL+"/gateway/paystack/webhook", strings.NewReader(body))
	w.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(paystack.SignatureHeader, paystack.Sign([]byte(w.app.Config.PaystackSecret.Reveal()), []byte(body)))
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.Fatalf("the event was answered %s", resp.Status)
	}
}

// alertsOf are the kinds of alerts about a subject, as an operator lists them.
func (w *world) alertsOf(subject, scope string) (kinds []string) {
	w.Helper()
	var page struct {
		List []struct{ Kind, Subject string }
	}
	w.ok(w.request("viewer", "listAlerts", map[string]any{"?scope": scope, "?limit": 200}), &page)
	for _, a := range page.List {
		if a.Subject == subject {
			kinds = append(kinds, a.Kind)
		}
	}
	return kinds
}

// eventIs says whether the event about a reference has a state.
func (w *world) eventIs(reference string, state store.EventState) bool {
	return len(testkit.Texts(w.T, w.app.DatabaseURL, `SELECT event FROM gateway_events WHERE reference = $1 AND state = $2`, reference, int(state))) == 1
}

// snoozed says whether an event waits to be looked at again.
func (w *world) snoozed(reference string) bool {
	return len(testkit.Texts(w.T, w.app.DatabaseURL, `SELECT e.event FROM gateway_events e JOIN river_job j ON (j.args->>'id')::bigint = e.id
		WHERE e.reference = $1 AND e.state = 0 AND j.kind = 'gateway.event' AND (j.metadata->>'snoozes')::int > 0`, reference)) == 1
}

// pageNotYet is a payment page of a loan that our database does not show; known brings it back. The sweep of payments leaves it alone, so that
// only the event can move it.
func (w *world) pageNotYet(p *person) (reference, url string, known func()) {
	w.Helper()
	r, err := w.app.Servicing.Repayment(w.Context(), p.id, p.loan)
	w.must(err)
	hidden := "cpr-not-yet-" + digits(16)
	testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE payment_intents SET reference = $2, next_check_at = next_check_at + interval '20 days' WHERE reference = $1`, r.Reference, hidden)
	return r.Reference, r.AuthorizationURL, func() {
		testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE payment_intents SET reference = $2 WHERE reference = $1`, hidden, r.Reference)
	}
}

// TestEventAheadOfWhatWeKnow: the gateway's event comes before the commit that it is about.
func TestEventAheadOfWhatWeKnow(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{Env: []string{"CP_EVENT_PATIENCE=10m"}})
	early, late := w.active(), w.active()
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWebhookDrop, Match: "charge.success", Times: -1}))

	// Known while the event is looked at again: it is applied, and nobody is alarmed.
	reference, url, known := w.pageNotYet(early)
	w.press(url)
	w.tell("charge.success", reference)
	w.eventually("the event to be put off", func() bool { return w.snoozed(reference) })
	if got := w.alertsOf(reference, "ALL"); len(got) != 0 {
		t.Errorf("alerts about an event that waits: %v", got)
	}
	known()
	w.until(early, lending.SettledEarly)
	w.eventually("the event to be applied", func() bool { return w.eventIs(reference, store.EventApplied) })
	if got := w.alertsOf(reference, "ALL"); len(got) != 0 {
		t.Errorf("alerts about an event that was early: %v", got)
	}

	// Not known for longer than that: parked, with an alert.
	reference, url, known = w.pageNotYet(late)
	w.tell("charge.success", reference)
	w.eventually("the event to be put off", func() bool { return w.snoozed(reference) })
	w.later(11 * time.Minute)
	w.eventually("the event to be parked", func() bool { return w.eventIs(reference, store.EventParked) })
	if got := w.alertsOf(reference, "UNRESOLVED"); len(got) != 1 || got[0] != "event_parked" {
		t.Errorf("alerts about a parked event: %v", got)
	}
	w.must(w.app.Servicing.Sweep(t.Context()))
	if !w.eventIs(reference, store.EventParked) {
		t.Error("a parked event was taken up again although nothing is known of it")
	}
	// Known after all: the sweep has the gateway asked, and takes the alert back.
	known()
	w.press(url)
	w.must(w.app.Servicing.Sweep(t.Context()))
	w.until(late, lending.SettledEarly)
	w.eventually("the event to be applied", func() bool { return w.eventIs(reference, store.EventApplied) })
	if got := w.alertsOf(reference, "UNRESOLVED"); len(got) != 0 {
		t.Errorf("alerts about a parked event that was applied: %v", got)
	}
	if paid := testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM payments`); paid[0] != "2" {
		t.Errorf("%s payments", paid[0])
	}

	// A reference that we never mint can only be a stranger's.
	w.tell("charge.success", "invoice-of-somebody-else")
	w.eventually("the event to be parked", func() bool { return w.eventIs("invoice-of-somebody-else", store.EventParked) })
	w.balanced()
}
