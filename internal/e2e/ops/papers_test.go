package ops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// phone is a borrower's app: it calls the borrowers' API with a session.
type phone struct {
	*world
	token string
}

func (w *world) phone(p *person) *phone {
	w.Helper()
	a := w.post(w.app.BaseURL+"/user/login", `{"mobile":"0`+p.mobile+`","password":"blue-mango-7421"}`)
	var in struct{ Data struct{ Token string } }
	w.must(json.Unmarshal(a.Raw, &in))
	return &phone{w, in.Data.Token}
}

// do sends a request and decodes the data of a success; a refusal is returned by its reason.
func (p *phone) do(method, path, body string, into any) (raw []byte, reason string) {
	p.Helper()
	req, err := http.NewRequest(method, p.app.BaseURL+path, strings.NewReader(body))
	p.must(err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	p.must(err)
	defer resp.Body.Close()
	raw, err = io.ReadAll(resp.Body)
	p.must(err)
	var envelope struct{ Data json.RawMessage }
	if resp.Header.Get("Content-Type") == "application/pdf" {
		return raw, ""
	}
	p.must(json.Unmarshal(raw, &envelope))
	if resp.StatusCode != http.StatusOK {
		var problem struct{ Reason string }
		p.must(json.Unmarshal(envelope.Data, &problem))
		return raw, problem.Reason
	}
	if into != nil {
		p.must(json.Unmarshal(envelope.Data, into))
	}
	return raw, ""
}

func (p *phone) get(path string, into any) {
	p.Helper()
	if raw, why := p.do(http.MethodGet, path, "", into); why != "" {
		p.Fatalf("GET %s: %s", path, raw)
	}
}

// answer answers what the bank asks the card holder, at a page of the simulator.
func (w *world) answer(page, with string) {
	w.Helper()
	resp, err := http.PostForm(page+"/"+with, url.Values{})
	w.must(err)
	w.must(resp.Body.Close())
}

// bindCard binds a card by its last digits to the default account.
func (p *phone) bindCard(card string) {
	p.Helper()
	var check struct{ Reference, AuthorizationURL string }
	p.get("/bank/card/bind/amount", &check)
	req, err := http.NewRequest(http.MethodPost, check.AuthorizationURL+"/pay", strings.NewReader("card="+card))
	p.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	p.must(err)
	p.must(resp.Body.Close())
	if strings.HasSuffix(card, "0") { // the bank asks for the check, too
		p.answer(strings.Replace(check.AuthorizationURL, "/checkout/", "/checkout/2fa/", 1), "approve")
	}
	p.eventually("the card to be bound", func() bool {
		var state struct{ BindStatus int }
		p.get("/bank/card/bind/verify?reference="+check.Reference, &state)
		return state.BindStatus == 1
	})
}

// onTheWire is what these tests read of LoanVo.
type onTheWire struct {
	Status, ExtensionStatus                                                                       int
	OverdueFee, RemainingAmount, ActualbackAmt, ReduceAmt, OverDays, ShouldbackTime, LastbackTime string
}

func (p *phone) latest() (l onTheWire) {
	p.Helper()
	p.get("/loan/record/latest", &l)
	return l
}

// statement is what these tests read of a statement.
type statement struct {
	Lines            []struct{ Kind, Account, Debit, Credit, Outstanding string }
	Totals           struct{ Charged, Paid, Waived, WrittenOff, Recovered, ExtensionFees, Credit, Outstanding string }
	VerificationCode string
}

// papers reads a loan's statement, in both forms, and holds it against the ledger: every posting stands in it, debits are credits, and
// its code is good.
func (p *phone) papers(loan int64) statement {
	p.Helper()
	var st statement
	p.get(fmt.Sprintf("/loan/record/statement?id=%d", loan), &st)
	entries, err := p.app.Store.LedgerOfLoan(p.Context(), loan, 1000)
	p.must(err)
	sum := int64(0)
	for _, l := range st.Lines {
		sum += number(l.Debit) - number(l.Credit)
	}
	if len(st.Lines) != len(entries) || sum != 0 || st.Lines[len(st.Lines)-1].Outstanding != st.Totals.Outstanding {
		p.Errorf("%d lines of %d postings, sum %d: %+v", len(st.Lines), len(entries), sum, st)
	}
	if pdf, why := p.do(http.MethodGet, fmt.Sprintf("/loan/record/statement.pdf?id=%d", loan), "", nil); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		p.Errorf("the PDF: %s %.100s", why, pdf)
	}
	p.known(st.VerificationCode, 1)
	return st
}

// known asks whether a document's code is ours.
func (p *phone) known(code string, kind int) {
	p.Helper()
	var document struct{ Kind int }
	p.get("/document/verify?code="+code, &document)
	if document.Kind != kind {
		p.Errorf("%s is a document of kind %d, expected %d", code, document.Kind, kind)
	}
}

