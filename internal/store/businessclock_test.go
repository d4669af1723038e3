package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestBusinessClockGoesForward(t *testing.T) {
	st := testkit.Store(t, clock.System{})
	ahead := func(want time.Duration) {
		t.Helper()
		if got, err := st.BusinessClock(t.Context()); err != nil || got != want {
			t.Errorf("%s ahead, %v; want %s", got, err, want)
		}
	}
	advance := func(by time.Duration) (offset time.Duration, err error) {
		err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			offset, err = tx.AdvanceBusinessClock(ctx, by)
			return err
		})
		return offset, err
	}
	ahead(0)
	for _, bad := range []time.Duration{0, -time.Hour, time.Millisecond, store.MaxClockOffset + time.Second} {
		if _, err := advance(bad); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	ahead(0)
	for i, by := range []time.Duration{72 * time.Hour, 90 * time.Minute} {
		want := []time.Duration{72 * time.Hour, 73*time.Hour + 30*time.Minute}[i]
		if got, err := advance(by); err != nil || got != want {
			t.Errorf("%s ahead, %v; want %s", got, err, want)
		}
		ahead(want)
	}
	if _, err := advance(store.MaxClockOffset - time.Hour); !fault.Has(err, catalog.ValidationFailed) {
		t.Errorf("beyond the end: %v", err)
	}
	ahead(73*time.Hour + 30*time.Minute)
	write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.ResetBusinessClock(ctx) })
	ahead(0)
}
