package support_test

import (
	"context"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const brand = "CycleCash"

// house is a deployment with one borrower in a session.
type house struct {
	store *store.Store
	clock *clock.Manual
	svc   *support.Service
	who   support.Reporter
}

func newHouse(t *testing.T, c support.Config) *house {
	t.Helper()
	h := &house{clock: clock.NewManual(testkit.Noon())}
	h.store = testkit.Store(t, h.clock)
	if _, err := seed.Base(t.Context(), h.store); err != nil {
		t.Fatal(err)
	}
	h.svc = support.New(h.store, c)
	h.who.Brand = brand
	h.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		if h.who.Borrower, err = tx.AddBorrower(ctx, brand, "+2347000000003", "hash"); err != nil {
			return err
		}
		s, err := tx.AddSession(ctx, brand, store.NewSession{Borrower: h.who.Borrower, TokenHash: []byte("token"), Idle: time.Hour, Absolute: time.Hour})
		h.who.Session = s.ID
		return err
	})
	return h
}

func (h *house) write(t *testing.T, work func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := h.store.InTx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

func TestHotQuestions(t *testing.T) {
	h := newHouse(t, support.Config{})
	all, err := h.svc.HotQuestions(t.Context(), brand, "", 50)
	if err != nil || len(all) < 12 {
		t.Fatalf("%d questions, %v", len(all), err)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Sort < all[i-1].Sort {
			t.Errorf("%q stands before %q", all[i-1].Title, all[i].Title)
		}
	}
	some, err := h.svc.HotQuestions(t.Context(), brand, "repayment", 2)
	if err != nil || len(some) != 2 || some[0].Category != "repayment" || some[1].Category != "repayment" {
		t.Errorf("%v, %v", some, err)
	}
	usual, err := h.svc.HotQuestions(t.Context(), brand, "", 0)
	if err != nil || len(usual) != min(20, len(all)) {
		t.Errorf("%d by default, %v", len(usual), err)
	}
	for what, list := range map[string]func() ([]store.Question, error){
		"unknown category": func() ([]store.Question, error) { return h.svc.HotQuestions(t.Context(), brand, "none", 0) },
		"another brand":    func() ([]store.Question, error) { return h.svc.HotQuestions(t.Context(), "Other", "", 0) },
	} {
		if got, err := list(); err != nil || len(got) != 0 {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

func TestSupportDesk(t *testing.T) {
	h := newHouse(t, support.Config{})
	if phones, err := h.svc.Phones(t.Context(), brand); err != nil || len(phones) != 2 || phones[0].Title != "Customer care" {
		t.Errorf("%v, %v", phones, err)
	}
	if phones, err := h.svc.Phones(t.Context(), "Other"); err != nil || len(phones) != 0 {
		t.Errorf("another brand's: %v, %v", phones, err)
	}
	if email, err := h.svc.Email(t.Context(), brand); err != nil || email.Email != "help@cyclecash.example" {
		t.Errorf("%v, %v", email, err)
	}
	if _, err := h.svc.Email(t.Context(), "Other"); !fault.Has(err, catalog.SupportEmailNotFound) {
		t.Errorf("another brand's: %v", err)
	}
}

func TestDictionaries(t *testing.T) {
	h := newHouse(t, support.Config{})
	all, err := h.svc.Cities(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	lagos, err := h.svc.Cities(t.Context(), "NG-LA")
	if err != nil || len(lagos) < 3 || len(lagos) >= len(all) || lagos[0] != (store.City{Code: "25001", Name: "Ikeja", StateCode: "NG-LA", StateName: "Lagos", Sort: 1}) {
		t.Errorf("%v, %v", lagos, err)
	}
	if none, err := h.svc.Cities(t.Context(), "NG-XX"); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	if bands, err := h.svc.IncomeBands(t.Context()); err != nil || bands[0].Min != 0 || !bands[len(bands)-1].Open {
		t.Errorf("%v, %v", bands, err)
	}
	if banks, err := h.svc.Banks(t.Context()); err != nil || len(banks) < 25 || banks[0].Code != "058" {
		t.Errorf("%v, %v", banks, err)
	}
	for state, want := range map[string]bool{"NG-FC": true, "NG-XX": false, "": false} {
		if has, err := h.store.HasState(t.Context(), state); err != nil || has != want {
			t.Errorf("state %q: %t, %v", state, has, err)
		}
	}
	if city, err := h.store.City(t.Context(), "25001"); err != nil || city != lagos[0] {
		t.Errorf("%v, %v", city, err)
	}
	if band, err := h.store.IncomeBand(t.Context(), "3"); err != nil || band.Min != 10_000_000 || band.Max != 19_999_999 || band.Open {
		t.Errorf("%v, %v", band, err)
	}
}
