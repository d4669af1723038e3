package main

import (
	"maps"
	"slices"
	"sync"
)

// counts are figures by name; safe for concurrent use.
type counts struct {
	mu sync.Mutex
	by map[string]int64
}

func newCounts() *counts { return &counts{by: map[string]int64{}} }

func (c *counts) add(name string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[name] += n
}

func (c *counts) of(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[name]
}

// names lists what was counted, in order.
func (c *counts) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.by))
}
