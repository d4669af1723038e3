package store

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// Ids are 63-bit, made by the application and roughly ordered by time: milliseconds since 2020 in the upper 41 bits
// (enough until 2089) and 22 bits that start at random each millisecond and count up. Two processes collide only where
// they draw overlapping counters in the same millisecond; the primary key then refuses the row.
var ids idSource

type idSource struct {
	mu      sync.Mutex
	last    int64
	counter uint32
}

const (
	idEpochMillis = 1577836800000 // 2020-01-01T00:00:00Z
	idCounterBits = 22
	idCounterMask = 1<<idCounterBits - 1
)

// NewID makes an id for a row that is not written yet.
func NewID() int64 { return newID() }

// newID makes an id. It is ordered after every earlier id of this process even where the wall clock steps back.
func newID() int64 { return ids.next(time.Now().UnixMilli()) }

func (s *idSource) next(millis int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	millis -= idEpochMillis
	switch {
	case millis > s.last:
		s.last = millis
		s.counter = randomCounter()
	case s.counter == idCounterMask:
		s.last++
		s.counter = randomCounter()
	default:
		s.counter++
	}
	return s.last<<idCounterBits | int64(s.counter)
}

// randomCounter leaves the upper half of the counter's range free, so that a millisecond has room to count.
func randomCounter() uint32 {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand does not fail on a supported system
	}
	return binary.LittleEndian.Uint32(b[:]) & (idCounterMask >> 1)
}

// block reserves n ids that follow each other and returns the first, for rows that one statement makes. n is at most two million.
func (s *idSource) block(n int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if millis := time.Now().UnixMilli() - idEpochMillis; millis > s.last {
		s.last, s.counter = millis, randomCounter()
	}
	if int(s.counter)+n > idCounterMask {
		s.last++
		s.counter = randomCounter()
	}
	first := s.last<<idCounterBits | int64(s.counter+1)
	s.counter += uint32(n)
	return first
}