func (st statement) kinds() string {
	var all []string
	for _, l := range st.Lines {
		if len(all) == 0 || all[len(all)-1] != l.Kind {
			all = append(all, l.Kind)
		}
	}
	return strings.Join(all, " ")
}

// TestALateLoanToItsPapers takes a loan over HTTP through a part paid by a bound card whose bank asks the holder, an extension, a penalty,
// a waiver, a payment that an operator assigns, and one that is too large and goes back; its statement, its clearance letter and the books
// say the same in the end.
func TestALateLoanToItsPapers(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	p := w.active()
	b := w.phone(p)
	b.bindCard("4080")
	repay := func(body string) (r struct {
		PayStatus                         int
		AuthorizationURL, RemainingAmount string
	}) {
		if raw, why := b.do(http.MethodPost, "/loan/record/repay", body, &r); why != "" {
			t.Fatalf("POST /loan/record/repay: %s", raw)
		}
		return r
	}
	paid := repay(`{"amount": "100000"}`)
	if paid.PayStatus != 3 || paid.RemainingAmount != "850000" {
		t.Fatalf("a card whose bank asks the holder: %+v", paid)
	}
	if _, why := b.do(http.MethodPost, "/loan/record/repay", `{"amount": "1"}`, nil); why != "PAYMENT_IN_PROGRESS" {
		t.Errorf("another charge meanwhile: %s", why)
	}
	w.answer(paid.AuthorizationURL, "approve")
	w.eventually("the part to be paid", func() bool { return b.latest().ActualbackAmt == "100000" })
	if l := b.latest(); l.RemainingAmount != "750000" || l.Status != 5 || l.LastbackTime == "" {
		t.Errorf("after the part: %+v", l)
	}

	var offer struct {
		Eligible                                 int
		Fee, AuthorizationURL, NewShouldbackTime string
	}
	b.get("/loan/record/extension", &offer)
	if offer.Eligible != 1 || offer.Fee != "114500" {
		t.Fatalf("the offer: %+v", offer)
	}
	w.press(offer.AuthorizationURL)
	w.eventually("the due date to move", func() bool { return b.latest().ExtensionStatus == 1 })
	if l := b.latest(); l.ShouldbackTime != offer.NewShouldbackTime || l.RemainingAmount != "750000" {
		t.Errorf("after the extension: %+v", l)
	}

	// Fourteen days are paid for; three more are late, at 1 % of the 600,000 principal a day.
	w.later(17 * 24 * time.Hour)
	b = w.phone(p)
	if l := b.latest(); l.Status != 21 || l.OverDays != "3" || l.OverdueFee != "18000" || l.RemainingAmount != "768000" {
		t.Errorf("three days late: %+v", l)
	}
	var payoff struct{ Amount, Penalty string }
	b.get("/loan/record/payoff?date="+lagosDate(w.clock.Now().Add(2*24*time.Hour)), &payoff)
	if payoff.Amount != "780000" || payoff.Penalty != "30000" {
		t.Errorf("in two days: %+v", payoff)
	}
	w.ok(w.waive("collections", p, map[string]any{"amount": nil, "parts": map[string]any{"principal": "0", "serviceFee": "0", "interest": "0", "penalty": "8000"}}))
	w.unchanged("a waiver of more than is owed", func() {
		w.want(w.waive("collections", p, map[string]any{"amount": "760001"}), refused, "WAIVER_TOO_LARGE")
	})
	if l := b.latest(); l.ReduceAmt != "8000" || l.RemainingAmount != "760000" {
		t.Errorf("after the waiver: %+v", l)
	}

	// The page asks for all that is owed; a transfer comes in meanwhile, so that the page's payment is too large.
	var page struct{ Amount, AuthorizationURL, Reference string }
	b.get("/loan/record/repay", &page)
	if page.Amount != "760000" {
		t.Errorf("the page: %+v", page)
	}
	s := w.stranger(60_000)
	assign := w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(p.loan), "reason": reason})
	w.ok(assign)
	w.unchanged("a second assignment", func() {
		w.want(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(p.loan), "reason": reason}), conflict, "ALREADY_ASSIGNED")
	})
	if l := b.latest(); l.RemainingAmount != "700000" {
		t.Errorf("after the transfer: %+v", l)
	}
	w.press(page.AuthorizationURL)
	w.until(p, lending.SettledLate)
	w.eventually("what was too much to go back", func() bool {
		c, err := w.app.Store.Credit(w.Context(), p.id)
		w.must(err)
		return c.Booked == 0 && c.Refunding == 0
	})
	i, err := w.app.Store.Intent(w.Context(), page.Reference)
	w.must(err)
	if f, err := w.app.Store.RefundOfIntent(w.Context(), i.ID, store.RefundOverpayment); err != nil || f.Amount != 60_000 {
		t.Errorf("the refund: %+v, %v", f, err)
	}
	w.unchanged("an extension of a settled loan", func() {
		if _, why := b.do(http.MethodPost, "/loan/record/extension", fmt.Sprintf(`{"id": "%d"}`, p.loan), nil); why != "LOAN_NOT_OWING" {
			t.Errorf("an extension of a settled loan: %s", why)
		}
	})

	st := b.papers(p.loan)
	if kinds := st.kinds(); kinds != "disbursement payment extension_fee penalty waiver payment" {
		t.Errorf("the statement has %s", kinds)
	}
	if got := st.Totals; got.Charged != "868000" || got.Paid != "860000" || got.Waived != "8000" || got.ExtensionFees != "114500" || got.Credit != "60000" || got.Outstanding != "0" {
		t.Errorf("the totals: %+v", got)
	}
	var letter struct{ VerificationCode, PaidTotal string }
	b.get(fmt.Sprintf("/loan/record/clearance?id=%d", p.loan), &letter)
	if letter.PaidTotal != "860000" {
		t.Errorf("the letter: %+v", letter)
	}
	b.known(letter.VerificationCode, 2)
	if pdf, why := b.do(http.MethodGet, fmt.Sprintf("/loan/record/clearance.pdf?id=%d", p.loan), "", nil); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("the letter's PDF: %s %.100s", why, pdf)
	}
	w.balanced()
}

