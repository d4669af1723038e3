package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

const formType = "application/x-www-form-urlencoded"

var actions = regexp.MustCompile(`(?:action|formaction)="([^"]+)"`)

// buttons returns where the buttons of a page lead: the first is Pay or Approve, the second Decline.
func (b bench) buttons(page string) (yes, no string) {
	b.t.Helper()
	status, header, body := b.ask(http.MethodGet, page, "", "")
	found := actions.FindAllStringSubmatch(body, -1)
	if status != http.StatusOK || len(found) != 2 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		b.t.Fatalf("%s: %d %s", page, status, body)
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "style=") || strings.Contains(body, "<style") {
		b.t.Errorf("%s has inline script or style", page)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") {
		b.t.Errorf("%s has policy %q", page, csp)
	}
	return found[0][1], found[1][1]
}

// TestBrowser walks the pages as a person does: pay, answer the bank, come back to the merchant.
func TestBrowser(t *testing.T) {
	b := start(t, simulator.Options{})
	open := func(reference string) string {
		page, err := b.gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{
			Email: "ada@example.com", Amount: 1_234_567_89, Reference: reference, CallbackURL: "https://shop.example/back?x=1",
		})
		if err != nil {
			t.Fatal(err)
		}
		return page.AuthorizationURL
	}
	back := func(to, reference string) {
		t.Helper()
		u, err := url.Parse(to)
		if err != nil || u.Host != "shop.example" || u.Query().Get("reference") != reference || u.Query().Get("trxref") != reference || u.Query().Get("x") != "1" {
			t.Errorf("the browser is sent to %q", to)
		}
	}

	pay, _ := b.buttons(open("walk-1"))
	status, header, _ := b.ask(http.MethodPost, pay, formType, "card=4084")
	if status != http.StatusSeeOther {
		t.Fatalf("pay: %d", status)
	}
	back(header.Get("Location"), "walk-1")
	if _, _, body := b.ask(http.MethodGet, strings.TrimSuffix(pay, "/pay"), "", ""); !strings.Contains(body, "closed") {
		t.Errorf("a paid page shows %s", body)
	}
	if status, _, _ := b.ask(http.MethodPost, pay, formType, "card=4084"); status != http.StatusConflict {
		t.Errorf("paying twice: %d", status)
	}

	_, decline := b.buttons(open("walk-2"))
	if status, header, _ = b.ask(http.MethodPost, decline, formType, ""); status != http.StatusSeeOther {
		t.Fatalf("decline: %d", status)
	}
	back(header.Get("Location"), "walk-2")

	pay, _ = b.buttons(open("walk-3"))
	_, header, _ = b.ask(http.MethodPost, pay, formType, "card=4080")
	bank := header.Get("Location")
	if !strings.Contains(bank, "/checkout/2fa/") {
		t.Fatalf("a card that asks for a second factor leads to %q", bank)
	}
	if status, header, _ := b.ask(http.MethodGet, strings.TrimSuffix(pay, "/pay"), "", ""); status != http.StatusSeeOther || !strings.Contains(header.Get("Location"), "/checkout/2fa/") {
		t.Errorf("the first page of a paused payment: %d %s", status, header.Get("Location"))
	}
	approve, _ := b.buttons(bank)
	_, header, _ = b.ask(http.MethodPost, approve, formType, "")
	back(header.Get("Location"), "walk-3")

	statuses := map[string]string{}
	for _, c := range b.sim.Charges() {
		statuses[c.Reference] = c.Status
	}
	if statuses["walk-1"] != "success" || statuses["walk-2"] != "failed" || statuses["walk-3"] != "success" {
		t.Errorf("statuses are %v", statuses)
	}
	status, _, body := b.ask(http.MethodGet, open("walk-4"), "", "")
	if status != 200 || !strings.Contains(body, "NGN 1,234,567.89") {
		t.Errorf("page is %d %s", status, body)
	}
	if status, _, _ := b.ask(http.MethodGet, "/checkout/nothing", "", ""); status != http.StatusNotFound {
		t.Errorf("an unknown page: %d", status)
	}
}

