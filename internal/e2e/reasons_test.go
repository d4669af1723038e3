package e2e

import (
	"net/http"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

const (
	refused  = http.StatusUnprocessableEntity
	conflict = http.StatusConflict
	notFound = http.StatusNotFound
	away     = http.StatusServiceUnavailable
)

// profileReasons are those of what a borrower says of themselves.
func (p *producers) profileReasons() {
	c := p.cast
	one, two := p.register(), p.register()
	said := basic()
	p.ok(one.call("saveBasicInfo", said))
	same := basic()
	same["dentityCard"] = said["dentityCard"]
	p.want(two.call("saveBasicInfo", same), conflict, "IDENTITY_ALREADY_USED")
	p.want(c.active.call("saveBasicInfo", basic()), conflict, "INFO_LOCKED")
	young := basic()
	young["birthday"] = time.Now().AddDate(-17, 0, 0).Format(time.DateOnly)
	p.want(two.call("saveBasicInfo", young), refused, "UNDERAGE")
	elsewhere := basic()
	elsewhere["cityCode"] = "99999999"
	p.want(two.call("saveBasicInfo", elsewhere), refused, "DICT_VALUE_UNKNOWN")
	p.want(two.call("saveWorkInfo", map[string]any{"incomeCode": "NOPE"}), refused, "DICT_VALUE_UNKNOWN")
	p.want(two.call("saveMoreInfo", map[string]any{"stateCode": "NG-QQ"}), refused, "DICT_VALUE_UNKNOWN")
	own := []any{map[string]any{"name": "Me", "mobile": two.mobile, "relation": 1}}
	p.want(two.call("saveEmergencyContacts", map[string]any{"contacts": own}), refused, "CONTACT_INVALID")
	p.want(two.call("saveConsent", map[string]any{"purpose": "MARKETING", "policyVersion": "1999-01", "granted": 1}), conflict, "CONSENT_VERSION_MISMATCH")
	p.want(two.call("reportLocation", nil), http.StatusForbidden, "CONSENT_REQUIRED")
}

// bankReasons are those of accounts and cards.
func (p *producers) bankReasons() {
	c := p.cast
	account := func(b *borrower, values map[string]any) call { return b.call("saveBankAccount", values) }
	p.want(account(c.another(), nil), refused, "PROFILE_INCOMPLETE")
	p.want(account(c.ready, map[string]any{"bankNo": "999"}), refused, "BANK_UNKNOWN")
	p.want(account(c.ready, map[string]any{"bankAccNo": digits(8) + "00"}), refused, "ACCOUNT_NOT_RESOLVED")
	stranger := digits(8) + "21"
	if err := p.app.Simulator.RegisterAccount(simulator.Account{BankCode: "058", AccountNumber: stranger, AccountName: "SOMEBODY ELSE ENTIRELY"}); err != nil {
		p.Fatal(err)
	}
	p.want(account(c.ready, map[string]any{"bankAccNo": stranger}), refused, "ACCOUNT_NAME_MISMATCH")

	const none = "7000000000000000001"
	p.want(c.ready.call("ensureTransferRecipient", map[string]any{"cardId": none}), notFound, "CARD_NOT_FOUND")
	p.want(c.ready.call("setDefaultCard", map[string]any{"id": none}), notFound, "CARD_NOT_FOUND")
	p.want(c.another().call("getDefaultCard", nil), notFound, "CARD_NOT_FOUND")
	p.want(c.ready.get("getCardBindAmount", map[string]string{"cardId": none}), notFound, "CARD_NOT_FOUND")
	p.want(c.active.get("getCardBindAmount", map[string]string{"cardId": c.active.card}), conflict, "CARD_ALREADY_BOUND")
	p.want(c.ready.get("verifyCardBind", map[string]string{"reference": "cpb-there-is-no-such-check"}), notFound, "BIND_NOT_FOUND")

	// While money is on its way to an account, the account stays.
	waiting := p.register().profile().account("07")
	spare := waiting.addAccount("22", 0)
	p.ok(waiting.applyCall("301", nil))
	waiting.until(4)
	p.want(account(waiting, map[string]any{"bankAccNo": digits(8) + "23", "isDefault": 1}), conflict, "ACCOUNT_CHANGE_LOCKED")
	p.want(waiting.call("setDefaultCard", map[string]any{"id": spare}), conflict, "ACCOUNT_CHANGE_LOCKED")

	// The password is asked for before the account changes.
	careful := p.register().profile().account("27")
	other := careful.addAccount("28", 0)
	p.want(account(careful, map[string]any{"bankAccNo": digits(8) + "29", "isDefault": 1, "password": nil}), http.StatusForbidden, "PASSWORD_REQUIRED")
	p.want(account(careful, map[string]any{"bankAccNo": digits(8) + "29", "isDefault": 1, "password": password + "x"}), http.StatusForbidden, "PASSWORD_REQUIRED")
	p.want(careful.call("setDefaultCard", map[string]any{"id": other, "password": nil}), http.StatusForbidden, "PASSWORD_REQUIRED")
	p.ok(careful.call("setDefaultCard", map[string]any{"id": other, "password": password}))

	// The gateway is down.
	fresh := p.register().profile().account("24")
	checking := p.register().profile().account("25")
	var open struct{ Reference string }
	p.ok(checking.get("getCardBindAmount", map[string]string{"cardId": checking.card})).into(p, &open)
	p.gatewayDown()
	defer p.app.Simulator.ClearFaults()
	p.want(account(fresh, map[string]any{"bankAccNo": digits(8) + "26"}), away, "GATEWAY_UNAVAILABLE")
	p.want(fresh.call("ensureTransferRecipient", map[string]any{"cardId": fresh.card}), away, "GATEWAY_UNAVAILABLE")
	p.want(fresh.get("getCardBindAmount", map[string]string{"cardId": fresh.card}), away, "GATEWAY_UNAVAILABLE")
	p.want(checking.get("verifyCardBind", map[string]string{"reference": open.Reference}), away, "GATEWAY_UNAVAILABLE")
	p.want(c.active.get("getRepayment", map[string]string{"id": c.active.loan}), away, "GATEWAY_UNAVAILABLE")
	p.want(c.active.call("repayLoan", map[string]any{"id": c.active.loan, "cardId": c.active.card, "amount": "100"}), away, "GATEWAY_UNAVAILABLE")
}

// gatewayDown makes the gateway answer nothing but errors, until the faults are cleared.
func (p *producers) gatewayDown() {
	p.Helper()
	if err := p.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultRateLimit, Times: -1}); err != nil {
		p.Fatal(err)
	}
}

