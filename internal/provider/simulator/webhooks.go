package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/paystack"
)

// SetWebhookURL sets where events go and sends those nobody has confirmed; "" holds events back.
func (s *Simulator) SetWebhookURL(url string) {
	s.mu.Lock()
	s.hookURL = url
	s.mu.Unlock()
	s.redeliver(0)
}

// redeliver sends every open event again, no sooner than after the given wait.
func (s *Simulator) redeliver(wait time.Duration) {
	now := time.Now()
	for _, w := range s.Webhooks() {
		if w.open() {
			s.after(max(wait, w.NextAt.Sub(now)), func() { s.deliver(w.ID) })
		}
	}
}

func newHookClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, ResponseHeaderTimeout: 10 * time.Second},
	}
}

// emit stages an event and its delivery. The faults of webhooks are drawn here, so that they survive a restart.
func (c *change) emit(event, reference, status string, data map[string]any) {
	s := c.s
	body, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		s.log.Error("simulator: event cannot be encoded", "event", event, "error", err)
		return
	}
	w := Webhook{ID: c.id(), Event: event, Reference: reference, Status: status, Body: body, CreatedAt: c.now}
	target := event + " " + reference
	wait := time.Duration(0)
	if _, hit := s.faults.take(FaultWebhookDrop, target); hit {
		w.Dropped = true
	}
	if f, hit := s.faults.take(FaultWebhookDuplicate, target); hit {
		w.Copies = max(f.Copies, 1)
	}
	if f, hit := s.faults.take(FaultWebhookDelay, target); hit {
		wait = f.Delay
	}
	_, w.Forge = s.faults.take(FaultWebhookForge, target)
	var reorder Fault
	var kept bool
	if !w.Dropped {
		reorder, kept = s.faults.take(FaultWebhookReorder, target)
	}
	if kept { // it comes with the next one, however late it was to be: released before its time it would not be due, and nobody would come back to it
		wait = 0
	}
	w.NextAt = time.Now().Add(wait)
	c.put(record{Webhook: &w})
	switch {
	case w.Dropped:
		return
	case kept:
		longest := reorder.Delay
		if longest == 0 {
			longest = 2 * time.Second
		}
		s.held = append(s.held, w.ID)
		c.later(longest, func() { s.release(w.ID) })
		return
	}
	c.later(wait, func() {
		s.deliver(w.ID)
		s.release(0)
	})
}

// release sends the events a reorder fault kept back: one of them, or all for 0.
func (s *Simulator) release(id int64) {
	s.mu.Lock()
	var out, rest []int64
	for _, held := range s.held {
		if id == 0 || held == id {
			out = append(out, held)
		} else {
			rest = append(rest, held)
		}
	}
	s.held = rest
	s.mu.Unlock()
	for _, held := range out {
		s.deliver(held)
	}
}

// deliver makes one attempt (and its copies) and plans the next if no 200 comes. It does nothing if the event is on its
// way already or its time has been put off since this attempt was planned.
func (s *Simulator) deliver(id int64) {
	s.mu.Lock()
	w, known := s.books.Webhooks[id]
	url := s.hookURL
	due := known && w.open() && url != "" && !s.sending[id] && time.Until(w.NextAt) < 10*time.Millisecond
	if due {
		s.sending[id] = true
	}
	s.mu.Unlock()
	if !due {
		return
	}
	delivered := s.send(w, url)
	if w.Attempts == 0 {
		for range w.Copies {
			s.send(w, url)
		}
	}
	err := s.update(func(c *change) {
		delete(s.sending, id)
		if !delivered && s.ctx.Err() != nil {
			return
		}
		w := c.books.Webhooks[id]
		w.Attempts++
		w.Forge = false
		w.Delivered = w.Delivered || delivered
		if !w.Delivered {
			pause, more := retryCalendar(w.Attempts)
			if !more {
				w.GaveUp = true
			} else {
				wait := time.Duration(float64(pause) / s.opts.TimeScale)
				w.NextAt = time.Now().Add(wait)
				c.later(wait, func() { s.deliver(id) })
			}
		}
		c.put(record{Webhook: &w})
	})
	if err != nil {
		s.log.Error("simulator: webhook cannot be written down", "id", id, "error", err)
	}
}

// send posts the event once and reports whether the answer was 200.
func (s *Simulator) send(w Webhook, url string) bool {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(w.Body))
	if err != nil {
		return false
	}
	key := []byte(s.opts.SecretKey)
	if w.Forge {
		key = []byte("not-" + s.opts.SecretKey)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(paystack.SignatureHeader, paystack.Sign(key, w.Body))
	res, err := s.hooks.Do(req)
	if err != nil {
		s.log.Info("simulator: webhook not delivered", "event", w.Event, "reference", w.Reference, "attempt", w.Attempts+1)
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	s.log.Info("simulator: webhook sent", "event", w.Event, "reference", w.Reference, "attempt", w.Attempts+1, "status", res.StatusCode)
	return res.StatusCode == http.StatusOK
}

// retryCalendar is the live one: after failed attempts 1 to 4 three minutes, then an hour, for 72 hours in all.
func retryCalendar(failed int) (pause time.Duration, more bool) {
	const first, quick, slow, longest = 4, 3 * time.Minute, time.Hour, 72 * time.Hour
	if failed <= first {
		return quick, true
	}
	elapsed := first*quick + time.Duration(failed-first)*slow
	return slow, elapsed <= longest
}
