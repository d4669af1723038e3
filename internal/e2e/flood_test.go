package e2e

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
)

// heldConnections are connections that send a request so slowly that it never ends.
type heldConnections struct {
	n    int
	live atomic.Int64
	all  []net.Conn
}

func (h *heldConnections) open() int64 { return h.live.Load() }

func (h *heldConnections) close() {
	for _, c := range h.all {
		_ = c.Close()
	}
}

func holdConnections(t *testing.T, address string, n int) *heldConnections {
	t.Helper()
	h := &heldConnections{n: n}
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		h.all = append(h.all, c)
		h.live.Add(1)
		go func() {
			defer h.live.Add(-1)
			if _, err := c.Write([]byte("GET /bank/dict/list HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
				return
			}
			go func() {
				for {
					time.Sleep(time.Second)
					if _, err := c.Write([]byte("a")); err != nil {
						return
					}
				}
			}()
			// The server ends it: with an answer, or without a word.
			buffer := make([]byte, 512)
			for {
				if _, err := c.Read(buffer); err != nil {
					return
				}
			}
		}()
	}
	return h
}

// attackLimits are the default limits with a wide one for reads: the test itself reads from the attacker's address.
func attackLimits() *access.LimiterOptions {
	classes := access.DefaultClasses()
	classes[access.ClassRead] = access.Class{Rules: []access.Rule{{Name: "read", Key: access.KeyIP, Limit: 1_000_000, Window: time.Minute}}}
	return &access.LimiterOptions{Classes: classes}
}

// floodLogins sends so many bad logins a second until stop is closed.
func floodLogins(w *world, perSecond int, stop chan struct{}) (sent, refused *atomic.Int64) {
	sent, refused = &atomic.Int64{}, &atomic.Int64{}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	work := make(chan struct{}, perSecond)
	var workers sync.WaitGroup
	for range 32 {
		workers.Go(func() {
			for range work {
				a, err := w.try(w.loginWith(map[string]any{"mobile": newMobile(), "password": "wrong-" + password}))
				if err == nil {
					sent.Add(1)
					if a.Status == 429 || a.Status == 401 || a.Status == 503 {
						refused.Add(1)
					}
				}
			}
		})
	}
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-stop:
				close(work)
				return
			case <-tick.C:
				select {
				case work <- struct{}{}:
				default:
				}
			}
		}
	}()
	return sent, refused
}

func percentile(all []time.Duration, p int) time.Duration {
	slices.Sort(all)
	return all[min(len(all)*p/100, len(all)-1)]
}
