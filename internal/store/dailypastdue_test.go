package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// paidOut adds an active loan of the first demo product, due in 7 days.
func paidOut(t *testing.T, st *store.Store, number int) store.Loan {
	t.Helper()
	id := borrower(t, st, fmt.Sprintf("+234700%07d", number))
	var l store.Loan
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		account, err := tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: id, BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: "0000000030", Default: true})
		if err != nil {
			return err
		}
		product := lending.DemoProducts()[0]
		terms, err := product.Price()
		if err != nil {
			return err
		}
		l, err = tx.AddLoan(ctx, store.Loan{Brand: brand, BorrowerID: id, ProductID: product.ID, ProductVersion: product.Version, BankAccountID: account,
			Loan: lending.NewLoan(terms, product.Conditions), ApplyTerminal: 1, HeadImage: "6b1b2c3d-0000-4000-8000-000000000000"})
		if err != nil {
			return err
		}
		for _, to := range []lending.State{lending.Approved, lending.Disbursing} {
			seen := l.State
			l.State = to
			if err := tx.UpdateLoan(ctx, seen, l, "system"); err != nil {
				return err
			}
		}
		if l.Loan, err = lending.Disburse(l.Loan, tx.Now()); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, lending.Disbursing, l, "gateway")
	})
	return l
}

// charge works a step to its end and says what it did.
func charge(t *testing.T, st *store.Store, step string, date clock.Date, limit int) (done store.PastDue, batches int) {
	t.Helper()
	for finished := false; !finished; batches++ {
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			s, err := tx.LockDailyStep(ctx, step, date)
			if err != nil {
				return err
			}
			did, err := tx.ChargePastDue(ctx, &s, limit)
			if err != nil {
				return err
			}
			done.Overdue, done.Charged, done.Penalty = done.Overdue+did.Overdue, done.Charged+did.Charged, done.Penalty+did.Penalty
			finished = s.Done
			return tx.SaveDailyStep(ctx, s)
		})
	}
	return done, batches
}

func TestPenaltyBatchesAreTheLedgersOwn(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := seededAt(t, clk)
	l := paidOut(t, st, 1)
	late := l.DueDate().AddDays(2)
	clk.Set(late.Start())
	if done, _ := charge(t, st, "past_due", late, 10); done != (store.PastDue{Overdue: 1, Charged: 1, Penalty: 2 * lending.PenaltyPerDay(l.Loan)}) {
		t.Errorf("%+v", done)
	}
	// The rows that Post writes for the pure ledger's batch on another loan of the same day are the same but for ids.
	twin := paidOut(t, st, 2)
	want, err := ledger.PenaltyAccrual(ledger.Ref{LoanID: twin.ID, BorrowerID: twin.BorrowerID, At: late.Start()}, late, 2*lending.PenaltyPerDay(l.Loan))
	if err != nil {
		t.Fatal(err)
	}
	write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.Post(ctx, brand, want) })
	rows := func(l store.Loan) []string {
		key := fmt.Sprintf("loan:%d:", l.ID)
		return st.Texts(t, `SELECT concat_ws('|', replace(b.key, ?, ''), b.kind, b.brand, b.borrower_id = ?, b.effective_at, b.business_date, b.created_at,
				p.account, p.amount, p.borrower_id = b.borrower_id, p.loan_id = b.loan_id)
			FROM ledger_batches b JOIN ledger_postings p ON p.batch_id = b.id WHERE b.loan_id = ? ORDER BY p.id`, key, l.BorrowerID, l.ID)
	}
	if got, want := rows(l), rows(twin); len(got) != 2 || !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestChargingADateAgainChangesNothing(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := seededAt(t, clk)
	const loans = 7
	var due clock.Date
	for n := range loans {
		due = paidOut(t, st, n+1).DueDate()
	}
	late := due.AddDays(1)
	clk.Set(late.Start())
	if done, batches := charge(t, st, "past_due", late, 3); done.Overdue != loans || done.Charged != loans || batches != 3 {
		t.Errorf("%+v in %d batches", done, batches)
	}
	tables := []string{"loans", "loan_events", "ledger_batches", "ledger_postings"}
	before := map[string][]string{}
	for _, table := range tables {
		before[table] = st.Dump(t, table)
	}
	// Another step stands for a run whose memory of the date is lost: the loans themselves know what they were charged.
	if done, _ := charge(t, st, "again", late, 3); done != (store.PastDue{}) {
		t.Errorf("charged again: %+v", done)
	}
	for _, table := range tables {
		if got := st.Dump(t, table); !slices.Equal(got, before[table]) {
			t.Errorf("%s has changed", table)
		}
	}
}