// TestCards: what may stand for a card, and whose card it is.
func TestCards(t *testing.T) {
	b := start(t, simulator.Options{})
	for i, bad := range []string{"", "4084084084084081", "40840", "visa", "<b>4", "a4b0c8d4-1"} {
		page := b.checkout(fmt.Sprint("bad-card-", i))
		status, _, body := b.ask(http.MethodPost, page.AuthorizationURL+"/pay", formType, url.Values{"card": {bad}}.Encode())
		if status != http.StatusBadRequest || (len(bad) > 1 && strings.Contains(body, bad)) {
			t.Errorf("card %q: %d %s", bad, status, body)
		}
	}
	signature := func(reference, email, card string) string {
		page, err := b.gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{Email: email, Amount: 50_00, Reference: reference})
		if err != nil {
			t.Fatal(err)
		}
		b.pay(page.AuthorizationURL, card)
		got, err := b.gateway.VerifyCharge(t.Context(), reference)
		if err != nil || got.Authorization == nil {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Authorization.Signature
	}
	if signature("s-1", "ada@example.com", "4084") == signature("s-2", "eve@example.com", "4084") {
		t.Error("the bare last four of two payers must be two cards")
	}
	if signature("s-3", "ada@example.com", "shared-4084") != signature("s-4", "eve@example.com", "shared-4084") {
		t.Error("a named card of two payers must be one card")
	}
}

// TestChargeFaults: a bound card can be made to decline, to ask, or not to be reusable.
func TestChargeFaults(t *testing.T) {
	b := start(t, simulator.Options{ChargeFeeBasisPoints: 150})
	b.pay(b.checkout("bind-1").AuthorizationURL, "4084")
	bound, err := b.gateway.VerifyCharge(t.Context(), "bind-1")
	if err != nil || bound.Fees != 75 {
		t.Fatalf("bound %+v, %v", bound, err)
	}
	charge := func(reference string) provider.ChargeResult {
		t.Helper()
		got, err := b.gateway.ChargeAuthorization(t.Context(), provider.ChargeRequest{
			Email: "ada@example.com", Amount: 10_00, AuthorizationCode: bound.Authorization.Code, Reference: reference,
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	inject(t, b, simulator.Fault{Kind: simulator.FaultDeclineCharge, Match: "collect-1"}, simulator.Fault{Kind: simulator.FaultPauseCharge, Match: "ada@example.com"})
	if got := charge("collect-1"); got.Outcome != provider.OutcomeFailed || got.GatewayResponse != "Declined" {
		t.Errorf("declined as %+v", got)
	}
	if got := charge("collect-2"); got.Outcome != provider.OutcomePaused {
		t.Errorf("paused as %+v", got)
	}
	if got := charge("collect-3"); got.Outcome != provider.OutcomeSucceeded {
		t.Errorf("afterwards %+v", got)
	}
	inject(t, b, simulator.Fault{Kind: simulator.FaultNotReusable})
	b.pay(b.checkout("bind-2").AuthorizationURL, "5395")
	if got, err := b.gateway.VerifyCharge(t.Context(), "bind-2"); err != nil || got.Authorization.Reusable {
		t.Errorf("not reusable: %+v, %v", got.Authorization, err)
	}
	inject(t, b, simulator.Fault{Kind: simulator.FaultRefundFail})
	before := b.sim.Balance()
	refund, err := b.gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", MerchantNote: "n"})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the refund fails", func() bool {
		got, err := b.gateway.VerifyRefund(t.Context(), refund.ID)
		return err == nil && got.Outcome == provider.OutcomeFailed
	})
	if b.sim.Balance() != before {
		t.Error("a failed refund must give the money back")
	}
}
