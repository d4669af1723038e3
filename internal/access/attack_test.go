package access_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// bestChance is the most that guessing at the codes of one number may reach in a day.
const bestChance = 5e-5

// TestGuessingAtCodesIsHopeless plays the attacker who has every code sent that the limits allow, and guesses at each operation that takes
// one, around the clock: by the configuration, and by trying.
func TestGuessingAtCodesIsHopeless(t *testing.T) {
	rule := access.DefaultClasses()[access.ClassGuess].Rules[0]
	byConfiguration := float64(2*rule.Limit) / 1e6
	if rule.Key != access.KeyMobile || rule.Window != 24*time.Hour || byConfiguration > bestChance {
		t.Errorf("the configuration allows %g a day", byConfiguration)
	}
	f := setUp(t, access.LimiterOptions{})
	guesses, sent := 0, 0
	wrong := access.Secret("000000")
	limited := func(err error) bool { return fault.Has(err, catalog.RateLimited) }
	for range 24 * 12 {
		purpose := 1 + sent%3
		if _, err := f.SendCode(t.Context(), brand, ada, purpose); err == nil {
			sent++
		}
		for _, guess := range []func(context.Context) error{
			func(ctx context.Context) error { return f.CheckCode(ctx, brand, ada, purpose, wrong) },
			func(ctx context.Context) error {
				_, err := f.Login(ctx, access.Login{Brand: brand, Mobile: ada, Code: wrong})
				return err
			},
			func(ctx context.Context) error {
				_, err := f.Register(ctx, access.Registration{Brand: brand, Mobile: ada, Code: wrong, Password: password, Key: fmt.Sprintf("guess-%d", guesses)})
				return err
			},
		} {
			for {
				err := guess(t.Context())
				if err == nil {
					t.Fatal("a guess was right: try again, it happens once in a million")
				}
				var known *fault.Error
				if !errors.As(err, &known) {
					t.Fatal(err)
				}
				if limited(err) {
					break
				}
				guesses++
			}
		}
		f.clock.Advance(5 * time.Minute)
	}
	reached := float64(guesses) / 1e6
	fmt.Printf("RESULT code-guessing codes=%d guesses=%d chance=%.2g limit=%.2g configured=%.2g\n", sent, guesses, reached, bestChance, byConfiguration)
	if reached > bestChance || guesses < rule.Limit {
		t.Errorf("%d guesses reached a code in a day", guesses)
	}
}

// Codes that nobody types in are somebody's business with our money.
func TestPumpingTripsTheBreaker(t *testing.T) {
	f := setUp(t, unlimited)
	send := func(i int) error {
		_, err := f.SendCode(t.Context(), brand, fmt.Sprintf("+23480%08d", i), access.PurposeRegister)
		return err
	}
	for i := range 300 {
		if err := send(i); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	f.clock.Advance(10 * time.Second)
	if err := send(301); !fault.Has(err, catalog.SMSRateLimited) {
		t.Fatalf("after 300 codes that went nowhere: %v", err)
	}
	f.clock.Advance(time.Minute)
	if err := send(302); !fault.Has(err, catalog.SMSRateLimited) {
		t.Errorf("a minute later: %v", err)
	}
	f.clock.Advance(20 * time.Minute)
	if err := send(303); err != nil {
		t.Errorf("when the flood is over: %v", err)
	}
	for range 4 { // what waits in the queue goes out a hundred at a time
		f.deliver(t)
	}
	// Codes that are used trip nothing.
	for i := range 40 {
		f.register(t, fmt.Sprintf("+23481%08d", i))
		f.clock.Advance(time.Second)
	}
	for i := range 230 {
		if err := send(1000 + i); err != nil {
			t.Fatalf("with honest borrowers among them, %d: %v", i, err)
		}
	}
}