func TestAStepIsWorkedOnce(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := seededAt(t, clk)
	date := clock.DateOf(testkit.Noon())
	charge(t, st, "past_due", date, 5)
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.LockDailyStep(ctx, "past_due", date)
		if err != nil {
			return err
		}
		if !s.Done {
			t.Error("the step is not done")
		}
		s.Amount = money.Naira
		return tx.SaveDailyStep(ctx, s)
	})
	if err != store.ErrStale {
		t.Errorf("a finished step was written again: %v", err)
	}
	done, begun, err := st.DailyDates(t.Context(), "past_due")
	if err != nil || done != date || !begun.IsZero() {
		t.Errorf("done %s, begun %s, %v", done, begun, err)
	}
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.LockDailyStep(ctx, "past_due", date.AddDays(2))
		return err
	})
	if done, begun, err = st.DailyDates(t.Context(), "past_due"); err != nil || done != date || begun != date.AddDays(2) {
		t.Errorf("done %s, begun %s, %v", done, begun, err)
	}
	if done, begun, err = st.DailyDates(t.Context(), "never"); err != nil || !done.IsZero() || !begun.IsZero() {
		t.Errorf("done %s, begun %s, %v", done, begun, err)
	}
}

func TestOneHolderOfTheDailyLock(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	lock, err := st.TryDailyLock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.TryDailyLock(t.Context()); err != store.ErrLocked {
		t.Errorf("a second holder: %v", err)
	}
	if err := lock.Keep(t.Context()); err != nil {
		t.Error(err)
	}
	lock.Release()
	again, err := st.TryDailyLock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	st.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err := again.Keep(t.Context()); err == nil {
		t.Error("the lock was lost, and nobody was told")
	}
	again.Release()
}

// seededAt is seeded under a clock that the test moves.
func seededAt(t *testing.T, clk clock.Clock) *store.Store {
	t.Helper()
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	return st
}

func TestBatchesOfAStepWaitForEachOther(t *testing.T) {
	st := seededAt(t, clock.NewManual(testkit.Noon()))
	date := clock.DateOf(testkit.Noon())
	write(t, st, func(ctx context.Context, tx *store.Tx) error { // the step has begun before
		_, err := tx.LockDailyStep(ctx, "past_due", date)
		return err
	})
	second := make(chan int64, 1)
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		s, err := tx.LockDailyStep(ctx, "past_due", date)
		if err != nil {
			return err
		}
		go func() {
			_ = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				s, err := tx.LockDailyStep(ctx, "past_due", date)
				if err == nil { // under SERIALIZABLE it is run again instead of going on behind a row that has changed
					second <- s.Loans
				}
				return err
			})
		}()
		select {
		case <-second:
			t.Error("two batches hold one step")
		case <-time.After(200 * time.Millisecond):
		}
		s.Loans = 41
		return tx.SaveDailyStep(ctx, s)
	})
	if got := <-second; got != 41 {
		t.Errorf("the second batch goes on behind %d loans, the first did 41", got)
	}
}

func TestALoanFallsOverdueThoughItsPenaltyIsCharged(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := seededAt(t, clk)
	l := paidOut(t, st, 1)
	late := l.DueDate().AddDays(1)
	clk.Set(late.Start())
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		l.Charged.Penalty, l.PenaltyThrough = 4711, late
		return tx.UpdateLoan(ctx, lending.Active, l, "system")
	})
	if done, _ := charge(t, st, "past_due", late, 10); done != (store.PastDue{Overdue: 1}) {
		t.Errorf("%+v", done)
	}
	got, err := st.Loan(t.Context(), l.ID)
	if err != nil || got.State != lending.Overdue || got.Charged.Penalty != 4711 || got.PenaltyThrough != late {
		t.Errorf("%+v, %v", got.Loan, err)
	}
}
