package onboarding

import (
	"context"
	"encoding/json"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Done is the result of an operation that a caller may repeat under one Idempotency-Key.
type Done[T any] struct {
	Value    T
	Replayed bool // the operation was done before; Value is what it gave then
}

// findDone looks for the result of a repeat before the gateway is asked anything. It returns IDEMPOTENCY_KEY_REUSED.
func findDone[T any](ctx context.Context, st *store.Store, key store.OperationKey) (done Done[T], found bool, err error) {
	if key.Key == "" {
		return done, false, nil
	}
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		op, is, err := tx.FindOperation(ctx, key)
		if err != nil || !is {
			found = false
			return err
		}
		found, done.Replayed = true, true
		return json.Unmarshal(op.Result, &done.Value)
	})
	return done, found, err
}

// doOnce runs work in a transaction, under the borrower's lock, unless it was done before under the key. It returns work's error,
// IDEMPOTENCY_KEY_REUSED or OPERATION_IN_PROGRESS.
func doOnce[T any](ctx context.Context, st *store.Store, key store.OperationKey, work func(ctx context.Context, tx *store.Tx) (T, error)) (Done[T], error) {
	var done Done[T]
	err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done = Done[T]{}
		if err := tx.LockBorrower(ctx, key.Borrower); err != nil {
			return err
		}
		op, err := tx.ClaimOperation(ctx, key)
		if err != nil {
			return err
		}
		if op.Replayed {
			done.Replayed = true
			return json.Unmarshal(op.Result, &done.Value)
		}
		if done.Value, err = work(ctx, tx); err != nil {
			return err
		}
		return tx.FinishOperation(ctx, op, done.Value)
	})
	return done, err
}
