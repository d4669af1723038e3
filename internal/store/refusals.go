package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// A refusal is the answer of its key as much as a success is. A request that was told no, and that a proxy or a queue brings once more
// when the data have changed, must not be carried out behind the back of who was told so.

// refusal is a fault as it is kept.
type refusal struct {
	Reason  string
	Message string
	Fields  []fault.Field `json:",omitempty"`
}

// kept finds the fault in an error that is kept as the answer of its key: a business rule's no (404, 409, 422). What says "later", what
// failed on our side, and what was refused before the request was looked at (400, 401, 403, 429) is not.
func kept(err error) (*fault.Error, bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Entry.Retryable || f.Entry.Reason == catalog.IdempotencyKeyReused.Reason {
		return nil, false
	}
	switch f.Kind() {
	case fault.KindNotFound, fault.KindConflict, fault.KindPrecondition:
		return f, true
	}
	return nil, false
}

func openRefusal(plain []byte) error {
	var r refusal
	if err := json.Unmarshal(plain, &r); err != nil {
		return fault.Internal(err)
	}
	entry, known := catalog.ByReason(r.Reason)
	if !known {
		return fault.Internal(fmt.Errorf("store: an operation was refused with %q, which the catalog does not know", r.Reason))
	}
	f := fault.New(entry).WithMessage(r.Message)
	f.Fields = r.Fields
	return fault.Replay(f)
}

// RefuseOperation keeps a refusal as the answer of a key, in the caller's transaction, and returns nil; what is none (see InTx) it does
// not keep. It returns what ClaimOperation returns where the key has an answer already, and OPERATION_IN_PROGRESS where that is a success:
// the repeat gets it.
func (t *Tx) RefuseOperation(ctx context.Context, k OperationKey, err error) error {
	f, ok := kept(err)
	if !ok || k.Key == "" {
		return nil
	}
	op, err := t.ClaimOperation(ctx, k)
	if err != nil {
		return err
	}
	if op.Replayed {
		return fault.New(catalog.OperationInProgress).WithRetryAfter(time.Second)
	}
	plain, err := json.Marshal(refusal{f.Entry.Reason, f.Message, f.Fields})
	if err != nil {
		return err
	}
	sealed, err := t.sealResult(ctx, k.Borrower, plain)
	if err != nil {
		return err
	}
	result, err := t.idb.NewRaw(`UPDATE operations SET state = 2, result_sealed = ?, finished_at = ? WHERE id = ? AND state = 0`, sealed, t.now, op.ID).Exec(ctx)
	return exactly(1, result, err)
}

// Refused keeps a refusal that was found outside of a transaction as the answer of its key, and returns what the caller must be answered:
// err, or what the key was answered before.
func (s *Store) Refused(ctx context.Context, k OperationKey, err error) error {
	if _, ok := kept(err); !ok || k.Key == "" {
		return err
	}
	if keepErr := s.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.RefuseOperation(ctx, k, err) }); keepErr != nil {
		return keepErr
	}
	return err
}
