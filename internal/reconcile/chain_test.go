package reconcile

import (
	"testing"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// TestChainAcrossPages reads a ledger whose pages shift, because an entry is added between two of them, and that has two currencies.
func TestChainAcrossPages(t *testing.T) {
	entry := func(id, currency string, difference, after money.Kobo) store.GatewayMovement {
		return store.GatewayMovement{ID: id, Currency: currency, Difference: difference, BalanceAfter: after}
	}
	pages := [][]store.GatewayMovement{
		{entry("5", "NGN", 10, 160), entry("4", "USD", 1, 1)},
		{entry("4", "USD", 1, 1), entry("3", "NGN", 50, 150)}, // pushed down by a sixth that nobody read
		{entry("2", "NGN", -7, 90), entry("1", "NGN", 97, 97)},
	}
	before := map[string]money.Kobo{}
	written := map[string]int{}
	c := newChain()
	for _, page := range pages {
		out := c.link(page)
		ids := map[string]bool{}
		for _, m := range out {
			if ids[m.ID] {
				t.Errorf("%s is twice in one statement", m.ID)
			}
			ids[m.ID] = true
			written[m.ID]++
			if m.Before != nil {
				before[m.ID] = *m.Before
			}
		}
	}
	if want := map[string]money.Kobo{"5": 150, "3": 90, "2": 97}; len(before) != len(want) || before["5"] != 150 || before["3"] != 90 || before["2"] != 97 {
		t.Errorf("the balances below are %v, want %v", before, want)
	}
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		if written[id] == 0 {
			t.Errorf("%s was not written", id)
		}
	}
}