// another is one more borrower with nothing: what the cast has may have been used.
func (c *cast) another() *borrower { return c.w.register() }

// keyReasons are IDEMPOTENCY_KEY_REUSED and OPERATION_IN_PROGRESS, of every operation that takes a key. That an operation
// is still running is put into the database: no request leaves one behind unless the server dies.
func (p *producers) keyReasons() {
	c := p.cast
	applicant := p.register().profile().account("31")
	two := p.register().profile().account("32")
	spare := two.addAccount("33", 0)
	for _, k := range []struct{ first, changed call }{
		{two.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "34", "isDefault": 0}), two.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "35"})},
		{two.call("ensureTransferRecipient", map[string]any{"cardId": two.card}), two.call("ensureTransferRecipient", map[string]any{"cardId": spare})},
		{two.call("setDefaultCard", map[string]any{"id": two.card}), two.call("setDefaultCard", map[string]any{"id": spare})},
		{applicant.applyCall("301", nil), applicant.applyCall("302", nil)},
		{c.active.call("repayLoan", map[string]any{"id": c.active.loan, "cardId": c.active.card, "amount": "100"}),
			c.active.call("repayLoan", map[string]any{"id": c.active.loan, "cardId": c.active.card, "amount": "200"})},
	} {
		key := newKey()
		p.ok(k.first.key(key))
		if a := p.ok(k.first.key(key)); a.Header.Get("Idempotency-Replayed") != "true" {
			p.Errorf("%s: the repeat does not say that it is one", k.first.Operation.ID)
		}
		p.want(k.changed.key(key), conflict, "IDEMPOTENCY_KEY_REUSED")
		p.unfinish(key)
		if a := p.want(k.first.key(key), conflict, "OPERATION_IN_PROGRESS"); a.Header.Get("Retry-After") == "" {
			p.Errorf("%s: no Retry-After", k.first.Operation.ID)
		}
	}

	mobile, key := newMobile(), newKey()
	register := func(password, code string) call {
		return call{Request: p.request("register").WithJSON(map[string]any{"mobile": mobile, "code": code, "password": password})}.key(key)
	}
	code := p.code(mobile, 1)
	var user struct{ UID string }
	p.ok(register(password, code)).into(p, &user)
	p.want(register(password+"x", code), conflict, "IDEMPOTENCY_KEY_REUSED")
	p.unfinish(key)
	testkit.Exec(p.T, p.app.DatabaseURL, `UPDATE borrowers SET mobile_index = 'nobody' WHERE id = $1`, mustInt(user.UID))
	testkit.Exec(p.T, p.app.DatabaseURL, `UPDATE codes SET consumed_at = NULL WHERE consumed_at > now() - interval '1 minute'`)
	p.want(register(password, code), conflict, "OPERATION_IN_PROGRESS")
}

