package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/prometheus/client_golang/prometheus"
)

// unserved are the operations of the tags that a desk does not serve; calling one panics.
type unserved struct{ api.StrictServerInterface }

// deskHandlers are the real handlers of support, dict, message and device.
type deskHandlers struct {
	unserved
	*supportHandlers
	*dictHandlers
	*messageHandlers
	*deviceHandlers
}

// oneSession knows one token and one brand.
type oneSession struct {
	authenticator
	who Principal
}

func (a oneSession) Session(ctx context.Context, token, operation string) (Principal, error) {
	if token == liveToken {
		return a.who, nil
	}
	return a.authenticator.Session(ctx, token, operation)
}

// desk is a server over a real database whose answers the contract checks.
type desk struct {
	t     *testing.T
	store *store.Store
	who   Principal
	url   string
}

func newDesk(t *testing.T, c support.Config) *desk {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	d := &desk{t: t, store: testkit.Store(t, clk), who: Principal{Brand: brandA}}
	if _, err := seed.Base(t.Context(), d.store); err != nil {
		t.Fatal(err)
	}
	err := d.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		if d.who.BorrowerID, err = tx.AddBorrower(ctx, brandA, "+2347000000003", "hash"); err != nil {
			return err
		}
		s, err := tx.AddSession(ctx, brandA, store.NewSession{Borrower: d.who.BorrowerID, TokenHash: []byte("x"), Idle: time.Hour, Absolute: time.Hour})
		d.who.SessionID = s.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	svc, stamp := support.New(d.store, c), NewStamp(clk)
	s, err := New(Config{}, Deps{
		API: deskHandlers{supportHandlers: &supportHandlers{svc, stamp}, dictHandlers: &dictHandlers{svc, stamp},
			messageHandlers: &messageHandlers{messaging.New(d.store), stamp}, deviceHandlers: &deviceHandlers{svc, stamp}},
		Auth: oneSession{who: d.who}, Limiter: &limiter{}, Clock: clk, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	d.url = h.URL
	return d
}

// call sends a request in the borrower's session and wants a status; the data of the answer goes to into.
func (d *desk) call(method, path, body string, status int, into any) {
	d.t.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+liveToken)
	if body == "" {
		r.Body = nil
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	envelope := struct{ Data any }{into}
	if err := json.Unmarshal(raw, &envelope); err != nil || res.StatusCode != status {
		d.t.Fatalf("%s %s: %d, %v, want %d: %s", method, path, res.StatusCode, err, status, raw)
	}
}

// refused is call for an answer that is an error.
func (d *desk) refused(method, path, body string, want catalog.Entry) api.AppError {
	d.t.Helper()
	var e api.AppError
	d.call(method, path, body, want.Status, &e)
	if string(e.Reason) != want.Reason {
		d.t.Errorf("%s %s: %s, want %s", method, path, e.Reason, want.Reason)
	}
	return e
}

func TestSupportOverHTTP(t *testing.T) {
	d := newDesk(t, support.Config{})
	var questions api.HotQuestionList
	d.call("POST", "/support/question/hot", "", 200, &questions)
	if len(questions.List) < 12 {
		t.Errorf("%d questions", len(questions.List))
	}
	d.call("POST", "/support/question/hot", `{"category":"repayment","limit":1}`, 200, &questions)
	if len(questions.List) != 1 || questions.List[0].Category != "repayment" {
		t.Errorf("%+v", questions)
	}
	var phones api.SupportPhoneList
	d.call("GET", "/support/phone/list", "", 200, &phones)
	var email api.SupportEmail
	d.call("GET", "/support/email", "", 200, &email)
	if len(phones.List) != 2 || phones.List[0].ID != "1" || email.Email != "help@cyclecash.example" {
		t.Errorf("%+v, %+v", phones, email)
	}
	var cities, lagos api.CityList
	d.call("GET", "/dict/city/list", "", 200, &cities)
	d.call("GET", "/dict/city/list?state=NG-LA", "", 200, &lagos)
	if len(cities.List) < 111 || len(lagos.List) < 3 || lagos.List[0].StateName != "Lagos" {
		t.Errorf("%d cities, %+v", len(cities.List), lagos)
	}
	var bands api.IncomeBandList
	d.call("GET", "/dict/income/list", "", 200, &bands)
	if bands.List[0].MinAmount != "0" || bands.List[len(bands.List)-1].MaxAmount != "" {
		t.Errorf("%+v", bands)
	}
}

// Every seeded wording fits the contract's bounds, and a page that was read is read.
func TestMessagesOverHTTP(t *testing.T) {
	d := newDesk(t, support.Config{})
	var page api.MessagePage
	d.call("GET", "/message/page", "", 200, &page)
	if page.Total != "0" || len(page.List) != 0 {
		t.Errorf("before: %+v", page)
	}
	err := d.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.AddMessages(ctx, []store.NewMessage{
			{Borrower: d.who.BorrowerID, Event: store.EventRegistered, DedupeKey: "1"},
			{Borrower: d.who.BorrowerID, Event: store.EventDueSoon, DedupeKey: "2", Params: map[string]string{"amount": "₦6,000.00", "due_date": "17 March 2026"}},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []int32{0, 1} {
		d.call("GET", "/message/page?pageNum=1&pageSize=1", "", 200, &page)
		if page.Total != "2" || len(page.List) != 1 || page.List[0].IsRead != read || page.List[0].Type != 4 || page.List[0].CreatedTime != "2026-03-10 12:00:00" {
			t.Errorf("%+v", page)
		}
	}
	d.call("GET", "/message/page?type=1", "", 200, &page)
	if page.Total != "1" || page.List[0].Title != "Welcome to CycleCash" || page.List[0].IsRead != 0 {
		t.Errorf("%+v", page)
	}
}

func TestDeviceReportsOverHTTP(t *testing.T) {
	d := newDesk(t, support.Config{})
	accepted := func(path, body string) {
		t.Helper()
		var ack api.Ack
		if d.call("POST", path, body, 200, &ack); ack.Accepted != 1 {
			t.Errorf("%s: %+v", path, ack)
		}
	}
	accepted("/device/phone", `{"deviceId":"a1","brand":"TECNO","model":"Spark 20","osName":"ANDROID","osVersion":"14","appVersion":"3.2.1","isRooted":0}`)
	accepted("/device/active", `{"event":1,"eventTime":"2025-03-22 12:35:39"}`)
	accepted("/device/ad", `{"source":"google-play","installTime":""}`)
	accepted("/event/loan-click", `{"productId":"301","event":2,"page":"home"}`)
	if device, err := d.store.DeviceOfSession(t.Context(), d.who.BorrowerID, d.who.SessionID); err != nil || device.Model != "Spark 20" {
		t.Errorf("%+v, %v", device, err)
	}

	place := `{"latitude":6.5244,"longitude":3.3792,"accuracy":25.5,"wifi":[{"bssid":"02:00:5e:10:00:01","ssid":"home-5g","signal":-61}]}`
	d.refused("POST", "/device/location", place, catalog.ConsentRequired)
	err := d.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddConsent(ctx, d.who.BorrowerID, store.ConsentLocation, "2026-01", true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	accepted("/device/location", place)
	if places, err := d.store.Locations(t.Context(), d.who.BorrowerID); err != nil || len(places) != 1 || places[0].Latitude != 652 {
		t.Errorf("%v, %v", places, err)
	}

	d.refused("POST", "/event/loan-click", `{"productId":"77","event":2}`, catalog.ProductNotFound)
	e := d.refused("POST", "/device/active", `{"event":1,"eventTime":"2025-02-30 12:35:39"}`, catalog.ValidationFailed)
	if len(e.Fields) != 1 || e.Fields[0].Name != "eventTime" {
		t.Errorf("%+v", e)
	}
}

func TestHarvestOverHTTP(t *testing.T) {
	uploads := map[string]string{
		"/device/address-book":   `{"contacts":[{"name":"Ada Example","mobile":"07000000009"}]}`,
		"/device/short-messages": `{"messages":[{"address":"GTBank","body":"Acct credited","receivedTime":"2025-03-21 09:12:44"}]}`,
	}
	strict, lax := newDesk(t, support.Config{}), newDesk(t, support.Config{AllowHarvest: true})
	for path, body := range uploads {
		strict.refused("POST", path, body, catalog.PolicyRefused)
		var ack api.Ack
		if lax.call("POST", path, body, 200, &ack); ack.Accepted != 1 {
			t.Errorf("%s: %+v", path, ack)
		}
	}
}

func TestSupportEmailIsMissingOverHTTP(t *testing.T) {
	d := newDesk(t, support.Config{})
	r, err := http.NewRequest("GET", d.url+"/support/email", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(headerApp, brandB) // known to the authenticator, and without a support desk
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var envelope api.ErrorResponse
	if err := json.NewDecoder(res.Body).Decode(&envelope); err != nil || res.StatusCode != 404 || string(envelope.Data.Reason) != catalog.SupportEmailNotFound.Reason {
		t.Errorf("%d %+v, %v", res.StatusCode, envelope, err)
	}
}
