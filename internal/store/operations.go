package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/planted"
)

// OperationKey names one attempt of a caller to do something once. Rule 1: it is claimed in the same transaction as the
// operation's first effect.
type OperationKey struct {
	Borrower int64  // who; the stored result is sealed with this borrower's key
	Visitor  string // who, before there is a borrower: the index of a mobile number
	Operator int64  // who, of the staff
	Kind     string // what: the operation id
	Key      string // the client's Idempotency-Key; "" claims nothing (a natural key must guard the effect); see keptKey
	Params   []byte // the parameters in a canonical form; the same key with others is refused
}

func (k OperationKey) scope() string {
	switch {
	case k.Borrower != 0:
		return "borrower:" + strconv.FormatInt(k.Borrower, 10)
	case k.Operator != 0:
		return "operator:" + strconv.FormatInt(k.Operator, 10)
	}
	return "visitor:" + k.Visitor
}

// keptKey is the key as it is kept: as the client sent it, but for one that could be a card number, of which there is a keyed hash
// only. The # keeps it apart from every key that a client can send.
func (r reader) keptKey(k OperationKey) string {
	if !mask.HoldsCardNumber(k.Key) {
		return k.Key
	}
	return "#" + hex.EncodeToString(r.keys.Blind("idempotency-key", k.scope(), k.Key))
}

// absent says that there is no key to look at.
func (k OperationKey) absent() bool {
	return k.Key == "" || (planted.Is(planted.ForgottenReplay) && k.Kind == "applyLoan")
}

// Operation is a claimed or replayed operation.
type Operation struct {
	ID       int64
	Borrower int64
	Replayed bool   // the operation was done before: Result holds its stored result
	Result   []byte // JSON, as FinishOperation was given it
}

// The states of an operation.
const (
	operationRunning = 0
	operationDone    = 1
	operationRefused = 2
)

// ClaimOperation claims the key, or finds what was done under it. It returns the faults IDEMPOTENCY_KEY_REUSED (same key,
// other parameters), OPERATION_IN_PROGRESS (claimed by a transaction that has committed but not finished: repeat later), and, marked
// as replayed, the refusal that was the answer of the key before. Two transactions that claim one key at once wait for each other at
// the unique constraint. What work refuses after its claim is kept as the key's answer, see InTx.
func (t *Tx) ClaimOperation(ctx context.Context, k OperationKey) (Operation, error) {
	c := newClaim(k)
	parts, err := t.claiming(ctx, c)
	if err == nil && len(parts) > 0 {
		err = t.together(ctx, parts...)
	}
	if err != nil {
		return Operation{}, err
	}
	return t.claimedOr(ctx, c)
}

// claiming is what must be sent to claim a key; nothing where there is none.
func (t *Tx) claiming(ctx context.Context, c *claim) ([]part, error) {
	switch {
	case c.key.absent():
		return nil, nil
	case planted.Is(planted.AutocommitWrite):
		return nil, t.claimOutside(ctx, c)
	}
	return []part{t.claim(c)}, nil
}

// claim is a key that is being claimed.
type claim struct {
	key   OperationKey
	id    int64
	hash  [sha256.Size]byte
	fresh int64 // 1 once it is claimed anew
}

func newClaim(k OperationKey) *claim {
	return &claim{key: k, id: newID(), hash: sha256.Sum256(k.Params)}
}

// claim is the statement that claims a key.
func (t *Tx) claim(c *claim) part {
	return t.prepared(`INSERT INTO operations (id, scope, kind, key, params_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT ON CONSTRAINT operations_one_per_key DO NOTHING`, c.id, c.key.scope(), c.key.Kind, t.keptKey(c.key), c.hash[:], t.now).counted(&c.fresh)
}

// claimOutside claims a key on a connection of its own: only a planted bug does.
func (t *Tx) claimOutside(ctx context.Context, c *claim) error {
	other, err := t.store.acquire(ctx)
	if err != nil {
		return err
	}
	defer other.Close()
	session, err := sessionOf(other.Conn)
	if err != nil {
		return err
	}
	p := t.claim(c)
	return fromTx(outside{session}.query(ctx, p.text, p.args, p.read))
}

