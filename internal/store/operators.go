package store

import (
	"context"
	"errors"
	"time"
)

// Operator is a member of the lender's staff: one row a person.
type Operator struct {
	ID        int64
	Name      string
	Role      string // viewer, reviewer, collections, finance or admin
	Brand     string // the only brand the operator may see; "" for all
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while the key is good
}

// Alive tells whether the operator's key can be used at the instant.
func (o Operator) Alive(at time.Time) bool { return o.RevokedAt.IsZero() && at.Before(o.ExpiresAt) }

type operatorRow struct {
	ID        int64
	Name      string
	Role      string
	Brand     string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
}

func (r operatorRow) operator() Operator {
	return Operator{ID: r.ID, Name: r.Name, Role: r.Role, Brand: r.Brand, CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
		RevokedAt: timeOut(r.RevokedAt)}
}

const selectOperator = `SELECT id, name, role, coalesce(brand, '') AS brand, created_at, expires_at, revoked_at FROM operators `

// OperatorByKey finds an operator, alive or not, by the SHA-256 of the key, or ErrNotFound. A key is 256 random bits, so the hash
// needs no key and no salt.
func (r reader) OperatorByKey(ctx context.Context, keyHash []byte) (Operator, error) {
	return r.oneOperator(ctx, `WHERE key_hash = ?`, keyHash)
}

// OperatorByName finds an operator, alive or not, or ErrNotFound.
func (r reader) OperatorByName(ctx context.Context, name string) (Operator, error) {
	return r.oneOperator(ctx, `WHERE name = ?`, name)
}

func (r reader) oneOperator(ctx context.Context, where string, args ...any) (Operator, error) {
	var row operatorRow
	err := r.idb.NewRaw(selectOperator+where, args...).Scan(ctx, &row)
	return row.operator(), fromTx(err)
}

// Operators lists the whole staff by name.
func (r reader) Operators(ctx context.Context) ([]Operator, error) {
	var rows []operatorRow
	if err := r.idb.NewRaw(selectOperator+`ORDER BY name`).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	all := make([]Operator, len(rows))
	for i, row := range rows {
		all[i] = row.operator()
	}
	return all, nil
}

// PutOperator adds a person with a key, or gives one whose key has ended a new key, role and brand; the person's id stays. The
// operator's Name, Role, Brand and ExpiresAt are taken. It returns ErrStale for a person whose key is still good.
func (t *Tx) PutOperator(ctx context.Context, o Operator, keyHash []byte) (Operator, error) {
	var brand *string
	if o.Brand != "" {
		brand = &o.Brand
	}
	o.CreatedAt, o.RevokedAt = t.now, time.Time{}
	var id int64
	err := t.idb.NewRaw(`INSERT INTO operators AS o (id, name, role, brand, key_hash, created_at, expires_at) VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, brand = excluded.brand, key_hash = excluded.key_hash, expires_at = excluded.expires_at,
			revoked_at = NULL
		WHERE o.revoked_at IS NOT NULL OR o.expires_at <= ?5 RETURNING id`, newID(), o.Name, o.Role, brand, keyHash, t.now, o.ExpiresAt).Scan(ctx, &id)
	if err = fromTx(err); errors.Is(err, ErrNotFound) {
		return Operator{}, ErrStale
	}
	o.ID = id
	return o, err
}

// RevokeOperator ends a person's key for good. It returns ErrStale for one that has ended.
func (t *Tx) RevokeOperator(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE operators SET revoked_at = ?0 WHERE id = ?1 AND revoked_at IS NULL AND expires_at > ?0`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}
