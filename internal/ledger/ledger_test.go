package ledger_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

var ref = ledger.Ref{LoanID: 7, BorrowerID: 3, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}

var parts = money.Components{Penalty: 1, ServiceFee: 20, Interest: 300, Principal: 4000}

type made struct {
	batch ledger.Batch
	err   error
}

func of(b ledger.Batch, err error) made { return made{b, err} }

func TestEachEventBooksWhatItSays(t *testing.T) {
	sale := ledger.Sale{Charged: money.Components{Principal: 1000, ServiceFee: 200, Interest: 30}, Disbursed: 950, UpfrontFee: 50}
	for key, c := range map[string]struct {
		made made
		want string // account=amount, in order
	}{
		"loan:7:disbursement:tr":        {of(ledger.Disbursement(ref, "tr", sale)), "principal_receivable=1000 service_fee_receivable=200 interest_receivable=30 service_fee_income=-200 interest_income=-30 upfront_fee_income=-50 gateway_clearing=-950"},
		"loan:7:payment:p":              {of(ledger.Payment(ref, "p", ledger.FromGateway, parts, 5)), "gateway_clearing=4326 penalty_receivable=-1 service_fee_receivable=-20 interest_receivable=-300 principal_receivable=-4000 borrower_credit=-5"},
		"loan:7:payment:c":              {of(ledger.Payment(ref, "c", ledger.FromCredit, money.Components{Principal: 9}, 0)), "borrower_credit=9 principal_receivable=-9"},
		"loan:7:payment:u":              {of(ledger.Payment(ref, "u", ledger.FromUnassigned, money.Components{}, 9)), "unassigned_receipts=9 borrower_credit=-9"},
		"loan:7:recovery:r":             {of(ledger.Recovery(ref, "r", ledger.FromGateway, 7, 2)), "gateway_clearing=9 recovery_income=-7 borrower_credit=-2"},
		"loan:7:penalty:2026-03-10":     {of(ledger.PenaltyAccrual(ref, clock.NewDate(2026, 3, 10), 60)), "penalty_receivable=60 penalty_income=-60"},
		"loan:7:penalty:payment:p:back": {of(ledger.PenaltyAdjustment(ref, "payment:p:back", -60)), "penalty_receivable=-60 penalty_income=60"},
		"loan:7:waiver:w":               {of(ledger.Waived(ref, "w", parts)), "waiver=4321 penalty_receivable=-1 service_fee_receivable=-20 interest_receivable=-300 principal_receivable=-4000"},
		"loan:7:coupon:k":               {of(ledger.CouponRedeemed(ref, "k", money.Components{ServiceFee: 3})), "coupon_expense=3 service_fee_receivable=-3"},
		"loan:7:rebate:p":               {of(ledger.Rebate(ref, "p", 3)), "interest_income=3 interest_receivable=-3"},
		"loan:7:write_off:w":            {of(ledger.WrittenOff(ref, "w", money.Components{Principal: 3})), "write_off=3 principal_receivable=-3"},
		"loan:7:extension_fee:e":        {of(ledger.ExtensionFee(ref, "e", ledger.FromGateway, 30, 2)), "gateway_clearing=32 extension_fee_income=-30 borrower_credit=-2"},
		"borrower:3:credit_refund:f":    {of(ledger.CreditRefund(ref, "f", 5)), "borrower_credit=5 gateway_clearing=-5"},
		"borrower:3:card_charge:b":      {of(ledger.CardCharge(ref, "b", 5000)), "gateway_clearing=5000 card_deposit=-5000"},
		"borrower:3:card_refund:b":      {of(ledger.CardRefund(ref, "b", 5000)), "card_deposit=5000 gateway_clearing=-5000"},
		"receipt:unassigned_receipt:x":  {of(ledger.UnassignedReceipt(ledger.Ref{At: ref.At}, "x", 9)), "gateway_clearing=9 unassigned_receipts=-9"},
	} {
		b, err := c.made.batch, c.made.err
		if err != nil || b.Validate() != nil || b.Key != key {
			t.Errorf("%s: %q, %v, %v", key, b.Key, err, b.Validate())
			continue
		}
		var got []string
		for _, p := range b.Postings {
			got = append(got, string(p.Account)+"="+p.Amount.Wire())
			if p.LoanID != b.LoanID || p.BorrowerID != b.BorrowerID {
				t.Errorf("%s: posting of another loan or borrower", key)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", key, strings.Join(got, " "), c.want)
		}
	}
}

func TestEventsRefuseImpossibleAmounts(t *testing.T) {
	negative := money.Components{Interest: -1, Principal: 5}
	for name, m := range map[string]made{
		"empty payment": of(ledger.Payment(ref, "p", ledger.FromGateway, money.Components{}, 0)), "negative part": of(ledger.Payment(ref, "p", ledger.FromGateway, negative, 0)),
		"negative over": of(ledger.Payment(ref, "p", ledger.FromGateway, parts, -1)), "negative waiver": of(ledger.Waived(ref, "w", negative)),
		"negative recovery": of(ledger.Recovery(ref, "r", ledger.FromGateway, -1, 2)), "negative fee": of(ledger.ExtensionFee(ref, "e", ledger.FromGateway, -1, 2)),
		"nothing refunded": of(ledger.CreditRefund(ref, "f", 0)), "negative charge": of(ledger.CardCharge(ref, "b", -5)), "no penalty": of(ledger.PenaltyAccrual(ref, clock.NewDate(2026, 3, 10), 0)),
		"sale with penalty": of(ledger.Disbursement(ref, "t", ledger.Sale{Charged: parts, Disbursed: 4000})), "sale of nothing": of(ledger.Disbursement(ref, "t", ledger.Sale{})),
		"no instant": of(ledger.CreditRefund(ledger.Ref{BorrowerID: 3}, "f", 5)),
	} {
		if m.err == nil || len(m.batch.Postings) != 0 {
			t.Errorf("%s: accepted: %+v", name, m.batch)
		}
	}
}

func TestValidateFindsEveryFault(t *testing.T) {
	good, err := ledger.CreditRefund(ref, "f", 5)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*ledger.Batch){
		"key": func(b *ledger.Batch) { b.Key = "" }, "kind": func(b *ledger.Batch) { b.Kind = "gift" }, "one line": func(b *ledger.Batch) { b.Postings = b.Postings[:1] },
		"account": func(b *ledger.Batch) { b.Postings[0].Account = "pocket" }, "zero": func(b *ledger.Batch) { b.Postings[0].Amount, b.Postings[1].Amount = 0, 0 },
		"time": func(b *ledger.Batch) { b.At = time.Time{} },
	} {
		b := good
		b.Postings = append([]ledger.Posting(nil), good.Postings...)
		spoil(&b)
		if b.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	off := good
	off.Postings = append([]ledger.Posting(nil), good.Postings...)
	off.Postings[0].Amount++
	if err := off.Validate(); !errors.Is(err, ledger.ErrUnbalanced) {
		t.Errorf("unbalanced: %v", err)
	}
	off.Postings[0].Amount = math.MaxInt64
	off.Postings[1].Amount = 1
	if err := off.Validate(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("overflow: %v", err)
	}
}

// A loan whose price no product explains: the difference is a discount at the sale.
func TestSaleBelowPrincipalPlusFees(t *testing.T) {
	b, err := ledger.Disbursement(ref, "tr", ledger.Sale{Charged: money.Components{Principal: 2_550_000, ServiceFee: 365_000, Interest: 35_000}, Disbursed: 3_000_000})
	if err != nil {
		t.Fatal(err)
	}
	totals := ledger.Totals(b.Postings)
	if totals[ledger.Waiver] != 450_000 || totals[ledger.GatewayClearing] != -3_000_000 {
		t.Errorf("%v", totals)
	}
	if m := ledger.Rebuild(b.Lines()); m.Charged.Total() != 2_950_000 || m.Disbursed != 3_000_000 || !m.Waived.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestRebuildDoesNotCareAboutOrderOrGrouping(t *testing.T) {
	accounts, kinds := ledger.Accounts(), ledger.Kinds()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ledger.Line {
			return ledger.Line{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Account: rapid.SampledFrom(accounts).Draw(t, "account").Account,
				Amount: money.Kobo(rapid.Int64Range(-1000, 1000).Draw(t, "amount")),
			}
		}), 0, 40).Draw(t, "lines")
		want := ledger.Rebuild(lines)
		shuffled := rapid.Permutation(lines).Draw(t, "shuffled")
		type group struct {
			kind    ledger.Kind
			account ledger.Account
		}
		sums := map[group]money.Kobo{}
		for _, l := range lines {
			sums[group{l.Kind, l.Account}] += l.Amount
		}
		var grouped []ledger.Line
		for g, sum := range sums {
			grouped = append(grouped, ledger.Line{Kind: g.kind, Account: g.account, Amount: sum})
		}
		if ledger.Rebuild(shuffled) != want || ledger.Rebuild(grouped) != want {
			t.Fatalf("%+v\n%+v\n%+v", want, ledger.Rebuild(shuffled), ledger.Rebuild(grouped))
		}
		// The receivables' balance is what Rebuild calls outstanding, whatever the kinds were.
		var receivable money.Kobo
		for _, l := range lines {
			switch l.Account {
			case ledger.PrincipalReceivable, ledger.InterestReceivable, ledger.ServiceFeeReceivable, ledger.PenaltyReceivable:
				receivable += l.Amount
			}
		}
		if want.Outstanding().Total() != receivable {
			t.Fatalf("outstanding %d, receivable %d", want.Outstanding().Total(), receivable)
		}
	})
}

