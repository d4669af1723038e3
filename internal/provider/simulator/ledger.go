package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Balance returns our balance, in kobo.
func (s *Simulator) Balance() money.Kobo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.balance()
}

// Ledger returns every movement of our balance, oldest first.
func (s *Simulator) Ledger() []LedgerEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.books.Ledger)
}

// Transfers returns every accepted transfer in the order of acceptance.
func (s *Simulator) Transfers() []Transfer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.books.Transfers, func(t Transfer) int64 { return t.ID })
}

// Charges returns every checkout and charge in the order of acceptance, paid or not.
func (s *Simulator) Charges() []Charge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.books.Charges, func(c Charge) int64 { return c.ID })
}

// Refunds returns every accepted refund in the order of acceptance.
func (s *Simulator) Refunds() []Refund {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.books.Refunds, func(r Refund) int64 { return r.ID })
}

// Recipients returns every registered account in the order of registration.
func (s *Simulator) Recipients() []Recipient {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.books.Recipients, func(r Recipient) int64 { return r.ID })
}

// Authorizations returns every bound card, ordered by code.
func (s *Simulator) Authorizations() []Authorization {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Authorization, 0, len(s.books.Authorizations))
	for _, a := range s.books.Authorizations {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Authorization) int { return slices.Compare([]byte(a.Code), []byte(b.Code)) })
	return out
}

// Webhooks returns every event and its delivery, in the order they happened.
func (s *Simulator) Webhooks() []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.books.Webhooks, func(w Webhook) int64 { return w.ID })
}

func sorted[K comparable, V any](m map[K]V, id func(V) int64) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b V) int { return int(id(a) - id(b)) })
	return out
}

// Audit checks that the books add up: every balance follows from the one before, and the movements of every transfer,
// charge and refund sum to what its status says. It returns all that does not, nil if all does.
func (s *Simulator) Audit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var problems []error
	type owner struct {
		model string
		id    int64
	}
	sums := map[owner]money.Kobo{}
	running := money.Kobo(0)
	for _, e := range s.books.Ledger {
		running += e.Difference
		if running != e.Balance {
			problems = append(problems, fmt.Errorf("ledger entry %d: balance %d, expected %d", e.ID, e.Balance, running))
			running = e.Balance
		}
		sums[owner{e.Model, e.ModelID}] += e.Difference
	}
	expect := func(model string, id int64, want money.Kobo, what string) {
		if got := sums[owner{model, id}]; got != want {
			problems = append(problems, fmt.Errorf("%s: movements sum to %d, expected %d", what, got, want))
		}
		delete(sums, owner{model, id})
	}
	for _, t := range s.books.Transfers {
		want := money.Kobo(0)
		if t.moved() {
			want = -(t.Amount + t.Fee)
		}
		expect("Transfer", t.ID, want, "transfer "+t.Reference)
	}
	for _, c := range s.books.Charges {
		want := money.Kobo(0)
		if c.paid() {
			want = c.Amount - c.Fee
		}
		expect("Transaction", c.ID, want, "charge "+c.Reference)
	}
	for _, r := range s.books.Refunds {
		want := -r.Amount
		if r.Status == "failed" {
			want = 0
		}
		expect("Refund", r.ID, want, "refund "+strconv.FormatInt(r.ID, 10))
	}
	delete(sums, owner{"Opening", 0})
	for o := range sums {
		problems = append(problems, fmt.Errorf("movements of %s %d, which does not exist", o.model, o.id))
	}
	return errors.Join(problems...)
}

// getBalance serves GET /balance.
func (s *Simulator) getBalance(*call) answer {
	return ok("Balances retrieved", []any{map[string]any{"currency": currency, "balance": s.Balance()}})
}

// getLedger serves GET /balance/ledger, newest first.
func (s *Simulator) getLedger(q *call) answer {
	page, perPage := q.page()
	entries := s.Ledger()
	slices.Reverse(entries)
	total := len(entries)
	entries = window(entries, page, perPage)
	data := make([]any, 0, len(entries))
	for _, e := range entries {
		data = append(data, map[string]any{
			"id": e.ID, "integration": integration, "domain": "test", "currency": currency, "difference": e.Difference,
			"balance": e.Balance, "reason": e.Reason, "model_responsible": e.Model, "model_row": e.ModelID,
			"createdAt": stamp(e.At), "updatedAt": stamp(e.At),
		})
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"status": true, "message": "Balance ledger retrieved", "data": data, "meta": pageMeta(total, page, perPage),
	}}
}
