package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestBadLogins sends bad logins as fast as an attacker would and compares how long other operations take with and without them. Slices of half a
// second alternate, so that what else the machine does falls on both alike; passwords cost what they cost in production. What the attacker
// and the others send is made before, and of the answers no more is read than the status: they share the server's processors.
//
// An address has 60 guesses before it is refused, and each of those costs a hash. What the others feel of these first ones is
// told apart: they are spent within seconds, and then there is one more every ten.
func TestBadLogins(t *testing.T) {
	if !full() {
		t.Skip("make security runs it")
	}
	const (
		perSecond = 500
		most      = 1.2
	)
	w := newWorld(t, testapp.Options{Limits: attackLimits(), Passwords: &access.PasswordParams{}})
	b := w.register().profile().account("12")
	others := newCallers(t, w, 2, []call{{Request: w.request("listBanks")}, b.get("getUserInfo", nil), b.get("listLoans", nil), b.get("getHomeProducts", nil)})
	others.measure(time.Second)
	flood := floodLogins(t, w, perSecond)
	first := others.measure(4 * time.Second)

	// A busy machine makes the ends of both distributions wander: a ratio that is too high is measured again, twice at most. Bad logins that do
	// cost the others something are found each time.
	var took [2][]time.Duration // quiet and loud
	var quiet, loud time.Duration
	var rate float64
	ratio, attempts := 2*most, 0
	for ratio > most && attempts < 3 {
		attempts++
		took, rate = alternate(others, flood)
		quiet, loud = percentile(took[0], 99), percentile(took[1], 99)
		ratio = float64(loud) / float64(quiet)
	}
	sent, refused, compared := flood.end()
	fmt.Printf("RESULT bad-logins per_second=%.0f sent=%d refused=%d compared=%d samples=%d p50_quiet_us=%d p50_loud_us=%d p99_first_us=%d p99_quiet_us=%d p99_loud_us=%d ratio=%.2f limit=%.2f attempts=%d\n",
		rate, sent, refused, compared, len(took[0])+len(took[1]), percentile(took[0], 50).Microseconds(), percentile(took[1], 50).Microseconds(),
		percentile(first, 99).Microseconds(), quiet.Microseconds(), loud.Microseconds(), ratio, most, attempts)
	if ratio > most {
		t.Errorf("p99 went from %s to %s", quiet, loud)
	}
	if refused != sent || rate < 0.8*perSecond {
		t.Errorf("%d of %d bad logins were refused, %.0f a second were sent", refused, sent, rate)
	}
}

// alternate measures for a minute, in slices without bad logins and with them, and tells how many of those were sent a second.
func alternate(others *callers, flood *flood) (took [2][]time.Duration, rate float64) {
	const (
		turns = 120
		slice = 500 * time.Millisecond
	)
	before := flood.sent.Load()
	for i := range turns {
		kind := (i + 1) / 2 % 2 // quiet, loud, loud, quiet: neither is always the second
		flood.on.Store(kind == 1)
		took[kind] = append(took[kind], others.measure(slice)...)
	}
	return took, float64(flood.sent.Load()-before) / (turns / 2 * slice.Seconds())
}

// attackLimits are the default limits with a wide one for reads: the others read from the attacker's address.
func attackLimits() *access.LimiterOptions {
	classes := access.DefaultClasses()
	classes[access.ClassRead] = access.Class{Rules: []access.Rule{{Name: "read", Key: access.KeyIP, Limit: 1_000_000, Window: time.Minute}}}
	return &access.LimiterOptions{Classes: classes}
}

// line is a kept connection over which requests go as bytes. It reads of an answer what it must to find its end.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(w *world) (*line, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.app.BaseURL, "http://"))
	if err != nil {
		return nil, err
	}
	return &line{conn, bufio.NewReader(conn)}, nil
}

