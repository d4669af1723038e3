package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/prometheus/client_golang/prometheus"
)

// counterHandlers are the real handlers of user and bank.
type counterHandlers struct {
	unserved
	*userHandlers
	*bankHandlers
}

// newCounter is a desk where a borrower who has told nothing yet is onboarded, with the gateway simulator behind it.
func newCounter(t *testing.T) (*desk, *simulator.Simulator) {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	d := &desk{t: t, store: testkit.Store(t, clk), who: Principal{Brand: brandA, SessionID: 1}}
	if _, err := seed.Base(t.Context(), d.store); err != nil {
		t.Fatal(err)
	}
	err := d.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		d.who.BorrowerID, err = tx.AddBorrower(ctx, brandA, "+2347000000003", "hash")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sim, err := simulator.New(simulator.Options{SecretKey: "sk_test", Seed: 1, Delay: -1, Clock: clk, DefaultAccountName: "ADA BORROWER"})
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(sim.Handler())
	client, err := paystack.New(paystack.Config{BaseURL: gateway.URL, SecretKey: "sk_test", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.CloseIdle()
		gateway.Close()
		_ = sim.Close()
	})
	svc := onboarding.New(d.store, client, clk, onboarding.Config{CallbackURL: "http://127.0.0.1:1/done"}, slog.New(slog.DiscardHandler))
	stamp := NewStamp(clk)
	s, err := New(Config{}, Deps{
		API:  counterHandlers{userHandlers: &userHandlers{svc, nil, stamp}, bankHandlers: &bankHandlers{svc, support.New(d.store, support.Config{}), nil, stamp}},
		Auth: oneSession{who: d.who}, Limiter: &limiter{}, Clock: clk, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	d.url = h.URL
	return d, sim
}

// keyed sends a POST under an Idempotency-Key and tells whether the answer is a repeat's.
func (d *desk) keyed(path, body, key string) (status int, replayed bool, raw string) {
	d.t.Helper()
	r, err := http.NewRequest("POST", d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+liveToken)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Idempotency-Replayed") == "true", string(text)
}

const adaBasic = `{"firstName":" Ada ","lastName":"Borrower","middleName":"","dentityCard":"22212345678","birthday":"1994-05-17","gender":2,` +
	`"email":"ada@example.com","cityCode":"25001","address":"12 Allen Avenue"}`

func TestOnboardingOverHTTP(t *testing.T) {
	d, sim := newCounter(t)
	var status api.InfoStatus
	next := func(want api.InfoStatusNextStep) {
		t.Helper()
		if status.NextStep != want {
			t.Fatalf("next step %s of %+v, want %s", status.NextStep, status, want)
		}
	}
	d.call("GET", "/user/info/status", "", 200, &status)
	next("BASIC")
	d.call("POST", "/user/info/basic", adaBasic, 200, &status)
	next("WORK")
	d.call("POST", "/user/info/work", `{"employmentStatus":1,"incomeCode":"3","companyName":"Ikeja Textiles Ltd","payDay":25}`, 200, &status)
	next("CONTACT")
	d.call("POST", "/user/contact/emergency", `{"contacts":[{"name":"Chidi Borrower","mobile":"08000000001","relation":2}]}`, 200, &status)
	next("BANK")
	d.call("POST", "/user/info/more", `{"education":5,"stateCode":"NG-LA"}`, 200, &status)
	var card api.ManagerCard
	d.call("POST", "/user/bank/simple", `{"bankNo":"058","bankAccNo":"0000003019","isDefault":1}`, 200, &card)
	if card.BankaccName != "ADA BORROWER" || card.IsDefault != 1 || card.BindStatus != 0 {
		t.Errorf("%+v", card)
	}
	var consents api.ConsentList
	d.call("GET", "/user/consent", "", 200, &consents)
	for _, c := range consents.List {
		if c.Required == 1 {
			var said api.Consent
			d.call("POST", "/user/consent", `{"purpose":"`+string(c.Purpose)+`","policyVersion":"`+c.PolicyVersion+`","granted":1}`, 200, &said)
			if said.Granted != 1 || said.Text != c.Text || said.CreatedTime == "" {
				t.Errorf("%+v", said)
			}
		}
	}
	d.call("GET", "/user/info/status", "", 200, &status)
	next("READY")

	var info api.UserInfo
	d.call("GET", "/user/info", "", 200, &info)
	if info.FirstName != "Ada" || info.DentityCard != "222****5678" || info.Mobile != "7000000003" || len(info.Contacts) != 1 ||
		info.Contacts[0].Mobile != "8000000001" || info.Work.PayDay != 25 || info.More.StateCode != "NG-LA" || info.Birthday != "1994-05-17" {
		t.Errorf("%+v", info)
	}
	var credit api.CreditInfo
	d.call("GET", "/user/credit", "", 200, &credit)
	if credit.Grade != "NEW" || credit.CreditLimit == "0" || credit.Available != credit.CreditLimit {
		t.Errorf("%+v", credit)
	}
	var to api.TransferRecipient
	d.call("POST", "/user/transfer/recipient", `{}`, 200, &to)
	if to.Ready != 1 || to.CardID != card.ID || to.RecipientTime == "" || len(sim.Recipients()) != 1 {
		t.Errorf("%+v", to)
	}
}

func TestCardOverHTTP(t *testing.T) {
	d, sim := newCounter(t)
	var banks api.BankList
	d.call("GET", "/bank/dict/list", "", 200, &banks)
	if len(banks.List) < 10 {
		t.Errorf("%d banks", len(banks.List))
	}
	d.refused("GET", "/bank/card/default", "", catalog.CardNotFound)
	d.refused("GET", "/bank/card/bind/amount", "", catalog.CardNotFound)
	d.refused("POST", "/user/transfer/recipient", `{"cardId":"41"}`, catalog.CardNotFound)
	d.refused("POST", "/user/bank/simple", `{"bankNo":"058","bankAccNo":"0000003019"}`, catalog.ProfileIncomplete)
	d.call("POST", "/user/info/basic", adaBasic, 200, nil)
	d.refused("POST", "/user/bank/simple", `{"bankNo":"000","bankAccNo":"0000003019"}`, catalog.BankUnknown)
	d.refused("POST", "/user/bank/simple", `{"bankNo":"058","bankAccNo":"0000003000"}`, catalog.AccountNotResolved)

	first, second := `{"bankNo":"058","bankAccNo":"0000003019"}`, `{"bankNo":"044","bankAccNo":"0000004033"}`
	status, replayed, one := d.keyed("/user/bank/simple", first, "save-account-1")
	if status != 200 || replayed {
		t.Fatalf("%d %v %s", status, replayed, one)
	}
	if status, replayed, again := d.keyed("/user/bank/simple", first, "save-account-1"); status != 200 || !replayed || again != one {
		t.Errorf("the repeat: %d %v\n%s\n%s", status, replayed, again, one)
	}
	if status, _, raw := d.keyed("/user/bank/simple", second, "save-account-1"); status != 409 || !strings.Contains(raw, "IDEMPOTENCY_KEY_REUSED") {
		t.Errorf("another account under the key: %d %s", status, raw)
	}
	var other, def api.ManagerCard
	d.call("POST", "/user/bank/simple", second, 200, &other)
	if status, _, raw := d.keyed("/bank/card/default", `{"id":"`+other.ID+`"}`, "default-without-password"); status != 403 || !strings.Contains(raw, "PASSWORD_REQUIRED") {
		t.Errorf("the default changed without the password: %d %s", status, raw)
	}
	if err := d.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		id, err := strconv.ParseInt(other.ID, 10, 64)
		if err != nil {
			return err
		}
		return tx.SetDefaultBankAccount(ctx, d.who.BorrowerID, id)
	}); err != nil {
		t.Fatal(err)
	}
	d.call("GET", "/bank/card/default", "", 200, &def)
	if def.ID != other.ID || def.IsDefault != 1 {
		t.Errorf("%+v", def)
	}

	var check api.CardBind
	d.call("GET", "/bank/card/bind/amount", "", 200, &check)
	if check.Amount != "5000" || check.BindStatus != 2 || check.CardID != other.ID || check.ExpireTime == "" {
		t.Fatalf("%+v", check)
	}
	res, err := http.PostForm(check.AuthorizationURL+"/decline", url.Values{})
	if err == nil {
		_ = res.Body.Close()
	}
	var over api.CardBind
	d.call("GET", "/bank/card/bind/verify?reference="+check.Reference, "", 200, &over)
	if over.BindStatus != 0 || over.AuthorizationURL != "" || over.ExpireTime != "" {
		t.Errorf("%+v", over)
	}
	d.call("GET", "/bank/card/bind/amount?cardId="+other.ID, "", 200, &check)
	r, err := http.NewRequest("POST", check.AuthorizationURL+"/pay", strings.NewReader("card=4084"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if res, err = http.DefaultClient.Do(r); err != nil || res.StatusCode != 200 {
		t.Fatalf("paying: %v, %v", res, err)
	}
	_ = res.Body.Close()
	var bound api.CardBind
	d.call("GET", "/bank/card/bind/verify?reference="+check.Reference, "", 200, &bound)
	if bound.BindStatus != 1 || !strings.HasSuffix(bound.BankCardNo, "******4084") || len(sim.Authorizations()) != 1 {
		t.Errorf("%+v", bound)
	}
	var list api.ManagerCardList
	d.call("GET", "/bank/card/list", "", 200, &list)
	if len(list.List) != 2 || list.List[0].BankCardNo != bound.BankCardNo || list.List[0].CardExpire != "12/30" || list.List[0].BindStatus != 1 || list.List[1].BindStatus != 0 {
		t.Errorf("%+v", list)
	}
	d.refused("GET", "/bank/card/bind/amount", "", catalog.CardAlreadyBound)
	d.refused("GET", "/bank/card/bind/verify?reference=cpb-00000000000000000000", "", catalog.BindNotFound)
}

func TestSettingsOverHTTP(t *testing.T) {
	d, _ := newCounter(t)
	var s api.UserSettingVo
	d.call("GET", "/user/setting", "", 200, &s)
	if s != (api.UserSettingVo{Language: "en", PushEnabled: 1}) {
		t.Errorf("%+v", s)
	}
	d.call("POST", "/user/setting", `{"language":"ha","marketingConsent":1}`, 200, &s)
	if s != (api.UserSettingVo{Language: "ha", PushEnabled: 1, MarketingConsent: 1}) {
		t.Errorf("%+v", s)
	}
	d.call("POST", "/user/topic", `{"topic":"reminders","deviceToken":"fcm-1","platform":1}`, 200, nil)
	d.refused("POST", "/user/consent", `{"purpose":"MARKETING","policyVersion":"1999-01","granted":1}`, catalog.ConsentVersionMismatch)
	d.refused("POST", "/user/info/basic", strings.Replace(adaBasic, "1994-05-17", "1994-02-30", 1), catalog.ValidationFailed)
	d.refused("POST", "/user/info/basic", strings.Replace(adaBasic, "1994-05-17", "2016-05-17", 1), catalog.Underage)
	d.refused("POST", "/user/contact/emergency", `{"contacts":[{"name":"Me","mobile":"07000000003","relation":2}]}`, catalog.ContactInvalid)
	d.refused("POST", "/user/info/work", `{"employmentStatus":1,"incomeCode":"77"}`, catalog.DictValueUnknown)
	d.refused("POST", "/user/info/more", `{"stateCode":"NG-ZZ"}`, catalog.DictValueUnknown)
}
