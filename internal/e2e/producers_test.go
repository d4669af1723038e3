package e2e

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// successes makes every operation answer 200.
func (p *producers) successes() {
	harvest := p.replica(testapp.Options{Env: []string{"CP_ALLOW_HARVEST=true"}})
	p.each(func(op *contract.Operation) {
		p.want(p.cast.success(op.ID, harvest.BaseURL), http.StatusOK, "")
	})
}

// replica is one more server over the same database, with the same gateway and the same inbox.
func (p *producers) replica(o testapp.Options) *testapp.App {
	p.Helper()
	var page struct{ AuthorizationURL string }
	p.ok(p.cast.ready.get("getCardBindAmount", map[string]string{"cardId": p.cast.ready.card})).into(p, &page)
	gateway, _, _ := strings.Cut(page.AuthorizationURL, "/checkout/")
	o.DatabaseURL, o.Keys = p.app.DatabaseURL, p.app.Keys
	o.Env = append(o.Env, "CP_GATEWAY=paystack", "CP_PAYSTACK_URL="+gateway, "CP_PAYSTACK_SECRET_KEY="+p.app.Config.PaystackSecret.Reveal(),
		"CP_DATA_DIR="+p.app.Config.DataDir)
	return testapp.New(p.T, o)
}

// anyone is a call that passes the checks of who asks.
func (p *producers) anyone(op *contract.Operation) call {
	c := p.cast.active.call(op.ID, nil)
	if op.ID == "logout" || op.ID == "postLogout" {
		c.token = p.cast.active.login()
	}
	if op.Auth == contract.Public || op.Auth == contract.Gateway {
		c.token = ""
	}
	return c
}