// send sends a request and returns the status of its answer.
func (l *line) send(request []byte) (status int, err error) {
	if err := l.conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := l.conn.Write(request); err != nil {
		return 0, err
	}
	const versionLength = len("HTTP/1.1 ")
	length := -1
	for {
		text, err := l.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		text = bytes.TrimRight(text, "\r\n")
		switch name, value, _ := bytes.Cut(text, []byte(": ")); {
		case status == 0:
			if len(text) < versionLength+3 {
				return 0, fmt.Errorf("no status line: %q", text)
			}
			if status, err = strconv.Atoi(string(text[versionLength : versionLength+3])); err != nil {
				return 0, err
			}
		case len(text) == 0:
			if length < 0 {
				return 0, fmt.Errorf("an answer of status %d without its length", status)
			}
			_, err := l.in.Discard(length)
			return status, err
		case string(name) == "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
}

// wireBytes is a call as it goes over the wire.
func wireBytes(t *testing.T, w *world, c call) []byte {
	t.Helper()
	r, err := c.HTTP(context.Background(), w.app.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// callers ask for one operation after the other, each over a connection of its own.
type callers struct {
	t        *testing.T
	lines    []*line
	requests [][]byte
}

func newCallers(t *testing.T, w *world, n int, calls []call) *callers {
	t.Helper()
	c := &callers{t: t}
	for range n {
		l, err := dial(w)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.conn.Close() })
		c.lines = append(c.lines, l)
	}
	for _, one := range calls {
		w.ok(one)
		c.requests = append(c.requests, wireBytes(t, w, one))
	}
	return c
}

// gap is from one request of a caller to the next, at least.
const gap = 5 * time.Millisecond

// measure asks for a time, and returns how long each answer took.
func (c *callers) measure(during time.Duration) (all []time.Duration) {
	c.t.Helper()
	took := make([][]time.Duration, len(c.lines))
	var group sync.WaitGroup
	for i, l := range c.lines {
		group.Go(func() {
			tick := time.NewTicker(gap)
			defer tick.Stop()
			for n, end := i, time.Now().Add(during); time.Now().Before(end); n++ {
				<-tick.C
				started := time.Now()
				if status, err := l.send(c.requests[n%len(c.requests)]); err != nil || status != http.StatusOK {
					c.t.Errorf("request %d: status %d, %v", n%len(c.requests), status, err)
					return
				}
				took[i] = append(took[i], time.Since(started))
			}
		})
	}
	group.Wait()
	return slices.Concat(took...)
}

// flood is bad logins on their way.
type flood struct {
	on                      atomic.Bool // off: nothing is sent for now
	stop                    chan struct{}
	senders                 sync.WaitGroup
	sent, refused, compared atomic.Int64
}

// end stops the flood, and tells how many were sent, how many of them refused, and how many of those only when the password had been compared.
func (f *flood) end() (sent, refused, compared int64) {
	close(f.stop)
	f.senders.Wait()
	return f.sent.Load(), f.refused.Load(), f.compared.Load()
}

// floodLogins sends so many bad logins a second, each for another number, evenly over the second, until it is ended. One that cannot be sent
// at its time because all connections wait for answers is never sent: what was missed is not made up for in a heap.
func floodLogins(t *testing.T, w *world, perSecond int) *flood {
	t.Helper()
	f := &flood{stop: make(chan struct{})}
	f.on.Store(true)
	const connections = 80 // more than an address has guesses
	const mark = "7012345678"
	request := wireBytes(t, w, w.loginWith(map[string]any{"mobile": mark, "password": "wrong-" + password}))
	var places []int // of the number: it is the phone's name, too
	for from := 0; ; {
		at := bytes.Index(request[from:], []byte(mark))
		if at < 0 {
			break
		}
		places = append(places, from+at)
		from += at + len(mark)
	}
	due := make(chan struct{})
	f.senders.Go(func() {
		defer close(due)
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-f.stop:
				return
			case <-tick.C:
			}
			if !f.on.Load() {
				continue
			}
			select {
			case due <- struct{}{}:
			default:
			}
		}
	})
	for range connections {
		l, err := dial(w)
		if err != nil {
			t.Fatal(err)
		}
		f.senders.Go(func() {
			defer func() { _ = l.conn.Close() }()
			mine := slices.Clone(request)
			for range due {
				mobile := newMobile()
				for _, at := range places {
					copy(mine[at:], mobile)
				}
				status, err := l.send(mine)
				if err != nil {
					t.Errorf("a bad login: %v", err)
					return
				}
				f.sent.Add(1)
				switch status {
				case http.StatusUnauthorized:
					f.compared.Add(1)
					f.refused.Add(1)
				case http.StatusTooManyRequests, http.StatusServiceUnavailable:
					f.refused.Add(1)
				}
			}
		})
	}
	return f
}

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