// unfinish makes an operation look as if its process had died between its two transactions.
func (p *producers) unfinish(key string) {
	p.Helper()
	testkit.Exec(p.T, p.app.DatabaseURL, `UPDATE operations SET state = 0, result_sealed = NULL, finished_at = NULL WHERE key = $1`, key)
}

func mustInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// applicationReasons are those of an application.
func (p *producers) applicationReasons() {
	c := p.cast
	b := p.register().profile().account("41")
	p.want(b.applyCall("999999", nil), notFound, "PRODUCT_NOT_FOUND")
	p.want(b.get("getLoanProduct", map[string]string{"id": "999999"}), notFound, "PRODUCT_NOT_FOUND")
	p.want(b.call("reportLoanClick", map[string]any{"productId": "999999"}), notFound, "PRODUCT_NOT_FOUND")
	p.want(c.another().applyCall("301", nil), refused, "PROFILE_INCOMPLETE")
	p.want(b.applyCall("403", nil), refused, "NOT_ELIGIBLE")
	p.want(b.applyCall("301", map[string]string{"quoteId": "not.a.quote-of-this-server"}), refused, "QUOTE_INVALID")
	cut := b.applyCall("301", nil)
	photo := photos(p.T)[0]
	cut.Request = p.doc.Operation("applyLoan").Valid(photo[:len(photo)/2]).WithFields([][]byte{photo[:len(photo)/2]}, map[string]string{"id": "301", "quoteId": ""})
	p.want(cut, refused, "IMAGE_REJECTED")
	p.want(c.active.applyCall("301", nil), conflict, "OPEN_LOAN_EXISTS")
	for _, operation := range []string{"getHomeLastLoan", "getLatestLoan", "getLatestOpenLoan"} {
		p.want(b.call(operation, nil), notFound, "LOAN_NOT_FOUND")
	}

	// A quote that has run out needs a clock that goes on.
	later := clock.NewOffset(clock.System{}, 0)
	slow := newWorld(p.T, testapp.Options{Clock: later})
	quoted := slow.register().profile().account("42")
	var detail struct{ QuoteID string }
	slow.ok(quoted.get("getLoanProduct", map[string]string{"id": "301"})).into(p, &detail)
	later.Advance(3 * time.Hour)
	c2 := quoted.applyCall("301", map[string]string{"quoteId": detail.QuoteID}).at(slow.app.BaseURL)
	if a := slow.send(c2); a.Reason == "SESSION_EXPIRED" {
		c2.token = quoted.login()
	}
	c2.Request.Header.Set("Idempotency-Key", newKey())
	p.want(c2, refused, "QUOTE_EXPIRED")
}