// TestAWrittenOffLoanToItsPapers gives a loan up and gets it back: the statement shows both, and there is no letter that says it was
// repaid.
func TestAWrittenOffLoanToItsPapers(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	p := w.active()
	w.later(20 * 24 * time.Hour)
	w.ok(w.request("finance", "writeOffLoan", map[string]any{"loanId": p.loan, "reason": reason}))
	b := w.phone(p)
	st := b.papers(p.loan)
	if kinds := st.kinds(); kinds != "disbursement penalty write_off" || st.Totals.WrittenOff != "928000" {
		t.Errorf("given up: %s, %+v", kinds, st.Totals)
	}
	w.pay(p)
	w.eventually("the recovery", func() bool { return w.loan(p).Recovered == 928_000 })
	st = b.papers(p.loan)
	if kinds := st.kinds(); kinds != "disbursement penalty write_off recovery" || st.Totals.Recovered != "928000" || st.Totals.Paid != "0" {
		t.Errorf("recovered: %s, %+v", kinds, st.Totals)
	}
	if _, why := b.do(http.MethodGet, fmt.Sprintf("/loan/record/clearance?id=%d", p.loan), "", nil); why != "LOAN_NOT_SETTLED" {
		t.Errorf("the letter of a written-off loan: %s", why)
	}
	w.balanced()
}

func lagosDate(at time.Time) string { return at.UTC().Add(time.Hour).Format(time.DateOnly) }

// TestALoanKeepsTheVersionItWasSoldUnder sells a product's next version from its effective date on: loans sold before it keep price and
// penalty of theirs.
func TestALoanKeepsTheVersionItWasSoldUnder(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	first := w.active()
	next := w.clock.Now().Add(48 * time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	w.ok(w.request("admin", "importProduct", map[string]any{"overrideReason": reason, "checkOnly": nil, "product": map[string]any{"id": "301", "brand": brand,
		"name": "Quick 6,000", "principal": "600000", "termDays": 7, "serviceFee": "129000", "interestDailyBps": 50, "penaltyDailyBps": 0, "penaltyCapBps": 0,
		"effectiveFrom": next}}))
	before := w.active() // the next version is not sold yet
	w.later(3 * 24 * time.Hour)
	after := w.active()
	w.later(9 * 24 * time.Hour)
	for _, c := range []struct {
		p       *person
		version int
		want    onTheWire
	}{
		{first, 1, onTheWire{Status: 21, OverDays: "5", OverdueFee: "30000", RemainingAmount: "880000"}},
		{before, 1, onTheWire{Status: 21, OverDays: "5", OverdueFee: "30000", RemainingAmount: "880000"}},
		{after, 2, onTheWire{Status: 21, OverDays: "2", OverdueFee: "0", RemainingAmount: "750000"}},
	} {
		got := w.phone(c.p).latest()
		if l := w.loan(c.p); l.ProductVersion != c.version || got.Status != c.want.Status || got.OverDays != c.want.OverDays || got.OverdueFee != c.want.OverdueFee || got.RemainingAmount != c.want.RemainingAmount {
			t.Errorf("version %d: %+v, expected version %d: %+v", l.ProductVersion, got, c.version, c.want)
		}
	}
	w.balanced()
}