func TestReversalClearsTheLoan(t *testing.T) {
	sale, err1 := ledger.Disbursement(ref, "tr", ledger.Sale{Charged: money.Components{Principal: 1000, ServiceFee: 200, Interest: 30}, Disbursed: 950, UpfrontFee: 50})
	paid, err2 := ledger.Payment(ref, "p", ledger.FromGateway, money.Components{ServiceFee: 100}, 0)
	waived, err3 := ledger.Waived(ref, "w", money.Components{Interest: 30})
	postings := append(append(sale.Postings, paid.Postings...), waived.Postings...)
	back, err4 := ledger.DisbursementReversal(ref, "tr", 950, ledger.Totals(postings))
	if err := errors.Join(err1, err2, err3, err4, back.Validate()); err != nil {
		t.Fatal(err)
	}
	for account, balance := range ledger.Totals(append(postings, back.Postings...)) {
		want := money.Kobo(0)
		switch account {
		case ledger.GatewayClearing:
			want = 100 // the payment is still with us
		case ledger.BorrowerCredit:
			want = -100 // and belongs to the borrower
		}
		if balance != want {
			t.Errorf("%s: %d, want %d", account, balance, want)
		}
	}
	lines := append(append(append([]ledger.Line{}, sale.Lines()...), paid.Lines()...), append(waived.Lines(), back.Lines()...)...)
	if m := ledger.Rebuild(lines); !m.Outstanding().IsZero() || m.Disbursed != 0 || m.Credit != 100 || m.Reversed.Total() != 1100 {
		t.Errorf("%+v", m)
	}
}

