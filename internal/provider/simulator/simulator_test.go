package simulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

// TestControl: faults and accounts are set over HTTP, books are read, and other sites are refused.
func TestControl(t *testing.T) {
	b := start(t, simulator.Options{})
	const kind = "application/json"
	for body, want := range map[string]int{
		`{"kind":"slow","delay_ms":5,"times":3,"match":"/balance","probability":0.5}`: http.StatusOK,
		`{"kind":"webhook_duplicate","copies":3}`:                                     http.StatusOK,
		`{"kind":"explode"}`:                http.StatusBadRequest,
		`{"kind":"slow","probability":2}`:   http.StatusBadRequest,
		`{"kind":"slow","unheard_of":true}`: http.StatusBadRequest,
		`{`:                                 http.StatusBadRequest,
		`{"kind":"webhook_duplicate","copies":-1}`: http.StatusBadRequest,
	} {
		if status, _, answer := b.ask(http.MethodPost, "/simulator/faults", kind, body); status != want {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	if n := len(b.sim.Faults()); n != 2 {
		t.Errorf("%d faults stand", n)
	}
	for name, header := range map[string][]string{
		"cross-site":     {"Sec-Fetch-Site", "cross-site"},
		"foreign origin": {"Origin", "https://evil.example"},
		"a plain form":   {"Content-Type", "text/plain"},
	} {
		if status, _, _ := b.ask(http.MethodPost, "/simulator/faults", kind, `{"kind":"slow"}`, header...); status < 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _, _ := b.ask(http.MethodPost, "/simulator/faults", kind, `{"kind":"slow"}`, "Origin", b.url, "Sec-Fetch-Site", "same-origin"); status != http.StatusOK {
		t.Errorf("the own page: %d", status)
	}
	if status, _, body := b.ask(http.MethodDelete, "/simulator/faults", "", ""); status != http.StatusOK || !strings.Contains(body, `"faults":[]`) {
		t.Errorf("clear: %d %s", status, body)
	}

	account := `{"account_number":"0123456789","bank_code":"058","account_name":"ADA OBI"}`
	if status, _, body := b.ask(http.MethodPost, "/simulator/accounts", kind, account); status != http.StatusOK {
		t.Errorf("account: %d %s", status, body)
	}
	if status, _, _ := b.ask(http.MethodPost, "/simulator/accounts", kind, `{"account_number":"1","bank_code":"058","account_name":"X"}`); status != http.StatusBadRequest {
		t.Errorf("bad account: %d", status)
	}
	for number, want := range map[string]string{"0123456789": "ADA OBI", "0123456788": "BORROWER TEST"} {
		if got, err := b.gateway.ResolveAccount(t.Context(), number, "058"); err != nil || got.AccountName != want {
			t.Errorf("%s is %+v, %v", number, got, err)
		}
	}

	if err := b.transfer(reference(1), b.recipient("0123456789"), 1_00); err != nil {
		t.Fatal(err)
	}
	var books simulator.Books
	_, _, body := b.ask(http.MethodGet, "/simulator/books", "", "")
	if err := json.Unmarshal([]byte(body), &books); err != nil || books.Audit != "" || len(books.Transfers) != 1 || books.Balance != b.sim.Balance() {
		t.Errorf("books are %s, %v", body, err)
	}
	status, _, page := b.ask(http.MethodGet, "/", "", "")
	if status != http.StatusOK {
		t.Fatalf("start page: %d", status)
	}
	for _, m := range simulator.MagicValues() {
		if !strings.Contains(page, m.Value) {
			t.Errorf("the start page is silent about %q", m.Value)
		}
	}
	for _, k := range simulator.FaultKinds() {
		if !strings.Contains(page, string(k)) {
			t.Errorf("the start page is silent about %q", k)
		}
	}
	if status, header, _ := b.ask(http.MethodGet, "/assets/simulator.css", "", ""); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", status)
	}
}

// TestKey: the API wants the key, on every path.
func TestKey(t *testing.T) {
	b := start(t, simulator.Options{})
	for _, path := range []string{"GET /bank", "POST /transfer", "GET /transfer/verify/x", "POST /refund", "GET /balance/ledger", "POST /transaction/initialize"} {
		method, path, _ := strings.Cut(path, " ")
		for _, header := range []string{"", "Bearer ", "Bearer wrong", secretKey} {
			if status, _, _ := b.ask(method, path, "", "", "Authorization", header); status != http.StatusUnauthorized {
				t.Errorf("%s %s with %q: %d", method, path, header, status)
			}
		}
	}
}

// TestSameSeed: the same calls give the same codes, in any order; another seed gives others.
func TestSameSeed(t *testing.T) {
	codes := func(seed uint64, order ...string) map[string]string {
		b := start(t, simulator.Options{Seed: seed})
		out := map[string]string{}
		for _, account := range order {
			out[account] = b.recipient(account)
			out["page "+account] = b.checkout("bind-" + account).AccessCode
		}
		return out
	}
	first := codes(1, "0123456788", "0123456789")
	if again := codes(1, "0123456789", "0123456788"); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("%v and %v", first, again)
	}
	if other := codes(2, "0123456788", "0123456789"); other["0123456788"] == first["0123456788"] {
		t.Error("another seed gives the same code")
	}
}

// TestRefusedAttempts: how often an account in 05 refuses is a setting.
func TestRefusedAttempts(t *testing.T) {
	for setting, refused := range map[int]int{0: 1, 2: 2, -1: 4} {
		b := start(t, simulator.Options{RefusedAttempts: setting})
		to := b.recipient("0123456705")
		for n := range 4 {
			err := b.transfer(reference(1), to, 1_00)
			if n < refused && !errors.Is(err, provider.ErrInconclusive) || n == refused && err != nil {
				t.Errorf("setting %d, attempt %d: %v", setting, n, err)
			}
		}
	}
}

// TestClock: the books carry the injected time, while delays run on real time.
func TestClock(t *testing.T) {
	at := time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)
	b := start(t, simulator.Options{Clock: clock.NewManual(at)})
	if err := b.transfer(reference(1), b.recipient("0123456701"), 1_00); err != nil {
		t.Fatal(err)
	}
	until(t, "it succeeds", func() bool { return b.sim.Transfers()[0].Status == "success" })
	got := b.sim.Transfers()[0]
	if !got.CreatedAt.Equal(at) || !got.UpdatedAt.Equal(at) || strings.Join(got.History, " ") != "pending success" {
		t.Errorf("transfer is %+v", got)
	}
}

