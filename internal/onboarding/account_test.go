package onboarding_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
)

func TestAnAccountInTheBorrowersName(t *testing.T) {
	w := newWorld(t)
	who := w.known(t)
	ctx := t.Context()
	saved, err := w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: account})
	a := saved.Value
	if err != nil || saved.Replayed || !a.Default || a.AccountName != "BORROWER ADA" || a.NameScoreBps != 10_000 || a.AccountNo != account || a.BankName == "" {
		t.Fatalf("%+v, %v", saved, err)
	}
	got, err := w.Account(ctx, who, 0)
	if err != nil || got != a {
		t.Errorf("the default is %+v, %v; want %+v", got, err, a)
	}
	if m := w.messages(t, who); len(m) != 1 || !strings.Contains(m[0], "******3019") || strings.Contains(m[0], account) {
		t.Errorf("messages: %q", m)
	}
	other := w.register(t, mobileOf(1))
	_, err = w.Account(ctx, other, a.ID)
	refused(t, "somebody else's", err, catalog.CardNotFound, "")
	_, err = w.Account(ctx, other, 0)
	refused(t, "none", err, catalog.CardNotFound, "")
	if list, err := w.Accounts(ctx, other); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAccountRefusals(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	stranger := w.register(t, mobileOf(1))
	_, err := w.SaveAccount(ctx, stranger, onboarding.NewAccount{BankCode: guaranty, Number: account})
	refused(t, "no profile", err, catalog.ProfileIncomplete, "basic")

	who := w.known(t)
	if err := w.sim.RegisterAccount(simulator.Account{AccountNumber: "0000004026", BankCode: guaranty, AccountName: "CHIDI BORROWER"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, bank, number string
		entry              catalog.Entry
		field              string
	}{
		{"unknown bank", "ZZZ", account, catalog.BankUnknown, "bankNo"},
		{"unknown number with a wrong check digit", guaranty, "1234567800", catalog.AccountNotResolved, "bankAccNo"},
		{"unknown number of a wallet", "999992", "8012345600", catalog.AccountNotResolved, ""},
		{"the family's account", guaranty, "0000004026", catalog.AccountNameMismatch, ""},
	} {
		_, err := w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: c.bank, Number: c.number})
		refused(t, c.name, err, c.entry, c.field)
		if err != nil && strings.Contains(err.Error(), c.number) {
			t.Errorf("%s: the error repeats the number: %v", c.name, err)
		}
	}
	if list, err := w.Accounts(ctx, who); err != nil || len(list) != 0 {
		t.Errorf("something was saved: %+v, %v", list, err)
	}
	for i := range 20 {
		w.save(t, who, fmt.Sprintf("00000040%02d", 30+i))
	}
	_, err = w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: "0000004052"})
	refused(t, "one too many", err, catalog.ValidationFailed, "bankAccNo")
}

func TestARepeatAsksNobody(t *testing.T) {
	w := newWorld(t)
	who := w.known(t)
	ctx := t.Context()
	in := onboarding.NewAccount{BankCode: guaranty, Number: account, Key: "key-of-ada-1"}
	w.inject(t, simulator.Fault{Kind: simulator.FaultErrorBefore, Match: "GET /bank/resolve"})
	_, err := w.SaveAccount(ctx, who, in)
	refused(t, "the bank is away", err, catalog.GatewayUnavailable, "")
	first, err := w.SaveAccount(ctx, who, in)
	if err != nil || first.Replayed {
		t.Fatalf("the same key after a failure: %+v, %v", first, err)
	}
	w.inject(t, simulator.Fault{Kind: simulator.FaultErrorBefore, Times: -1})
	second, err := w.SaveAccount(ctx, who, in)
	if err != nil || !second.Replayed || second.Value != first.Value {
		t.Errorf("the repeat: %+v, %v; want %+v", second, err, first.Value)
	}
	again, err := w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: account})
	if err != nil || again.Replayed || again.Value != first.Value {
		t.Errorf("the same account without a key: %+v, %v", again, err)
	}
	in.Number = "0000004033"
	_, err = w.SaveAccount(ctx, who, in)
	refused(t, "the key for another account", err, catalog.IdempotencyKeyReused, "Idempotency-Key")
	if m := w.messages(t, who); len(m) != 1 {
		t.Errorf("messages: %q", m)
	}
}

func TestManySavesMakeOneAccount(t *testing.T) {
	w := newWorld(t)
	who := w.known(t)
	ids := make([]int64, 12)
	for i, err := range together(len(ids), func(i int) error {
		done, err := w.SaveAccount(t.Context(), who, onboarding.NewAccount{BankCode: guaranty, Number: account, Key: fmt.Sprintf("parallel-%d", i%3)})
		ids[i] = done.Value.ID
		return err
	}) {
		if err != nil || ids[i] != ids[0] {
			t.Errorf("call %d: %d, %v; want %d", i, ids[i], err, ids[0])
		}
	}
	if list, err := w.Accounts(t.Context(), who); err != nil || len(list) != 1 {
		t.Errorf("%d accounts, %v", len(list), err)
	}
}

