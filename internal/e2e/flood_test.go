package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
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

// flood is bad logins on their way.
type flood struct {
	stop          chan struct{}
	senders       sync.WaitGroup
	sent, refused atomic.Int64
}

// end stops the flood, and tells how many were sent and how many of them refused.
func (f *flood) end() (sent, refused int64) {
	close(f.stop)
	f.senders.Wait()
	return f.sent.Load(), f.refused.Load()
}

// floodLogins sends so many bad logins a second, each for another number, until it is ended. It costs the machine as little as it can: no
// judge reads its answers.
func floodLogins(w *world, perSecond int) *flood {
	f := &flood{stop: make(chan struct{})}
	const senders = 8
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}, Timeout: 10 * time.Second}
	for range senders {
		f.senders.Go(func() {
			tick := time.NewTicker(senders * time.Second / time.Duration(perSecond))
			defer tick.Stop()
			for {
				select {
				case <-f.stop:
					return
				case <-tick.C:
				}
				body := fmt.Sprintf(`{"mobile":"%s","password":"wrong-%s"}`, newMobile(), password)
				resp, err := client.Post(w.app.BaseURL+"/user/login", "application/json", strings.NewReader(body))
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				f.sent.Add(1)
				if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusServiceUnavailable {
					f.refused.Add(1)
				}
			}
		})
	}
	return f
}

func percentile(all []time.Duration, p int) time.Duration {
	slices.Sort(all)
	return all[min(len(all)*p/100, len(all)-1)]
}