// input makes every operation answer 400, 413 and 415.
func (p *producers) input() {
	p.each(func(op *contract.Operation) {
		unknown := p.anyone(op)
		unknown.Request.SetQuery("nope", "1")
		p.want(unknown, http.StatusBadRequest, "VALIDATION_FAILED")
		card := p.anyone(op)
		card.Request.SetQuery("nope", "4084084084084081")
		p.want(card, http.StatusBadRequest, "CARD_NUMBER_REFUSED")
		if op.BodyType == "" {
			return
		}
		broken := p.anyone(op)
		broken.Body = broken.Body[:len(broken.Body)/2]
		p.want(broken, http.StatusBadRequest, "MALFORMED_BODY")
		other := p.anyone(op)
		other.ContentType = "text/plain"
		p.want(other, http.StatusUnsupportedMediaType, "UNSUPPORTED_CONTENT_TYPE")
		large := p.anyone(op)
		large.Pad = 27 << 20
		p.want(large, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	})
}

// callers makes every operation answer 401 and 403.
func (p *producers) callers() {
	p.addBrand()
	revoked := p.cast.active.login()
	p.ok(call{Request: p.request("logout"), token: revoked})
	p.each(func(op *contract.Operation) {
		c := p.anyone(op)
		if op.Auth == contract.Gateway {
			c.bad = true
			p.want(c, http.StatusUnauthorized, "SIGNATURE_INVALID")
			return
		}
		p.want(c.with("X-App-Code", "NoSuchBrand"), http.StatusUnauthorized, "UNKNOWN_APP")
		if op.Auth == contract.Public {
			return
		}
		p.want(c.with("Authorization", "Basic abc"), p.dead(op), p.deadReason(op, "UNAUTHENTICATED"))
		gone := c
		gone.token = "short"
		p.want(gone, p.dead(op), p.deadReason(op, "UNAUTHENTICATED"))
		if gone.token = revoked; op.ID != "logout" && op.ID != "postLogout" { // which end what has ended
			p.want(gone, p.dead(op), p.deadReason(op, "SESSION_EXPIRED"))
		}
		if op.Auth != contract.Session {
			return
		}
		p.want(c.with("X-App-Code", second), http.StatusForbidden, "WRONG_APP")
		c.token = p.cast.blocked.token
		p.want(c, http.StatusForbidden, "ACCOUNT_BLOCKED")
	})
	p.want(p.loginCall(p.cast.blocked.mobile), http.StatusForbidden, "ACCOUNT_BLOCKED")
	p.want(p.loginWith(map[string]any{"mobile": p.cast.active.mobile, "password": password + "x"}), http.StatusUnauthorized, "INVALID_CREDENTIALS")
}

// dead is the status that an operation gives to a session that is none: 200 where the question is whether it lives.
func (p *producers) dead(op *contract.Operation) int {
	if op.ID == "checkLogin" {
		return http.StatusOK
	}
	return http.StatusUnauthorized
}

func (p *producers) deadReason(op *contract.Operation, reason string) string {
	if op.ID == "checkLogin" {
		return ""
	}
	return reason
}

// limits makes every operation answer 429.
func (p *producers) limits() {
	classes := access.DefaultClasses()
	for name, class := range classes {
		tiny := access.Class{Rules: []access.Rule{{Name: name + "-tiny", Key: access.KeyIP, Limit: 1, Window: time.Hour}}}
		if name == access.ClassSMS || name == access.ClassRegister || name == access.ClassLogin || name == access.ClassCode {
			tiny.Shared = class.Shared
		}
		classes[name] = tiny
	}
	limited := p.replica(testapp.Options{Limits: &access.LimiterOptions{Classes: classes}})
	p.each(func(op *contract.Operation) {
		c := p.anyone(op).at(limited.BaseURL)
		if a := p.send(c); a.Status == http.StatusTooManyRequests {
			return
		}
		a := p.want(c, http.StatusTooManyRequests, "RATE_LIMITED")
		if a.Header.Get("Retry-After") == "" || a.Header.Get("RateLimit") == "" {
			p.Errorf("%s: a refusal without Retry-After or RateLimit: %v", op.ID, a.Header)
		}
	})
	// The limit of texts to one number is the capability's, not the HTTP layer's.
	classes = access.DefaultClasses()
	classes[access.ClassSMS] = access.Class{Shared: true, Rules: []access.Rule{{Name: "sms-number", Key: access.KeyMobile, Limit: 1, Window: time.Minute}}}
	texts := p.replica(testapp.Options{Limits: &access.LimiterOptions{Classes: classes}})
	again := call{Request: p.request("sendCode").WithJSON(map[string]any{"mobile": newMobile()}), base: texts.BaseURL}
	p.ok(again)
	p.want(again, http.StatusTooManyRequests, "SMS_RATE_LIMITED")
}

// authReasons are those of codes and registration.
func (p *producers) authReasons() {
	mobile := newMobile()
	code := p.code(mobile, 1)
	register := func(values map[string]any) call {
		all := map[string]any{"mobile": mobile, "code": code, "password": password}
		for name, value := range values {
			all[name] = value
		}
		return call{Request: p.request("register").WithJSON(all)}
	}
	p.want(register(map[string]any{"password": "password1"}), http.StatusUnprocessableEntity, "PASSWORD_TOO_COMMON")
	p.want(register(map[string]any{"code": other(code)}), http.StatusUnprocessableEntity, "CODE_INVALID")
	p.want(call{Request: p.request("checkCode").WithJSON(map[string]any{"mobile": mobile, "code": other(code), "purpose": 1})},
		http.StatusUnprocessableEntity, "CODE_INVALID")
	p.want(p.loginWith(map[string]any{"mobile": mobile, "code": code}), http.StatusUnauthorized, "INVALID_CREDENTIALS")
	taken := p.code(p.cast.active.mobile, 1)
	p.want(register(map[string]any{"mobile": p.cast.active.mobile, "code": taken}), http.StatusConflict, "ALREADY_REGISTERED")
}

// other is a code that is not this one.
func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// newKey is an idempotency key.
func newKey() string { return "key-" + rand.Text() }