// repaymentReasons are those of paying back.
func (p *producers) repaymentReasons() {
	c := p.cast
	const none = "7000000000000000001"
	repay := func(b *borrower, values map[string]any) call {
		all := map[string]any{"id": b.loan, "cardId": b.card, "amount": "100"}
		for name, value := range values {
			all[name] = value
		}
		return b.call("repayLoan", all)
	}
	p.want(c.active.get("getRepayment", map[string]string{"id": none}), notFound, "LOAN_NOT_FOUND")
	p.want(c.settled.get("getRepayment", map[string]string{"id": c.settled.loan}), conflict, "LOAN_NOT_OWING")
	p.want(repay(c.active, map[string]any{"id": none}), notFound, "LOAN_NOT_FOUND")
	p.want(repay(c.active, map[string]any{"cardId": none}), notFound, "CARD_NOT_FOUND")
	p.want(repay(c.settled, nil), conflict, "LOAN_NOT_OWING")
	p.want(repay(c.active, map[string]any{"amount": "999999999"}), refused, "AMOUNT_OUT_OF_RANGE")

	bare := c.active.addAccount("51", 0)
	p.want(repay(c.active, map[string]any{"cardId": bare}), refused, "CARD_NOT_BOUND")

	if err := p.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultDeclineCharge}); err != nil {
		p.Fatal(err)
	}
	p.want(repay(c.active, nil), refused, "CARD_DECLINED")
	if err := p.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultPauseCharge}); err != nil {
		p.Fatal(err)
	}
	var paused struct {
		PayStatus        int
		AuthorizationURL string
	}
	p.ok(repay(c.active, nil)).into(p, &paused)
	if paused.PayStatus != 3 {
		p.Errorf("a charge that waits for the second factor has the status %d, not 3", paused.PayStatus)
	}
	p.want(repay(c.active, nil), conflict, "PAYMENT_IN_PROGRESS")
	p.press(paused.AuthorizationURL + "/approve")
	p.eventually(20*time.Second, "the second factor to count", func() bool { return p.send(repay(c.active, nil)).Status == http.StatusOK })
}

// otherReasons are those of what stands alone.
func (p *producers) otherReasons() {
	c := p.cast
	p.want(c.active.call("reportAddressBook", nil), refused, "POLICY_REFUSED")
	p.want(c.active.call("reportShortMessages", nil), refused, "POLICY_REFUSED")
	p.want(c.active.call("getImage", nil), notFound, "IMAGE_NOT_FOUND")
	p.want(c.active.call("revokeSession", map[string]any{"id": "7000000000000000001"}), notFound, "SESSION_NOT_FOUND")
	p.want(c.active.call("changePassword", map[string]any{"password": password + "x"}), http.StatusForbidden, "PASSWORD_REQUIRED")
	p.want(c.active.call("changePassword", map[string]any{"password": password, "newPassword": "password1"}), http.StatusUnprocessableEntity, "PASSWORD_TOO_COMMON")
	p.want(c.active.call("eraseUser", map[string]any{"password": password + "x"}), http.StatusForbidden, "PASSWORD_REQUIRED")
	p.want(c.active.call("eraseUser", map[string]any{"password": password}), conflict, "ACCOUNT_IN_USE")
	p.want(call{Request: p.request("getSupportEmail")}.with("X-App-Code", second), notFound, "SUPPORT_EMAIL_NOT_FOUND")
}
