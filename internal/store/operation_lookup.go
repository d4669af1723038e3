package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// FindOperation looks for a finished operation under the key without claiming it: for an operation that must do something
// before its first effect (such as check a code that works once) and would otherwise refuse its own repeat. found is false for a
// key that is new or empty, and for an operation that is still running; ClaimOperation decides then. It returns the fault
// IDEMPOTENCY_KEY_REUSED, and the refusal that was the answer of the key before.
func (t *Tx) FindOperation(ctx context.Context, k OperationKey) (op Operation, found bool, err error) {
	if k.absent() {
		return Operation{}, false, nil
	}
	var row struct {
		ID           int64
		ParamsHash   []byte
		State        int16
		ResultSealed []byte
	}
	// The lock writes to the log, so that the commit which follows confirms what is read here to a synchronous standby, too.
	err = t.prepared(`SELECT id, params_hash, state, result_sealed FROM operations WHERE scope = ? AND kind = ? AND key = ? AND state <> 0 FOR SHARE`,
		k.scope(), k.Kind, t.keptKey(k)).Scan(ctx, &row)
	if err = fromTx(err); errors.Is(err, ErrNotFound) {
		return Operation{}, false, nil
	} else if err != nil {
		return Operation{}, false, err
	}
	hash := sha256.Sum256(k.Params)
	if subtle.ConstantTimeCompare(row.ParamsHash, hash[:]) != 1 {
		return Operation{}, false, fault.New(catalog.IdempotencyKeyReused).WithField("Idempotency-Key", "was used before with other parameters")
	}
	op, err = t.replayed(ctx, k, row.ID, row.State, row.ResultSealed)
	return op, err == nil, err
}
