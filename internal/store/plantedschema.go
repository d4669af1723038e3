package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/planted"
)

// plantSchema weakens the schema for the planted bugs that need it; without their build tag it does nothing.
func plantSchema(ctx context.Context, db *bun.DB) error {
	var weaken string
	switch {
	case planted.Is(planted.DroppedIndex), planted.Is(planted.CheckThenInsert):
		weaken = `DROP INDEX IF EXISTS loans_one_open`
	case planted.Is(planted.UnbalancedPosting):
		weaken = `ALTER TABLE ledger_postings DISABLE TRIGGER ledger_balanced`
	default:
		return nil
	}
	_, err := db.ExecContext(ctx, weaken)
	return err
}
