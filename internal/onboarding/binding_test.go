package onboarding_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
)

const bindAmount money.Kobo = 5_000

var referencePattern = regexp.MustCompile(`^[a-z0-9-]{16,50}$`)

// open opens a card check of the default account.
func (w *world) open(t *testing.T, who onboarding.Subject) onboarding.Binding {
	t.Helper()
	b, err := w.OpenBinding(t.Context(), who, 0)
	if err != nil || b.Status != onboarding.BindingOpen || b.AuthorizationURL == "" || b.Amount != bindAmount || !referencePattern.MatchString(b.Reference) {
		t.Fatalf("%+v, %v", b, err)
	}
	return b
}

// verify asks for a card check and expects a standing.
func (w *world) verify(t *testing.T, who onboarding.Subject, reference string, want onboarding.BindingStatus) onboarding.Binding {
	t.Helper()
	b, err := w.VerifyBinding(t.Context(), who, reference)
	if err != nil || b.Status != want {
		t.Fatalf("%+v, %v; want status %d", b, err, want)
	}
	if (b.AuthorizationURL != "") != (want == onboarding.BindingOpen) || b.ExpiresAt.IsZero() == (want == onboarding.BindingOpen) {
		t.Errorf("page and time of %+v", b)
	}
	return b
}

// deposit checks what the ledger holds for card checks, and that every one of them has its refund ordered.
func (w *world) deposit(t *testing.T, checks int, references ...string) {
	t.Helper()
	totals, err := w.st.AccountTotals(t.Context())
	want := bindAmount * money.Kobo(checks)
	if err != nil || totals[ledger.GatewayClearing] != want || totals[ledger.CardDeposit] != -want {
		t.Errorf("ledger %v, %v; want %d", totals, err, want)
	}
	for _, reference := range references {
		in, err := w.st.Intent(t.Context(), reference)
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.st.RefundOfIntent(t.Context(), in.ID, store.RefundBinding)
		if err != nil || f.Amount != bindAmount || f.State != store.RefundCreated || f.BorrowerID != in.BorrowerID || f.NextCheckAt.IsZero() {
			t.Errorf("refund of %s: %+v, %v", reference, f, err)
		}
	}
}

