package access

import (
	"strconv"
	"testing"
	"time"
)

func TestMemoryOfCountersIsBounded(t *testing.T) {
	c := newCounters()
	rule := Rule{Name: "r", Limit: 1, Window: time.Hour}
	now := time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)
	const flood = counterShards * countersPerShard * 3 / 2
	for i := range flood {
		c.take(counterKey{"r", strconv.Itoa(i)}, rule.rate(), now)
	}
	held := 0
	for i := range c.shards {
		if n := len(c.shards[i].tat); n > countersPerShard {
			t.Fatalf("a shard holds %d keys", n)
		}
		held += len(c.shards[i].tat)
	}
	if held < counterShards*countersPerShard/2 {
		t.Errorf("only %d keys are held", held)
	}
}

func TestWhoOwesNothingIsForgottenFirst(t *testing.T) {
	const capacity, keen = counterShards * countersPerShard, 640
	c := newCounters()
	rule := Rule{Name: "r", Limit: 1, Window: time.Hour}
	take := func(who string, i int, at time.Time) bool {
		_, admitted := c.take(counterKey{"r", who + strconv.Itoa(i)}, rule.rate(), at)
		return admitted
	}
	now := time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)
	for i := range capacity * 9 / 10 {
		take("old", i, now)
	}
	now = now.Add(time.Hour)
	for i := range keen {
		take("keen", i, now)
	}
	now = now.Add(time.Hour - time.Nanosecond)
	for i := range capacity / 4 { // more than there is room for beside the old ones
		take("new", i, now)
	}
	for i := range keen {
		if take("keen", i, now) {
			t.Fatal("a key that still owed was forgotten though others owed nothing")
		}
	}
}
