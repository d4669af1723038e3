// Package clock owns time: the injected clock, the business calendar of Lagos and the wire's form of an instant. Nothing else in
// the program calls time.Now for a business decision. It imports the standard library only.
package clock

import (
	"sync"
	"time"
)

// Clock gives the present instant. System is the real one; Manual and Offset serve tests and the demo.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's present instant in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Manual is a clock that stands still until it is moved. It is safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual { return &Manual{now: t} }

// Now returns the instant at which the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = t
}

// Advance moves the clock by d and returns where it then stands.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	return m.now
}

// Offset is a running clock moved by a fixed amount: the virtual business clock of development and of the demo. It is safe for
// concurrent use.
type Offset struct {
	base Clock
	mu   sync.Mutex
	by   time.Duration
}

// NewOffset returns a clock that runs with base, moved by d.
func NewOffset(base Clock, d time.Duration) *Offset { return &Offset{base: base, by: d} }

// Now returns the base clock's instant plus the offset.
func (o *Offset) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.base.Now().Add(o.by)
}

// Advance adds d to the offset and returns the new offset.
func (o *Offset) Advance(d time.Duration) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.by += d
	return o.by
}

// SetOffset replaces the offset.
func (o *Offset) SetOffset(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.by = d
}

// By returns the present offset.
func (o *Offset) By() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.by
}
