package wire_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/wire"
)

func TestRepaymentOnTheWire(t *testing.T) {
	got := wire.Repayment(servicing.Repayment{LoanID: 7, Amount: 850_000, Remaining: 400_000, Reference: "cpc-1", AuthorizationURL: "https://example.com/a",
		Method: servicing.ByCard, Status: servicing.PayConfirm, ExpiresAt: time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC)})
	want := api.Repayment{LoanID: "7", Amount: "850000", RemainingAmount: "400000", Reference: "cpc-1", AuthorizationURL: "https://example.com/a", Method: 2,
		PayStatus: 3, ExpireTime: "2026-03-11 00:30:00"}
	if got != want {
		t.Errorf("%+v", got)
	}
	if none := wire.Repayment(servicing.Repayment{}); none.ExpireTime != "" || none.Amount != "0" {
		t.Errorf("%+v", none)
	}
}

func TestCardRepaymentOfTheWire(t *testing.T) {
	text := func(s string) *string { return &s }
	got, err := wire.CardRepayment(3, api.RepayInfo{ID: text("7"), CardID: text("41"), Amount: text("425000")}, text("key-number-1"))
	if want := (servicing.CardRepayment{Borrower: 3, Loan: 7, Account: 41, Amount: 425_000, Key: "key-number-1"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = wire.CardRepayment(3, api.RepayInfo{}, nil); err != nil || got != (servicing.CardRepayment{Borrower: 3}) {
		t.Errorf("left out: %+v, %v", got, err)
	}
	for _, amount := range []string{"0", "-1", "1.5", "", "01", "99999999999999999999"} {
		if _, err := wire.CardRepayment(3, api.RepayInfo{Amount: text(amount)}, nil); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("amount %q: %v", amount, err)
		}
	}
	for name, body := range map[string]api.RepayInfo{"id": {ID: text("x")}, "cardId": {CardID: text("-")}} {
		if _, err := wire.CardRepayment(3, body, nil); !fault.Has(err, catalog.ValidationFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
