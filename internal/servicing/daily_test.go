package servicing_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

func TestDailyRunIsTheRules(t *testing.T) {
	w := newDailyWorld(t, "", 1, 200)
	before := w.books(t).Loans
	var last clock.Date
	var overdue, charged int
	for round, days := range []int{1, 2, 3, 8, 30, 31, 75} {
		through := w.at(days)
		dates := []clock.Date{through}
		if !last.IsZero() {
			dates = dates[:0]
			for d := last.AddDays(1); !d.After(through); d = d.AddDays(1) {
				dates = append(dates, d)
			}
		}
		last = through
		want := byTheRules(before, dates...)
		report := w.run(t, through, servicing.DailyConfig{Batch: 61})
		got := w.books(t).Loans
		var penalty money.Kobo
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("loan %d on %s:\ngot  %+v\nwant %+v", i, through, got[i], want[i])
			}
			penalty += got[i].Charged.Penalty - before[i].Charged.Penalty
			// Whatever the run wrote, and whatever it left alone: the figures of the day are the rules'.
			reference, _ := lending.RunDay(before[i], through)
			if a, b := lending.PositionAt(got[i], w.clk.Now()), lending.PositionAt(reference, w.clk.Now()); a != b {
				t.Fatalf("loan %d on %s: position %+v, by the rules %+v", i, through, a, b)
			}
			if before[i].State == lending.Active && got[i].State == lending.Overdue {
				overdue++
			}
			if before[i].Charged.Penalty != got[i].Charged.Penalty {
				charged++
			}
		}
		if report.Dates != len(dates) || report.Penalty != penalty {
			t.Errorf("the report of %s says %+v; %d dates, %d kobo", through, report, len(dates), penalty)
		}
		// Life goes on between the runs, some of it before the next one has seen the day.
		w.at(days + 1 + round%2)
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, id := range w.loans {
				if i%5 != round%5 {
					continue
				}
				l, err := tx.LockLoan(ctx, id)
				if err != nil {
					return err
				}
				if err := w.randomEvent(ctx, tx, &l, fmt.Sprintf("round-%d", round), tx.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		before = w.books(t).Loans
	}
	if overdue < 30 || charged < 200 {
		t.Errorf("only %d loans became overdue and %d were charged: the test shows little", overdue, charged)
	}
	w.audit(t)
}

