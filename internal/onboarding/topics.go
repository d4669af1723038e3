package onboarding

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// maxTopics is how many push topics a borrower may have.
const maxTopics = 50

// Subscribe notes that a device wants a topic's push messages, in place of the device before. It returns VALIDATION_FAILED beyond
// 50 topics.
func (s *Service) Subscribe(ctx context.Context, who Subject, topic store.PushTopic) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		n, err := tx.SavePushTopic(ctx, who.Borrower, topic)
		if err == nil && n > maxTopics {
			return fault.Invalid("topic", "must be one of at most 50 topics")
		}
		return err
	})
}
