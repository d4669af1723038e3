package reconcile

import "github.com/creditpocket/creditpocket/internal/store"

// chain follows the gateway's ledger from its newest entry downwards and gives each entry the balance of the one below it.
type chain struct {
	seen map[string]bool
	last map[string]store.GatewayMovement // the lowest entry so far, by currency: each has a balance of its own
}

func newChain() *chain {
	return &chain{seen: map[string]bool{}, last: map[string]store.GatewayMovement{}}
}

// link takes the next page and returns what is to be written of it: its entries, and those of pages before whose balance below is known
// now. An entry that was on a page before is left out: what is added while pages are read pushes entries down to the next one.
func (c *chain) link(page []store.GatewayMovement) []store.GatewayMovement {
	var out []store.GatewayMovement
	place := map[string]int{}
	for _, m := range page {
		if c.seen[m.ID] {
			continue
		}
		c.seen[m.ID] = true
		if above, ok := c.last[m.Currency]; ok {
			before := m.BalanceAfter
			above.Before = &before
			if i, here := place[above.ID]; here {
				out[i] = above
			} else {
				out = append(out, above)
			}
		}
		place[m.ID] = len(out)
		out = append(out, m)
		c.last[m.Currency] = m
	}
	return out
}
