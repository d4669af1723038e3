package backoffice

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Done is the result of an act. Replayed says that it is the stored one of an earlier act with the same key, and that nothing was
// done again.
type Done[T any] struct {
	Value    T
	Replayed bool
}

// order is what an act is asked to do, and by whom.
type order struct {
	by     Actor
	kind   string // the operation id
	key    string // the Idempotency-Key
	reason string
	params any // with the reason what makes two requests the same
}

func (o order) operationKey() (store.OperationKey, error) {
	params, err := json.Marshal([]any{o.params, o.reason})
	return store.OperationKey{Operator: o.by.ID, Kind: o.kind, Key: o.key, Params: params}, err
}

// reference names the act in the ledger: the same act always gives the same one.
func (o order) reference() string { return "op" + strconv.FormatInt(o.by.ID, 10) + "-" + o.key }

// note is what an act writes to the audit trail about itself, beside what its order says.
type note struct {
	subject string // kind:id
	brand   string
	changes []store.Change
}

func (n *note) about(kind string, id int64, brand string) {
	n.subject, n.brand = kind+":"+strconv.FormatInt(id, 10), brand
}

func (n *note) change(field, before, after string) {
	n.changes = append(n.changes, store.Change{Field: field, Before: before, After: after})
}

// act does something once: it claims the key, works, writes the audit trail and stores the result for repeats, all in one
// transaction. An act that is refused leaves nothing behind but that no, which is the answer of its key. The result must hold no
// personal data.
func act[T any](ctx context.Context, s *Service, o order, work func(ctx context.Context, tx *store.Tx, n *note) (T, error)) (Done[T], error) {
	var done Done[T]
	key, err := o.operationKey()
	if err != nil {
		return done, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done = Done[T]{}
		defer func() { err = actFault(err) }()
		op, err := tx.ClaimOperation(ctx, key)
		if err != nil {
			return err
		}
		if op.Replayed {
			done.Replayed = true
			return json.Unmarshal(op.Result, &done.Value)
		}
		var n note
		if done.Value, err = work(ctx, tx, &n); err != nil {
			return err
		}
		if err := addTrail(ctx, tx, o, n); err != nil {
			return err
		}
		return tx.FinishOperation(ctx, op, done.Value)
	})
	return done, err
}

// actFault is what an act is refused with. An act is carried out in one transaction, so the staff's contract knows none that is under way:
// who meets one is told to come again.
func actFault(err error) error {
	var known *fault.Error
	if errors.As(err, &known) && known.Entry.Reason == catalog.OperationInProgress.Reason {
		return fault.New(catalog.Unavailable).WithRetryAfter(time.Second).WithCause(err)
	}
	if errors.Is(err, store.ErrStale) {
		return fault.New(catalog.StateConflict).WithCause(err)
	}
	return asFault(err)
}

// refuse keeps a refusal that comes before the transaction of an act as the answer of its key, and returns what the operator must be
// answered: the result of another request of that key that was carried out since this one looked, if there is one.
func refuse[T any](ctx context.Context, s *Service, o order, err error) (Done[T], error) {
	key, keyErr := o.operationKey()
	if keyErr != nil {
		return Done[T]{}, keyErr
	}
	no := actFault(s.store.Refused(ctx, key, actFault(err)))
	if done, found, lookErr := earlier[T](ctx, s, o); lookErr == nil && found {
		return done, nil
	}
	return Done[T]{}, no
}

func addTrail(ctx context.Context, tx *store.Tx, o order, n note) error {
	return tx.AddTrail(ctx, store.TrailEntry{OperatorID: o.by.ID, OperatorName: o.by.Name, Act: o.kind, Subject: n.subject, Brand: n.brand,
		Changes: n.changes, Reason: o.reason, RequestID: o.by.RequestID})
}

// earlier finds the stored result of an act that must ask the outside world before it claims its key.
func earlier[T any](ctx context.Context, s *Service, o order) (done Done[T], found bool, err error) {
	key, err := o.operationKey()
	if err != nil {
		return done, false, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		op, ok, err := tx.FindOperation(ctx, key)
		if found = ok; err != nil || !ok {
			return err
		}
		done = Done[T]{Replayed: true}
		return json.Unmarshal(op.Result, &done.Value)
	})
	return done, found, err
}
