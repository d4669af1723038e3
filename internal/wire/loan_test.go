package wire_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
	"github.com/google/go-cmp/cmp"
)

// sample reads the loans of the first API's one surviving answer.
func sample(t *testing.T) (rows []map[string]any, total string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "openapi", "examples", "loan-list-response.json"))
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Data struct {
			List  []map[string]any
			Total string
		}
	}
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Data.List) != 10 {
		t.Fatalf("the sample has %d rows", len(page.Data.List))
	}
	return page.Data.List, page.Data.Total
}

// record reads the fields of one sample row.
type record struct {
	t *testing.T
	m map[string]any
}

func (r record) text(field string) string { return r.m[field].(string) }
func (r record) number(field string) int  { return int(r.m[field].(float64)) }

func (r record) id(field string) int64 {
	r.t.Helper()
	n, err := strconv.ParseInt(r.text(field), 10, 64)
	if err != nil {
		r.t.Fatalf("%s: %v", field, err)
	}
	return n
}

func (r record) amount(field string) money.Kobo { return money.Kobo(r.id(field)) }

func (r record) time(field string) time.Time {
	r.t.Helper()
	at, err := clock.ParseWire(r.text(field))
	if err != nil {
		r.t.Fatal(err)
	}
	return at
}

// loan rebuilds the loan behind a sample row. What was paid is put on the components in the usual order, as no row says more.
func (r record) loan() store.Loan {
	principal, service, suffix := r.amount("balance"), money.Kobo(r.number("serviceFee")), money.Kobo(r.number("suffixFee"))
	terms := lending.Terms{Principal: principal, Disbursed: principal, UpfrontFee: money.Kobo(r.number("fee")), ServiceFee: service, Interest: suffix - service,
		SuffixFee: suffix, Due: r.amount("shouldbackFee"), TermDays: r.number("cycle")}
	l := store.Loan{
		ID: r.id("id"), Brand: r.text("appCode"), BorrowerID: r.id("uid"), IndentNo: r.text("indentNo"), ProductID: r.id("productId"), ProductVersion: 1,
		Loan: lending.NewLoan(terms, lending.Conditions{Allocation: money.DefaultOrder()}), ApplyTerminal: r.number("applyTerminal"),
		PriorLoans: r.number("loanCount"), RiskStatus: r.number("auditRiskStatus"), RiskReason: r.text("auditRiskReson"),
		RiskDetail: r.text("auditRiskDetail"), RiskAt: r.time("auditRiskTime"), ReviewerID: r.id("auditUserId"), ReviewReason: r.text("auditUserReson"),
		ReviewedAt: r.time("auditUserTime"), PayerID: r.id("payUserId"), HeadImage: r.text("headImgCode"), CreatedAt: r.time("createdTime"),
		UpdatedAt: r.time("updatedTime"),
		Snapshot: store.LoanSnapshot{FirstName: r.text("firstName"), MiddleName: r.text("middleName"), LastName: r.text("lastName"),
			Mobile: "+234" + r.text("mobile"), MaskedBVN: mask.BVN(r.text("dentityCard")), BankCode: r.text("bankNo"), BankName: r.text("bankName"),
			AccountNo: r.text("bankAccNo"), AccountName: r.text("bankaccName"),
			MaskedCard: mask.Card(r.text("bankCardNo")[:6], r.text("bankCardNo")[12:]), City: r.text("applyCity")},
	}
	l.State = lending.State(r.number("status"))
	l.DisbursedAt, l.DueAt, l.FirstDueAt = r.time("arriveTime"), r.time("shouldbackTime"), r.time("initialrepaymentTime")
	l.LastPaidAt, l.Extensions = r.time("lastbackTime"), r.number("extensionStatus")
	if !l.DisbursedAt.IsZero() {
		l.ClosedAt = l.LastPaidAt
		l.Charged = terms.Charged()
		l.Paid, _ = money.Allocate(l.Charged, money.DefaultOrder(), r.amount("actualbackAmt"))
	}
	return l
}

