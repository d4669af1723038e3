package main

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// pgProxy stands between the replicas and PostgreSQL. It knows one thing of the protocol: what a COMMIT looks like. It cuts
// a connection before the COMMIT reaches the server, or after the server has carried it out and before the answer reaches
// the client.
type pgProxy struct {
	listener net.Listener
	target   func() string

	perMille atomic.Int64 // of the COMMITs are cut
	before   atomic.Int64
	after    atomic.Int64
	commits  atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
}

func startPgProxy(target func() string, seed uint64) (*pgProxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &pgProxy{listener: l, target: target, random: rand.New(rand.NewPCG(seed, streamCuts))}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p, nil
}

// cutKind is what happens to one COMMIT.
type cutKind int

const (
	cutNone cutKind = iota
	cutBefore
	cutAfter
)

func (p *pgProxy) draw() cutKind {
	rate := p.perMille.Load()
	if rate == 0 {
		return cutNone
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := p.random.Int64N(1000); {
	case n >= rate:
		return cutNone
	case n%2 == 0:
		return cutBefore
	}
	return cutAfter
}

// isCommit finds the simple query "commit" at the end of what a client sends.
func isCommit(chunk []byte) bool {
	return bytes.HasSuffix(chunk, []byte("commit\x00")) || bytes.HasSuffix(chunk, []byte("COMMIT\x00"))
}

func (p *pgProxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.DialTimeout("tcp", p.target(), time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	var drop atomic.Bool
	done := make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if n > 0 {
				if isCommit(buffer[:n]) {
					p.commits.Add(1)
					switch p.draw() {
					case cutBefore:
						p.before.Add(1)
						return
					case cutAfter:
						p.after.Add(1)
						drop.Store(true)
					}
				}
				if _, err := server.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if drop.Load() {
				return // the server has answered the COMMIT; nobody will hear it
			}
			if n > 0 {
				if _, err := client.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	<-done
}

func (p *pgProxy) close() { _ = p.listener.Close() }
