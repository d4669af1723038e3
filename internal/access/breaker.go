package access

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Pumping is when somebody has codes sent to numbers that pay them for each text: many are sent and nobody types one in. Limits by number
// and address do not see it where both are many. The breaker looks at what becomes of a brand's codes.
const (
	pumpWindow  = 15 * time.Minute // of codes that are looked at
	pumpLeast   = 300              // codes in it, below which nothing is concluded
	pumpPercent = 15               // of them must be used
	pumpPause   = 5 * time.Minute  // how long nothing is sent once it has tripped
	pumpLook    = 5 * time.Second  // between two looks
)

// breaker remembers, for each brand, when to look again and until when nothing is sent.
type breaker struct {
	mu     sync.Mutex
	brands map[string]breakerState
}

type breakerState struct{ look, shut time.Time }

// turn tells whether it is time to look, and until when the brand is shut. Of calls at once one looks.
func (b *breaker) turn(brand string, now time.Time) (look bool, shut time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.brands[brand]
	if look = !now.Before(s.look); look {
		s.look = now.Add(pumpLook)
		b.put(brand, s)
	}
	return look, s.shut
}

func (b *breaker) put(brand string, s breakerState) {
	if b.brands == nil {
		b.brands = map[string]breakerState{}
	}
	b.brands[brand] = s
}

func (b *breaker) trip(brand string, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(brand, breakerState{look: until, shut: until})
}

// pumping refuses a text while a brand's codes go nowhere: SMS_RATE_LIMITED, and an alert for a person.
func (s *Service) pumping(ctx context.Context, brand string) error {
	now := s.clock.Now()
	look, shut := s.breaker.turn(brand, now)
	if now.Before(shut) {
		return fault.New(catalog.SMSRateLimited).WithRetryAfter(shut.Sub(now))
	}
	if !look {
		return nil
	}
	sent, used, err := s.store.CodeUse(ctx, brand, now.Add(s.config.CodeLife-pumpWindow))
	if err != nil || sent < pumpLeast || used*100 >= sent*pumpPercent {
		return err
	}
	s.breaker.trip(brand, now.Add(pumpPause))
	s.log.WarnContext(ctx, "codes are sent and not used: no more texts for a while", "brand", brand, "sent", sent, "used", used, "pause", pumpPause.String())
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.RaiseBrandAlert(ctx, brand, "sms", "pumping:"+brand, fmt.Sprintf("%d codes in %s, %d used", sent, pumpWindow, used))
	}); err != nil {
		return err
	}
	return fault.New(catalog.SMSRateLimited).WithRetryAfter(pumpPause)
}
