// Package messaging owns a borrower's message centre: reading it. Messages come into being as store.Tx.AddMessage inside the
// transaction of what they tell about. It may import the store and everything below it.
package messaging

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Service serves the message centre.
type Service struct{ store *store.Store }

// New makes the service.
func New(st *store.Store) *Service { return &Service{store: st} }

// PageQuery asks for a page of messages. Number counts from 1; Type 0 means every type.
type PageQuery struct {
	Number int
	Size   int
	Type   int
}

// Page is a page of messages, newest first, with the number of messages on all pages together.
type Page struct {
	List  []store.Message
	Total int64
}

// Read answers a page of a borrower's messages and marks them read; Message.Read in the answer tells how it was before. It
// returns no faults of its own.
func (s *Service) Read(ctx context.Context, borrower int64, q PageQuery) (Page, error) {
	list, total, err := s.store.Messages(ctx, borrower, q.Type, q.Number, q.Size)
	if err != nil {
		return Page{}, err
	}
	var unread []int64
	for _, m := range list {
		if !m.Read {
			unread = append(unread, m.ID)
		}
	}
	if len(unread) == 0 {
		return Page{list, total}, nil
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.MarkMessagesRead(ctx, borrower, unread) })
	if err != nil {
		return Page{}, err
	}
	return Page{list, total}, nil
}
