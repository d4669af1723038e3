package access

import (
	"context"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is what a deployment can choose. Zero values mean the defaults named at each field.
type Config struct {
	// DefaultBrand is the brand of a request without X-App-Code.
	DefaultBrand string
	// SessionIdle ends a session that is not used. Default 30 days.
	SessionIdle time.Duration
	// SessionAbsolute ends a session however much it is used. Default 90 days.
	SessionAbsolute time.Duration
	// SeenEvery is how often the use of a session is written down. Default 1 minute.
	SeenEvery time.Duration
	// CodeLife is how long a code is good. Default 5 minutes.
	CodeLife time.Duration
	// CodeTries is how many wrong guesses end a code. Default 5.
	CodeTries int
	// BrandsFor is how long the list of brands is believed without asking the database. Default 10 seconds.
	BrandsFor time.Duration
	// Passwords says how passwords are hashed.
	Passwords PasswordParams
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.SessionIdle, 30*24*time.Hour)
	set(&c.SessionAbsolute, 90*24*time.Hour)
	set(&c.SeenEvery, time.Minute)
	set(&c.CodeLife, 5*time.Minute)
	set(&c.BrandsFor, 10*time.Second)
	if c.CodeTries == 0 {
		c.CodeTries = 5
	}
	c.Passwords = c.Passwords.withDefaults()
	return c
}

// Service is the capability. It is safe for use by many goroutines. Every method returns faults; besides those it names,
// UNAVAILABLE and INTERNAL are always possible.
type Service struct {
	store   *store.Store
	sms     provider.SMS
	limiter *Limiter
	clock   clock.Clock
	config  Config
	log     *slog.Logger

	passwords *hasher
	brands    brandCache
	breaker   breaker
	seen      seenWriter
}

// New makes the capability. sms may be nil where a deployment can send no texts: SendCode answers SMS_UNAVAILABLE then.
func New(st *store.Store, sms provider.SMS, limiter *Limiter, clk clock.Clock, config Config, log *slog.Logger) *Service {
	config = config.withDefaults()
	s := &Service{store: st, sms: sms, limiter: limiter, clock: clk, config: config, log: log.With("part", "access"),
		passwords: newHasher(config.Passwords)}
	s.seen.running = make(chan struct{}, seenAtOnce)
	return s
}

// Close waits until the use of sessions that is being written down has been, or ctx ends.
func (s *Service) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.seen.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
