package servicing_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const (
	brand     = lending.DemoBrand
	secretKey = "sk_test_servicing"
	opening   = money.Kobo(1_000_000_000_00) // of the simulator's balance
	owed      = money.Kobo(850_000)          // product 301: 600,000 and 250,000 of charges
)

// world is one deployment: the capability over a real database, and the gateway simulator behind real HTTP.
type world struct {
	*servicing.Service
	t       *testing.T
	url     string // of the database
	keys    *seal.Keys
	st      *store.Store
	sim     *simulator.Simulator
	gateway string
	clk     *clock.Manual
	config  servicing.Config
	people  int
	house   money.Kobo      // moved from the gateway's balance by a test, past our books
	astray  map[string]bool // references whose money is at the gateway and, as expected, not in our books
}

// newWorld makes a world whose books are held against the gateway's when the test ends.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, keys: testkit.Keys(t), clk: clock.NewManual(testkit.Noon()), astray: map[string]bool{},
		config: servicing.Config{CallbackURL: "http://127.0.0.1:1/done", GatewayTimeout: 3 * time.Second, EventPatience: -1}}
	w.url = testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	w.st = testkit.OpenStore(t, w.url, w.keys, w.clk)
	_, err := seed.Base(t.Context(), w.st)
	w.must(err)
	w.sim, err = simulator.New(simulator.Options{SecretKey: secretKey, Seed: 1, Delay: time.Millisecond, Clock: w.clk, OpeningBalance: opening})
	w.must(err)
	t.Cleanup(func() { _ = w.sim.Close() })
	server := httptest.NewServer(w.sim.Handler())
	t.Cleanup(server.Close)
	w.gateway = server.URL
	w.Service = w.service(w.st)
	t.Cleanup(w.reconcile)
	return w
}

// service makes one more instance of the capability, as a second replica would be.
func (w *world) service(st *store.Store) *servicing.Service {
	w.t.Helper()
	return servicing.New(st, w.client(), w.clk, w.config, slog.New(slog.DiscardHandler))
}

func (w *world) client() *paystack.Client {
	w.t.Helper()
	client, err := paystack.New(paystack.Config{BaseURL: w.gateway, SecretKey: secretKey, Timeout: 10 * time.Second})
	w.must(err)
	w.t.Cleanup(client.CloseIdle)
	return client
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) in(work func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	w.must(w.st.InTx(w.t.Context(), work))
}

// fault orders the gateway to misbehave once, on what contains match.
func (w *world) fault(kind simulator.FaultKind, match string) { w.faults(kind, match, 1) }

func (w *world) faults(kind simulator.FaultKind, match string, times int) {
	w.t.Helper()
	w.must(w.sim.Inject(simulator.Fault{Kind: kind, Match: match, Times: times}))
}

// submit plays the payer's browser: it posts a form to a page of the gateway.
func (w *world) submit(page string, form url.Values) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, page, strings.NewReader(form.Encode()))
	w.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	w.must(err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s", page, res.Status)
	}
}

// pay pays at a checkout page with a card that is not declined.
func (w *world) pay(page string) {
	w.t.Helper()
	w.submit(page+"/pay", url.Values{"card": {"4084"}})
}

// page is the loan's payment page.
func (w *world) page(b person) servicing.Repayment {
	w.t.Helper()
	r, err := w.Repayment(w.t.Context(), b.id, 0)
	w.must(err)
	return r
}

func (w *world) loan(id int64) store.Loan {
	w.t.Helper()
	l, err := w.st.Loan(w.t.Context(), id)
	w.must(err)
	return l
}

func (w *world) intent(reference string) store.Intent {
	w.t.Helper()
	i, err := w.st.Intent(w.t.Context(), reference)
	w.must(err)
	return i
}

// apply asks for the outcome of a charge, as a hint would.
func (w *world) apply(reference string) {
	w.t.Helper()
	w.must(w.ApplyCharge(w.t.Context(), reference))
}

// titles are the borrower's messages, newest first.
func (w *world) titles(borrower int64) []string {
	w.t.Helper()
	messages, _, err := w.st.Messages(w.t.Context(), borrower, 0, 1, 50)
	w.must(err)
	out := []string{}
	for _, m := range messages {
		out = append(out, m.Title)
	}
	return out
}

// alerts are the kinds of the open notes for a person.
func (w *world) alerts() []string {
	w.t.Helper()
	alerts, err := w.st.OpenAlerts(w.t.Context(), "", 50)
	w.must(err)
	out := []string{}
	for _, a := range alerts {
		out = append(out, a.Kind)
	}
	return out
}

func (w *world) wantState(loan int64, want lending.State) {
	w.t.Helper()
	if got := w.loan(loan).State; got != want {
		w.t.Errorf("the loan is %s, want %s", got, want)
	}
}

// until waits for what happens in the background.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for began := time.Now(); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			w.t.Fatalf("not within 20 s: %s", what)
		}
	}
}
