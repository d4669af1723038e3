//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
)

// The demo borrower, whom `creditpocket seed --demo` adds.
const (
	demoMobile   = "7000000003"
	demoPassword = "demo-borrower-pocket"
)

// Write is a write that was asked of the API.
type Write struct {
	Mark         string // what is in the database's row, device_activity.app_version
	Began, Ended time.Time
	Status       int // 0 for none
}

// Load is callers at work against the API: writers, each of whose calls adds one row with a mark of its own, and walkers, who go
// through the whole journey of a borrower again and again.
type Load struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	writes []Write
	walks  int
	wrong  []string
}

// LoadOptions say who calls what.
type LoadOptions struct {
	Bases    []string      // where the API is; callers take turns
	Writers  int           // callers that write one row a call
	Walkers  int           // callers that walk the journey
	Patience time.Duration // of walkers with requests that got no answer, or 503; without it one such request is wrong
}

// Start logs the writers in and starts all callers.
func Start(ctx context.Context, o LoadOptions) (*Load, error) {
	running, stop := context.WithCancel(ctx)
	l := &Load{stop: stop}
	for i := range o.Writers {
		c, err := login(ctx, o.Bases[i%len(o.Bases)])
		if err != nil {
			stop()
			return nil, err
		}
		l.running.Go(func() { l.write(ctx, running, c, i) })
	}
	for i := range o.Walkers {
		base := o.Bases[i%len(o.Bases)]
		l.running.Go(func() { l.walk(ctx, running, base, o.Patience) })
	}
	return l, nil
}

func login(ctx context.Context, base string) (*journey.Client, error) {
	c, err := journey.NewClient(base, io.Discard)
	if err != nil {
		return nil, err
	}
	a, err := c.Post(ctx, "/user/login", map[string]any{"mobile": demoMobile, "password": demoPassword}, nil)
	if err != nil {
		return nil, err
	}
	var session struct{ Token string }
	if err := json.Unmarshal(a.Data, &session); err != nil || session.Token == "" {
		return nil, fmt.Errorf("the demo borrower cannot log in: %d %s", a.Status, a.Message)
	}
	c.SetToken(session.Token)
	return c, nil
}

// write asks for one row a call until the load is stopped. What was asked for is finished.
func (l *Load) write(ctx, running context.Context, c *journey.Client, writer int) {
	for n := 0; running.Err() == nil; n++ {
		w := Write{Mark: fmt.Sprintf("w%d.%d", writer, n), Began: time.Now()}
		a, err := c.Post(ctx, "/device/active", map[string]any{"event": 1, "deviceId": "drill", "appVersion": w.Mark}, nil)
		w.Ended, w.Status = time.Now(), a.Status
		l.mu.Lock()
		l.writes = append(l.writes, w)
		if broken := answered(a, err); broken != "" {
			l.wrong = append(l.wrong, w.Mark+": "+broken)
		}
		l.mu.Unlock()
		pause(running, pace) // leaves the machine to the others
	}
}

// pace is a writer's rest between two calls.
const pace = 15 * time.Millisecond

// answered says what is wrong with an answer: only success, 503 in the envelope, and no answer at all are right under faults.
func answered(a journey.Answer, err error) string {
	switch {
	case a.Status == http.StatusOK && a.Code == 1 && err == nil:
		return ""
	case a.Status == http.StatusServiceUnavailable && err == nil:
		return ""
	case a.Status == 0:
		return ""
	}
	return fmt.Sprintf("%d %s %v", a.Status, a.Reason, err)
}

func (l *Load) walk(ctx, running context.Context, base string, patience time.Duration) {
	for running.Err() == nil {
		r, _, err := journey.Walk(ctx, journey.Options{BaseURL: base, Out: io.Discard, Patience: patience, AccountEnd: "90"})
		l.mu.Lock()
		if err == nil {
			l.walks++
		} else if ctx.Err() == nil {
			l.wrong = append(l.wrong, fmt.Sprintf("the journey of %s, statuses %v: %v", r.Mobile, r.Statuses, err))
		}
		l.mu.Unlock()
		if err != nil {
			pause(running, 100*time.Millisecond)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Stop lets every caller finish what it is at.
func (l *Load) Stop() {
	l.stop()
	l.running.Wait()
}

// Writes are the writes asked for so far.
func (l *Load) Writes() []Write {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Write(nil), l.writes...)
}

// Acknowledged counts the writes so far that were answered with success, and those answered 503, and those without an answer.
func (l *Load) Acknowledged() (ok, unavailable, silent int) {
	for _, w := range l.Writes() {
		switch w.Status {
		case http.StatusOK:
			ok++
		case http.StatusServiceUnavailable:
			unavailable++
		case 0:
			silent++
		}
	}
	return ok, unavailable, silent
}

// Walks counts the journeys that were finished.
func (l *Load) Walks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.walks
}

// Wrong is every answer that should not have been given.
func (l *Load) Wrong() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.wrong...)
}

// WaitFor waits until more than n writes more than now are acknowledged.
func (l *Load) WaitFor(ctx context.Context, n int, limit time.Duration) error {
	before, _, _ := l.Acknowledged()
	return Until(ctx, limit, fmt.Sprintf("%d acknowledged writes", n), func() bool {
		now, _, _ := l.Acknowledged()
		return now >= before+n
	})
}

// WaitUnavailable waits until n more writes are answered 503.
func (l *Load) WaitUnavailable(ctx context.Context, n int, limit time.Duration) error {
	_, before, _ := l.Acknowledged()
	return Until(ctx, limit, fmt.Sprintf("%d answers 503", n), func() bool {
		_, now, _ := l.Acknowledged()
		return now >= before+n
	})
}

// Lost are the acknowledged writes that a database does not have, and Doubled those it has more than once.
func (l *Load) Lost(ctx context.Context, url string) (lost, doubled []string, err error) {
	found := map[string]int{}
	marks, err := Query(ctx, url, `SELECT app_version FROM device_activity`)
	for _, m := range marks {
		found[m]++
	}
	for _, w := range l.Writes() {
		if w.Status == http.StatusOK && found[w.Mark] == 0 {
			lost = append(lost, w.Mark)
		}
		if found[w.Mark] > 1 {
			doubled = append(doubled, w.Mark)
		}
	}
	return lost, doubled, err
}

// Verdict is an error unless nothing was lost, doubled or answered wrongly.
func Verdict(lost, doubled, wrong []string) error {
	var errs []error
	for what, list := range map[string][]string{"acknowledged writes lost": lost, "writes doubled": doubled, "wrong answers": wrong} {
		if len(list) > 0 {
			errs = append(errs, fmt.Errorf("%d %s, such as %s", len(list), what, list[0]))
		}
	}
	return errors.Join(errs...)
}
