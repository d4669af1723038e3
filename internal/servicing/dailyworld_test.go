package servicing_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// dailyWorld is a deployment whose loans are made from a seed, so that another one with the same seed has the same loans. The
// loans are in the middle of their lives: partly paid, waived, extended, run on some days and not on others.
type dailyWorld struct {
	*servicing.Service
	st    *store.Store
	url   string
	keys  *seal.Keys
	clk   *clock.Manual
	rnd   *rand.Rand
	loans []int64
}

// dailyBegin is the instant at which the loans of a world are as they are made.
func dailyBegin() time.Time { return testkit.Noon() }

func newDailyWorld(t *testing.T, url string, seedling uint64, loans int) *dailyWorld {
	t.Helper()
	if url == "" {
		url = testkit.Database(t, migrateForDaily, store.MigrationsKey())
	}
	w := &dailyWorld{url: url, keys: testkit.Keys(t), clk: clock.NewManual(dailyBegin()), rnd: rand.New(rand.NewPCG(seedling, 6))}
	w.st = testkit.OpenStore(t, url, w.keys, w.clk)
	w.Service = servicing.New(w.st, nil, w.clk, servicing.Config{}, slog.New(slog.DiscardHandler))
	if _, err := seed.Base(t.Context(), w.st); err != nil {
		t.Fatal(err)
	}
	for n := range loans {
		w.write(t, func(ctx context.Context, tx *store.Tx) error { return w.addRandomLoan(ctx, tx, n) })
	}
	return w
}

func migrateForDaily(ctx context.Context, url string) error {
	_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
	return err
}

func (w *dailyWorld) write(t *testing.T, work func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := w.st.InTx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// apply adds a borrower with an application at a price.
func (w *dailyWorld) apply(ctx context.Context, tx *store.Tx, number int, terms lending.Terms, conditions lending.Conditions) (store.Loan, error) {
	id, err := tx.AddBorrower(ctx, lending.DemoBrand, fmt.Sprintf("+234700%07d", number), "hash")
	if err != nil {
		return store.Loan{}, err
	}
	account, err := tx.AddBankAccount(ctx, lending.DemoBrand, store.BankAccount{BorrowerID: id, BankCode: "058", BankName: "Guaranty Trust Bank",
		AccountNo: fmt.Sprintf("%010d", number), AccountName: "BORROWER ADA", Default: true})
	if err != nil {
		return store.Loan{}, err
	}
	return tx.AddLoan(ctx, store.Loan{Brand: lending.DemoBrand, BorrowerID: id, ProductID: 301, ProductVersion: 1, Loan: lending.NewLoan(terms, conditions),
		ApplyTerminal: 1, BankAccountID: account, HeadImage: "6b1b2c3d-0000-4000-8000-000000000000"})
}

// move writes a loan's next state.
func (w *dailyWorld) move(ctx context.Context, tx *store.Tx, l *store.Loan, to lending.State) error {
	seen := l.State
	l.State = to
	if to == lending.Approved {
		l.ApprovedAt = tx.Now()
	}
	return tx.UpdateLoan(ctx, seen, *l, "system")
}

func (w *dailyWorld) disburse(ctx context.Context, tx *store.Tx, l *store.Loan, at time.Time) error {
	for _, to := range []lending.State{lending.Approved, lending.Disbursing} {
		if err := w.move(ctx, tx, l, to); err != nil {
			return err
		}
	}
	paid, err := lending.Disburse(l.Loan, at)
	if err != nil {
		return err
	}
	l.Loan = paid
	sale, err := ledger.Disbursement(w.ref(*l, at), "po-"+l.IndentNo, ledger.Sale{Charged: l.Charged, Disbursed: l.Terms.Disbursed, UpfrontFee: l.Terms.UpfrontFee})
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, sale); err != nil {
		return err
	}
	return tx.UpdateLoan(ctx, lending.Disbursing, *l, "gateway")
}

func (w *dailyWorld) ref(l store.Loan, at time.Time) ledger.Ref {
	return ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: at}
}

func (w *dailyWorld) addRandomLoan(ctx context.Context, tx *store.Tx, number int) error {
	product := w.randomProduct()
	terms, err := product.Price()
	if err != nil {
		return err
	}
	l, err := w.apply(ctx, tx, number, terms, product.Conditions)
	if err != nil {
		return err
	}
	w.loans = append(w.loans, l.ID)
	at := dailyBegin().Add(-time.Duration(w.rnd.IntN(150*86_400)) * time.Second)
	if err := w.disburse(ctx, tx, &l, at); err != nil {
		return err
	}
	for i := range w.rnd.IntN(5) {
		at = w.later(at)
		if at.After(dailyBegin()) {
			break
		}
		if err := w.randomEvent(ctx, tx, &l, fmt.Sprintf("event-%d", i), at); err != nil {
			return err
		}
	}
	return nil
}

// later is a while after an instant, often within seconds of a midnight in Lagos.
func (w *dailyWorld) later(at time.Time) time.Time {
	if w.rnd.IntN(2) == 0 {
		midnight := clock.DateOf(at).AddDays(1 + w.rnd.IntN(12)).Start().Add(time.Duration(w.rnd.IntN(5)-2) * time.Second)
		if midnight.After(at) {
			return midnight
		}
	}
	return at.Add(time.Duration(1+w.rnd.IntN(20*86_400)) * time.Second)
}

