// Package cutproxy is a TCP proxy on loopback between a client and PostgreSQL that cuts connections at the worst moments: before
// a COMMIT reaches the server, after the server has committed and before the client learns it, and in the middle of a statement.
// It reads the client's side of the protocol, so connections through it must not be encrypted. Tests and drills only.
package cutproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
)

// Point is a moment at which a connection may be cut.
type Point int

// The moments.
const (
	BeforeCommit Point = iota // COMMIT was sent and never reaches the server
	AfterCommit               // the server has answered COMMIT; the answer never reaches the client
	MidStatement              // half of a statement reaches the server
	LostReply                 // the server has answered a statement; the answer never reaches the client
	points
)

// String names the moment.
func (p Point) String() string {
	return [...]string{"before_commit", "after_commit", "mid_statement", "lost_reply"}[p]
}

// Points are all moments.
func Points() []Point { return []Point{BeforeCommit, AfterCommit, MidStatement, LostReply} }

// Options choose what is cut. Rates are chances between 0 and 1: of each COMMIT for the first two points, of every other
// statement for the last two.
type Options struct {
	Target string // host:port of the server
	Rates  map[Point]float64
	Seed   uint64
}

// Proxy is a running proxy. Its methods may be called from several goroutines.
type Proxy struct {
	o        Options
	listener net.Listener
	calm     atomic.Bool
	commits  atomic.Int64
	cuts     [points]atomic.Int64

	mu    sync.Mutex
	rng   *rand.Rand
	links map[*link]struct{}
	ended sync.WaitGroup
}

// Start listens on a free port of loopback until Close.
func Start(o Options) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cutproxy: %w", err)
	}
	p := &Proxy{o: o, listener: l, rng: rand.New(rand.NewPCG(o.Seed, 0x637574)), links: map[*link]struct{}{}}
	p.ended.Go(p.accept)
	return p, nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL is a connection URL of the server, led through the proxy.
func (p *Proxy) URL(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("cutproxy: not a connection URL")
	}
	u.Host = p.Addr()
	return u.String(), nil
}

// Calm stops (or with false resumes) the cutting; connections go on.
func (p *Proxy) Calm(yes bool) { p.calm.Store(yes) }

// Commits is how many COMMITs clients have sent.
func (p *Proxy) Commits() int64 { return p.commits.Load() }

// Cuts is how often connections were cut at a moment.
func (p *Proxy) Cuts(at Point) int64 { return p.cuts[at].Load() }

// Total is how often connections were cut.
func (p *Proxy) Total() (n int64) {
	for _, at := range Points() {
		n += p.Cuts(at)
	}
	return n
}

// CutAll breaks every connection that is open now.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Close breaks all connections and ends the proxy.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.CutAll()
	p.ended.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.ended.Go(func() { p.serve(client) })
	}
}

// chance tells whether something of the given rate happens now.
func (p *Proxy) chance(at Point) bool {
	rate := p.o.Rates[at]
	if rate <= 0 || p.calm.Load() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rng.Float64() < rate
}

func (p *Proxy) serve(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.o.Target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server}
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.mu.Unlock()
	back := make(chan struct{})
	go func() {
		defer close(back)
		l.answers()
		l.cut()
	}()
	if err := l.requests(); !errors.Is(err, io.EOF) {
		l.cut()
	}
	// What the client ended in order, the server ends itself; a cut has ended both.
	_ = server.(*net.TCPConn).CloseWrite()
	<-back
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}
