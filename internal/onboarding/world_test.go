package onboarding_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const (
	brand       = "CycleCash"
	ada         = "+2347000000003"
	adaBVN      = "22222222222"
	adaEmail    = "ada@example.com"
	guaranty    = "058"
	account     = "0000003019"
	secretKey   = "sk_test_onboarding"
	publicURL   = "http://127.0.0.1:1/done"
	policy      = "2026-01"
	newcomerCap = 2_000_000
)

// world is one deployment: the capability over a real database and the gateway simulator behind real HTTP.
type world struct {
	*onboarding.Service
	st  *store.Store
	sim *simulator.Simulator
	clk *clock.Manual
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	sim, err := simulator.New(simulator.Options{SecretKey: secretKey, Seed: 1, Delay: -1, Clock: clk, DefaultAccountName: "BORROWER ADA"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	gateway := httptest.NewServer(sim.Handler())
	t.Cleanup(gateway.Close)
	client, err := paystack.New(paystack.Config{BaseURL: gateway.URL, SecretKey: secretKey, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdle)
	config := onboarding.Config{CallbackURL: publicURL, BindWait: 4 * time.Second}
	return &world{onboarding.New(st, client, clk, config, slog.New(slog.DiscardHandler)), st, sim, clk}
}

// write runs work in a transaction that must succeed.
func (w *world) write(t *testing.T, work func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := w.st.InTx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// register adds a borrower of the demo brand.
func (w *world) register(t *testing.T, mobile string) onboarding.Subject {
	t.Helper()
	who := onboarding.Subject{Brand: brand}
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		who.Borrower, err = tx.AddBorrower(ctx, brand, mobile, "hash")
		return err
	})
	return who
}

func basic() onboarding.Basic {
	return onboarding.Basic{FirstName: "Ada", LastName: "Borrower", BVN: adaBVN, Birthday: clock.NewDate(1994, 5, 17), Gender: 2,
		Email: adaEmail, CityCode: "25001", Address: "12 Allen Avenue"}
}

// known registers Ada with her basic information.
func (w *world) known(t *testing.T) onboarding.Subject {
	t.Helper()
	who := w.register(t, ada)
	if _, err := w.SaveBasic(t.Context(), who, basic()); err != nil {
		t.Fatal(err)
	}
	return who
}

// banked registers Ada with a bank account and gives its id.
func (w *world) banked(t *testing.T) (onboarding.Subject, int64) {
	t.Helper()
	who := w.known(t)
	return who, w.save(t, who, account)
}

func (w *world) save(t *testing.T, who onboarding.Subject, number string) int64 {
	t.Helper()
	done, err := w.SaveAccount(t.Context(), who, onboarding.NewAccount{BankCode: guaranty, Number: number})
	if err != nil {
		t.Fatal(err)
	}
	return done.Value.ID
}

// pay pays an open page with a card, as a browser would; the last digit of the card says what becomes of it.
func (w *world) pay(t *testing.T, page, card string) {
	t.Helper()
	form := url.Values{"card": {card}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"/pay", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("paying: %d %s", res.StatusCode, body)
	}
}

func (w *world) inject(t *testing.T, f simulator.Fault) {
	t.Helper()
	if err := w.sim.Inject(f); err != nil {
		t.Fatal(err)
	}
}

// loan adds a loan that is submitted, and takes it through the given states.
func (w *world) loan(t *testing.T, who onboarding.Subject, bankAccount int64, states ...lending.State) store.Loan {
	t.Helper()
	product := lending.DemoProducts()[0]
	terms, err := product.Price()
	if err != nil {
		t.Fatal(err)
	}
	var l store.Loan
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		l, err = tx.AddLoan(ctx, store.Loan{Brand: brand, BorrowerID: who.Borrower, ProductID: product.ID, ProductVersion: 1,
			Loan: lending.NewLoan(terms, product.Conditions), ApplyTerminal: 1, BankAccountID: bankAccount,
			HeadImage: "90c192cf-d3ac-44af-8f21-ddb66cad4a26"})
		return err
	})
	for _, to := range states {
		w.move(t, &l, to)
	}
	return l
}

func (w *world) move(t *testing.T, l *store.Loan, to lending.State) {
	t.Helper()
	seen := l.State
	if to == lending.Active {
		paidOut, err := lending.Disburse(l.Loan, w.clk.Now())
		if err != nil {
			t.Fatal(err)
		}
		l.Loan = paidOut
	}
	l.State = to
	if to.IsSettled() {
		l.ClosedAt = w.clk.Now()
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, seen, *l, "system") })
}

// messages reads the titles of a borrower's messages, newest first.
func (w *world) messages(t *testing.T, who onboarding.Subject) []string {
	t.Helper()
	list, _, err := w.st.Messages(t.Context(), who.Borrower, 0, 1, 50)
	if err != nil {
		t.Fatal(err)
	}
	titles := make([]string, len(list))
	for i, m := range list {
		titles[i] = m.Title + ": " + m.Content
	}
	return titles
}

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	type answer struct {
		i   int
		err error
	}
	answers := make(chan answer)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			answers <- answer{i, call(i)}
		}()
	}
	close(start)
	errs := make([]error, n)
	for range n {
		a := <-answers
		errs[a.i] = a.err
	}
	return errs
}

func mobileOf(i int) string { return fmt.Sprintf("+23480000000%02d", i) }
