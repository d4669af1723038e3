package access_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const (
	brand    = "CycleCash"
	ada      = "+2347000000003"
	nobody   = "+2348010000009"
	password = "blue-mango-7421"
)

// cheap makes hashing fast where a test is about something else.
var cheap = access.PasswordParams{MemoryKiB: 64, Passes: 1, Lanes: 1}

// fixture is a deployment with one brand and a phone network that delivers texts at once.
type fixture struct {
	*access.Service
	store *store.Store
	clock *clock.Manual
	phone *phones
}

func setUp(t *testing.T, limits access.LimiterOptions, change ...func(*access.Config)) *fixture {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	f := &fixture{store: st, clock: clk, phone: &phones{}}
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedBrand(ctx, store.Brand{Code: brand, Name: "Cycle Cash", IndentPrefix: "CC"})
		return err
	})
	f.Service = f.service(t, limits, change...)
	return f
}

// service makes one more service over the same deployment.
func (f *fixture) service(t *testing.T, limits access.LimiterOptions, change ...func(*access.Config)) *access.Service {
	t.Helper()
	limiter, err := access.NewLimiter(f.store, f.clock, limits)
	if err != nil {
		t.Fatal(err)
	}
	config := access.Config{DefaultBrand: brand, Passwords: cheap}
	for _, c := range change {
		c(&config)
	}
	s := access.New(f.store, f.phone, limiter, f.clock, config, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

var unlimited = access.LimiterOptions{Off: true}

func (f *fixture) write(t *testing.T, work func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := f.store.InTx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// code asks for a code and reads it off the phone.
func (f *fixture) code(t *testing.T, mobile string, purpose int) access.Secret {
	t.Helper()
	if _, err := f.SendCode(t.Context(), brand, mobile, purpose); err != nil {
		t.Fatal(err)
	}
	f.deliver(t)
	return f.phone.lastCode(t, mobile)
}

// deliver works the texts that wait, as the job does.
func (f *fixture) deliver(t *testing.T) {
	t.Helper()
	ids, err := f.store.WaitingSMS(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := f.SendSMS(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *fixture) register(t *testing.T, mobile string) access.Opened {
	t.Helper()
	opened, err := f.Register(t.Context(), access.Registration{Brand: brand, Mobile: mobile, Code: f.code(t, mobile, access.PurposeRegister), Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// phones is every phone of the country.
type phones struct {
	mu   sync.Mutex
	sent []provider.SMSMessage
	err  error // answered instead, without sending
}

func (p *phones) Send(_ context.Context, m provider.SMSMessage) (provider.SMSReceipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return provider.SMSReceipt{}, p.err
	}
	p.sent = append(p.sent, m)
	return provider.SMSReceipt{MessageID: fmt.Sprintf("msg-%d", len(p.sent))}, nil
}

func (p *phones) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *phones) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

func (p *phones) lastCode(t *testing.T, mobile string) access.Secret {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.sent) - 1; i >= 0; i-- {
		if p.sent[i].To == mobile {
			return access.Secret(sixDigits.FindString(p.sent[i].Text))
		}
	}
	t.Fatal("no text arrived")
	return ""
}

// other is a code that is not the given one.
func other(code access.Secret) access.Secret {
	if code.Reveal() == "000000" {
		return "000001"
	}
	return "000000"
}

func want(t *testing.T, err error, entry catalog.Entry) {
	t.Helper()
	if !fault.Has(err, entry) {
		t.Errorf("got %v, want %s", err, entry.Reason)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
