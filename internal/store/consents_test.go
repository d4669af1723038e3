package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestConsentHoldsWhileGrantedForTheTextInForce(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	id := borrower(t, st, "+2347000000003")
	holds := func(want bool) {
		t.Helper()
		got, err := st.HoldsConsent(t.Context(), id, brand, store.ConsentLocation)
		if err != nil || got != want {
			t.Errorf("holds %t, %v, want %t", got, err, want)
		}
	}
	say := func(version string, granted bool) {
		t.Helper()
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddConsent(ctx, id, store.ConsentLocation, version, granted)
			return err
		})
	}
	if _, err := st.LatestConsent(t.Context(), id, store.ConsentLocation); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	holds(false)
	say("2026-01", true)
	holds(true)
	say("2026-01", false)
	holds(false)
	say("2026-01", true)

	// A newer text: announced, then in force.
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedConsentPolicies(ctx, []store.ConsentPolicy{{Brand: brand, Purpose: store.ConsentLocation, Version: "2026-04", Title: "New",
			Text: "New text", EffectiveFrom: clk.Now().Add(time.Hour)}})
		return err
	})
	holds(true)
	clk.Advance(time.Hour)
	holds(false)
	say("2026-04", true)
	holds(true)

	policies, err := st.ConsentPolicies(t.Context(), brand, clk.Now())
	if err != nil || len(policies) != 4 || !policies[0].Required || !policies[1].Required || policies[2].Version != "2026-04" || policies[2].Text != "New text" {
		t.Errorf("policies %+v, %v", policies, err)
	}
	latest, err := st.LatestConsents(t.Context(), id)
	if c := latest[store.ConsentLocation]; err != nil || len(latest) != 1 || !c.Granted || c.Version != "2026-04" || c.Borrower != id {
		t.Errorf("latest %+v, %v", latest, err)
	}
}

func TestConsentsAreOnlyEverAdded(t *testing.T) {
	st := seeded(t)
	id := borrower(t, st, "+2347000000003")
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddConsent(ctx, id, store.ConsentMarketing, "2026-01", true)
		return err
	})
	for _, query := range []string{`UPDATE consents SET granted = false`, `DELETE FROM consents`, `TRUNCATE consents`} {
		if err := st.TryExec(t.Context(), query); err == nil {
			t.Errorf("%s succeeded", query)
		}
	}
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddConsent(ctx, 1, store.ConsentMarketing, "2026-01", true)
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody's consent: %v", err)
	}
}
