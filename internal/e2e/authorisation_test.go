package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestAuthorisation asks every operation of a session with every kind of bad token, and with keys and secrets that are good elsewhere. None
// is served, and nothing changes.
func TestAuthorisation(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	w.addBrand()
	b := w.register().profile().account("12").bind().apply(5)
	blocked := w.register()
	revoked, expired, idle := b.login(), b.login(), b.login()
	w.ok(call{Request: w.request("postLogout"), token: revoked})
	w.expire(expired, "expires_at")
	w.expire(idle, "idle_expires_at")
	blocked.block()
	old := b.login()
	w.ok(call{Request: w.request("refreshSession"), token: old})
	w.spend(old)
	w.want(call{Request: w.request("getUserInfo"), token: old}, http.StatusUnauthorized, "SESSION_EXPIRED") // which ends the session
	_, operator, err := w.app.Backoffice.AddOperator(t.Context(), backoffice.NewOperator{Name: "staff", Role: backoffice.Admin, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(b.token))
	quiet(w)
	before := testkit.Checksums(t, w.app.DatabaseURL)

	unknown := strings.Repeat("A", 43)
	unauthenticated, ended := []string{"UNAUTHENTICATED"}, []string{"SESSION_EXPIRED"}
	cases := []struct {
		name, header string
		status       int
		reasons      []string
	}{
		{"absent", "", http.StatusUnauthorized, unauthenticated},
		{"no scheme", b.token, http.StatusUnauthorized, unauthenticated},
		{"another scheme", "Basic " + b.token, http.StatusUnauthorized, unauthenticated},
		{"empty", "Bearer ", http.StatusUnauthorized, unauthenticated},
		{"two tokens", "Bearer " + b.token + " " + b.token, http.StatusUnauthorized, unauthenticated},
		{"short", "Bearer " + b.token[:42], http.StatusUnauthorized, unauthenticated},
		{"long", "Bearer " + b.token + "A", http.StatusUnauthorized, unauthenticated},
		{"not base64url", "Bearer " + strings.Repeat("=", 43), http.StatusUnauthorized, unauthenticated},
		{"other case", "Bearer " + swap(b.token), http.StatusUnauthorized, unauthenticated},
		{"unknown", "Bearer " + unknown, http.StatusUnauthorized, unauthenticated},
		{"huge", "Bearer " + strings.Repeat("A", 9000), http.StatusUnauthorized, unauthenticated},
		{"SQL", "Bearer ' OR 1=1 --", http.StatusUnauthorized, unauthenticated},
		{"revoked", "Bearer " + revoked, http.StatusUnauthorized, ended},
		{"expired", "Bearer " + expired, http.StatusUnauthorized, ended},
		{"idle too long", "Bearer " + idle, http.StatusUnauthorized, ended},
		{"changed long ago", "Bearer " + old, http.StatusUnauthorized, ended},
		{"an operator's key", "Bearer " + operator, http.StatusUnauthorized, unauthenticated},
		{"the gateway's secret", "Bearer " + w.app.Config.PaystackSecret.Reveal(), http.StatusUnauthorized, unauthenticated},
		{"the hash that is stored", "Bearer " + base64.RawURLEncoding.EncodeToString(hash[:]), http.StatusUnauthorized, unauthenticated},
		{"the borrower's id", "Bearer " + b.uid, http.StatusUnauthorized, unauthenticated},
		{"blocked borrower", "Bearer " + blocked.token, http.StatusForbidden, []string{"ACCOUNT_BLOCKED"}},
	}
	tried, leaks := 0, 0
	for _, op := range w.doc.Operations {
		if op.Auth != contract.Session {
			continue
		}
		for _, k := range cases {
			ends := op.ID == "logout" || op.ID == "postLogout"
			if ends && slices.Equal(k.reasons, ended) {
				continue // ending what has ended is no error
			}
			c := b.call(op.ID, nil)
			c.token = ""
			if k.header != "" {
				c = c.with("Authorization", k.header)
			}
			tried++
			a := w.send(c)
			if a.Status != k.status || !slices.Contains(k.reasons, a.Reason) {
				leaks++
				t.Errorf("%s with a token that is %s: %s", op.ID, k.name, a)
			}
			if k.status == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with a token that is %s: 401 without WWW-Authenticate", op.ID, k.name)
			}
		}
		for code, status := range map[string]int{second: http.StatusForbidden, "NoSuchBrand": http.StatusUnauthorized, "cyclecash": http.StatusUnauthorized} {
			tried++
			reason := map[int]string{http.StatusForbidden: "WRONG_APP", http.StatusUnauthorized: "UNKNOWN_APP"}[status]
			if a := w.want(b.call(op.ID, nil).with("X-App-Code", code), status, reason); a.Status != status {
				leaks++
			}
		}
	}
	for table, sum := range testkit.Checksums(t, w.app.DatabaseURL) {
		if before[table] != sum {
			leaks++
			t.Errorf("table %s changed", table)
		}
	}
	var info struct{ UID string }
	w.ok(b.call("getUserInfo", nil)).into(t, &info)
	if info.UID != b.uid {
		t.Error("the session did not survive")
	}
	fmt.Printf("RESULT matrix-tokens cells=%d kinds=%d leaks=%d\n", tried, len(cases)+3, leaks)
}