// TestProbability: a probable fault strikes by the seed: the same times for the same seed, about as often as it says.
func TestProbability(t *testing.T) {
	pattern := func() string {
		b := start(t, simulator.Options{Seed: 11})
		inject(t, b, simulator.Fault{Kind: simulator.FaultErrorBefore, Times: -1, Probability: 0.3, Match: "GET /balance"})
		var out strings.Builder
		for range 100 {
			if _, err := b.gateway.Balance(t.Context()); err != nil {
				out.WriteByte('x')
			} else {
				out.WriteByte('.')
			}
		}
		return out.String()
	}
	first := pattern()
	if n := strings.Count(first, "x"); n < 15 || n > 45 {
		t.Errorf("%d of 100 struck", n)
	}
	if again := pattern(); again != first {
		t.Errorf("%s and %s", first, again)
	}
}

// TestEverythingAtOnce: many callers, every ending, every fault of the API, the same references again and again: each
// reference moves money at most once and the books add up all the time.
func TestEverythingAtOnce(t *testing.T) {
	hooks := receive(t, nil)
	b := start(t, simulator.Options{Seed: 5, Dir: t.TempDir(), WebhookURL: hooks.url, TransferFee: 10_00, Delay: 5 * time.Millisecond, TimeScale: 18_000})
	recipients := []string{}
	for _, ending := range []string{"89", "01", "02", "03", "04", "05", "06", "07"} {
		recipients = append(recipients, b.recipient("01234567"+ending))
	}
	for _, kind := range []simulator.FaultKind{
		simulator.FaultErrorBefore, simulator.FaultErrorAfter, simulator.FaultCutBefore, simulator.FaultCutAfter,
		simulator.FaultGarbage, simulator.FaultRateLimit, simulator.FaultWebhookDuplicate, simulator.FaultWebhookForge,
		simulator.FaultWebhookReorder, simulator.FaultWebhookDrop,
	} {
		inject(t, b, simulator.Fault{Kind: kind, Times: -1, Probability: 0.05, Copies: 2, Delay: 20 * time.Millisecond})
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 60 {
				_ = b.transfer(reference(i), recipients[(i+worker)%len(recipients)], 100_00)
				if i%20 == 0 {
					if err := b.sim.Audit(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	b.sim.ClearFaults()
	for range 4 { // whoever met a fault each time, and whom an account that ends in 05 refused
		for i := range 60 {
			_ = b.transfer(reference(i), recipients[i%len(recipients)], 100_00)
		}
	}
	until(t, "nothing is pending", func() bool {
		for _, tr := range b.sim.Transfers() {
			if tr.Next != "" {
				return false
			}
		}
		return true
	})
	until(t, "every event is settled", func() bool {
		for _, w := range b.sim.Webhooks() {
			if !w.Delivered && !w.Dropped {
				return false
			}
		}
		return true
	})
	seen := map[string]bool{}
	moved := int64(0)
	for _, tr := range b.sim.Transfers() {
		if seen[tr.Reference] {
			t.Errorf("%s is there twice", tr.Reference)
		}
		seen[tr.Reference] = true
		if tr.Status == "success" {
			moved += int64(tr.Amount + tr.Fee)
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d references were accepted, want 60", len(seen))
	}
	if want := b.sim.Ledger()[0].Balance - b.sim.Balance(); int64(want) != moved {
		t.Errorf("the balance fell by %d, the successful transfers are %d", want, moved)
	}
}
