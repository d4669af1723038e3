package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/creditpocket/creditpocket/internal/store"
)

// rotationBatch values are changed in one transaction, and a line of progress is printed after so many batches.
const (
	rotationBatch = 200
	progressEvery = 50
)

// rotation is one run of RotateKeys.
type rotation struct {
	st   *store.Store
	lock *store.RunLock
	out  io.Writer

	rewrapped, resealed, unreadable int
	batches                         int
}

// keep is called between batches: it holds the lock, and prints a line now and then.
func (r *rotation) keep(ctx context.Context) error {
	if err := r.lock.Keep(ctx); err != nil {
		return fmt.Errorf("the lock of the rotation was lost; what is done stays, run it again: %w", err)
	}
	if r.batches++; r.batches%progressEvery == 0 {
		fmt.Fprintf(r.out, "%d data keys wrapped anew, %d values sealed anew so far\n", r.rewrapped, r.resealed)
	}
	return nil
}

// note is the entry of the audit trail of one batch.
func (r *rotation) note(field string, n int) store.TrailEntry {
	return store.TrailEntry{OperatorName: commandLine, Act: "rotateKeys", Subject: "keys:" + hex.EncodeToString(r.st.Keys().WrapKeyID()),
		Changes: []store.Change{{Field: field, Before: "", After: fmt.Sprint(n)}}, Reason: "key rotation"}
}

func (r *rotation) dataKeys(ctx context.Context) error {
	for after := int64(0); ; {
		var n int
		var last int64
		err := r.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			n, last, err = tx.RewrapDataKeys(ctx, after, rotationBatch)
			if err != nil || n == 0 {
				return err
			}
			return tx.AddTrail(ctx, r.note("dataKeys", n))
		})
		if err != nil || n == 0 {
			return err
		}
		r.rewrapped, after = r.rewrapped+n, last
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
}

func (r *rotation) unowned(ctx context.Context) error {
	for _, column := range store.Unowned {
		for after := int64(0); ; {
			var done store.Resealed
			err := r.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				done, err = tx.ResealUnowned(ctx, column, after, rotationBatch)
				return err
			})
			if err != nil {
				return err
			}
			r.resealed, r.unreadable = r.resealed+done.Changed, r.unreadable+done.Unreadable
			if err := r.keep(ctx); err != nil {
				return err
			}
			if after = done.Last; after == 0 {
				break
			}
		}
	}
	return nil
}

// trail gives every entry its place, under the present key from here on. all says that every process has it: entries that are
// written under the one before are believed no more.
func (r *rotation) trail(ctx context.Context, all bool) error {
	// The entry that begins the part of the chain under the present key, if there is no other.
	if err := r.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddTrail(ctx, store.TrailEntry{OperatorName: commandLine, Act: "rotateKeys", Subject: "keys:" + r.st.Keys().ChainKeys()[0], Reason: "key rotation"})
	}); err != nil {
		return err
	}
	for sealed := 1; sealed > 0; {
		err := r.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			sealed, err = tx.SealTrail(ctx, rotationBatch)
			return err
		})
		if err != nil {
			return err
		}
		if err := r.keep(ctx); err != nil {
			return err
		}
	}
	if !all {
		return nil
	}
	return r.st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.EndTrailMix(ctx) })
}
