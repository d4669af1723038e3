package access_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

func TestCodeIsGoodForItsPurposeNumberAndTime(t *testing.T) {
	f := setUp(t, unlimited)
	code := f.code(t, ada, access.PurposeLogin)
	check := func(mobile string, purpose int) error {
		return f.CheckCode(t.Context(), brand, mobile, purpose, code)
	}
	for range 8 { // a right code costs no try
		if err := check(ada, access.PurposeLogin); err != nil {
			t.Fatal(err)
		}
	}
	want(t, check(ada, access.PurposeRegister), catalog.CodeInvalid)
	want(t, check(nobody, access.PurposeLogin), catalog.CodeInvalid)
	want(t, f.CheckCode(t.Context(), brand, ada, access.PurposeLogin, other(code)), catalog.CodeInvalid)
	f.clock.Advance(5*time.Minute - time.Microsecond)
	if err := check(ada, access.PurposeLogin); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	f.clock.Advance(time.Microsecond)
	want(t, check(ada, access.PurposeLogin), catalog.CodeInvalid)
}

func TestOnlyTheNewestCodeIsGood(t *testing.T) {
	f := setUp(t, unlimited)
	first := f.code(t, ada, access.PurposeRegister)
	second := f.code(t, ada, access.PurposeRegister)
	for second == first {
		second = f.code(t, ada, access.PurposeRegister)
	}
	want(t, f.CheckCode(t.Context(), brand, ada, access.PurposeRegister, first), catalog.CodeInvalid)
	if err := f.CheckCode(t.Context(), brand, ada, access.PurposeRegister, second); err != nil {
		t.Error(err)
	}
}

func TestFiveWrongGuessesEndACode(t *testing.T) {
	f := setUp(t, unlimited)
	code := f.code(t, ada, access.PurposeRegister)
	for range 5 {
		want(t, f.CheckCode(t.Context(), brand, ada, access.PurposeRegister, other(code)), catalog.CodeInvalid)
	}
	want(t, f.CheckCode(t.Context(), brand, ada, access.PurposeRegister, code), catalog.CodeInvalid)
	_, err := f.Register(t.Context(), access.Registration{Brand: brand, Mobile: ada, Code: code, Password: password})
	want(t, err, catalog.CodeInvalid)
}

func TestACodeIsConsumedOnce(t *testing.T) {
	f := setUp(t, unlimited)
	code := f.code(t, ada, access.PurposeRegister)
	var id int64
	f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.TryCode(ctx, store.CodeSubject{Brand: brand, Mobile: ada, Purpose: access.PurposeRegister}, code.Reveal())
		return err
	})
	consume := func() error {
		return f.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.ConsumeCode(ctx, id) })
	}
	if err := consume(); err != nil {
		t.Fatal(err)
	}
	if err := consume(); !errors.Is(err, store.ErrStale) {
		t.Errorf("got %v", err)
	}
	want(t, f.CheckCode(t.Context(), brand, ada, access.PurposeRegister, code), catalog.CodeInvalid)
}

// Forty guesses at once, one of them right, find the code with a chance of 5 in 40 if no more than five are compared; if the count
// could be overtaken, they would find it nearly always.
func TestParallelGuessesGetNoMoreThanFiveTries(t *testing.T) {
	f := setUp(t, unlimited)
	const numbers, guesses = 48, 40
	found := 0
	for n := range numbers {
		mobile := fmt.Sprintf("+23480100001%02d", n)
		code := f.code(t, mobile, access.PurposeRegister)
		candidates := make([]access.Secret, guesses)
		for i := range candidates {
			candidates[i] = access.Secret(fmt.Sprintf("%06d", i))
			if candidates[i] == code {
				candidates[i] = "999999"
			}
		}
		candidates[rand.IntN(guesses)] = code
		var wg sync.WaitGroup
		var hit atomic.Bool
		for _, guess := range candidates {
			wg.Go(func() {
				err := f.CheckCode(t.Context(), brand, mobile, access.PurposeRegister, guess)
				if err == nil {
					hit.Store(true)
				} else if !fault.Has(err, catalog.CodeInvalid) {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if hit.Load() {
			found++
		}
		want(t, f.CheckCode(t.Context(), brand, mobile, access.PurposeRegister, code), catalog.CodeInvalid)
	}
	if found > 21 { // six expected; chance alone exceeds this once in twenty million runs
		t.Errorf("%d of %d codes were found by %d guesses", found, numbers, guesses)
	}
}

func TestSendCodeAnswersAlikeForKnownAndUnknownNumbers(t *testing.T) {
	f := setUp(t, unlimited)
	f.register(t, ada)
	before := f.phone.count()
	for _, purpose := range []int{access.PurposeRegister, access.PurposeLogin, access.PurposeAccount} {
		known, err1 := f.SendCode(t.Context(), brand, ada, purpose)
		unknown, err2 := f.SendCode(t.Context(), brand, nobody, purpose)
		if err1 != nil || err2 != nil || known != unknown {
			t.Errorf("purpose %d: %+v, %v; %+v, %v", purpose, known, err1, unknown, err2)
		}
		if known != (access.CodeSent{Life: 5 * time.Minute, Resend: time.Minute, Digits: 6}) {
			t.Errorf("%+v", known)
		}
	}
	f.deliver(t)
	if got := f.phone.count() - before; got != 6 {
		t.Errorf("%d texts", got)
	}
}

func TestSendCodeRestsBetweenTexts(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	send := func() error {
		_, err := f.SendCode(t.Context(), brand, ada, access.PurposeRegister)
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(59 * time.Second)
	err := send()
	want(t, err, catalog.SMSRateLimited)
	if wait := retryAfter(err); wait != time.Second {
		t.Errorf("retry after %s", wait)
	}
	f.clock.Advance(time.Second)
	if err := send(); err != nil {
		t.Error(err)
	}
	// The hour's rule holds from the sixth text on.
	for range 3 {
		f.clock.Advance(time.Minute)
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.Advance(time.Minute)
	err = send()
	want(t, err, catalog.SMSRateLimited)
	f.clock.Advance(retryAfter(err))
	if err := send(); err != nil {
		t.Errorf("after the wait we were told: %v", err)
	}
}

func TestSendCodeWithoutProvider(t *testing.T) {
	f := setUp(t, unlimited)
	limiter := must[*access.Limiter](t)(access.NewLimiter(f.store, f.clock, unlimited))
	s := access.New(f.store, nil, limiter, f.clock, access.Config{DefaultBrand: brand}, discard)
	_, err := s.SendCode(t.Context(), brand, ada, access.PurposeRegister)
	want(t, err, catalog.SMSUnavailable)
}