// Each row of the sample, made again from the loan behind it, is the row but for what the contract changed: the BVN and the card are
// masked, and a loan that was paid out says what remains, "0" when it is settled.
func TestTheSampleIsMadeAgain(t *testing.T) {
	rows, total := sample(t)
	page := origination.Page{At: time.Date(2022, 2, 1, 12, 0, 0, 0, clock.Lagos)}
	var err error
	if page.Total, err = strconv.ParseInt(total, 10, 64); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		page.Loans = append(page.Loans, record{t, row}.loan())
	}
	text, err := json.Marshal(wire.LoanPage(page))
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		List  []map[string]any `json:"list"`
		Res   any              `json:"res"`
		Total any              `json:"total"`
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	if made.Res != "" || made.Total != total || len(made.List) != len(rows) {
		t.Errorf("res %v, total %v, %d rows", made.Res, made.Total, len(made.List))
	}
	for i, want := range rows {
		want["dentityCard"], want["bankCardNo"] = "222****2222", "408408******4081"
		if want["arriveTime"] != "" {
			want["remainingAmount"] = "0"
		}
		if len(made.List[i]) != 60 {
			t.Errorf("row %v has %d fields", want["id"], len(made.List[i]))
		}
		if diff := cmp.Diff(want, made.List[i]); diff != "" {
			t.Errorf("row %v (-sample +made):\n%s", want["id"], diff)
		}
	}
}

// The fields that move after the payout, through a loan's life.
func TestALoanThroughItsLife(t *testing.T) {
	product := lending.DemoProducts()[0]
	terms, err := product.Price()
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, clock.Lagos)
	l := store.Loan{ID: 7, BorrowerID: 3, Loan: lending.NewLoan(terms, product.Conditions), Snapshot: store.LoanSnapshot{Mobile: "+2347000000003", City: "NG-LA"}}
	show := func(at time.Time) (vo [6]string) {
		v := wire.Loan(l, at)
		return [6]string{strconv.Itoa(int(v.Status)), v.ActualBalance, v.RemainingAmount, v.OverDays, v.OverdueFee, v.ShouldbackTime}
	}
	check := func(what string, at time.Time, want [6]string) {
		t.Helper()
		if got := show(at); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("submitted", noon, [6]string{"1", "0", "", "", "0", ""})
	l.State = lending.Disbursing
	check("disbursing", noon, [6]string{"4", "0", "", "", "0", ""})
	if l.Loan, err = lending.Disburse(l.Loan, noon); err != nil {
		t.Fatal(err)
	}
	check("active", noon, [6]string{"5", "600000", "850000", "", "0", "2026-03-17 12:00:00"})
	check("on the due date", noon.AddDate(0, 0, 7), [6]string{"5", "600000", "850000", "", "0", "2026-03-17 12:00:00"})
	check("two days late, before the daily run", noon.AddDate(0, 0, 9), [6]string{"21", "600000", "862000", "2", "12000", "2026-03-17 12:00:00"})
	paid, err := lending.ApplyPayment(l.Loan, 862_000, noon.AddDate(0, 0, 9), noon.AddDate(0, 0, 9))
	if err != nil {
		t.Fatal(err)
	}
	l.Loan = paid.Loan
	check("settled late", noon.AddDate(0, 0, 40), [6]string{"22", "600000", "0", "2", "12000", "2026-03-17 12:00:00"})
	v := wire.Loan(l, noon)
	if v.ApplyCity != "" || v.Mobile != "7000000003" || v.AuditUserID != "0" || v.PayUserID != "0" || v.Repayment != "" || v.BankCardNo != "" {
		t.Errorf("%+v", v)
	}
}

func TestStrangersSeeMaskedNumbers(t *testing.T) {
	list := wire.RealtimeLoans([]store.RecentPayout{{Mobile: "+2347000000003", Principal: 600_000, At: time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)}}).List
	if len(list) != 1 || list[0].Mobile != "700****003" || list[0].Balance != "600000" || list[0].ArriveTime != "2026-03-10 12:00:00" {
		t.Errorf("%+v", list)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	for name, v := range map[string]any{
		"loans": wire.LoanPage(origination.Page{}), "products": wire.LoanProductPage(origination.OfferPage{}), "home": wire.HomeProducts(origination.Home{}),
		"detail": wire.LoanProductDetail(origination.Detail{}), "auth": wire.HomeAuthStatus(origination.AuthStatus{}), "realtime": wire.RealtimeLoans(nil),
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		for field, value := range fields {
			if value == nil {
				t.Errorf("%s: %s is null", name, field)
			}
		}
	}
}
