package e2e

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
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