func TestDailyRunAfterAGapIsARunOnEachDay(t *testing.T) {
	const days = 12
	daily, gap := newDailyWorld(t, "", 2, 80), newDailyWorld(t, "", 2, 80)
	first := daily.at(0)
	daily.run(t, first, servicing.DailyConfig{})
	gap.at(0)
	gap.run(t, first, servicing.DailyConfig{})
	sameBooks(t, gap.books(t), daily.books(t))
	for day := 1; day <= days; day++ {
		daily.run(t, daily.at(day), servicing.DailyConfig{})
		// In the one deployment the run stands still for days, but the borrowers do not.
		for _, w := range []*dailyWorld{daily, gap} {
			w.at(day)
			w.write(t, func(ctx context.Context, tx *store.Tx) error {
				for i, id := range w.loans {
					if i%11 != day%11 {
						continue
					}
					l, err := tx.LockLoan(ctx, id)
					if err != nil {
						return err
					}
					if err := w.payHalf(ctx, tx, &l, fmt.Sprintf("day-%d", day)); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	last := gap.at(days)
	if report := gap.run(t, last, servicing.DailyConfig{}); report.Dates != days || report.Charged == 0 {
		t.Errorf("after the gap %+v", report)
	}
	sameBooks(t, gap.books(t), daily.books(t))
	daily.audit(t)
	gap.audit(t)
}

// payHalf pays half of what a loan owes today.
func (w *dailyWorld) payHalf(ctx context.Context, tx *store.Tx, l *store.Loan, reference string) error {
	owed := lending.PositionAt(l.Loan, tx.Now()).Remaining
	if !l.State.Owing() || owed < 2 {
		return nil
	}
	seen := l.State
	e, err := lending.ApplyPayment(l.Loan, owed/2, tx.Now(), tx.Now())
	if err != nil {
		return err
	}
	batches, err := ledger.Book(w.ref(*l, tx.Now()), reference, ledger.FromGateway, e.Movement)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return err
	}
	l.Loan = e.Loan
	return tx.UpdateLoan(ctx, seen, *l, "gateway")
}

func TestDailyRunTwiceChangesNothing(t *testing.T) {
	w := newDailyWorld(t, "", 3, 60)
	date := w.at(1)
	if report := w.run(t, date, servicing.DailyConfig{}); report.Charged == 0 || report.Overdue == 0 || report.Dates != 1 {
		t.Fatalf("the first run did %+v", report)
	}
	once := w.books(t)
	for _, again := range []clock.Date{date, date.AddDays(-1), date} {
		if report := w.run(t, again, servicing.DailyConfig{}); report != (servicing.DailyReport{}) {
			t.Errorf("the run of %s after that of %s did %+v", again, date, report)
		}
	}
	sameBooks(t, w.books(t), once)
	if _, err := w.RunDaily(t.Context(), date.AddDays(1), servicing.DailyConfig{}, nil); !fault.Has(err, catalog.ValidationFailed) {
		t.Errorf("a run of tomorrow: %v", err)
	}
	sameBooks(t, w.books(t), once)
	w.audit(t)
}

func TestDailyRunsAtOnceAndPaymentsMeanwhile(t *testing.T) {
	w := newDailyWorld(t, "", 4, 150)
	date := w.at(2)
	var group sync.WaitGroup
	var mu sync.Mutex
	busy, ran := 0, 0
	for range 4 {
		group.Go(func() {
			report, err := w.RunDaily(t.Context(), date, servicing.DailyConfig{Batch: 5}, nil)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, servicing.ErrDailyRunning):
				busy++
			case err != nil:
				t.Error(err)
			case report.Dates > 0:
				ran++
			}
		})
	}
	for worker := range 3 {
		group.Go(func() {
			for i := worker; i < len(w.loans); i += 3 {
				err := w.st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					seen, err := tx.Loan(ctx, w.loans[i])
					if err != nil {
						return err
					}
					if i%2 == 0 { // some operations hold the borrower first, as the lock order says
						if err := tx.LockBorrower(ctx, seen.BorrowerID); err != nil {
							return err
						}
					}
					l, err := tx.LockLoan(ctx, seen.ID)
					if err != nil {
						return err
					}
					return w.payHalf(ctx, tx, &l, "meanwhile")
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if ran != 1 || ran+busy > 4 {
		t.Errorf("%d of 4 worked the run, %d were turned away", ran, busy)
	}
	for i, l := range w.books(t).Loans {
		if again, added := lending.RunDay(l, date); added != 0 || again.State != l.State {
			t.Errorf("loan %d: the run left %d kobo and the state %s", i, added, l.State)
		}
	}
	w.audit(t)
}

func TestDailyRunWritesTheTraceAndTheBuckets(t *testing.T) {
	w := newDailyWorld(t, "", 5, 80)
	before := w.books(t).Loans
	date := w.at(3)
	report := w.run(t, date, servicing.DailyConfig{Batch: 9})
	var fell int64
	for i, id := range w.loans {
		if before[i].State != lending.Active || !date.After(before[i].DueDate()) {
			continue
		}
		fell++
		events, err := w.st.LoanEvents(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		want := store.LoanEvent{From: lending.Active, To: lending.Overdue, Trigger: "fall_overdue", Actor: "system", At: w.clk.Now()}
		if got := events[len(events)-1]; got.From != want.From || got.To != want.To || got.Trigger != want.Trigger || got.Actor != want.Actor || !got.At.Equal(want.At) {
			t.Errorf("loan %d: the last event is %+v", i, got)
		}
	}
	if fell == 0 || report.Overdue != fell {
		t.Errorf("%d loans fell overdue, the report says %d", fell, report.Overdue)
	}
	totals, err := w.st.Delinquency(t.Context(), w.clk.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := map[lending.Bucket]store.BucketTotal{}
	for _, l := range w.books(t).Loans {
		if p := lending.PositionAt(l, w.clk.Now()); l.State.Owing() {
			total := want[p.Bucket]
			want[p.Bucket] = store.BucketTotal{Bucket: p.Bucket, Loans: total.Loans + 1, Owed: total.Owed + p.Remaining}
		}
	}
	if len(totals) != len(lending.Buckets()) || len(want) < 4 {
		t.Errorf("%d buckets, %d of them filled", len(totals), len(want))
	}
	for _, total := range totals {
		if w := want[total.Bucket]; total.Loans != w.Loans || total.Owed != w.Owed {
			t.Errorf("bucket %s holds %d loans and %d kobo, by the rules %d and %d", total.Bucket, total.Loans, total.Owed, w.Loans, w.Owed)
		}
	}
}

func TestDailyRunWaitsForAPaymentUnderWay(t *testing.T) {
	w := newDailyWorld(t, "", 14, 0)
	l := w.plainLoan(t, 1)
	date := w.at(l.DueDate().Sub(clock.DateOf(dailyBegin())) + 5)
	ran := make(chan error, 1)
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil {
			return err
		}
		if err := w.payHalf(ctx, tx, &locked, "under-way"); err != nil {
			return err
		}
		go func() {
			_, err := w.RunDaily(t.Context(), date, servicing.DailyConfig{}, nil)
			ran <- err
		}()
		select {
		case err := <-ran:
			t.Errorf("the run did not wait: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	})
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	paid := w.books(t).Loans[0]
	if again, added := lending.RunDay(paid, date); added != 0 || again.State != paid.State || paid.Paid.Total() == 0 {
		t.Errorf("after the payment and the run %+v", paid)
	}
	w.audit(t)
}
