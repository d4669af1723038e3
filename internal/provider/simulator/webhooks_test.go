package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

func inject(t *testing.T, b bench, faults ...simulator.Fault) {
	t.Helper()
	for _, f := range faults {
		if err := b.sim.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWebhooks: every movement tells itself once, signed; a declined charge and an abandoned transfer do not.
func TestWebhooks(t *testing.T) {
	hooks := receive(t, nil)
	b := start(t, simulator.Options{WebhookURL: hooks.url})
	for i, ending := range []string{"89", "01", "02", "03", "07"} {
		if err := b.transfer(reference(i), b.recipient("01234567"+ending), 1_00); err != nil {
			t.Fatal(err)
		}
	}
	b.pay(b.checkout("bind-1").AuthorizationURL, "4084")
	b.pay(b.checkout("bind-2").AuthorizationURL, "4081")
	want := []string{
		"transfer.success " + reference(0), "transfer.success " + reference(1), "transfer.failed " + reference(2),
		"transfer.success " + reference(3), "transfer.reversed " + reference(3), "charge.success bind-1",
	}
	until(t, "all events", func() bool { return len(hooks.events()) >= len(want) })
	time.Sleep(100 * time.Millisecond)
	names := hooks.names()
	for _, w := range want {
		if strings.Count(names, w) != 1 {
			t.Errorf("%s is there %d times in %s", w, strings.Count(names, w), names)
		}
	}
	if len(hooks.events()) != len(want) {
		t.Errorf("got %s", names)
	}
	for _, e := range hooks.events() {
		if !e.signed {
			t.Errorf("%s is not signed", e.Name)
		}
	}
	for _, w := range b.sim.Webhooks() {
		if !w.Delivered || w.Attempts != 1 {
			t.Errorf("%s: delivered %v after %d", w.Event, w.Delivered, w.Attempts)
		}
	}
}

// TestRetryCalendar: four times after three minutes, then hourly for 72 hours, divided by the scale; a 200 ends it.
func TestRetryCalendar(t *testing.T) {
	hooks := receive(t, func(n int) int {
		if n < 6 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	b := start(t, simulator.Options{WebhookURL: hooks.url, TimeScale: 18_000}) // 3 minutes are 10 ms, an hour 200 ms
	if err := b.transfer(reference(0), b.recipient("0123456789"), 1_00); err != nil {
		t.Fatal(err)
	}
	until(t, "the seventh attempt", func() bool { return len(hooks.events()) == 7 })
	until(t, "it is written down", func() bool { return b.sim.Webhooks()[0].Delivered })
	got := hooks.events()
	for i, least := range []time.Duration{10, 10, 10, 10, 200, 200} {
		if gap := got[i+1].at.Sub(got[i].at); gap < least*time.Millisecond {
			t.Errorf("gap %d is %s, want at least %d ms", i, gap, least)
		}
	}
	time.Sleep(250 * time.Millisecond)
	if n := len(hooks.events()); n != 7 {
		t.Errorf("%d attempts after a 200", n)
	}
}

// TestRetryEnds: after 72 hours it is given up.
func TestRetryEnds(t *testing.T) {
	hooks := receive(t, func(int) int { return http.StatusInternalServerError })
	b := start(t, simulator.Options{WebhookURL: hooks.url, TimeScale: 3_600_000})
	if err := b.transfer(reference(0), b.recipient("0123456789"), 1_00); err != nil {
		t.Fatal(err)
	}
	until(t, "it gives up", func() bool { return b.sim.Webhooks()[0].GaveUp })
	if n := len(hooks.events()); n != 76 { // the first, four quick ones, 71 hourly ones
		t.Errorf("%d attempts, want 76", n)
	}
}

// TestHeldBack: without an address events wait, and come when there is one.
func TestHeldBack(t *testing.T) {
	b := start(t, simulator.Options{})
	if err := b.transfer(reference(0), b.recipient("0123456789"), 1_00); err != nil {
		t.Fatal(err)
	}
	hooks := receive(t, nil)
	if status, _, body := b.ask(http.MethodPost, "/simulator/webhook", "application/json", `{"url":"`+hooks.url+`"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	until(t, "the event comes", func() bool { return hooks.names() == "transfer.success "+reference(0) })
}

func TestWebhookFaults(t *testing.T) {
	pay := func(t *testing.T, b bench, n int) {
		t.Helper()
		if err := b.transfer(reference(n), b.recipient("0123456789"), 1_00); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("duplicate", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookDuplicate, Copies: 4})
		pay(t, b, 0)
		pay(t, b, 1)
		until(t, "six deliveries", func() bool { return len(hooks.events()) == 6 })
		digests := map[string]int{}
		for _, e := range hooks.events() {
			digests[e.Digest]++
		}
		if len(digests) != 2 {
			t.Errorf("digests are %v: repeats must share one", digests)
		}
	})
	t.Run("drop", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookDrop, Match: reference(0)})
		pay(t, b, 0)
		pay(t, b, 1)
		until(t, "the other one", func() bool { return len(hooks.events()) == 1 })
		if hooks.names() != "transfer.success "+reference(1) || !b.sim.Webhooks()[0].Dropped {
			t.Errorf("got %s", hooks.names())
		}
	})
	t.Run("forge", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url, TimeScale: 18_000})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookForge})
		pay(t, b, 0)
		until(t, "a second attempt", func() bool { return len(hooks.events()) == 2 })
		if got := hooks.events(); got[0].signed || !got[1].signed {
			t.Errorf("signed: %v, %v; want the first forged, the second not", got[0].signed, got[1].signed)
		}
	})
	t.Run("delay", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookDelay, Delay: 150 * time.Millisecond})
		began := time.Now()
		pay(t, b, 0)
		until(t, "the event", func() bool { return len(hooks.events()) == 1 })
		if late := hooks.events()[0].at.Sub(began); late < 150*time.Millisecond {
			t.Errorf("came after %s", late)
		}
	})
	t.Run("reorder", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookReorder, Delay: time.Minute}) // which it waits at most
		pay(t, b, 0)
		pay(t, b, 1)
		until(t, "both", func() bool { return len(hooks.events()) == 2 })
		if want := "transfer.success " + reference(1) + ", transfer.success " + reference(0); hooks.names() != want {
			t.Errorf("got %s, want %s", hooks.names(), want)
		}
	})
	t.Run("late and reordered", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookReorder}, simulator.Fault{Kind: simulator.FaultWebhookDelay, Delay: time.Hour})
		pay(t, b, 0)
		pay(t, b, 1)
		until(t, "both", func() bool { return len(hooks.events()) == 2 })
	})
	t.Run("reorder with nothing after it", func(t *testing.T) {
		hooks := receive(t, nil)
		b := start(t, simulator.Options{WebhookURL: hooks.url})
		inject(t, b, simulator.Fault{Kind: simulator.FaultWebhookReorder, Delay: 30 * time.Millisecond})
		pay(t, b, 0)
		until(t, "it comes by itself", func() bool { return len(hooks.events()) == 1 })
	})
}
