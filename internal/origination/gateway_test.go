package origination

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

func kobo(n int64) money.Kobo { return money.Kobo(n) }

// front stands before the simulator and answers transfers in its place, one answer a call; when they are used up it passes calls on.
// It keeps the last request that it did not pass on, so that a test can deliver it late.
type front struct {
	mu      sync.Mutex
	answers []frontAnswer
	kept    string
	pass    http.Handler
}

type frontAnswer struct {
	status int
	body   string
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/transfer" {
		f.pass.ServeHTTP(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.answers) == 0 {
		f.pass.ServeHTTP(w, r)
		return
	}
	a := f.answers[0]
	f.answers = f.answers[1:]
	body, _ := io.ReadAll(r.Body)
	f.kept = string(body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// behind puts the world's service behind a front with the given answers.
func (w *world) behind(answers ...frontAnswer) *front {
	w.t.Helper()
	target, err := url.Parse(w.gateway)
	w.must(err)
	f := &front{answers: answers, pass: httputil.NewSingleHostReverseProxy(target)}
	server := httptest.NewServer(f)
	w.t.Cleanup(server.Close)
	w.Service = w.service(server.URL)
	return f
}

// deliver sends the kept request to the simulator after all, as a network would that lost it for a while.
func (w *world) deliver(f *front) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.gateway+"/transfer", strings.NewReader(f.kept))
	w.must(err)
	r.Header.Set("Authorization", "Bearer "+secretKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("late delivery: %d", res.StatusCode)
	}
}

var (
	refusedCall = frontAnswer{400, `{"status":false,"message":"Transfers are not allowed","type":"validation_error","code":"transfer_unavailable"}`}
	noBalance   = frontAnswer{400, `{"status":false,"message":"Your balance is not enough to fulfil this request","type":"validation_error","code":"insufficient_balance"}`}
	badKey      = frontAnswer{401, `{"status":false,"message":"Invalid key"}`}
	lostCall    = frontAnswer{502, `<html>bad gateway</html>`}
)

func TestACallThatTheGatewayRefusesEndsThePayout(t *testing.T) {
	w := newWorld(t)
	w.behind(refusedCall)
	l := w.approved(w.person(1, "09"))
	w.must(w.StartPayout(t.Context(), l.ID))
	w.inState(l.ID, lending.DisbursementRejected)
	if p := w.payout(l.ID); p.State != store.PayoutFailed || p.Sends != 1 || !p.NextCheckAt.IsZero() {
		t.Errorf("%+v", p)
	}
	w.audit()
}

// A refusal is no proof while an earlier call, whose answer was lost, may still arrive.
func TestARefusalAfterALostCallIsNotBelievedAtOnce(t *testing.T) {
	for name, arrives := range map[string]bool{"the lost call arrives after all": true, "it never does": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.behind(lostCall)
			l := w.approved(w.person(1, "09"))
			w.must(w.StartPayout(t.Context(), l.ID))
			lost := f.kept
			f.mu.Lock()
			f.answers = []frontAnswer{refusedCall}
			f.mu.Unlock()
			w.sweepAfter(4 * time.Second) // asks, is told "not found", sends again, is refused
			w.inState(l.ID, lending.Disbursing)
			if arrives {
				f.kept = lost
				w.deliver(f)
			}
			w.sweepAfter(9 * time.Minute)
			w.inState(l.ID, lending.Disbursing)
			w.sweepAfter(2 * time.Minute)
			if arrives {
				w.audit(w.inState(l.ID, lending.Active))
				return
			}
			w.inState(l.ID, lending.DisbursementRejected)
			w.audit()
		})
	}
}

func TestOurOwnTroubleAtTheGatewayOnlyDelays(t *testing.T) {
	for name, c := range map[string]struct {
		answer  frontAnswer
		subject string
	}{"an empty balance": {noBalance, "balance"}, "a refused key": {badKey, "key"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.behind(c.answer)
			l := w.approved(w.person(1, "09"))
			w.must(w.StartPayout(t.Context(), l.ID))
			w.inState(l.ID, lending.Disbursing)
			if alerts := w.alerts(alertGateway); len(alerts) != 1 || alerts[0].Subject != c.subject {
				t.Errorf("%+v", alerts)
			}
			w.sweepAfter(4 * time.Minute)
			w.inState(l.ID, lending.Disbursing)
			w.sweepAfter(time.Minute)
			w.audit(w.inState(l.ID, lending.Active))
		})
	}
}
