package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// fill gives every field a value of its own, so that two mixed-up columns cannot go unseen.
func fill(v reflect.Value, n *int64) {
	*n++
	switch target := v.Addr().Interface().(type) {
	case *time.Time:
		*target = time.Date(2025, 1, 1, 0, int(*n), 0, 123000, time.UTC)
		return
	case *clock.Date:
		*target = clock.NewDate(2025, 1, int(*n))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(*n)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
	default:
		panic("no value for " + v.Type().String())
	}
}

func zeroFields(v reflect.Value, path string) (empty []string) {
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() && v.Type() != reflect.TypeFor[clock.Date]() {
		for i := range v.NumField() {
			empty = append(empty, zeroFields(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
		return empty
	}
	if v.IsZero() {
		return []string{path}
	}
	return nil
}

// Every field of a loan comes back from the database as it went in: what an application sets by AddLoan, the rest by UpdateLoan.
func TestLoanRowKeepsEveryField(t *testing.T) {
	l := newLender(t)
	var want store.Loan
	n := int64(100)
	fill(reflect.ValueOf(&want).Elem(), &n)
	fixed := l.application()
	want.Brand, want.BorrowerID, want.BankAccountID, want.HeadImage = fixed.Brand, fixed.BorrowerID, fixed.BankAccountID, fixed.HeadImage
	want.ProductID, want.ProductVersion = 302, 1
	want.State, want.RiskStatus = lending.Submitted, -1
	want.Charged = money.Components{Principal: 10_001, ServiceFee: 10_002, Interest: 10_003, Penalty: 10_004} // never below what is paid
	want.Conditions.GraceMode, want.Conditions.Allocation = lending.GraceClawback, money.Order{money.Principal, money.Interest, money.Penalty, money.ServiceFee}
	// A price that no product explains, as the sample's row 150333: due is below principal plus charges.
	want.Terms = lending.Terms{Principal: 3_000_000, Disbursed: 2_900_000, UpfrontFee: 100_000, ServiceFee: 70_000, Interest: 30_000, SuffixFee: 100_000,
		Due: 2_950_000, TermDays: 14}
	l.must(func(ctx context.Context, tx *store.Tx) error {
		coupon, err := tx.GrantCoupon(ctx, store.Coupon{Brand: want.Brand, BorrowerID: want.BorrowerID, Amount: 1, GrantedBy: "system", ExpiresAt: tx.Now()})
		if err != nil {
			return err
		}
		want.CouponID = coupon.ID
		want, err = tx.AddLoan(ctx, want)
		return err
	})
	if empty := zeroFields(reflect.ValueOf(want), "Loan"); len(empty) > 0 {
		t.Fatalf("the test leaves %v empty", empty)
	}
	check := func(what string) {
		t.Helper()
		got, err := l.st.Loan(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	check("added")

	// Everything that an event may change, changed.
	before := want
	l.clk.Advance(time.Hour)
	n = 200
	fill(reflect.ValueOf(&want.Balances).Elem(), &n)
	want.Charged = money.Components{Principal: 20_001, ServiceFee: 20_002, Interest: 20_003, Penalty: 20_004}
	for _, field := range []any{&want.DisbursedAt, &want.DueAt, &want.FirstDueAt, &want.LastPaidAt, &want.ClosedAt, &want.Extensions, &want.PenaltyThrough,
		&want.AnchorDate, &want.AnchorPenalty, &want.RiskReason, &want.RiskDetail, &want.RiskAt, &want.ReviewerID, &want.ReviewReason, &want.ReviewedAt,
		&want.PayerID, &want.ApprovedAt} {
		fill(reflect.ValueOf(field).Elem(), &n)
	}
	want.State, want.RiskStatus = lending.InReview, 2
	l.must(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, before.State, want, "system") })
	want.UpdatedAt = l.clk.Now()
	check("updated")

	// And emptied again: an absent instant is NULL, not a date in the year 1.
	want.Balances, want.PenaltyThrough, want.AnchorDate, want.AnchorPenalty = money.Balances{}, clock.Date{}, clock.Date{}, 0
	want.DisbursedAt, want.DueAt, want.FirstDueAt, want.LastPaidAt, want.ClosedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	want.RiskAt, want.ReviewedAt, want.ApprovedAt, want.Extensions = time.Time{}, time.Time{}, time.Time{}, 0
	l.must(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, want.State, want, "system") })
	check("emptied")
}

// The due date is the date in Lagos, also in the hour in which it is another day in UTC.
func TestDueDateIsLagosDate(t *testing.T) {
	l := newLender(t)
	loan := l.apply()
	loan.DueAt = time.Date(2026, 3, 17, 23, 30, 0, 0, time.UTC)
	l.must(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, loan.State, loan, "system") })
	if row := strings.Join(l.st.Dump(t, "loans"), ""); !strings.Contains(row, "2026-03-18") {
		t.Errorf("due date of a loan due at 00:30 on 18 March in Lagos: %s", row)
	}
}

