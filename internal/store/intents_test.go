package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// accountFor adds a bank account of a borrower.
func accountFor(t *testing.T, st *store.Store, who int64, number string) int64 {
	t.Helper()
	var id int64
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: who, BankCode: "058", BankName: "GT Bank", AccountNo: number, AccountName: "ADA BORROWER"})
		return err
	})
	return id
}

func addIntent(st *store.Store, in store.Intent) (store.Intent, error) {
	err := st.InTx(context.Background(), func(ctx context.Context, tx *store.Tx) (err error) {
		in, err = tx.AddIntent(ctx, in)
		return err
	})
	return in, err
}

func bindingIntent(who, account int64, reference string) store.Intent {
	return store.Intent{Brand: brand, BorrowerID: who, Kind: store.IntentBinding, BankAccountID: account, Reference: reference, Amount: 5_000,
		NextCheckAt: testkit.Noon().Add(time.Minute), ExpiresAt: testkit.Noon().Add(time.Hour)}
}

func TestIntentsMoveAsAllowedOnly(t *testing.T) {
	st := seeded(t)
	who := borrower(t, st, "+2347000000003")
	unsettled := map[store.IntentState]bool{0: true, 1: true, 4: true, 5: true}
	allowed := map[store.IntentState]string{0: "123456", 1: "23456", 3: "26", 4: "236", 5: "2346"}
	for from := store.IntentCreated; from <= store.IntentQuarantined; from++ {
		for to := store.IntentCreated; to <= store.IntentQuarantined; to++ {
			if from == to {
				continue
			}
			account := accountFor(t, st, who, fmt.Sprintf("00000%d%d000", from, to))
			begin := bindingIntent(who, account, fmt.Sprintf("cpb-from-%d-to-%d-000", from, to))
			begin.State = from
			in, err := addIntent(st, begin)
			if err != nil {
				t.Fatal(err)
			}
			in.State = to
			err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.MoveIntent(ctx, from, in) })
			want := false
			for _, c := range allowed[from] {
				want = want || int(c-'0') == int(to)
			}
			now, readErr := st.Intent(t.Context(), in.Reference)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if (err == nil) != want || (now.State == to) != want {
				t.Errorf("%d to %d: %v, now %d; allowed %v", from, to, err, now.State, want)
			}
			if want && !unsettled[to] && (now.ConcludedAt.IsZero() || !now.NextCheckAt.IsZero()) {
				t.Errorf("%d to %d is an end: %+v", from, to, now)
			}
			if now.State.Unsettled() != unsettled[now.State] {
				t.Errorf("state %d", now.State)
			}
		}
	}
}

func TestAnIntentThatMovedMeanwhileIsStale(t *testing.T) {
	st := seeded(t)
	who := borrower(t, st, "+2347000000003")
	in, err := addIntent(st, bindingIntent(who, accountFor(t, st, who, "0000003019"), "cpb-0000000000000001"))
	if err != nil {
		t.Fatal(err)
	}
	in.State, in.AuthorizationURL = store.IntentOpen, "https://pay.example/1"
	write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.MoveIntent(ctx, store.IntentCreated, in) })
	in.State = store.IntentFailed
	err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.MoveIntent(ctx, store.IntentCreated, in) })
	if !errors.Is(err, store.ErrStale) {
		t.Errorf("%v", err)
	}
	got, err := st.IntentOf(t.Context(), who, in.Reference)
	if err != nil || got.State != store.IntentOpen || got.AuthorizationURL != in.AuthorizationURL || got.ID != in.ID || got.Amount != 5_000 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := st.IntentOf(t.Context(), who+1, in.Reference); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
}

func TestOneOpenBindingAnAccount(t *testing.T) {
	st := seeded(t)
	who := borrower(t, st, "+2347000000003")
	account := accountFor(t, st, who, "0000003019")
	first, err := addIntent(st, bindingIntent(who, account, "cpb-0000000000000001"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := addIntent(st, bindingIntent(who, account, "cpb-0000000000000002")); !store.IsDuplicate(err, "payment_intents_one_binding") {
		t.Errorf("a second one: %v", err)
	}
	if _, err := addIntent(st, bindingIntent(who, accountFor(t, st, who, "0000003026"), first.Reference)); !store.IsDuplicate(err, "payment_intents_reference_key") {
		t.Errorf("a used reference: %v", err)
	}
	first.State = store.IntentSuperseded
	write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.MoveIntent(ctx, store.IntentCreated, first) })
	second, err := addIntent(st, bindingIntent(who, account, "cpb-0000000000000002"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := st.OpenBinding(t.Context(), account); err != nil || got.ID != second.ID {
		t.Errorf("%+v, %v", got, err)
	}
	due := func(after time.Duration, kinds ...store.IntentKind) int {
		t.Helper()
		list, err := st.IntentsToCheck(t.Context(), testkit.Noon().Add(after), 10, kinds...)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if due(0) != 0 || due(time.Minute) != 2 || due(time.Minute, store.IntentBinding) != 2 || due(time.Hour, store.IntentCheckout, store.IntentCardCharge) != 0 {
		t.Error("what is due to be asked about")
	}
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeferIntent(ctx, first.ID, testkit.Noon().Add(time.Hour))
	})
	if got, err := st.IntentByID(t.Context(), first.ID); err != nil || got.Checks != 1 || due(time.Minute) != 1 || due(time.Hour) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefundsMoveAsAllowedOnly(t *testing.T) {
	st := seeded(t)
	who := borrower(t, st, "+2347000000003")
	allowed := map[store.RefundState]string{0: "1234", 1: "234", 4: "123"}
	n := 0
	for from := store.RefundCreated; from <= store.RefundAttention; from++ {
		for to := store.RefundCreated; to <= store.RefundAttention; to++ {
			if from == to {
				continue
			}
			n++
			paid := bindingIntent(who, accountFor(t, st, who, fmt.Sprintf("00000030%02d", n)), fmt.Sprintf("cpb-00000000000000%02d", n))
			paid.State = store.IntentPaid
			in, err := addIntent(st, paid)
			if err != nil {
				t.Fatal(err)
			}
			f := store.Refund{BorrowerID: who, IntentID: in.ID, Purpose: store.RefundBinding, Amount: 5_000, State: from, NextCheckAt: testkit.Noon()}
			write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
				f, err = tx.AddRefund(ctx, f)
				return err
			})
			f.State, f.GatewayRef = to, "77"
			err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.MoveRefund(ctx, from, f) })
			want := false
			for _, c := range allowed[from] {
				want = want || int(c-'0') == int(to)
			}
			now, readErr := st.RefundOfIntent(t.Context(), in.ID, store.RefundBinding)
			if readErr != nil || (err == nil) != want || (now.State == to) != want || (now.GatewayRef == "77") != want {
				t.Errorf("%d to %d: %v, now %+v, %v; allowed %v", from, to, err, now, readErr, want)
			}
			again := store.Refund{BorrowerID: who, IntentID: in.ID, Purpose: store.RefundBinding, Amount: 1}
			err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddRefund(ctx, again)
				return err
			})
			if !store.IsDuplicate(err, "refunds_one_per_purpose") {
				t.Errorf("a second refund: %v", err)
			}
		}
	}
	list, err := st.RefundsToCheck(t.Context(), testkit.Noon(), 100)
	for _, f := range list {
		if f.State == store.RefundDone || f.State == store.RefundFailed {
			t.Errorf("%+v is over", f)
		}
	}
	if err != nil || len(list) == 0 {
		t.Errorf("%d refunds due, %v", len(list), err)
	}
}
