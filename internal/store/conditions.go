package store

import (
	"encoding/json"
	"sync"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// knownConditions keeps decoded conditions by their text: the loans of one product version all have the same, and a page of loans is
// read far more often than a version is added.
var knownConditions conditionsCache

// mostConditions bounds what is kept; it is far above the versions that a deployment sells.
const mostConditions = 4096

type conditionsCache struct {
	mu    sync.RWMutex
	known map[string]lending.Conditions
}

func (c *conditionsCache) decode(raw []byte) (lending.Conditions, error) {
	c.mu.RLock()
	found, ok := c.known[string(raw)]
	c.mu.RUnlock()
	if !ok {
		if err := json.Unmarshal(raw, &found); err != nil {
			return found, err
		}
		c.mu.Lock()
		if c.known == nil || len(c.known) >= mostConditions {
			c.known = map[string]lending.Conditions{}
		}
		c.known[string(raw)] = found
		c.mu.Unlock()
	}
	return found, nil
}
