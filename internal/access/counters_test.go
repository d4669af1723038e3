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
	// Who owes nothing goes first: an hour later the newcomers push nobody out who still counts.
	late := now.Add(59*time.Minute + 59*time.Second)
	const keen = 640
	for i := range keen {
		if _, admitted := c.take(counterKey{"r", "keen" + strconv.Itoa(i)}, rule.rate(), late); !admitted {
			t.Fatal("a new key was refused")
		}
	}
	later := late.Add(time.Hour - time.Second)
	for i := range 10_000 {
		c.take(counterKey{"r", "late" + strconv.Itoa(i)}, rule.rate(), later)
	}
	for i := range keen {
		if _, admitted := c.take(counterKey{"r", "keen" + strconv.Itoa(i)}, rule.rate(), later); admitted {
			t.Fatal("a key that still owed was forgotten though others owed nothing")
		}
	}
}
