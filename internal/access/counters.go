package access

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	counterShards    = 64
	countersPerShard = 4096
)

// counters are the limits that a replica keeps in its own memory: at most counterShards*countersPerShard keys of 16 bytes. Keys are
// kept as hashes under a seed of this process.
type counters struct {
	seed   maphash.Seed
	shards [counterShards]struct {
		sync.Mutex
		tat map[uint64]int64 // Unix nanoseconds
	}
}

func newCounters() *counters {
	c := &counters{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].tat = map[uint64]int64{}
	}
	return c
}

// counterKey is what a request is counted under.
type counterKey struct{ rule, subject string }

// take counts one request, as store.Tx.TakeLimit does.
func (c *counters) take(key counterKey, rate store.LimitRate, now time.Time) (tat time.Time, admitted bool) {
	h := maphash.Comparable(c.seed, key)
	s := &c.shards[h%counterShards]
	s.Lock()
	defer s.Unlock()
	at := now.UnixNano()
	old, known := s.tat[h]
	if !known && len(s.tat) >= countersPerShard {
		forget(s.tat, at)
	}
	if old > at+int64(rate.Window-rate.Interval) {
		return time.Unix(0, old), false
	}
	next := max(old, at) + int64(rate.Interval)
	s.tat[h] = next
	return time.Unix(0, next), true
}

// look returns what is remembered of a key: the theoretical arrival time that a request ran into. The zero time is nothing.
func (c *counters) look(key counterKey) (tat time.Time) {
	h := maphash.Comparable(c.seed, key)
	s := &c.shards[h%counterShards]
	s.Lock()
	defer s.Unlock()
	if at, known := s.tat[h]; known {
		return time.Unix(0, at)
	}
	return tat
}

// remember keeps the theoretical arrival time of a key.
func (c *counters) remember(key counterKey, tat, now time.Time) {
	h := maphash.Comparable(c.seed, key)
	s := &c.shards[h%counterShards]
	s.Lock()
	defer s.Unlock()
	if _, known := s.tat[h]; !known && len(s.tat) >= countersPerShard {
		forget(s.tat, now.UnixNano())
	}
	s.tat[h] = tat.UnixNano()
}

// forget makes room: first by the keys that owe nothing, else by any eighth of the keys. A key that is forgotten starts anew; that is
// the price of a bounded memory, and only a flood of more subjects than fit can bring it about.
func forget(tat map[uint64]int64, now int64) {
	for h, t := range tat {
		if t <= now {
			delete(tat, h)
		}
	}
	surplus := len(tat) - countersPerShard*7/8
	for h := range tat {
		if surplus <= 0 {
			return
		}
		delete(tat, h)
		surplus--
	}
}