func TestSecondOpenLoanIsRefused(t *testing.T) {
	l := newLender(t)
	first := l.apply()
	second := l.application()
	add := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLoan(ctx, second)
		return err
	}
	if err := l.in(add); !store.IsDuplicate(err, "loans_one_open") {
		t.Errorf("a second open loan: %v", err)
	}
	for _, state := range []lending.State{lending.Approved, lending.Disbursing, lending.Active, lending.Overdue} {
		first = l.move(first, state)
		if err := l.in(add); !store.IsDuplicate(err, "loans_one_open") {
			t.Errorf("beside a loan that is %s: %v", state, err)
		}
	}
	l.move(first, lending.SettledLate)
	if err := l.in(add); err != nil {
		t.Errorf("after the first is settled: %v", err)
	}
	open, err := l.st.OpenLoan(t.Context(), l.borrower)
	if err != nil || open.ID == first.ID {
		t.Errorf("the open loan is %d (first %d), %v", open.ID, first.ID, err)
	}
}

// Forty applications at once: one gets through.
func TestOneOpenLoanUnderLoad(t *testing.T) {
	l := newLender(t)
	results := make(chan error, 40)
	var wg sync.WaitGroup
	for range cap(results) {
		wg.Go(func() {
			results <- l.in(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddLoan(ctx, l.application())
				return err
			})
		})
	}
	wg.Wait()
	close(results)
	added := 0
	for err := range results {
		switch {
		case err == nil:
			added++
		case !store.IsDuplicate(err, "loans_one_open"):
			t.Error(err)
		}
	}
	if count, err := l.st.CountLoans(t.Context()); err != nil || count != 1 || added != 1 {
		t.Errorf("%d answers say added, %d loans are there, %v", added, count, err)
	}
}

func TestUpdateLoanComparesAndSets(t *testing.T) {
	l := newLender(t)
	loan := l.apply()
	stale := loan
	loan = l.move(loan, lending.Approved)
	err := l.in(func(ctx context.Context, tx *store.Tx) error {
		stale.State = lending.RejectedRisk
		return tx.UpdateLoan(ctx, lending.Submitted, stale, "system")
	})
	if !errors.Is(err, store.ErrStale) {
		t.Errorf("a write over a newer state: %v", err)
	}
	got, err := l.st.Loan(t.Context(), loan.ID)
	if err != nil || got.State != lending.Approved {
		t.Errorf("the loan is %s, %v", got.State, err)
	}
	events, err := l.st.LoanEvents(t.Context(), loan.ID)
	want := []store.LoanEvent{{To: lending.Submitted, Trigger: "apply", Actor: fmt.Sprintf("borrower:%d", l.borrower), At: l.clk.Now()},
		{From: lending.Submitted, To: lending.Approved, Trigger: "risk_approve", Actor: "system", At: l.clk.Now()}}
	if diff := cmp.Diff(want, events); diff != "" || err != nil {
		t.Errorf("trace %s, %v", diff, err)
	}
}

// placed puts a loan into a state past the state table, as an operator's hand might.
func (l *lender) placed(loan store.Loan, state lending.State) {
	l.st.Exec(l.t, "ALTER TABLE loans DISABLE TRIGGER loans_transition")
	l.st.Exec(l.t, "UPDATE loans SET status = ? WHERE id = ?", int(state), loan.ID)
	l.st.Exec(l.t, "ALTER TABLE loans ENABLE TRIGGER loans_transition")
}

// Every move that is not in the state table is refused by the database, past the program; every move that is in it is let through.
func TestTheDatabaseWritesTheTablesMovesOnly(t *testing.T) {
	l := newLender(t)
	loan := l.apply()
	for _, from := range lending.States() {
		for _, to := range lending.States() {
			l.placed(loan, from.State)
			allowed := from.State == to.State || lending.CanTransition(from.State, to.State)
			err := l.st.TryExec(t.Context(), fmt.Sprintf("UPDATE loans SET status = %d WHERE id = %d", to.State, loan.ID))
			if (err == nil) != allowed {
				t.Errorf("%s to %s by SQL: %v", from.Name, to.Name, err)
			}
		}
	}
	if err := l.st.TryExec(t.Context(), fmt.Sprintf("INSERT INTO loans SELECT (jsonb_populate_record(l, '{\"id\": 1, \"indent_no\": \"X\", \"status\": 5}')).* FROM loans l WHERE id = %d", loan.ID)); err == nil ||
		!strings.Contains(err.Error(), "begins as submitted") {
		t.Errorf("a loan that begins as active: %v", err)
	}
}