// spend moves the change of a token into the past, so that its grace is over.
func (w *world) spend(token string) {
	w.Helper()
	testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE spent_tokens SET spent_at = spent_at - interval '1 hour' WHERE token_hash = sha256(convert_to($1, 'UTF8'))`, token)
}

// expire moves an end of a session into the past.
func (w *world) expire(token, column string) {
	w.Helper()
	testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE sessions SET `+column+` = now() - interval '1 millisecond' WHERE token_hash = sha256(convert_to($1, 'UTF8'))`, token)
}

// swap changes the case of letters.
func swap(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 32
		case r >= 'A' && r <= 'Z':
			return r + 32
		}
		return r
	}, s)
}

// TestOthersThings lets one borrower ask for each thing of another one: it looks as if it were not there, and nothing of
// the owner's changes.
func TestOthersThings(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	owner := w.register().profile().account("12").bind().apply(5)
	thief := w.register().profile().account("13").bind().apply(5)
	picture := func() call {
		c := thief.call("getImage", nil)
		c.Path["code"] = owner.image()
		return c
	}
	quiet(w)
	before := testkit.Checksums(t, w.app.DatabaseURL)
	for _, k := range []struct {
		call   call
		reason string
	}{
		{thief.call("setDefaultCard", map[string]any{"id": owner.card}), "CARD_NOT_FOUND"},
		{thief.call("ensureTransferRecipient", map[string]any{"cardId": owner.card}), "CARD_NOT_FOUND"},
		{thief.get("getCardBindAmount", map[string]string{"cardId": owner.card}), "CARD_NOT_FOUND"},
		{thief.get("verifyCardBind", map[string]string{"reference": owner.reference}), "BIND_NOT_FOUND"},
		{thief.get("getRepayment", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.call("repayLoan", map[string]any{"id": owner.loan, "cardId": thief.card, "amount": "100"}), "LOAN_NOT_FOUND"},
		{thief.call("repayLoan", map[string]any{"id": thief.loan, "cardId": owner.card, "amount": "100"}), "CARD_NOT_FOUND"},
		{picture(), "IMAGE_NOT_FOUND"},
		{thief.call("revokeSession", map[string]any{"id": owner.session()}), "SESSION_NOT_FOUND"},
		{thief.get("getPayoff", map[string]string{"id": owner.loan, "date": ""}), "LOAN_NOT_FOUND"},
		{thief.get("getExtension", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.call("extendLoan", map[string]any{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.get("getStatement", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.get("getStatementPdf", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.get("getClearance", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
		{thief.get("getClearancePdf", map[string]string{"id": owner.loan}), "LOAN_NOT_FOUND"},
	} {
		a := w.want(k.call, http.StatusNotFound, k.reason)
		if strings.Contains(string(a.Raw), owner.mobile) || strings.Contains(string(a.Raw), owner.loan) {
			t.Errorf("%s tells of the owner: %s", k.call.Operation.ID, a)
		}
	}
	for table, sum := range testkit.Checksums(t, w.app.DatabaseURL) {
		if before[table] != sum && table != "operations" { // the refusal is kept as the answer of its key
			t.Errorf("table %s changed", table)
		}
	}
	everyIDIsTried(t, w.doc)

	// A quote is for the borrower who asked for it.
	one, two := w.register().profile().account("14"), w.register().profile().account("15")
	var detail struct{ QuoteID string }
	w.ok(one.get("getLoanProduct", map[string]string{"id": "301"})).into(t, &detail)
	w.want(two.applyCall("301", map[string]string{"quoteId": detail.QuoteID}), http.StatusUnprocessableEntity, "QUOTE_INVALID")
	// So is a coupon: another one's is as good as none.
	w.want(two.applyCall("301", map[string]string{"couponId": one.coupon()}), http.StatusUnprocessableEntity, "COUPON_NOT_USABLE")
	// The same key of two borrowers is two keys.
	key := newKey()
	w.ok(one.applyCall("301", nil).key(key))
	if a := w.ok(two.applyCall("301", nil).key(key)); a.Header.Get("Idempotency-Replayed") != "" {
		t.Error("one borrower's key gave another one's answer")
	}
}

// everyIDIsTried fails where the contract gains a parameter that names a thing of a borrower and the list above does not
// know it.
func everyIDIsTried(t *testing.T, doc *contract.Document) {
	known := []string{"getCardBindAmount cardId", "verifyCardBind reference", "getRepayment id", "getImage code", "setDefaultCard id", "ensureTransferRecipient cardId", "repayLoan id", "repayLoan cardId", "applyLoan quoteId", "applyLoan couponId",
		"revokeSession id", "getPayoff id", "getExtension id", "extendLoan id", "getStatement id", "getStatementPdf id", "getClearance id", "getClearancePdf id",
		"getLoanProduct id", "applyLoan id", "reportLoanClick productId"} // the last three name products, which are everybody's
	for _, op := range doc.Operations {
		var names []string
		for _, p := range op.Params {
			if p.In != "header" {
				names = append(names, p.Name)
			}
		}
		if op.Body != nil {
			for name := range op.Body.Properties {
				names = append(names, name)
			}
		}
		for _, name := range names {
			id := name == "id" || name == "reference" || (strings.HasSuffix(name, "Id") && name != "deviceId" && name != "clickId") || (name == "code" && op.Path == "/image/{code}")
			if id && !slices.Contains(known, op.ID+" "+name) {
				t.Errorf("%s takes %s: does another borrower's look as if it were not there?", op.ID, name)
			}
		}
	}
}
