package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// repaid is the answer of repayLoan and getRepayment.
type repaid struct {
	Amount, RemainingAmount, Reference, AuthorizationURL string
	PayStatus, Method                                    int
}

// answer presses a button of a page of the simulator, with a card where the page asks for one, and returns what the page says.
func (w *world) answer(address, card string) string {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, address, strings.NewReader(url.Values{"card": {card}}.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	raw, err := readBody(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.Fatalf("%s answered %s: %s %v", address, resp.Status, raw, err)
	}
	return string(raw)
}

// bindStatus is how a card check stands; open ones are asked about until they are not.
func (b *borrower) bindStatus(reference string) int {
	b.w.Helper()
	var state struct{ BindStatus int }
	b.w.ok(b.get("verifyCardBind", map[string]string{"reference": reference})).into(b.w, &state)
	return state.BindStatus
}

// check opens a card check of the default account.
func (b *borrower) check() (reference, page string) {
	b.w.Helper()
	var check struct{ Reference, AuthorizationURL string }
	b.w.ok(b.get("getCardBindAmount", map[string]string{"cardId": b.card})).into(b.w, &check)
	return check.Reference, check.AuthorizationURL
}

// factor is the page of a second factor beside the page of a payment.
func factor(page string) string { return strings.Replace(page, "/checkout/", "/checkout/2fa/", 1) }

// TestMagicCards: every ending of a card that steers the simulator, through the API: binding, then charging the loan.
func TestMagicCards(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	const failed, bound, open = 0, 1, 2
	for digit := range 10 {
		t.Run(fmt.Sprintf("binding a card that ends in %d", digit), func(t *testing.T) {
			w := w.in(t)
			b := w.register().profile().account("09")
			card := fmt.Sprintf("408%d", digit)
			reference, page := b.check()
			if s := b.bindStatus(reference); s != open {
				t.Errorf("before anything is paid: bindStatus %d", s)
			}
			w.answer(page+"/pay", card)
			want := bound
			switch digit {
			case 0:
				if s := b.bindStatus(reference); s != open {
					t.Errorf("before the second factor: bindStatus %d", s)
				}
				w.answer(factor(page)+"/approve", "")
			case 1:
				want = failed
			}
			w.eventually(20*time.Second, "the card check to end", func() bool { return b.bindStatus(reference) != open })
			if s := b.bindStatus(reference); s != want {
				t.Errorf("bindStatus %d, want %d", s, want)
			}
			var cards struct {
				List []struct {
					BindStatus int
					BankCardNo string
				}
			}
			w.ok(b.call("listCards", nil)).into(w, &cards)
			if len(cards.List) != 1 || cards.List[0].BindStatus != want || strings.HasSuffix(cards.List[0].BankCardNo, card) != (want == bound) {
				t.Errorf("the cards: %+v", cards.List)
			}
			if want == failed { // another try with another card
				reference, page = b.check()
				w.answer(page+"/pay", "4084")
				w.eventually(20*time.Second, "the second try", func() bool { return b.bindStatus(reference) == bound })
			}
		})
	}
	t.Run("a second factor that is refused", func(t *testing.T) {
		w := w.in(t)
		b := w.register().profile().account("09")
		reference, page := b.check()
		w.answer(page+"/pay", "4080")
		w.answer(factor(page)+"/decline", "")
		w.eventually(20*time.Second, "the card check to fail", func() bool { return b.bindStatus(reference) == failed })
	})

	const paid, confirm = 1, 3
	for _, row := range []struct{ card, does string }{
		{"4084", "pays"}, {"4080", "asks the holder, who says yes"}, {"4080", "asks the holder, who says no"}, {"4084", "declines"},
	} {
		t.Run("charging: "+row.does, func(t *testing.T) {
			w := w.in(t)
			b := w.register().profile().account("09")
			reference, page := b.check()
			w.answer(page+"/pay", row.card)
			if row.card == "4080" {
				w.answer(factor(page)+"/approve", "")
			}
			w.eventually(20*time.Second, "the card to be bound", func() bool { return b.bindStatus(reference) == bound })
			b.apply(5)
			charge := b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "300000"})
			remaining := func() string {
				var now repaid
				w.ok(b.get("getRepayment", map[string]string{"id": b.loan})).into(w, &now)
				return now.RemainingAmount
			}
			if row.does == "declines" {
				if err := w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultDeclineCharge, Times: 1}); err != nil {
					t.Fatal(err)
				}
				w.want(charge, http.StatusUnprocessableEntity, "CARD_DECLINED")
				w.want(charge, http.StatusUnprocessableEntity, "CARD_DECLINED")
				if left := remaining(); left != "850000" {
					t.Errorf("%s kobo remain after a declined charge", left)
				}
				return
			}
			var first, again repaid
			w.ok(charge).into(w, &first)
			w.ok(charge).into(w, &again)
			if first != again {
				t.Errorf("the repeat answers %+v, the first was %+v", again, first)
			}
			switch row.does {
			case "pays":
				if first.PayStatus != paid || first.RemainingAmount != "550000" || first.AuthorizationURL != "" {
					t.Errorf("the charge: %+v", first)
				}
				return
			default:
				if first.PayStatus != confirm || first.RemainingAmount != "850000" || first.AuthorizationURL == "" {
					t.Fatalf("the charge: %+v", first)
				}
			}
			w.want(b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "300000"}), http.StatusConflict, "PAYMENT_IN_PROGRESS")
			if strings.HasSuffix(row.does, "yes") {
				w.answer(first.AuthorizationURL+"/approve", "")
				w.eventually(20*time.Second, "the charge to be booked", func() bool { return remaining() == "550000" })
				return
			}
			w.answer(first.AuthorizationURL+"/decline", "")
			// There is no event for a charge that failed: the sweep finds it, this one or that of the server.
			testkit.Exec(t, w.app.DatabaseURL, `UPDATE payment_intents SET next_check_at = created_at WHERE reference = $1`, first.Reference)
			if err := w.app.Servicing.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
			if left := remaining(); left != "850000" {
				t.Errorf("%s kobo remain after a refused second factor", left)
			}
			var a answer
			w.eventually(20*time.Second, "the refused charge to be closed", func() bool {
				a = w.send(b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "100000"}))
				return a.Reason != "PAYMENT_IN_PROGRESS"
			})
			var next repaid
			a.into(w, &next)
			if next.PayStatus != confirm || next.Reference == first.Reference {
				t.Errorf("the next charge: %+v", next)
			}
		})
	}
	noDifference(t, w.app)
	w.reconciles()
}
