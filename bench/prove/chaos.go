package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/paystack"
)

// forgedMark is in every event whose signature is wrong, and in no other.
const forgedMark = "-forged"

// hooked is what the webhook storm did.
type hooked struct {
	mu    sync.Mutex
	taken map[string]bool // events answered with 200
}

func (w *world) takenHooks() map[string]bool {
	w.hooks.mu.Lock()
	defer w.hooks.mu.Unlock()
	return w.hooks.taken
}

// chaos posts events at the receiver, beside those of the gateway: repeats of true ones, early ones, late ones, lies under the
// right signature, events of strangers, and forgeries. What they say must not matter: the gateway is asked.
func (w *world) chaos(ctx context.Context) {
	r := rand.New(rand.NewPCG(w.seed, streamHooks))
	began, span := time.Now(), w.plan.storm*9/10
	var subjects []subject
	refreshed := time.Time{}
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for sent := 0; sent < w.plan.chaos && ctx.Err() == nil; {
		// Evenly over the storm.
		if due := time.Duration(float64(span) * float64(sent) / float64(w.plan.chaos)); due > time.Since(began) {
			if pause(ctx, due-time.Since(began)) != nil {
				break
			}
		}
		if time.Since(refreshed) > time.Second {
			refreshed = time.Now()
			if found, err := w.subjects(ctx); err == nil && len(found) > 0 {
				subjects = found
			}
		}
		e := w.drawEvent(r, subjects)
		copies := 1 + r.IntN(w.plan.copies)
		for range copies {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				continue
			}
			all.Go(func() {
				defer func() { <-slots }()
				w.postEvent(ctx, e)
			})
		}
		sent += copies
	}
	all.Wait()
}

// subject is something at the gateway that events may be about.
type subject struct{ reference, status string }

func (w *world) subjects(ctx context.Context) ([]subject, error) {
	books, err := w.gateway.books(ctx)
	if err != nil {
		return nil, err
	}
	var out []subject
	for _, t := range books.Transfers {
		out = append(out, subject{t.Reference, t.Status})
	}
	for _, c := range books.Charges {
		out = append(out, subject{c.Reference, c.Status})
	}
	if len(out) > 400 {
		out = out[len(out)-400:]
	}
	return out, nil
}

// event is one post at the receiver.
type event struct {
	name, reference, status string
	body                    []byte
	forged                  bool
}

func (w *world) drawEvent(r *rand.Rand, subjects []subject) event {
	e := event{reference: fmt.Sprintf("cpr-stranger-%d", r.IntN(500)), name: "charge.success", status: "success"}
	if len(subjects) > 0 && r.IntN(10) > 0 {
		s := subjects[r.IntN(len(subjects))]
		e.reference, e.status = s.reference, s.status
		names := []string{"charge.success", "refund.processed", "refund.failed"}
		if len(s.reference) > 4 && s.reference[:4] == "cpp-" {
			names = []string{"transfer.success", "transfer.failed", "transfer.reversed"}
		}
		e.name = names[r.IntN(len(names))]
		if r.IntN(2) == 0 { // a lie
			e.status = []string{"success", "failed", "reversed", "pending"}[r.IntN(4)]
		}
	}
	if e.forged = r.IntN(4) == 0; e.forged {
		e.status += forgedMark
	}
	// The amount is a lie as well.
	e.body, _ = json.Marshal(map[string]any{"event": e.name, "data": map[string]any{"reference": e.reference, "status": e.status, "amount": 1 + r.IntN(1_000_000),
		"currency": "NGN", "transaction_reference": e.reference}}) // strings and numbers always encode
	return e
}

func (w *world) postEvent(ctx context.Context, e event) {
	key := gatewaySecret
	if e.forged {
		key = "not-" + gatewaySecret
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.front.url()+"/gateway/paystack/webhook", bytes.NewReader(e.body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(paystack.SignatureHeader, paystack.Sign([]byte(key), e.body))
	w.counts.add("webhook events posted beside the gateway's", 1)
	if e.forged {
		w.counts.add("webhooks forged", 1)
	}
	res, err := w.client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		if res.StatusCode == http.StatusInternalServerError {
			w.diary.oddity(fmt.Sprintf("the event %s was answered 500", e.name))
		}
		return
	}
	if e.forged {
		w.counts.add("forged events answered 200", 1)
		w.diary.forge(e.name + " " + e.reference)
		return
	}
	w.hooks.mu.Lock()
	defer w.hooks.mu.Unlock()
	w.hooks.taken[fmt.Sprintf("%s %s %s", e.name, e.reference, e.status)] = true
}
