package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// errCrowded is the cause of the UNAVAILABLE of a request that found no place: a metric counts them, the log does not tell each.
var errCrowded = errors.New("server: more requests than places")

// crowd is the requests that share a number of places, and those that wait for one. A request that finds no place waits for a short
// time, the newest first: under lasting overload the oldest have been given up by their callers anyway, and whoever is let in has not
// waited long.
//
// A costly request takes many times the processor of a cheap one, so that a count of places alone would let the costly ones have the
// machine when all are taken: while cheap ones wait, one costly request is let in for every so many cheap ones. Uploads are costly
// too, but take places of their own: their callers may send slowly.
type crowd struct {
	places int           // cheap and costly requests inside at once
	most   [kinds]int    // requests of a kind inside at once
	queue  int           // requests that may wait
	wait   time.Duration // how long

	mu      sync.Mutex
	inside  [kinds]int
	waiting [kinds][]chan struct{} // newest last; a place is given by closing
	since   int                    // cheap requests let in since the last costly one, while some waited
}

const (
	cheap = iota
	costly
	upload
	kinds
)

// cheapFirst is how many cheap requests that wait are let in for each costly one.
const cheapFirst = 10

// newCrowd makes places of which costly requests may take half, and beside them places for uploads.
func newCrowd(places, uploads int, wait time.Duration) *crowd {
	places = max(places, 2)
	return &crowd{places: places, most: [kinds]int{places, max(places/2, 1), uploads}, queue: 2 * places, wait: wait}
}

// enter takes a place; who entered must leave. It returns UNAVAILABLE with a time to come back after when there is none in time, or
// when too many wait already. A request that comes back to a place it had given up is not turned away by the length of the queue.
func (c *crowd) enter(ctx context.Context, kind int, again bool) error {
	c.mu.Lock()
	if c.fits(kind) && (kind == cheap || len(c.waiting[cheap]) == 0) {
		c.inside[kind]++
		c.mu.Unlock()
		return nil
	}
	if !again && c.queue <= c.waiters() {
		c.mu.Unlock()
		return crowded()
	}
	mine := make(chan struct{})
	c.waiting[kind] = append(c.waiting[kind], mine)
	c.mu.Unlock()

	timer := time.NewTimer(c.wait)
	defer timer.Stop()
	select {
	case <-mine:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiting[kind], mine); i >= 0 {
		c.waiting[kind] = slices.Delete(c.waiting[kind], i, i+1)
		c.fill() // a costly one may have waited for this one's sake
		return crowded()
	}
	return nil // it was given a place in the same moment
}

// leave gives a place back, to the next who may have it.
func (c *crowd) leave(kind int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside[kind]--
	c.fill()
}

// fill lets in whoever may have a place now.
func (c *crowd) fill() {
	for {
		next := c.next()
		if next == kinds {
			return
		}
		c.since++
		if next != cheap {
			c.since = 0
		}
		last := len(c.waiting[next]) - 1
		close(c.waiting[next][last])
		c.waiting[next] = c.waiting[next][:last]
		c.inside[next]++
	}
}

// next is the kind whose turn it is, or kinds for none.
func (c *crowd) next() int {
	may := func(kind int) bool { return len(c.waiting[kind]) > 0 && c.fits(kind) }
	heavy := kinds
	for _, kind := range []int{costly, upload} {
		if may(kind) && (heavy == kinds || len(c.waiting[kind]) > len(c.waiting[heavy])) {
			heavy = kind
		}
	}
	switch {
	case heavy != kinds && (len(c.waiting[cheap]) == 0 || c.since >= cheapFirst):
		return heavy
	case may(cheap):
		return cheap
	}
	return kinds
}

func (c *crowd) fits(kind int) bool {
	return c.inside[kind] < c.most[kind] && (kind == upload || c.inside[cheap]+c.inside[costly] < c.places)
}

// waiters counts those who wait; the caller holds the lock.
func (c *crowd) waiters() (n int) {
	for _, w := range c.waiting {
		n += len(w)
	}
	return n
}

// queued counts those who wait.
func (c *crowd) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiters()
}

// crowded is the refusal. The time to come back after is spread, so that those refused together do not come back together.
func crowded() error {
	return fault.New(catalog.Unavailable).WithRetryAfter(time.Second + rand.N(2*time.Second)).WithCause(errCrowded) // #nosec G404 -- spreads retries, keeps no secret
}

// lane is where an operation's requests wait, and with whom they share places.
type lane int

const (
	laneCheap    lane = iota // reads, and writes of a row or two
	laneCostly               // password hashes, applications, whatever asks the gateway, acts of the staff; they share places with the cheap ones
	laneUpload               // as costly, with bodies that are streamed in as slowly as the caller's line
	laneDownload             // answers that are streamed out, likewise
	laneGateway              // the gateway's events, which must get in while borrowers crowd
)

var laneNames = map[lane]string{laneCheap: "cheap", laneCostly: "costly", laneUpload: "upload", laneDownload: "download", laneGateway: "gateway"}

// admission keeps the number of requests of operations that run at once below what the process can work on, so that those let in are
// answered in time, whatever the number of those that ask.
type admission struct {
	main, downloads, events *crowd
	metrics                 *metrics
}

// newAdmission makes one of a number of places for ordinary requests. Streams and the gateway's events have a quarter as many each of
// their own.
func newAdmission(places int, wait time.Duration, m *metrics) *admission {
	few := max(places/4, 4)
	g := &admission{newCrowd(places, few, wait), newCrowd(few, 0, wait), newCrowd(few, 0, wait), m}
	m.waiting(func() int { return g.main.queued() + g.downloads.queued() + g.events.queued() })
	return g
}

func (g *admission) crowdOf(l lane) (c *crowd, kind int) {
	switch l {
	case laneUpload:
		return g.main, upload
	case laneDownload:
		return g.downloads, cheap
	case laneGateway:
		return g.events, cheap
	case laneCostly:
		return g.main, costly
	}
	return g.main, cheap
}

// place is one request's place behind the gate. It may be given up and taken again, and it may be left more than once.
type place struct {
	gate   *admission
	lane   lane
	taken  bool
	before bool
}

// take enters. It returns UNAVAILABLE.
func (p *place) take(ctx context.Context) error {
	c, kind := p.gate.crowdOf(p.lane)
	if err := c.enter(ctx, kind, p.before); err != nil {
		p.gate.metrics.turnedAway.WithLabelValues(laneNames[p.lane]).Inc()
		return err
	}
	p.taken, p.before = true, true
	p.gate.metrics.inFlight.Inc()
	return nil
}

// leave gives the place up, if there is one.
func (p *place) leave() {
	if !p.taken {
		return
	}
	p.taken = false
	p.gate.metrics.inFlight.Dec()
	c, kind := p.gate.crowdOf(p.lane)
	c.leave(kind)
}
