package onboarding

import (
	"context"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	sweepBatch = 100 // card checks a sweep asks about
	sweepGives = 3   // answers in a row that may be missing before a sweep leaves the gateway alone
)

// SweepBindings asks the gateway about the card checks that are due and that no event has told us about. It may run as often and
// on as many replicas as one likes. It returns what went wrong, having gone on where that makes sense.
func (s *Service) SweepBindings(ctx context.Context) error {
	due, err := s.store.IntentsToCheck(ctx, s.clock.Now(), sweepBatch, store.IntentBinding)
	if err != nil {
		return err
	}
	var problems []error
	silent := 0
	for _, in := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := s.ApplyBinding(ctx, in.Reference)
		if err == nil {
			silent = 0
			continue
		}
		problems = append(problems, fmt.Errorf("card check %s: %w", in.Reference, err))
		if fault.Has(err, catalog.GatewayUnavailable) {
			if silent++; silent == sweepGives {
				break
			}
		}
	}
	return errors.Join(problems...)
}
