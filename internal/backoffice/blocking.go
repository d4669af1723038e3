package backoffice

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Block says whether a borrower is kept out.
type Block struct {
	ID      int64
	Brand   string
	Blocked bool
	At      time.Time
}

// BlockBorrower keeps a borrower out: sessions and log-ins are refused, and an approved loan is not paid out. What is owed stays owed.
// It returns BORROWER_NOT_FOUND, and STATE_CONFLICT for one who is blocked.
func (s *Service) BlockBorrower(ctx context.Context, by Actor, key string, id int64, reason string) (Done[Block], error) {
	return s.block(ctx, order{by, "blockBorrower", key, reason, id}, id, true)
}

// UnblockBorrower lets a borrower in again. It returns BORROWER_NOT_FOUND, and STATE_CONFLICT for one who is not blocked.
func (s *Service) UnblockBorrower(ctx context.Context, by Actor, key string, id int64, reason string) (Done[Block], error) {
	return s.block(ctx, order{by, "unblockBorrower", key, reason, id}, id, false)
}

func (s *Service) block(ctx context.Context, o order, id int64, blocked bool) (Done[Block], error) {
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (Block, error) {
		b, err := lockBorrower(ctx, tx, o.by, id)
		if err != nil {
			return Block{}, err
		}
		n.about("borrower", b.ID, b.Brand)
		if b.Blocked == blocked {
			return Block{}, fault.New(catalog.StateConflict)
		}
		if blocked {
			n.change("account", "open", "blocked")
			err = tx.BlockBorrower(ctx, id, o.reason)
		} else {
			n.change("account", "blocked", "open")
			err = tx.UnblockBorrower(ctx, id)
		}
		return Block{ID: b.ID, Brand: b.Brand, Blocked: blocked, At: tx.Now()}, err
	})
}
