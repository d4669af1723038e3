package e2e

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestALoanWithACouponAndAnExtension takes one loan through all that makes it lighter, over HTTP with the gateway's own events, to its
// papers; the ledger agrees with everything in the end.
func TestALoanWithACouponAndAnExtension(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12")
	coupon := b.coupon()
	type loan struct {
		ID, RemainingAmount, CouponIds, CouponCount, ShouldbackTime, InitialrepaymentTime string
		CouponsFee, ExtensionStatus, Status                                               int
	}
	var page struct{ List []loan }
	w.ok(b.applyCall("301", map[string]string{"couponId": coupon})).into(t, &page)
	if l := page.List[0]; l.CouponIds != coupon || l.CouponCount != "1" || l.CouponsFee != 0 {
		t.Errorf("applied with a coupon: %+v", l)
	}
	b.loan = page.List[0].ID
	b.until(5)
	latest := func() (l loan) {
		w.ok(b.call("getLatestLoan", nil)).into(t, &l)
		return l
	}
	if l := latest(); l.CouponsFee != 50_000 || l.RemainingAmount != "800000" {
		t.Errorf("paid out with a coupon: %+v", l)
	}
	var coupons struct {
		List []struct {
			ID, Discount, LoanID string
			Status               int
		}
	}
	w.ok(b.call("listCoupons", nil)).into(t, &coupons)
	if len(coupons.List) != 1 || coupons.List[0].Status != 3 || coupons.List[0].Discount != "50000" || coupons.List[0].LoanID != b.loan {
		t.Errorf("coupons %+v", coupons)
	}

	var offer struct {
		Eligible                                                            int
		Fee, ShouldbackTime, NewShouldbackTime, AuthorizationURL, Reference string
	}
	w.ok(b.get("getExtension", map[string]string{"id": ""})).into(t, &offer)
	if offer.Eligible != 1 || offer.Fee != "114500" {
		t.Fatalf("the offer is %+v", offer)
	}
	w.pay(offer.AuthorizationURL)
	w.eventually(20*time.Second, "the due date to move", func() bool { return latest().ExtensionStatus == 1 })
	if l := latest(); l.ShouldbackTime != offer.NewShouldbackTime || l.InitialrepaymentTime != offer.ShouldbackTime || l.RemainingAmount != "800000" {
		t.Errorf("after the extension: %+v", l)
	}

	var payoff struct{ Amount, Penalty string }
	w.ok(b.get("getPayoff", map[string]string{"id": "", "date": ""})).into(t, &payoff)
	if payoff.Amount != "800000" || payoff.Penalty != "0" {
		t.Errorf("the pay-off is %+v", payoff)
	}
	b.settle()
	var statement struct {
		VerificationCode string
		Lines            []struct{ Kind, Outstanding string }
		Totals           struct{ Charged, Paid, Coupon, ExtensionFees, Outstanding string }
	}
	w.ok(b.get("getStatement", map[string]string{"id": b.loan})).into(t, &statement)
	kinds := map[string]bool{}
	for _, l := range statement.Lines {
		kinds[l.Kind] = true
	}
	if s := statement.Totals; !kinds["disbursement"] || !kinds["coupon"] || !kinds["extension_fee"] || !kinds["payment"] || s.Charged != "850000" || s.Paid != "800000" ||
		s.Coupon != "50000" || s.ExtensionFees != "114500" || s.Outstanding != "0" {
		t.Errorf("the statement has %v, %+v", kinds, s)
	}
	for _, operation := range []string{"getStatementPdf", "getClearancePdf"} {
		a := w.ok(b.get(operation, map[string]string{"id": b.loan}))
		if !bytes.HasPrefix(a.Raw, []byte("%PDF-")) || a.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(a.Header.Get("Content-Disposition"), ".pdf") {
			t.Errorf("%s: %d bytes, %v", operation, len(a.Raw), a.Header)
		}
	}
	var letter struct{ VerificationCode, PaidTotal string }
	w.ok(b.get("getClearance", map[string]string{"id": b.loan})).into(t, &letter)
	if letter.PaidTotal != "800000" {
		t.Errorf("the letter says that %s was paid", letter.PaidTotal)
	}
	for code, kind := range map[string]int{statement.VerificationCode: 1, letter.VerificationCode: 2} {
		check := call{Request: w.request("verifyDocument")}
		check.SetQuery("code", code)
		a := w.ok(check)
		var document struct {
			Kind    int
			AppCode string
		}
		a.into(t, &document)
		if document.Kind != kind || document.AppCode != w.app.Config.DefaultBrand || bytes.Contains(a.Raw, []byte("BORROWER")) || bytes.Contains(a.Raw, []byte(b.mobile)) {
			t.Errorf("%s: %s", code, a)
		}
	}
	noDifference(t, w.app)
}