// claimedOr is what a claim has come to: the operation claimed anew, or what was done under its key; no operation where there is no key.
func (t *Tx) claimedOr(ctx context.Context, c *claim) (Operation, error) {
	k := c.key
	if k.absent() {
		return Operation{}, nil
	}
	if c.fresh == 1 {
		t.claimed = &k
		return Operation{ID: c.id, Borrower: k.Borrower}, nil
	}
	var row struct {
		ID           int64
		ParamsHash   []byte
		State        int16
		ResultSealed []byte
	}
	err := t.prepared(`SELECT id, params_hash, state, coalesce(result_sealed, ''::bytea) AS result_sealed FROM operations
		WHERE scope = ? AND kind = ? AND key = ? FOR UPDATE`, k.scope(), k.Kind, t.keptKey(k)).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) { // its key was given back between the two statements
		return Operation{}, fault.New(catalog.OperationInProgress).WithRetryAfter(time.Second)
	}
	if err != nil {
		return Operation{}, fromTx(err)
	}
	if subtle.ConstantTimeCompare(row.ParamsHash, c.hash[:]) != 1 {
		return Operation{}, fault.New(catalog.IdempotencyKeyReused).WithField("Idempotency-Key", "was used before with other parameters")
	}
	if row.State == operationRunning {
		return Operation{}, fault.New(catalog.OperationInProgress).WithRetryAfter(2 * time.Second)
	}
	return t.replayed(ctx, k, row.ID, row.State, row.ResultSealed)
}

// replayed is an operation that is over, from its row: its result, or its refusal as the error.
func (t *Tx) replayed(ctx context.Context, k OperationKey, id int64, state int16, sealed []byte) (Operation, error) {
	plain, err := t.openResult(ctx, k.Borrower, sealed)
	if err != nil {
		return Operation{}, err
	}
	if state == operationRefused {
		return Operation{}, openRefusal(plain)
	}
	return Operation{ID: id, Borrower: k.Borrower, Replayed: true, Result: plain}, nil
}

// FinishOperation stores the operation's result (encoded as JSON, sealed) for every later repeat of its key. It does
// nothing for an operation without a key. That the operation was still running is found out when the statement is sent: ErrStale otherwise.
func (t *Tx) FinishOperation(ctx context.Context, op Operation, result any) error {
	s, err := t.finishing(ctx, op, result)
	if s != nil && err == nil {
		t.later(s.changed())
	}
	return err
}

// FinishRunning is FinishOperation that leaves an operation alone which is finished already: it keeps its first answer.
func (t *Tx) FinishRunning(ctx context.Context, op Operation, result any) error {
	s, err := t.finishing(ctx, op, result)
	if s != nil && err == nil {
		t.later(s.written())
	}
	return err
}

// finishing is the statement that stores a result; nil for an operation without a key.
func (t *Tx) finishing(ctx context.Context, op Operation, result any) (*statement, error) {
	if op.ID == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	sealed, err := t.sealResult(ctx, op.Borrower, plain)
	if err != nil {
		return nil, err
	}
	return t.prepared(`UPDATE operations SET state = 1, result_sealed = ?, finished_at = ? WHERE id = ? AND state = 0`, sealed, t.now, op.ID), nil
}

const resultColumn = "operations.result"

func (t *Tx) sealResult(ctx context.Context, borrower int64, plain []byte) ([]byte, error) {
	if borrower == 0 {
		return t.keys.SealLocal(resultColumn, plain)
	}
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	return key.Seal(resultColumn, plain)
}

func (t *Tx) openResult(ctx context.Context, borrower int64, sealed []byte) ([]byte, error) {
	if borrower == 0 {
		return t.keys.OpenLocal(resultColumn, sealed)
	}
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	return key.Open(resultColumn, sealed)
}
