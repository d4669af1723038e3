package creditpocket_test

import (
	"context"
	"errors"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// application is one that the server accepts.
func application() creditpocket.Application {
	return creditpocket.Application{ProductID: "301", Terminal: creditpocket.TerminalAndroid, Photos: []creditpocket.File{photo("selfie.jpg")}}
}

// The answer gets lost after the loan was made: the repeat carries the same key and gets the same loan.
func TestIdempotencyKeyIsOneForAllAttempts(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.ReadyBorrower()
	c := srv.Client(b)
	srv.Script("applyLoan", creditpockettest.TooMany(0), creditpockettest.LoseAnswer())
	var r creditpocket.Response
	page, err := c.Loans.Apply(context.Background(), application(), creditpocket.WithResponseInto(&r))
	if err != nil || len(page.Items) != 1 || len(b.Loans()) != 1 || !r.Replayed || r.Attempts != 3 {
		t.Fatalf("%d loans, replayed %t after %d attempts: %v", len(b.Loans()), r.Replayed, r.Attempts, err)
	}
	for _, call := range srv.Calls("applyLoan") {
		if key := call.Header.Get("Idempotency-Key"); key == "" || key != r.IdempotencyKey {
			t.Errorf("key %q, read %q", key, r.IdempotencyKey)
		}
	}
	if _, err := c.Loans.Apply(context.Background(), application(), creditpocket.WithResponseInto(&r)); !errors.Is(err, creditpocket.ErrOpenLoanExists) {
		t.Errorf("another application: %v", err)
	}
	if first := srv.Calls("applyLoan")[0].Header.Get("Idempotency-Key"); r.IdempotencyKey == first {
		t.Error("two calls have one key")
	}
}

func TestIdempotencyKeySetByTheCaller(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower())
	ctx, key := context.Background(), creditpocket.WithIdempotencyKey("order-2026-03-0001")
	var r creditpocket.Response
	for range 2 {
		if _, err := c.Loans.Apply(ctx, application(), key, creditpocket.WithResponseInto(&r)); err != nil {
			t.Fatal(err)
		}
	}
	if !r.Replayed || r.IdempotencyKey != "order-2026-03-0001" {
		t.Errorf("replayed %t with key %q", r.Replayed, r.IdempotencyKey)
	}
	other := application()
	other.Terminal = creditpocket.TerminalWeb
	_, err := c.Loans.Apply(ctx, other, key)
	var e *creditpocket.Error
	if !errors.Is(err, creditpocket.ErrIdempotencyKeyReused) || !errors.As(err, &e) || e.IdempotencyKey != "order-2026-03-0001" {
		t.Errorf("%v", err)
	}
	if _, err := c.Loans.Apply(ctx, application(), creditpocket.WithIdempotencyKey("bad key")); err == nil {
		t.Error("a key that the contract refuses was sent")
	}
	if _, err := c.Loans.Latest(ctx, key); err == nil {
		t.Error("an operation without a key took one")
	}
	// A call that fails without an answer tells its key too, to be repeated later.
	srv.Script("repayLoan", creditpockettest.Cut())
	var lost *creditpocket.CallError
	if _, err := c.Loans.Repay(ctx, creditpocket.RepayRequest{}, creditpocket.WithMaxRetries(0)); !errors.As(err, &lost) || len(lost.IdempotencyKey) < 8 {
		t.Errorf("%v", err)
	}
}

// Every operation that takes a key gets one, and no other does.
func TestIdempotencyKeyOnEveryWriteThatTakesIt(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanActive)
	c, ctx := srv.Client(b), context.Background()
	_, _ = c.Loans.Apply(ctx, application())
	_, _ = c.Loans.Repay(ctx, creditpocket.RepayRequest{})
	_, _ = c.Loans.Extend(ctx, "")
	_, _ = c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "058", Number: "0000003020"})
	_, _ = c.Users.EnsureRecipient(ctx, "")
	_, _ = c.Banks.SetDefaultAccount(ctx, "1", "blue-mango-7421")
	_, _ = c.Auth.Register(ctx, creditpocket.Registration{Mobile: "07000000009", Code: "000000", Password: "blue-mango-7421"})
	_, _ = c.Auth.Login(ctx, b.Login())
	_, _ = c.Users.SaveSettings(ctx, creditpocket.SettingsChange{Language: creditpocket.Igbo})
	for _, call := range srv.Calls("") {
		keyed := call.Operation != "login" && call.Operation != "saveUserSetting"
		if sent := call.Header.Get("Idempotency-Key") != ""; sent != keyed {
			t.Errorf("%s: key sent %t", call.Operation, sent)
		}
	}
	if n := len(srv.Calls("")); n != 9 {
		t.Errorf("%d calls", n)
	}
}
