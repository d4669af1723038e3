package store

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// counts are what happened at the database, since the start of the process.
type counts struct {
	exhausted atomic.Int64
	unknown   atomic.Int64
	gaveUp    atomic.Int64

	mu      sync.Mutex
	retries map[string]int64
}

// Counts are what happened at the database since the store was opened, for metrics.
type Counts struct {
	// Retries are the transactions that were run again, by cause: an SQLSTATE, or "connection".
	Retries map[string]int64
	// GaveUp are the transactions that failed although they were tried as often as is allowed.
	GaveUp int64
	// CommitsUnknown are the commits whose outcome could not be learned.
	CommitsUnknown int64
	// PoolExhausted are the waits for a connection that ran into AcquireTimeout.
	PoolExhausted int64
}

// Counts reads the counters.
func (s *Store) Counts() Counts {
	c := Counts{GaveUp: s.counts.gaveUp.Load(), CommitsUnknown: s.counts.unknown.Load(), PoolExhausted: s.counts.exhausted.Load(), Retries: map[string]int64{}}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	for cause, n := range s.counts.retries {
		c.Retries[cause] = n
	}
	return c
}

func (c *counts) retried(err error) {
	cause := "connection"
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		cause = pg.Code
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.retries == nil {
		c.retries = map[string]int64{}
	}
	c.retries[cause]++
}