func TestBookMakesTheBatchesInOrder(t *testing.T) {
	batches, err := ledger.Book(ref, "p9", ledger.FromGateway, money.Movement{PenaltyBefore: -6, Rebate: 3, Paid: parts, Over: 1, PenaltyAfter: 2})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, b := range batches {
		keys = append(keys, b.Key)
	}
	if got, want := strings.Join(keys, " "), "loan:7:penalty:payment:p9:before loan:7:rebate:p9 loan:7:payment:p9 loan:7:penalty:payment:p9:after"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for want, m := range map[string]money.Movement{
		"loan:7:recovery:r": {Recovered: 5, Over: 2}, "loan:7:waiver:r": {Waived: parts}, "loan:7:coupon:r": {Coupon: parts}, "loan:7:write_off:r": {WrittenOff: parts}, "loan:7:payment:r": {Over: 4},
		"loan:7:penalty:extension_fee:r:before": {PenaltyBefore: 4},
	} {
		if b, err := ledger.Book(ref, "r", ledger.FromGateway, m); err != nil || len(b) != 1 || b[0].Key != want {
			t.Errorf("%s: %+v, %v", want, b, err)
		}
	}
	if b, err := ledger.Book(ref, "r", ledger.FromGateway, money.Movement{}); err != nil || len(b) != 0 {
		t.Errorf("nothing: %v, %v", b, err)
	}
	if _, err := ledger.Book(ref, "r", ledger.FromGateway, money.Movement{Reversed: parts}); err == nil {
		t.Error("a reversal was booked without balances")
	}
	if _, err := ledger.Book(ref, "r", ledger.FromGateway, money.Movement{PenaltyBefore: 1, Over: -4}); err == nil {
		t.Error("a negative overpayment was booked")
	}
}

func TestCompareNamesEachDifference(t *testing.T) {
	var record ledger.LoanMoney
	record.Paid.Interest, record.Recovered, record.Credit = 5, 7, 9
	got := ledger.Compare(record, ledger.LoanMoney{Disbursed: 3})
	want := []ledger.Difference{{"paid.interest", 5, 0}, {"recovered", 7, 0}, {"disbursed", 0, 3}, {"credit", 9, 0}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	if diff := ledger.Compare(record, record); diff != nil {
		t.Errorf("equal records differ: %+v", diff)
	}
}

func TestAccountNamesAreUnique(t *testing.T) {
	seen := map[ledger.Account]bool{}
	for _, a := range ledger.Accounts() {
		if seen[a.Account] || a.Class == "" || a.Description == "" {
			t.Errorf("%+v", a)
		}
		seen[a.Account] = true
	}
}

func TestBookReversalBooksThePenaltyOfTheDaysBefore(t *testing.T) {
	balances := map[ledger.Account]money.Kobo{ledger.PrincipalReceivable: 1000, ledger.GatewayClearing: -1000}
	batches, err := ledger.BookReversal(ref, "tr", money.Movement{PenaltyBefore: 60, Reversed: money.Components{Principal: 1000, Penalty: 60}}, 1000, balances)
	if err != nil || len(batches) != 2 {
		t.Fatalf("%v, %v", batches, err)
	}
	after := ledger.Totals(append(batches[0].Postings, batches[1].Postings...))
	for account, balance := range after {
		if balance+balances[account] != 0 {
			t.Errorf("%s is left with %d", account, balance+balances[account])
		}
	}
	if len(balances) != 2 {
		t.Error("the caller's balances were changed")
	}
}