func (w *dailyWorld) pick(ns ...int) int { return ns[w.rnd.IntN(len(ns))] }

func (w *dailyWorld) randomProduct() lending.Product {
	p := lending.Product{Principal: money.Kobo(w.pick(600_000, 999_999, 123_457, 5_000_001, 50_000_000, 1, 1_000_000_000_000)), TermDays: w.pick(1, 7, 14, 30, 91),
		ServiceFee: money.Kobo(w.pick(0, 229_000, 50_001)), InterestDailyBps: w.pick(0, 7, 50),
		Conditions: lending.Conditions{PenaltyDailyBps: w.pick(0, 1, 33, 100, 150, 10_000), PenaltyCapBps: w.pick(0, 0, 500, 3_333, 10_000, 1_000_000),
			GraceDays: w.pick(0, 0, 1, 3, 7, 60), GraceMode: []lending.GraceMode{lending.GraceForgiving, lending.GraceClawback}[w.rnd.IntN(2)],
			ExtensionDays: w.pick(0, 5, 30), MaxExtensions: w.pick(0, 2)}}
	return p.WithDefaults()
}

// randomEvent lets something happen to a loan; what the rules refuse does not happen.
func (w *dailyWorld) randomEvent(ctx context.Context, tx *store.Tx, l *store.Loan, reference string, at time.Time) error {
	seen := l.State
	owed := lending.PositionAt(l.Loan, at).Outstanding
	var e lending.Effect
	var err error
	switch w.rnd.IntN(6) {
	case 0, 1:
		late := time.Duration(w.rnd.IntN(3*86_400)) * time.Second
		e, err = lending.ApplyPayment(l.Loan, 1+money.Kobo(w.rnd.Int64N(max(int64(owed.Total()), 1))), at.Add(-late), at)
		if err == nil && e.Over > 0 {
			return nil
		}
	case 2:
		e, err = lending.Waive(l.Loan, money.Components{Penalty: owed.Penalty / 2, Interest: owed.Interest / 3}, at)
	case 3:
		e, err = lending.RedeemCoupon(l.Loan, 10_000, at)
	case 4:
		e, err = lending.Extend(l.Loan, at)
	case 5:
		day := clock.DateOf(at)
		ran, added := lending.RunDay(l.Loan, day)
		e.Loan = ran
		if added != 0 {
			batch, err := ledger.PenaltyAccrual(w.ref(*l, at), day, added)
			if err != nil {
				return err
			}
			if err := tx.Post(ctx, l.Brand, batch); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return nil
	}
	batches, err := ledger.Book(w.ref(*l, at), reference, ledger.FromGateway, e.Movement)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return err
	}
	l.Loan = e.Loan
	return tx.UpdateLoan(ctx, seen, *l, "system")
}

// at moves the clock to a minute past midnight of a date so many days after the beginning, and returns the date.
func (w *dailyWorld) at(days int) clock.Date {
	date := clock.DateOf(dailyBegin()).AddDays(days)
	w.clk.Set(date.Start().Add(time.Minute))
	return date
}

// run works the daily run, which must succeed.
func (w *dailyWorld) run(t *testing.T, through clock.Date, c servicing.DailyConfig) servicing.DailyReport {
	t.Helper()
	report, err := w.RunDaily(t.Context(), through, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// books are all loans, in the order in which they were made, and all accounts.
type books struct {
	Loans    []lending.Loan
	Lines    []map[string]money.Kobo
	Accounts map[ledger.Account]money.Kobo
}

func (w *dailyWorld) books(t *testing.T) books {
	t.Helper()
	var b books
	var err error
	if b.Accounts, err = w.st.AccountTotals(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range w.loans {
		l, err := w.st.Loan(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		b.Loans = append(b.Loans, l.Loan)
		lines, err := w.st.LoanLines(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string]money.Kobo{}
		for _, line := range lines {
			sums[string(line.Kind)+" "+string(line.Account)] += line.Amount
		}
		b.Lines = append(b.Lines, sums)
	}
	return b
}

// sameBooks compares two books field by field.
func sameBooks(t *testing.T, got, want books) {
	t.Helper()
	if len(got.Loans) == 0 {
		t.Fatal("there are no loans")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the books differ (-want +got):\n%.4000s", diff)
	}
}

// byTheRules is what the books' loans are after the reference run of each date; a loan that is not past due keeps the date up to which
// its penalty stands charged, because there is none.
func byTheRules(loans []lending.Loan, dates ...clock.Date) []lending.Loan {
	after := make([]lending.Loan, len(loans))
	for i, l := range loans {
		for _, date := range dates {
			if ran, _ := lending.RunDay(l, date); date.After(l.DueDate()) {
				l = ran
			}
		}
		after[i] = l
	}
	return after
}

// audit ends a test: no book contradicts another.
func (w *dailyWorld) audit(t *testing.T) {
	t.Helper()
	a, err := w.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Loans < int64(len(w.loans)) {
		t.Errorf("%d loans were audited of %d", a.Loans, len(w.loans))
	}
	for _, d := range a.Differences {
		t.Error(d)
	}
}
