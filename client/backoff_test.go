package creditpocket

import (
	"testing"
	"time"
)

// A wait is anywhere between nothing and its limit ("full jitter"), and the limit doubles up to the longest.
func TestRetryJitter(t *testing.T) {
	s := settings{baseWait: 100 * time.Millisecond, maxWait: 350 * time.Millisecond}
	for n, limit := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 3: 350 * time.Millisecond, 4: 350 * time.Millisecond, 60: 350 * time.Millisecond} {
		const draws, parts = 2000, 10
		var drawn [parts]int
		for range draws {
			wait := s.backoff(n)
			if wait <= 0 || wait > limit {
				t.Fatalf("attempt %d: %s, expected at most %s", n, wait, limit)
			}
			drawn[(wait-1)*parts/limit]++
		}
		for i, count := range drawn {
			if count < draws/parts/2 || count > draws/parts*2 {
				t.Errorf("attempt %d: %d of %d waits fell into part %d of %d", n, count, draws, i, parts)
			}
		}
	}
}
