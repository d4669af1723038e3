package servicing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// plainLoan adds one loan of 7 days, paid out on the day of the beginning, and returns it with its borrower.
func (w *dailyWorld) plainLoan(t *testing.T, number int) store.Loan {
	t.Helper()
	var l store.Loan
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		product := lending.DemoProducts()[0]
		terms, err := product.Price()
		if err != nil {
			return err
		}
		if l, err = w.apply(ctx, tx, number, terms, product.Conditions); err != nil {
			return err
		}
		w.loans = append(w.loans, l.ID)
		return w.disburse(ctx, tx, &l, dailyBegin())
	})
	return l
}

// inbox is a borrower's messages, oldest first, by title.
func (w *dailyWorld) inbox(t *testing.T, borrower int64) []store.Message {
	t.Helper()
	list, _, err := w.st.Messages(t.Context(), borrower, 0, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func TestRemindersComeOnTheirDays(t *testing.T) {
	w := newDailyWorld(t, "", 10, 0)
	l := w.plainLoan(t, 1)
	due := l.DueDate().Sub(clock.DateOf(dailyBegin()))
	var days []int
	for day := range due + 40 {
		seen := len(w.inbox(t, l.BorrowerID))
		through := w.at(day)
		w.run(t, through, servicing.DailyConfig{})
		w.run(t, through, servicing.DailyConfig{})
		fresh := w.inbox(t, l.BorrowerID)[seen:]
		if len(fresh) > 1 {
			t.Fatalf("%d messages on day %d", len(fresh), day-due)
		}
		for _, m := range fresh {
			days = append(days, day-due)
			now, err := w.st.Loan(t.Context(), l.ID)
			if err != nil {
				t.Fatal(err)
			}
			owed := lending.PositionAt(now.Loan, w.clk.Now()).Remaining.String()
			if !strings.Contains(m.Content, owed) || !strings.Contains(m.Content, l.DueDate().String()) {
				t.Errorf("day %d: %q names neither %s nor %s", day-due, m.Content, owed, l.DueDate())
			}
			if late := strings.Contains(m.Title, "overdue"); late != (day > due) {
				t.Errorf("day %d: %q", day-due, m.Title)
			}
		}
	}
	if want := []int{-3, -1, 0, 1, 3, 7, 15, 30}; !slices.Equal(days, want) {
		t.Errorf("reminded on days %v of the due date, want %v", days, want)
	}
	w.audit(t)
}

func TestRemindersAfterAGapAndAnExtension(t *testing.T) {
	w := newDailyWorld(t, "", 11, 0)
	l := w.plainLoan(t, 1)
	due := l.DueDate().Sub(clock.DateOf(dailyBegin()))
	w.run(t, w.at(due-10), servicing.DailyConfig{})
	// Nobody is told on one day what belonged to four others.
	if report := w.run(t, w.at(due+1), servicing.DailyConfig{}); report.Reminded != 1 || report.Dates != 11 {
		t.Errorf("after the gap: %+v", report)
	}
	if got := w.inbox(t, l.BorrowerID); len(got) != 1 || !strings.Contains(got[0].Title, "overdue") {
		t.Errorf("the messages are %+v", got)
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil {
			return err
		}
		return w.randomExtension(ctx, tx, &locked)
	})
	extended, err := w.st.Loan(t.Context(), l.ID)
	if err != nil {
		t.Fatal(err)
	}
	day := extended.DueDate().Sub(clock.DateOf(dailyBegin())) + 1
	if report := w.run(t, w.at(day), servicing.DailyConfig{}); report.Reminded != 1 || report.Overdue != 1 {
		t.Errorf("one day after the new due date: %+v", report)
	}
	w.audit(t)
}

func (w *dailyWorld) randomExtension(ctx context.Context, tx *store.Tx, l *store.Loan) error {
	seen := l.State
	e, err := lending.Extend(l.Loan, tx.Now())
	if err != nil {
		return err
	}
	l.Loan = e.Loan
	return tx.UpdateLoan(ctx, seen, *l, "system")
}

func TestApprovalsLapse(t *testing.T) {
	w := newDailyWorld(t, "", 12, 0)
	approve := func(number int, at time.Time, payout bool) store.Loan {
		t.Helper()
		w.clk.Set(at)
		var l store.Loan
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			product := lending.DemoProducts()[1]
			terms, err := product.Price()
			if err != nil {
				return err
			}
			if l, err = w.apply(ctx, tx, number, terms, product.Conditions); err != nil {
				return err
			}
			if err := w.move(ctx, tx, &l, lending.Approved); err != nil || !payout {
				return err
			}
			_, err = tx.AddPayout(ctx, store.Payout{LoanID: l.ID, Attempt: 1, Reference: fmt.Sprintf("po-%d-under-way", l.ID), Amount: terms.Disbursed,
				BankAccountID: l.BankAccountID, RecipientCode: "RCP_x"})
			return err
		})
		return l
	}
	day := clock.DateOf(dailyBegin())
	early := approve(1, day.Start(), false)
	late := approve(2, day.AddDays(1).Start().Add(-time.Second), false)
	next := approve(3, day.AddDays(1).Start(), false)
	sending := approve(4, day.Start(), true)
	state := func(l store.Loan) lending.State {
		t.Helper()
		now, err := w.st.Loan(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.State
	}
	if report := w.run(t, w.at(3), servicing.DailyConfig{ApprovalLife: 3}); report.Expired != 0 {
		t.Errorf("three days after their day: %+v", report)
	}
	if report := w.run(t, w.at(4), servicing.DailyConfig{ApprovalLife: 3, Batch: 1}); report.Expired != 2 {
		t.Errorf("four days after their day: %+v", report)
	}
	if state(early) != lending.Expired || state(late) != lending.Expired || state(next) != lending.Approved || state(sending) != lending.Approved {
		t.Errorf("they are %s, %s, %s and %s", state(early), state(late), state(next), state(sending))
	}
	if got := w.inbox(t, early.BorrowerID); len(got) != 1 || !strings.Contains(got[0].Content, early.Terms.Principal.String()) {
		t.Errorf("the borrower was told %+v", got)
	}
	events, err := w.st.LoanEvents(t.Context(), early.ID)
	if err != nil {
		t.Fatal(err)
	}
	if e := events[len(events)-1]; e.From != lending.Approved || e.To != lending.Expired || e.Trigger != "approval_expire" || e.Actor != "system" {
		t.Errorf("the last event is %+v", e)
	}
	if _, err := w.st.OpenLoan(t.Context(), early.BorrowerID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the way is not free for another application: %v", err)
	}
	// After missed days the rest lapses just as well.
	if report := w.run(t, w.at(20), servicing.DailyConfig{ApprovalLife: 3}); report.Expired != 1 {
		t.Errorf("much later: %+v", report)
	}
	w.audit(t)
}

func TestSweepsRunOnceADay(t *testing.T) {
	w := newDailyWorld(t, "", 13, 0)
	var ran []string
	broken := errors.New("the disk is full")
	fails := 2
	config := servicing.DailyConfig{Sweeps: []servicing.DailySweep{
		{Name: "first", Run: func(_ context.Context, date clock.Date) error {
			if fails--; fails >= 0 {
				return broken
			}
			ran = append(ran, "first "+date.String())
			return nil
		}},
		{Name: "second", Run: func(_ context.Context, date clock.Date) error {
			ran = append(ran, "second "+date.String())
			return nil
		}},
	}}
	date := w.at(1)
	for range 2 {
		if _, err := w.RunDaily(t.Context(), date, config, nil); !errors.Is(err, broken) {
			t.Errorf("a failing sweep: %v", err)
		}
	}
	for range 2 {
		w.run(t, date, config)
	}
	w.run(t, w.at(4), config)
	want := []string{"second 2026-03-11", "first 2026-03-11", "first 2026-03-14", "second 2026-03-14"}
	if !slices.Equal(ran, want) {
		t.Errorf("the sweeps ran as %v, want %v", ran, want)
	}
	w.audit(t)
}
