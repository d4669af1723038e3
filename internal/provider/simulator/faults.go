package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is one way to misbehave.
type FaultKind string

// Faults of the API, matched against "METHOD /path".
const (
	// FaultSlow answers after Delay.
	FaultSlow FaultKind = "slow"
	// FaultSilent never answers: it waits until the caller gives up, having done nothing.
	FaultSilent FaultKind = "silent"
	// FaultErrorBefore answers 500 having done nothing, FaultErrorAfter having done everything.
	FaultErrorBefore FaultKind = "error_before"
	FaultErrorAfter  FaultKind = "error_after"
	// FaultCutBefore cuts the connection having done nothing, FaultCutAfter having done everything.
	FaultCutBefore FaultKind = "cut_before"
	FaultCutAfter  FaultKind = "cut_after"
	// FaultRateLimit answers 429 having done nothing.
	FaultRateLimit FaultKind = "rate_limit"
	// FaultGarbage answers 200 with a page of HTML having done everything.
	FaultGarbage FaultKind = "garbage"
)

// Faults of what is said or decided, matched against the reference (charges: "reference email", not_reusable: "card email").
const (
	// FaultWrongAmount makes verify say one naira too much, FaultWrongCurrency say USD.
	FaultWrongAmount   FaultKind = "wrong_amount"
	FaultWrongCurrency FaultKind = "wrong_currency"
	// FaultDeclineCharge declines a payment, FaultPauseCharge pauses it for a second factor.
	FaultDeclineCharge FaultKind = "decline_charge"
	FaultPauseCharge   FaultKind = "pause_charge"
	// FaultNotReusable binds a card that cannot be charged again.
	FaultNotReusable FaultKind = "not_reusable"
	// FaultRefundFail makes an accepted refund fail.
	FaultRefundFail FaultKind = "refund_fail"
	// FaultRefundAttention makes an accepted refund wait for a person; AttendRefund is that person.
	FaultRefundAttention FaultKind = "refund_attention"
)

// Faults of webhooks, matched against "event reference".
const (
	// FaultWebhookDuplicate sends Copies more of the same.
	FaultWebhookDuplicate FaultKind = "webhook_duplicate"
	// FaultWebhookReorder keeps an event back until a later one has gone.
	FaultWebhookReorder FaultKind = "webhook_reorder"
	// FaultWebhookDelay sends after Delay.
	FaultWebhookDelay FaultKind = "webhook_delay"
	// FaultWebhookForge signs the first attempt with a wrong key.
	FaultWebhookForge FaultKind = "webhook_forge"
	// FaultWebhookDrop never sends.
	FaultWebhookDrop FaultKind = "webhook_drop"
)

var faultKinds = []FaultKind{
	FaultSlow, FaultSilent, FaultErrorBefore, FaultErrorAfter, FaultCutBefore, FaultCutAfter, FaultRateLimit, FaultGarbage,
	FaultWrongAmount, FaultWrongCurrency, FaultDeclineCharge, FaultPauseCharge, FaultNotReusable, FaultRefundFail, FaultRefundAttention,
	FaultWebhookDuplicate, FaultWebhookReorder, FaultWebhookDelay, FaultWebhookForge, FaultWebhookDrop,
}

// FaultKinds returns every kind there is.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

// Fault is an order to misbehave.
type Fault struct {
	Kind FaultKind
	// Times is how often it strikes; 0 for once, negative until cleared.
	Times int
	// Match limits it to targets that contain this text; "" for all.
	Match string
	// Probability is the chance to strike where it matches, drawn from the seed; 0 for always.
	Probability float64
	// Delay is for slow, webhook_delay and webhook_reorder (the longest it keeps one back; 0 for 2 s).
	Delay time.Duration
	// Copies is for webhook_duplicate; 0 for one.
	Copies int
}

// faultSet holds the orders. Its own lock comes after the simulator's.
type faultSet struct {
	mu     sync.Mutex
	orders []Fault
	random *rand.Rand
}

func newFaultSet(seed uint64) *faultSet {
	return &faultSet{random: rand.New(rand.NewPCG(seed, 0x5eed))} // #nosec G404 -- faults are replayed from their seed
}

// Inject adds a fault. It fails for an unknown kind or a probability outside 0 to 1.
func (s *Simulator) Inject(f Fault) error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("simulator: no fault is called %q", f.Kind)
	}
	if f.Probability < 0 || f.Probability > 1 || f.Delay < 0 || f.Copies < 0 {
		return fmt.Errorf("simulator: fault %s is out of range", f.Kind)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.orders = append(s.faults.orders, f)
	return nil
}

// ClearFaults takes all faults back. What they have done stays done.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.orders = nil
}

// Faults returns the faults still to strike, oldest first.
func (s *Simulator) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.orders)
}

// take returns the oldest fault of a kind that strikes the target, and uses it up by one.
func (f *faultSet) take(kind FaultKind, target string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.orders {
		o := &f.orders[i]
		if o.Kind != kind || !strings.Contains(target, o.Match) {
			continue
		}
		if o.Probability > 0 && f.random.Float64() >= o.Probability {
			continue
		}
		hit := *o
		if o.Times > 0 {
			if o.Times--; o.Times == 0 {
				f.orders = slices.Delete(f.orders, i, i+1)
			}
		}
		return hit, true
	}
	return Fault{}, false
}