// The program writes the table's moves with their triggers into the trace; every other move is STATE_CONFLICT and changes nothing.
func TestTheProgramWritesTheTablesMovesOnly(t *testing.T) {
	l := newLender(t)
	loan := l.apply()
	for _, from := range lending.States() {
		for _, to := range lending.States() {
			if from.State == to.State {
				continue
			}
			l.placed(loan, from.State)
			before, err := l.st.LoanEvents(t.Context(), loan.ID)
			if err != nil {
				t.Fatal(err)
			}
			moved := loan
			moved.State = to.State
			refused := l.in(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, from.State, moved, "system") })
			events, err := l.st.LoanEvents(t.Context(), loan.ID)
			if err != nil {
				t.Fatal(err)
			}
			now, err := l.st.Loan(t.Context(), loan.ID)
			if err != nil {
				t.Fatal(err)
			}
			row, allowed := lending.FindTransition(from.State, to.State)
			switch {
			case allowed && (refused != nil || now.State != to.State || len(events) != len(before)+1 || events[len(before)].Trigger != string(row.Trigger)):
				t.Errorf("%s to %s: %v, the loan is %s, the trace %+v", from.Name, to.Name, refused, now.State, events[len(before):])
			case !allowed && (!errors.Is(refused, &lending.RuleError{Reason: lending.ReasonStateConflict}) || now.State != from.State || len(events) != len(before)):
				t.Errorf("%s to %s: %v, the loan is %s, the trace %+v", from.Name, to.Name, refused, now.State, events[len(before):])
			}
		}
	}
}

// The database's table of states and moves, and its index of open loans, are the code's.
func TestTheDatabasesStateTableIsTheCodes(t *testing.T) {
	l := newLender(t)
	var states, moves, open []string
	for _, s := range lending.States() {
		states = append(states, fmt.Sprintf("%d %s %v", s.State, s.Name, s.State.Open()))
		if s.State.Open() {
			open = append(open, strconv.Itoa(int(s.State)))
		}
	}
	for _, m := range lending.Transitions() {
		moves = append(moves, fmt.Sprintf("%d %d %s", m.From, m.To, m.Trigger))
	}
	slices.Sort(states)
	slices.Sort(moves)
	if diff := cmp.Diff(states, l.st.Texts(t, `SELECT concat_ws(' ', code, name, CASE WHEN is_open THEN 'true' ELSE 'false' END) COLLATE "C" AS line FROM loan_states ORDER BY line`)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(moves, l.st.Texts(t, `SELECT concat_ws(' ', from_code, to_code, trigger) COLLATE "C" AS line FROM loan_transitions ORDER BY line`)); diff != "" {
		t.Error(diff)
	}
	slices.Sort(open)
	index := l.st.Texts(t, `SELECT n[1] FROM regexp_matches((SELECT pg_get_indexdef('loans_one_open'::regclass)), '[ \[(''](\d+)', 'g') AS n ORDER BY n[1] COLLATE "C"`)
	if diff := cmp.Diff(open, index); diff != "" {
		t.Errorf("loans_one_open: %s", diff)
	}
}

func TestLoansPage(t *testing.T) {
	l := newLender(t)
	var ids []int64
	for range 5 {
		loan := l.move(l.apply(), lending.RejectedRisk)
		ids = append([]int64{loan.ID}, ids...)
	}
	other, account := l.newBorrower("+2347000000004")
	mine, mineAccount := l.borrower, l.account
	l.borrower, l.account = other, account
	foreign := l.apply()
	l.borrower, l.account = mine, mineAccount
	for page, want := range map[int][]int64{1: ids[:2], 2: ids[2:4], 3: ids[4:], 4: nil} {
		got, err := l.st.LoansPage(t.Context(), l.borrower, page, 2)
		if err != nil || got.Total != 5 {
			t.Errorf("page %d: total %d, %v", page, got.Total, err)
		}
		var found []int64
		for _, loan := range got.Loans {
			found = append(found, loan.ID)
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("page %d: %s", page, diff)
		}
	}
	if _, err := l.st.LoanOf(t.Context(), l.borrower, foreign.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another borrower's loan: %v", err)
	}
}
