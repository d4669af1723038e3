package backoffice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Role says what an operator may do; the contract names the roles of each operation.
type Role string

// The roles.
const (
	Viewer      Role = "viewer"
	Reviewer    Role = "reviewer"
	Collections Role = "collections"
	Finance     Role = "finance"
	Admin       Role = "admin"
)

// Roles lists every role, the least first.
func Roles() []Role { return []Role{Viewer, Reviewer, Collections, Finance, Admin} }

// Known says whether r is a role.
func (r Role) Known() bool {
	for _, known := range Roles() {
		if r == known {
			return true
		}
	}
	return false
}

// Form of a key: a prefix that secret scanners can look for, and 256 random bits as unpadded base64url.
const (
	KeyPrefix = "cpo_"
	KeyLength = len(KeyPrefix) + 43
	keyBytes  = 32
)

// MaxKeyLife is the longest that a key may be good for.
const MaxKeyLife = 366 * 24 * time.Hour

// Operator finds who a key belongs to. It returns KEY_INVALID for a key that is unknown, expired or revoked.
func (s *Service) Operator(ctx context.Context, key string) (Actor, error) {
	if len(key) != KeyLength || !strings.HasPrefix(key, KeyPrefix) {
		return Actor{}, fault.New(catalog.KeyInvalid)
	}
	hash := sha256.Sum256([]byte(key))
	o, err := s.store.OperatorByKey(ctx, hash[:])
	if errors.Is(err, store.ErrNotFound) || (err == nil && !o.Alive(s.clock.Now())) {
		return Actor{}, fault.New(catalog.KeyInvalid)
	}
	return Actor{ID: o.ID, Name: o.Name, Role: Role(o.Role), Brand: o.Brand, ExpiresAt: o.ExpiresAt}, err
}

// NewOperator is a person who gets a key.
type NewOperator struct {
	Name  string
	Role  Role
	Brand string // "" for all
	Life  time.Duration
}

// AddOperator gives a person a key, which is returned once and stored nowhere. A person whose key has ended gets a new one and stays
// the same person. It is the command line's act. It returns VALIDATION_FAILED, and STATE_CONFLICT for a person whose key is good.
func (s *Service) AddOperator(ctx context.Context, n NewOperator) (store.Operator, string, error) {
	n.Name = strings.TrimSpace(n.Name)
	bad := fault.New(catalog.ValidationFailed)
	if n.Name == "" || len(n.Name) > 80 || strings.ContainsFunc(n.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		bad = bad.WithField("name", "must be 1 to 80 characters")
	}
	if !n.Role.Known() {
		bad = bad.WithField("role", fmt.Sprintf("must be one of %v", Roles()))
	}
	if n.Life < time.Minute || n.Life > MaxKeyLife {
		bad = bad.WithField("expires", "must be from one minute to 366 days")
	}
	brands, err := s.store.Brands(ctx)
	if err != nil {
		return store.Operator{}, "", err
	}
	known := n.Brand == ""
	for _, b := range brands {
		known = known || b.Code == n.Brand
	}
	if !known {
		bad = bad.WithField("brand", "is not a brand of this deployment")
	}
	if len(bad.Fields) > 0 {
		return store.Operator{}, "", bad
	}
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // does not fail: it ends the program instead
	key := KeyPrefix + base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(key))
	var added store.Operator
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		added, err = tx.PutOperator(ctx, store.Operator{Name: n.Name, Role: string(n.Role), Brand: n.Brand, ExpiresAt: tx.Now().Add(n.Life)}, hash[:])
		if err != nil {
			return err
		}
		changes := []store.Change{{Field: "role", After: added.Role}, {Field: "expiresAt", After: added.ExpiresAt.Format(time.RFC3339)}}
		return commandTrail(ctx, tx, "addOperator", added, changes)
	})
	if errors.Is(err, store.ErrStale) {
		return store.Operator{}, "", fault.New(catalog.StateConflict).WithField("name", "has a key that is still good: revoke it first")
	}
	return added, key, err
}

// Staff lists everybody who has or had a key, by name.
func (s *Service) Staff(ctx context.Context) ([]store.Operator, error) { return s.store.Operators(ctx) }

// RevokeOperator ends a person's key. It is the command line's act. It returns RECORD_NOT_FOUND, and STATE_CONFLICT for a key that
// has ended.
func (s *Service) RevokeOperator(ctx context.Context, name string) (store.Operator, error) {
	var o store.Operator
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if o, err = tx.OperatorByName(ctx, strings.TrimSpace(name)); err != nil {
			return err
		}
		if err := tx.RevokeOperator(ctx, o.ID); err != nil {
			return err
		}
		o.RevokedAt = tx.Now()
		return commandTrail(ctx, tx, "revokeOperator", o, []store.Change{{Field: "key", Before: "good", After: "revoked"}})
	})
	return o, orFault(err, catalog.RecordNotFound)
}

func commandTrail(ctx context.Context, tx *store.Tx, act string, o store.Operator, changes []store.Change) error {
	return tx.AddTrail(ctx, store.TrailEntry{OperatorName: commandLine, Act: act, Subject: fmt.Sprintf("operator:%d", o.ID), Brand: o.Brand, Changes: changes})
}
