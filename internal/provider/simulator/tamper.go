package simulator

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/creditpocket/creditpocket/internal/money"
)

// TamperKind is a way in which a gateway's books can be wrong that no call to it brings about.
type TamperKind string

// The ways. They change what stands in the books, so that Audit complains too.
const (
	// TamperForget strikes a transfer, a charge or a refund out, with its movements.
	TamperForget TamperKind = "forget"
	// TamperAmount adds Amount to what a transfer, a charge or a refund is over; the movements stay.
	TamperAmount TamperKind = "amount"
	// TamperStatus gives a transfer, a charge or a refund another status.
	TamperStatus TamperKind = "status"
	// TamperRepeat moves the balance once more for the same thing.
	TamperRepeat TamperKind = "repeat"
	// TamperBalance adds Amount to the balance after the last movement of a thing, and to no other.
	TamperBalance TamperKind = "balance"
	// TamperTwice shows a transfer or a charge twice in the lists, under another number.
	TamperTwice TamperKind = "twice"
)

// Tampering is one change of the books, for tests of those who reconcile with them. It is not journalled.
type Tampering struct {
	Kind      TamperKind `json:"kind"`
	Reference string     `json:"reference"` // of a transfer or a charge; of a refund its note
	Amount    money.Kobo `json:"amount,omitempty"`
	Status    string     `json:"status,omitempty"`
}

// Tamper changes the books. It fails where nothing has the reference.
func (s *Simulator) Tamper(t Tampering) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.books
	model, id := "", int64(0)
	transfer, isTransfer := b.Transfers[t.Reference]
	charge, isCharge := b.Charges[t.Reference]
	var refund Refund
	for _, r := range b.Refunds {
		if r.MerchantNote == t.Reference && t.Reference != "" {
			refund = r
		}
	}
	switch {
	case isTransfer:
		model, id = "Transfer", transfer.ID
	case isCharge:
		model, id = "Transaction", charge.ID
	case refund.ID != 0:
		model, id = "Refund", refund.ID
	default:
		return fmt.Errorf("simulator: nothing has the reference %q", t.Reference)
	}
	ours := func(e LedgerEntry) bool { return e.Model == model && e.ModelID == id }
	switch t.Kind {
	case TamperForget:
		delete(b.Transfers, t.Reference)
		delete(b.Charges, t.Reference)
		delete(b.Refunds, refund.ID)
		b.Ledger = slices.DeleteFunc(b.Ledger, ours)
		return nil
	case TamperAmount:
		transfer.Amount += t.Amount
		charge.Amount += t.Amount
		refund.Amount += t.Amount
	case TamperStatus:
		transfer.Status, charge.Status, refund.Status = t.Status, t.Status, t.Status
	case TamperRepeat:
		i := slices.IndexFunc(b.Ledger, ours)
		if i < 0 {
			return fmt.Errorf("simulator: nothing moved for %q", t.Reference)
		}
		b.LastID++
		again := b.Ledger[i]
		again.ID, again.Balance = b.LastID, b.balance()+again.Difference
		b.Ledger = append(b.Ledger, again)
		return nil
	case TamperBalance:
		for i := len(b.Ledger) - 1; i >= 0; i-- {
			if ours(b.Ledger[i]) {
				b.Ledger[i].Balance += t.Amount
				return nil
			}
		}
		return fmt.Errorf("simulator: nothing moved for %q", t.Reference)
	case TamperTwice:
		b.LastID++
		s.twice = append(s.twice, twin{model, t.Reference, b.LastID})
		return nil
	default:
		return fmt.Errorf("simulator: no tampering is called %q", t.Kind)
	}
	switch {
	case isTransfer:
		b.Transfers[t.Reference] = transfer
	case isCharge:
		b.Charges[t.Reference] = charge
	default:
		b.Refunds[refund.ID] = refund
	}
	return nil
}

// twin is a thing that the lists show once more.
type twin struct {
	model, reference string
	id               int64
}

// extra are the twins of a kind, as the lists show them.
func (s *Simulator) extra(model string) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var views []any
	for _, t := range s.twice {
		if t.model != model {
			continue
		}
		view := s.chargeView(s.books.Charges[t.reference], Authorization{}, nil)
		if model == "Transfer" {
			transfer := s.books.Transfers[t.reference]
			view = transferView(transfer, recipientView(s.books.Recipients[transfer.Recipient]))
		}
		view["id"] = t.id
		views = append(views, view)
	}
	return views
}

// tamperHandler serves POST /simulator/tamper.
func (s *Simulator) tamperHandler(w http.ResponseWriter, r *http.Request) error {
	var in Tampering
	if err := readStrict(w, r, &in); err != nil {
		return err
	}
	return s.Tamper(in)
}