func TestTheDefaultMovesUnlessMoneyIsOnItsWay(t *testing.T) {
	w := newWorld(t)
	who, first := w.banked(t)
	ctx := t.Context()
	second := w.save(t, who, "0000004033")
	order := func(want ...int64) {
		t.Helper()
		list, err := w.Accounts(ctx, who)
		if err != nil || len(list) != len(want) {
			t.Fatalf("%+v, %v", list, err)
		}
		for i, a := range list {
			if a.ID != want[i] || a.Default != (i == 0) {
				t.Fatalf("account %d of the list: %+v, want %d", i, a, want[i])
			}
		}
	}
	order(first, second)
	done, err := w.SetDefaultAccount(ctx, who, second, "make-second-default", true)
	if err != nil || done.Replayed || !done.Value.Default || done.Value.ID != second {
		t.Fatalf("%+v, %v", done, err)
	}
	order(second, first)
	if _, err := w.SetDefaultAccount(ctx, who, first, "", true); err != nil {
		t.Fatal(err)
	}
	if done, err = w.SetDefaultAccount(ctx, who, second, "make-second-default", true); err != nil || !done.Replayed || done.Value.ID != second {
		t.Errorf("the repeat: %+v, %v", done, err)
	}
	order(first, second) // a repeat changes nothing
	_, err = w.SetDefaultAccount(ctx, who, first, "make-second-default", true)
	refused(t, "the key for another account", err, catalog.IdempotencyKeyReused, "Idempotency-Key")
	_, err = w.SetDefaultAccount(ctx, w.register(t, mobileOf(5)), first, "", true)
	refused(t, "somebody else's", err, catalog.CardNotFound, "")

	loan := w.loan(t, who, first)
	locked := func(state lending.State) {
		t.Helper()
		_, err := w.SetDefaultAccount(ctx, who, second, "", true)
		refused(t, state.String(), err, catalog.AccountChangeLocked, "")
		_, err = w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: "0000004040", Default: true, Confirmed: true})
		refused(t, state.String()+", a new default", err, catalog.AccountChangeLocked, "")
		_, err = w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: "0000004033", Default: true, Confirmed: true})
		refused(t, state.String()+", an old account", err, catalog.AccountChangeLocked, "")
		if _, err := w.SetDefaultAccount(ctx, who, first, "", true); err != nil {
			t.Errorf("%s: what is the default may be said again: %v", state, err)
		}
		order(first, second)
	}
	locked(lending.Submitted)
	for _, to := range []lending.State{lending.Approved, lending.Disbursing} {
		w.move(t, &loan, to)
		locked(to)
	}
	w.move(t, &loan, lending.Active)
	third, err := w.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: guaranty, Number: "0000004040", Default: true, Confirmed: true})
	if err != nil {
		t.Fatal(err)
	}
	order(third.Value.ID, second, first)
}

func TestRecipient(t *testing.T) {
	w := newWorld(t)
	who, id := w.banked(t)
	ctx := t.Context()
	w.inject(t, simulator.Fault{Kind: simulator.FaultCutAfter, Match: "POST /transferrecipient"})
	_, err := w.EnsureRecipient(ctx, who, 0, "recipient-1")
	refused(t, "the answer is lost", err, catalog.GatewayUnavailable, "")
	first, err := w.EnsureRecipient(ctx, who, 0, "recipient-1")
	if err != nil || first.Replayed || !first.Value.Ready || first.Value.AccountID != id || first.Value.At.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	if n := len(w.sim.Recipients()); n != 1 {
		t.Errorf("%d recipients at the gateway", n)
	}
	w.inject(t, simulator.Fault{Kind: simulator.FaultErrorBefore, Times: -1})
	if again, err := w.EnsureRecipient(ctx, who, 0, "recipient-1"); err != nil || !again.Replayed || again.Value != first.Value {
		t.Errorf("the repeat: %+v, %v", again, err)
	}
	if again, err := w.EnsureRecipient(ctx, who, id, ""); err != nil || again.Value != first.Value {
		t.Errorf("who is known is not asked for: %+v, %v", again, err)
	}
	w.sim.ClearFaults()
	if a, err := w.Account(ctx, who, id); err != nil || a.RecipientCode != w.sim.Recipients()[0].Code {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = w.EnsureRecipient(ctx, w.register(t, mobileOf(1)), 0, "")
	refused(t, "no account", err, catalog.CardNotFound, "")

	var closed int64 // the bank has closed this account since it was saved
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		closed, err = tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: who.Borrower, BankCode: guaranty, BankName: "GT Bank",
			AccountNo: "0000004000", AccountName: "BORROWER ADA"})
		return err
	})
	for i := range 2 {
		if got, err := w.EnsureRecipient(ctx, who, closed, "recipient-2"); err != nil || got.Replayed != (i > 0) || got.Value != (onboarding.Recipient{AccountID: closed}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