func TestACardIsBound(t *testing.T) {
	w := newWorld(t)
	who, bank := w.banked(t)
	ctx := t.Context()
	check := w.open(t, who)
	if again, err := w.OpenBinding(ctx, who, bank); err != nil || again != check {
		t.Errorf("asked again: %+v, %v; want %+v", again, err, check)
	}
	charges := w.sim.Charges()
	if len(charges) != 1 || charges[0].Email != adaEmail || charges[0].CallbackURL != publicURL || charges[0].Amount != bindAmount {
		t.Fatalf("the gateway knows %+v", charges)
	}
	w.verify(t, who, check.Reference, onboarding.BindingOpen)
	if a, err := w.Account(ctx, who, 0); err != nil || !a.BindingOpen || a.Card != nil {
		t.Errorf("%+v, %v", a, err)
	}
	b := basic()
	b.Email = "changed@example.com"
	if _, err := w.SaveBasic(ctx, who, b); err != nil {
		t.Fatal(err)
	}
	w.pay(t, check.AuthorizationURL, "4084")
	bound := w.verify(t, who, check.Reference, onboarding.BindingBound)
	paid := w.sim.Authorizations()[0]
	masked := paid.BIN + "******4084"
	if bound.MaskedCard != masked || bound.Message != "" || bound.AccountID != bank {
		t.Errorf("%+v", bound)
	}
	a, err := w.Account(ctx, who, 0)
	if err != nil || a.BindingOpen || a.Card == nil || a.Card.Masked != masked || a.Card.Type != paid.Brand || a.Card.ExpMonth != 12 || a.Card.ExpYear != 2030 {
		t.Fatalf("%+v, %v", a, err)
	}
	card, err := w.st.ActiveCard(ctx, who.Borrower, bank)
	if err != nil || card.Email != adaEmail || card.AuthorizationCode != paid.Code {
		t.Errorf("the card is charged with the address it was bound with: %+v, %v", card, err)
	}
	w.deposit(t, 1, check.Reference)
	if m := w.messages(t, who); len(m) != 2 || !strings.Contains(m[0], masked) {
		t.Errorf("messages: %q", m)
	}
	_, err = w.OpenBinding(ctx, who, bank)
	refused(t, "bound already", err, catalog.CardAlreadyBound, "")
	if r, err := w.Status(ctx, who); err != nil || !r.Card {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBindingIsForItsBorrowerOnly(t *testing.T) {
	w := newWorld(t)
	who, bank := w.banked(t)
	check := w.open(t, who)
	other := w.register(t, mobileOf(1))
	_, err := w.VerifyBinding(t.Context(), other, check.Reference)
	refused(t, "somebody else's", err, catalog.BindNotFound, "")
	_, err = w.VerifyBinding(t.Context(), who, "cpb-00000000000000000000000000")
	refused(t, "unknown", err, catalog.BindNotFound, "")
	_, err = w.OpenBinding(t.Context(), other, bank)
	refused(t, "somebody else's account", err, catalog.CardNotFound, "")
	if err := w.WorkBinding(t.Context(), "cpb-unknown-reference"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an event about nothing of ours: %v", err)
	}
}

func TestManyCallsOpenOneCheck(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	w.inject(t, simulator.Fault{Kind: simulator.FaultSlow, Match: "POST /transaction/initialize", Delay: 200 * time.Millisecond})
	checks := make([]onboarding.Binding, 12)
	for i, err := range together(len(checks), func(i int) (err error) {
		checks[i], err = w.OpenBinding(t.Context(), who, 0)
		return err
	}) {
		if err != nil || checks[i] != checks[0] {
			t.Errorf("call %d: %+v, %v", i, checks[i], err)
		}
	}
	if n := len(w.sim.Charges()); n != 1 {
		t.Errorf("the gateway opened %d pages", n)
	}
}

func TestManyOutcomesAreAppliedOnce(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	w.pay(t, check.AuthorizationURL, "4084")
	for i, err := range together(12, func(int) error { return w.WorkBinding(t.Context(), check.Reference) }) {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	w.verify(t, who, check.Reference, onboarding.BindingBound)
	w.deposit(t, 1, check.Reference)
	if m := w.messages(t, who); len(m) != 2 {
		t.Errorf("messages: %q", m)
	}
}

func TestTheGatewayIsAwayWhenAPageIsWanted(t *testing.T) {
	w := newWorld(t)
	who, bank := w.banked(t)
	w.inject(t, simulator.Fault{Kind: simulator.FaultErrorBefore, Match: "POST /transaction/initialize"})
	_, err := w.OpenBinding(t.Context(), who, 0)
	refused(t, "the gateway is away", err, catalog.GatewayUnavailable, "")
	in, err := w.st.OpenBinding(t.Context(), bank)
	if err != nil || in.State != store.IntentCreated {
		t.Fatalf("the intent is committed before the call: %+v, %v", in, err)
	}
	w.clk.Advance(5 * time.Second)
	if check := w.open(t, who); check.Reference != in.Reference {
		t.Errorf("another reference is tried: %s and %s", in.Reference, check.Reference)
	}
}

func TestALostPageIsReplaced(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	w.inject(t, simulator.Fault{Kind: simulator.FaultCutAfter, Match: "POST /transaction/initialize"})
	_, err := w.OpenBinding(t.Context(), who, 0)
	refused(t, "the answer is lost", err, catalog.GatewayUnavailable, "")
	w.clk.Advance(5 * time.Second)
	lost := w.sim.Charges()[0]
	check := w.open(t, who)
	if check.Reference == lost.Reference {
		t.Fatal("the lost page came back")
	}
	in, err := w.st.Intent(t.Context(), lost.Reference)
	if err != nil || in.State != store.IntentSuperseded {
		t.Errorf("%+v, %v", in, err)
	}
	w.verify(t, who, lost.Reference, onboarding.BindingOver)
}

func TestACheckThatIsOverIsHonoured(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	old := w.open(t, who)
	w.clk.Advance(time.Hour)
	fresh := w.open(t, who)
	if fresh.Reference == old.Reference {
		t.Fatal("an expired check is offered")
	}
	w.verify(t, who, old.Reference, onboarding.BindingOver)
	w.pay(t, old.AuthorizationURL, "4084")
	bound := w.verify(t, who, old.Reference, onboarding.BindingBound)
	w.deposit(t, 1, old.Reference)
	w.pay(t, fresh.AuthorizationURL, "5395") // the borrower has two windows open and pays in both
	second := w.verify(t, who, fresh.Reference, onboarding.BindingBound)
	if bound.MaskedCard == second.MaskedCard {
		t.Errorf("%+v and %+v", bound, second)
	}
	w.deposit(t, 2, old.Reference, fresh.Reference)
	a, err := w.Account(t.Context(), who, 0)
	if err != nil || a.Card == nil || a.Card.Masked != second.MaskedCard {
		t.Errorf("the later card is the one: %+v, %v", a, err)
	}
}

func TestADeclinedCard(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	w.pay(t, check.AuthorizationURL, "4081")
	over := w.verify(t, who, check.Reference, onboarding.BindingOver)
	if over.Message == "" || over.MaskedCard != "" {
		t.Errorf("%+v", over)
	}
	if err := w.WorkBinding(t.Context(), check.Reference); err != nil {
		t.Errorf("a late event: %v", err)
	}
	w.deposit(t, 0)
	w.open(t, who)
}

func TestACardThatCannotBeChargedAgain(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	w.inject(t, simulator.Fault{Kind: simulator.FaultNotReusable})
	w.pay(t, check.AuthorizationURL, "4084")
	over := w.verify(t, who, check.Reference, onboarding.BindingOver)
	if over.Message == "" {
		t.Error("nobody says why")
	}
	w.deposit(t, 1, check.Reference)
	if a, err := w.Account(t.Context(), who, 0); err != nil || a.Card != nil || a.BindingOpen {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAnotherAmountIsPutAside(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultWrongAmount, simulator.FaultWrongCurrency} {
		w := newWorld(t)
		who, _ := w.banked(t)
		check := w.open(t, who)
		w.pay(t, check.AuthorizationURL, "4084")
		w.inject(t, simulator.Fault{Kind: kind, Times: -1})
		if over := w.verify(t, who, check.Reference, onboarding.BindingOver); over.Message == "" {
			t.Error("nobody says why")
		}
		w.sim.ClearFaults()
		w.verify(t, who, check.Reference, onboarding.BindingOver) // only a person takes it out again
		in, err := w.st.Intent(t.Context(), check.Reference)
		if err != nil || in.State != store.IntentQuarantined || in.ConcludedAt.IsZero() {
			t.Errorf("%s: %+v, %v", kind, in, err)
		}
		alerts, err := w.st.OpenAlerts(t.Context(), "charge_mismatch", 10)
		if err != nil || len(alerts) != 1 || alerts[0].Subject != check.Reference {
			t.Errorf("%s: alerts %+v, %v", kind, alerts, err)
		}
		w.deposit(t, 0)
	}
}

func TestTheGatewayIsAwayWhenAsked(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	w.pay(t, check.AuthorizationURL, "4084")
	w.inject(t, simulator.Fault{Kind: simulator.FaultErrorBefore, Times: -1})
	_, err := w.VerifyBinding(t.Context(), who, check.Reference)
	refused(t, "verify", err, catalog.GatewayUnavailable, "")
	w.clk.Advance(10 * time.Minute)
	if err := w.SweepBindings(t.Context()); err == nil {
		t.Error("a sweep that got no answer says so")
	}
	if due, err := w.st.IntentsToCheck(t.Context(), w.clk.Now(), 10); err != nil || len(due) != 0 {
		t.Errorf("the next question is not put off: %+v, %v", due, err)
	}
	w.sim.ClearFaults()
	w.clk.Advance(10 * time.Minute)
	if err := w.SweepBindings(t.Context()); err != nil {
		t.Error(err)
	}
	w.verify(t, who, check.Reference, onboarding.BindingBound)
	w.deposit(t, 1, check.Reference)
}

func TestTheSweepEndsWhatNobodyPays(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	states := map[time.Duration]store.IntentState{30 * time.Minute: store.IntentOpen, 2 * time.Hour: store.IntentSuperseded,
		72 * time.Hour: store.IntentSuperseded, 80 * time.Hour: store.IntentFailed}
	for passed := time.Duration(0); passed <= 80*time.Hour; passed += 30 * time.Minute {
		if err := w.SweepBindings(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want, ok := states[passed]; ok {
			if in, err := w.st.Intent(t.Context(), check.Reference); err != nil || in.State != want {
				t.Errorf("after %s: %+v, %v; want state %d", passed, in, err, want)
			}
		}
		w.clk.Advance(30 * time.Minute)
	}
	in, err := w.st.Intent(t.Context(), check.Reference)
	if err != nil || in.Checks > 30 || in.Checks < 10 {
		t.Errorf("asked %d times, %v", in.Checks, err)
	}
	w.pay(t, check.AuthorizationURL, "4084") // on the fourth day: the money has come all the same
	if err := w.WorkBinding(t.Context(), check.Reference); err != nil {
		t.Fatal(err)
	}
	w.verify(t, who, check.Reference, onboarding.BindingBound)
	w.deposit(t, 1, check.Reference)
}

func TestOneCardAtTwoAccountsMoves(t *testing.T) {
	w := newWorld(t)
	who, first := w.banked(t)
	second := w.save(t, who, "0000004033")
	for _, bank := range []int64{first, second} {
		check, err := w.OpenBinding(t.Context(), who, bank)
		if err != nil {
			t.Fatal(err)
		}
		w.pay(t, check.AuthorizationURL, "4084")
		w.verify(t, who, check.Reference, onboarding.BindingBound)
	}
	if a, err := w.Account(t.Context(), who, first); err != nil || a.Card != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := w.Account(t.Context(), who, second); err != nil || a.Card == nil {
		t.Errorf("%+v, %v", a, err)
	}
	// Bound to the first again it is the same row, in use again.
	check, err := w.OpenBinding(t.Context(), who, first)
	if err != nil {
		t.Fatal(err)
	}
	w.pay(t, check.AuthorizationURL, "4084")
	w.verify(t, who, check.Reference, onboarding.BindingBound)
	if a, err := w.Account(t.Context(), who, first); err != nil || a.Card == nil {
		t.Errorf("%+v, %v", a, err)
	}
	w.deposit(t, 3)
}

func TestEventsAndRefundsGoThroughJobs(t *testing.T) {
	w := newWorld(t)
	who, _ := w.banked(t)
	check := w.open(t, who)
	refunds := make(chan int64, 10)
	workers := river.NewWorkers()
	river.AddWorker(workers, job.NewBindingWorker(w.WorkBinding))
	river.AddWorker(workers, job.NewSweepBindingsWorker(w.SweepBindings))
	river.AddWorker(workers, job.NewRefundWorker(func(_ context.Context, id int64) error {
		refunds <- id
		return nil
	}))
	running, err := w.st.StartWorkers(t.Context(), workers, []*river.PeriodicJob{job.SweepBindingsEvery()}, 2, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Stop(context.WithoutCancel(t.Context())) }()
	w.pay(t, check.AuthorizationURL, "4084")
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Enqueue(ctx, job.ApplyBinding{Reference: check.Reference}, nil)
	})
	select {
	case id := <-refunds:
		f, err := w.st.Refund(t.Context(), id)
		if err != nil || f.Purpose != store.RefundBinding {
			t.Errorf("%+v, %v", f, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no refund was ordered")
	}
	w.verify(t, who, check.Reference, onboarding.BindingBound)
}

func TestTheGatewayRefusesTheAddress(t *testing.T) {
	w := newWorld(t)
	who, bank := w.banked(t)
	p, err := w.st.Profile(t.Context(), who.Borrower)
	if err != nil {
		t.Fatal(err)
	}
	p.Email = "nobody" // passes no contract, but may be in the data of an older version
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.SaveProfile(ctx, p) })
	_, err = w.OpenBinding(t.Context(), who, bank)
	refused(t, "address", err, catalog.ValidationFailed, "email")
	if _, err := w.st.OpenBinding(t.Context(), bank); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the refused check stays open: %v", err)
	}
	if _, err := w.SaveBasic(t.Context(), who, basic()); err != nil {
		t.Fatal(err)
	}
	w.open(t, who)
}
