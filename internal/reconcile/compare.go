package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// compare holds the copy against our books, in both directions.
func (s *Service) compare(ctx context.Context, r *Report, started time.Time) ([]store.Break, error) {
	var found []store.Break
	for _, kind := range provider.RecordKinds() {
		for after := ""; ; {
			page, err := s.store.CompareGateway(ctx, string(kind), started, r.Since, after, pageSize)
			if err != nil {
				return nil, err
			}
			for _, c := range page {
				b, err := s.settle(ctx, r, c, started)
				if err != nil {
					return nil, err
				}
				found = append(found, b...)
			}
			if len(page) < pageSize {
				break
			}
			after = page[len(page)-1].GatewayID
		}
	}
	unseen, err := s.store.UnseenAtGateway(ctx, started, r.Since, started.Add(-underWay))
	if err != nil {
		return nil, err
	}
	for _, u := range unseen {
		found = append(found, store.Break{Kind: MissingTheirs, Object: u.Object, Reference: u.Reference, Ours: u.Amount, At: u.At,
			Detail: fmt.Sprintf("ours is in state %d over %d kobo, the gateway does not show it", u.State, int64(u.Amount))})
	}
	stray, err := s.store.StrayMovements(ctx, r.Since)
	if err != nil {
		return nil, err
	}
	for _, m := range stray {
		found = append(found, store.Break{Kind: MissingOurs, Object: "movement", Reference: m.ID, Theirs: m.Difference, At: m.At,
			Detail: fmt.Sprintf("the gateway's balance moved by %d kobo and nothing explains it", int64(m.Difference))})
	}
	broken, err := s.store.BrokenBalances(ctx, r.Since)
	if err != nil {
		return nil, err
	}
	for _, m := range broken {
		found = append(found, store.Break{Kind: Balance, Object: "movement", Reference: m.ID, Ours: m.Expected, Theirs: m.Balance, At: m.At,
			Detail: fmt.Sprintf("the gateway's balance before it and its amount make %d kobo, the gateway says %d", int64(m.Expected), int64(m.Balance))})
	}
	return found, nil
}

// settle compares one record, brings ours up to date where that is safe, and returns what is left. Safe is only to ask the gateway about the
// reference and to apply its answer, which is what an event would have made us do.
func (s *Service) settle(ctx context.Context, r *Report, c store.Compared, started time.Time) ([]store.Break, error) {
	breaks := Disagreements(c)
	if len(breaks) > 0 && s.apply(ctx, c, breaks) {
		again, err := s.store.CompareRecord(ctx, c.Kind, c.GatewayID, started, r.Since)
		if err != nil {
			return nil, err
		}
		c = again
		if breaks = Disagreements(c); len(breaks) == 0 {
			r.Applied++
		}
	}
	if len(breaks) > 0 {
		return breaks, nil
	}
	r.Matched++
	return nil, s.bookFee(ctx, r, c)
}

// apply asks the gateway about a record on which ours is behind. It tells whether that was worth another look.
func (s *Service) apply(ctx context.Context, c store.Compared, breaks []store.Break) bool {
	behind := false
	for _, b := range breaks {
		behind = behind || b.Kind == Status || b.Kind == MissingOurs
	}
	if !behind {
		return false
	}
	var err error
	switch {
	case c.Kind == "transfer" && c.OursID != 0:
		err = s.appliers.Transfer(ctx, c.Reference)
	case c.Kind == "charge" && c.OursID != 0:
		err = s.appliers.Charge(ctx, c.Reference)
	case c.Kind == "charge":
		err = s.appliers.Receipt(ctx, c.Reference)
	case c.Kind == "refund" && c.OursID != 0:
		err = s.appliers.Refund(ctx, c.OursID)
	default:
		return false
	}
	if err != nil {
		s.log.WarnContext(ctx, "a record of the gateway could not be applied", "kind", c.Kind, "reference", c.Reference, "error", err.Error())
	}
	return err == nil
}

// bookFee brings the fee of a record in our ledger to what the gateway's ledger says it kept.
func (s *Service) bookFee(ctx context.Context, r *Report, c store.Compared) error {
	kept := c.Fee
	if c.Kind == "refund" || !moves(c) {
		kept = 0
	}
	if !c.Ledgered || kept == c.FeeBooked || c.Brand == "" {
		return nil
	}
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.BookGatewayFee(ctx, c.Kind, c.GatewayID, c.FeeBooked, kept); err != nil {
			return err
		}
		batch, err := ledger.GatewayFee(ledger.Ref{At: tx.Now()}, c.Kind, c.GatewayID, c.FeeBooked, kept)
		if err != nil {
			return err
		}
		return tx.Post(ctx, c.Brand, batch)
	})
	if errors.Is(err, store.ErrStale) {
		return nil // another run was faster
	}
	if err == nil {
		r.Fees += kept - c.FeeBooked
	}
	return err
}
