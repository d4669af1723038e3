package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// TestTheChainChangesItsKeyTwice is the trail under three master keys, one after the other, with processes of two at a time: at no moment is
// there a finding about what is honest, and nobody goes back to a key that is over.
func TestTheChainChangesItsKeyTwice(t *testing.T) {
	url := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	with := func(masters ...byte) *store.Store {
		t.Helper()
		keys, err := seal.New(bytes.Repeat(masters[:1], seal.MasterKeySize))
		for _, other := range masters[1:] {
			if err == nil {
				err = keys.OpenMasterKeys(bytes.Repeat([]byte{other}, seal.MasterKeySize))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return testkit.OpenStore(t, url, keys, clock.System{})
	}
	write := func(st *store.Store) {
		t.Helper()
		if err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.AddTrail(ctx, store.TrailEntry{OperatorName: "Ada", Act: "waive", Subject: "loan:1"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	seals := func(st *store.Store, want int) {
		t.Helper()
		var n int
		if err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.SealTrail(ctx, 100)
			return err
		}); err != nil || n != want {
			t.Errorf("%d entries sealed, expected %d: %v", n, want, err)
		}
	}
	finds := func(st *store.Store, want string) {
		t.Helper()
		a, err := st.VerifyTrail(t.Context())
		if all := strings.Join(a.Findings, "; "); err != nil || (want == "") != (all == "") || !strings.Contains(all, want) {
			t.Errorf("findings %q, expected %q: %v", all, want, err)
		}
	}
	rotated := func(st *store.Store) {
		t.Helper()
		if err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.EndTrailMix(ctx) }); err != nil {
			t.Fatal(err)
		}
	}
	first := with(1)
	write(first)
	seals(first, 1)
	finds(first, "")
	for _, pair := range [][2]byte{{1, 2}, {2, 3}} {
		before, after := with(pair[0], pair[1], 1), with(pair[1], pair[0], 1)
		write(before)
		write(after)
		finds(before, "") // written by both, sealed by neither
		seals(before, 2)
		finds(before, "")
		finds(after, "ends under another key")
		write(after)
		seals(after, 1)
		finds(after, "")
		write(before) // a process that was not started anew
		seals(before, 0)
		finds(after, "")
		seals(after, 1)
		finds(after, "")
		rotated(after)
		finds(after, "")
	}
	write(with(2, 3, 1))
	last := with(3, 2, 1)
	finds(last, "did not come from the program") // whoever writes under the old key now is not one of us
	seals(last, 1)
	finds(last, "did not come from the program")
	finds(with(3, 2), "which is not known here")
	if err := with(4).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SealTrail(ctx, 100)
		return err
	}); err == nil || !strings.Contains(err.Error(), "CP_OLD_MASTER_KEYS") {
		t.Errorf("a key that knows none of the chain's goes on with it: %v", err)
	}
}
