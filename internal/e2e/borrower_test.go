package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit"
)

const password = "blue-mango-7421"

// borrower is somebody with a session.
type borrower struct {
	w                  *world
	mobile, uid, token string
	card               string // bank account id
	reference          string // of the card check
	loan               string
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code asks for a code and reads it from the inbox.
func (w *world) code(mobile string, purpose int) string {
	w.Helper()
	before := w.codes(mobile)
	w.ok(call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": mobile, "purpose": purpose})})
	var now []string
	w.eventually(15*time.Second, "a text message", func() bool {
		now = w.codes(mobile)
		return len(now) > len(before)
	})
	return now[0]
}

// codes are those in the inbox, the newest first.
func (w *world) codes(mobile string) (all []string) {
	w.Helper()
	messages, err := w.app.Inbox.Messages(mobile)
	if err != nil {
		w.Fatal(err)
	}
	for _, m := range messages {
		all = append(all, sixDigits.FindString(m.Text))
	}
	return all
}

func newMobile() string { return "70" + digits(8) }

// register makes a borrower by a code.
func (w *world) register() *borrower {
	w.Helper()
	b := &borrower{w: w, mobile: newMobile()}
	a := w.ok(call{Request: w.request("register").WithJSON(map[string]any{"mobile": b.mobile, "code": w.code(b.mobile, 1), "password": password, "deviceId": device(b.mobile)})})
	var user struct{ UID, Token string }
	a.into(w, &user)
	b.uid, b.token = user.UID, user.Token
	return b
}

// login opens one more session.
func (b *borrower) login() string {
	b.w.Helper()
	var user struct{ Token string }
	b.w.ok(b.w.loginCall(b.mobile)).into(b.w, &user)
	return user.Token
}

func (w *world) loginCall(mobile string) call {
	return w.loginWith(map[string]any{"mobile": mobile, "password": password})
}

func (w *world) loginWith(values map[string]any) call {
	all := map[string]any{"code": nil, "password": nil, "deviceId": device(fmt.Sprint(values["mobile"]))}
	maps.Copy(all, values)
	return call{Request: w.request("login").WithJSON(all)}
}

// device is the app's name of a borrower's phone: many borrowers on one phone look like fraud.
func device(mobile string) string { return "phone-of-" + mobile }

// call is a request of the borrower with members of its JSON body set.
func (b *borrower) call(operation string, body map[string]any) call {
	b.w.Helper()
	r := b.w.request(operation)
	if body != nil {
		r = r.WithJSON(body)
	}
	return call{Request: r, token: b.token}
}

// get is a request of the borrower with query parameters; "" leaves a parameter out.
func (b *borrower) get(operation string, query map[string]string) call {
	b.w.Helper()
	c := call{Request: b.w.request(operation), token: b.token}
	values, err := url.ParseQuery(c.RawQuery)
	if err != nil {
		b.w.Fatal(err)
	}
	for name, value := range query {
		values.Set(name, value)
		if value == "" {
			values.Del(name)
		}
	}
	c.RawQuery = values.Encode()
	return c
}

// basic is who the borrower is.
func basic() map[string]any {
	return map[string]any{"firstName": "TEST", "lastName": "BORROWER", "dentityCard": "22" + digits(9), "email": "b" + digits(10) + "@example.com"}
}

// profile saves everything but the bank account.
func (b *borrower) profile() *borrower {
	b.w.Helper()
	b.w.ok(b.call("saveBasicInfo", basic()))
	return b.profileRest()
}

// profileRest saves what comes after the basic information.
func (b *borrower) profileRest() *borrower {
	b.w.Helper()
	b.w.ok(b.call("saveWorkInfo", nil))
	b.w.ok(b.call("saveMoreInfo", nil))
	b.w.ok(b.call("saveEmergencyContacts", map[string]any{"contacts": []any{map[string]any{"name": "Ada Obi", "mobile": newMobile(), "relation": 2}}}))
	for _, p := range b.policies() {
		b.w.ok(b.call("saveConsent", map[string]any{"purpose": p.Purpose, "policyVersion": p.PolicyVersion, "granted": 1}))
	}
	return b
}

type policy struct{ Purpose, PolicyVersion string }

func (b *borrower) policies() []policy {
	b.w.Helper()
	var consents struct{ List []policy }
	b.w.ok(b.call("listConsents", nil)).into(b.w, &consents)
	return consents.List
}

// account adds a bank account whose number ends so, as the default.
func (b *borrower) account(end string) *borrower {
	b.w.Helper()
	b.card = b.addAccount(end, 1)
	return b
}

func (b *borrower) addAccount(end string, isDefault int) string {
	b.w.Helper()
	var card struct{ ID string }
	b.w.ok(b.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + end, "isDefault": isDefault})).into(b.w, &card)
	return card.ID
}

// bind binds a card to the default account at the gateway's page.
func (b *borrower) bind() *borrower {
	b.w.Helper()
	var check struct{ Reference, AuthorizationURL string }
	b.w.ok(b.get("getCardBindAmount", map[string]string{"cardId": b.card})).into(b.w, &check)
	b.reference = check.Reference
	b.w.pay(check.AuthorizationURL)
	b.w.eventually(20*time.Second, "the card to be bound", func() bool {
		var state struct{ BindStatus int }
		b.w.ok(b.get("verifyCardBind", map[string]string{"reference": check.Reference})).into(b.w, &state)
		return state.BindStatus == 1
	})
	return b
}

// pay presses Pay on a page of the simulator.
func (w *world) pay(page string) { w.press(page + "/pay") }

func (w *world) press(address string) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader("card=5395"))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	if raw, err := readBody(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		w.Fatalf("the checkout page answered %s: %s %v", resp.Status, raw, err)
	}
}

// applyCall is an application for a product.
func (b *borrower) applyCall(product string, fields map[string]string) call {
	b.w.Helper()
	all := map[string]string{"id": product, "quoteId": "", "couponId": ""}
	for name, value := range fields {
		all[name] = value
	}
	return call{Request: b.w.request("applyLoan").WithFields(photos(b.w), all), token: b.token}
}

type loanView struct {
	ID              string
	Status          int
	RemainingAmount string
}

// apply applies and waits for a state of the loan.
func (b *borrower) apply(status int) *borrower {
	b.w.Helper()
	var page struct{ List []loanView }
	b.w.ok(b.applyCall("301", nil)).into(b.w, &page)
	b.loan = page.List[0].ID
	return b.until(status)
}

// until waits for a state of the latest loan.
func (b *borrower) until(status int) *borrower {
	b.w.Helper()
	var last loanView
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		b.w.ok(b.call("getLatestLoan", nil)).into(b.w, &last)
		if last.Status == status {
			return b
		}
		if time.Now().After(deadline) {
			b.w.Fatalf("waited for status %d of the loan, it has %d", status, last.Status)
		}
	}
}

// settle pays all at the gateway's page.
func (b *borrower) settle() *borrower {
	b.w.Helper()
	var page struct{ AuthorizationURL string }
	b.w.ok(b.get("getRepayment", map[string]string{"id": b.loan})).into(b.w, &page)
	b.w.pay(page.AuthorizationURL)
	return b.until(8)
}

// image is the code of one of the borrower's pictures.
func (b *borrower) image() string {
	b.w.Helper()
	var info struct{ Images []struct{ Code string } }
	b.w.ok(b.call("getUserInfo", nil)).into(b.w, &info)
	if len(info.Images) == 0 {
		b.w.Fatal("the borrower has no picture")
	}
	return info.Images[0].Code
}

// paper is the verification code of the latest loan's statement.
func (b *borrower) paper() string {
	b.w.Helper()
	var statement struct{ VerificationCode string }
	b.w.ok(b.get("getStatement", map[string]string{"id": b.loan})).into(b.w, &statement)
	return statement.VerificationCode
}

// freeExtension takes the fee off the extensions of the borrower's loan: no product of the seed has none.
func (b *borrower) freeExtension() *borrower {
	b.w.Helper()
	testkit.Exec(b.w.T, b.w.app.DatabaseURL, `UPDATE loans SET conditions = jsonb_set(conditions, '{ExtensionFee}', '0') WHERE id = $1`, mustInt(b.loan))
	return b
}

// coupon gives the borrower a coupon, as an operator does, and returns its id.
func (b *borrower) coupon() string {
	b.w.Helper()
	id := "7" + digits(17)
	testkit.Exec(b.w.T, b.w.app.DatabaseURL, `INSERT INTO coupons (id, brand, borrower_id, amount, granted_by, expires_at, created_at)
		VALUES ($1, 'CycleCash', $2, 50000, 'test', now() + interval '30 days', now())`, mustInt(id), mustInt(b.uid))
	return id
}

// session is the id of the borrower's present session.
func (b *borrower) session() string {
	b.w.Helper()
	var open struct {
		List []struct {
			ID      string
			Current int
		}
	}
	b.w.ok(b.call("listSessions", nil)).into(b.w, &open)
	for _, s := range open.List {
		if s.Current == 1 {
			return s.ID
		}
	}
	b.w.Fatal("no session of the list is the present one")
	return ""
}
