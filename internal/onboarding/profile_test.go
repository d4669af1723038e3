package onboarding_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func contacts() []store.EmergencyContact {
	return []store.EmergencyContact{{Name: "Chidi Borrower", Mobile: mobileOf(1), Relation: 2}, {Name: "Bola Friend", Mobile: mobileOf(2), Relation: 4}}
}

func work() store.WorkInfo {
	return store.WorkInfo{EmploymentStatus: 1, IncomeCode: "3", PayDay: 25, Company: "Ikeja Textiles Ltd", Position: "Accountant",
		Address: "4 Oba Akran Avenue, Ikeja", Phone: "012345678"}
}

func TestTheWayToReady(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	who := w.register(t, ada)
	expect := func(got store.Readiness, err error, step string) {
		t.Helper()
		if err != nil || got.NextStep() != step {
			t.Fatalf("next step %q of %+v, %v; want %q", got.NextStep(), got, err, step)
		}
		again, err := w.Status(ctx, who)
		if err != nil || again != got {
			t.Fatalf("the status says %+v, %v; want %+v", again, err, got)
		}
	}
	got, err := w.Status(ctx, who)
	expect(got, err, lending.StepBasic)
	got, err = w.SaveBasic(ctx, who, basic())
	expect(got, err, lending.StepWork)
	got, err = w.SaveWork(ctx, who, work())
	expect(got, err, lending.StepContact)
	got, err = w.SaveContacts(ctx, who, contacts())
	expect(got, err, lending.StepBank)
	w.save(t, who, account)
	got, err = w.Status(ctx, who)
	expect(got, err, lending.StepConsent)
	if _, err := w.SaveConsent(ctx, who, store.ConsentCreditCheck, policy, true); err != nil {
		t.Fatal(err)
	}
	got, err = w.Status(ctx, who)
	expect(got, err, lending.StepConsent) // the use of data is required too
	if _, err := w.SaveConsent(ctx, who, store.ConsentDataProcessing, policy, true); err != nil {
		t.Fatal(err)
	}
	got, err = w.SaveMore(ctx, who, store.MoreInfo{Education: 5, Children: 1, StateCode: "NG-LA"})
	expect(got, err, store.StepReady)
	want := store.Readiness{Basic: true, Work: true, More: true, Contacts: 2, Bank: true, Consent: true}
	if got != want || !got.Complete() {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := w.SaveConsent(ctx, who, store.ConsentCreditCheck, policy, false); err != nil {
		t.Fatal(err)
	}
	got, err = w.Status(ctx, who)
	expect(got, err, lending.StepConsent)
}

func TestUserInfoIsWhatWasTold(t *testing.T) {
	w := newWorld(t)
	who := w.known(t)
	ctx := t.Context()
	more := store.MoreInfo{Education: 5, MaritalStatus: 2, Children: 1, ResidenceType: 2, ResidenceAddress: "12 Allen Avenue", StateCode: "NG-LA"}
	if _, err := w.SaveWork(ctx, who, work()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveMore(ctx, who, more); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveContacts(ctx, who, contacts()); err != nil {
		t.Fatal(err)
	}
	fewer := contacts()[1:]
	if _, err := w.SaveContacts(ctx, who, fewer); err != nil {
		t.Fatal(err)
	}
	info, err := w.UserInfo(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	wantWork, wantMore := work(), more
	wantWork.BorrowerID, wantMore.BorrowerID = who.Borrower, who.Borrower
	wantWork.UpdatedAt, wantMore.UpdatedAt = testkit.Noon(), testkit.Noon()
	b := basic()
	wantProfile := store.Profile{BorrowerID: who.Borrower, Brand: brand, FirstName: b.FirstName, LastName: b.LastName, BVN: b.BVN, Birthday: b.Birthday,
		Gender: b.Gender, Email: b.Email, CityCode: b.CityCode, Address: b.Address, UpdatedAt: testkit.Noon()}
	if info.Profile != wantProfile || info.Work != wantWork || info.More != wantMore || !slices.Equal(info.Contacts, fewer) || info.Mobile != ada {
		t.Errorf("%+v", info)
	}

	nobody := w.register(t, mobileOf(9))
	if info, err = w.UserInfo(ctx, nobody); err != nil || info.Profile != (store.Profile{}) || info.Work != (store.WorkInfo{}) || len(info.Contacts) != 0 {
		t.Errorf("who told nothing: %+v, %v", info, err)
	}
}

func TestBasicRefusals(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	for _, c := range []struct {
		name  string
		set   func(b *onboarding.Basic)
		entry catalog.Entry
		field string
	}{
		{"18 tomorrow", func(b *onboarding.Basic) { b.Birthday = clock.NewDate(2008, 3, 11) }, catalog.Underage, ""},
		{"not born", func(b *onboarding.Basic) { b.Birthday = clock.NewDate(2026, 3, 11) }, catalog.ValidationFailed, "birthday"},
		{"too old", func(b *onboarding.Basic) { b.Birthday = clock.NewDate(1894, 5, 17) }, catalog.ValidationFailed, "birthday"},
		{"blank name", func(b *onboarding.Basic) { b.FirstName = "" }, catalog.ValidationFailed, "firstName"},
		{"blank family name", func(b *onboarding.Basic) { b.LastName = "" }, catalog.ValidationFailed, "lastName"},
		{"short BVN", func(b *onboarding.Basic) { b.BVN = "2222222222" }, catalog.ValidationFailed, "dentityCard"},
		{"unknown city", func(b *onboarding.Basic) { b.CityCode = "99999999" }, catalog.DictValueUnknown, "cityCode"},
	} {
		b := basic()
		c.set(&b)
		_, err := w.SaveBasic(t.Context(), who, b)
		refused(t, c.name, err, c.entry, c.field)
	}
	b := basic()
	b.Birthday = clock.NewDate(2008, 3, 10) // 18 today in Lagos
	if _, err := w.SaveBasic(t.Context(), who, b); err != nil {
		t.Error(err)
	}
}

// refused checks the reason of an error and, unless field is "", that it names the field.
func refused(t *testing.T, name string, err error, entry catalog.Entry, field string) {
	t.Helper()
	var f *fault.Error
	if !fault.Has(err, entry) {
		t.Errorf("%s: %v, want %s", name, err, entry.Reason)
		return
	}
	if f, _ = err.(*fault.Error); field != "" && (f == nil || !slices.ContainsFunc(f.Fields, func(p fault.Field) bool { return p.Name == field })) {
		t.Errorf("%s: %v does not name %s", name, err, field)
	}
}

func TestOneBVNOneBorrower(t *testing.T) {
	w := newWorld(t)
	first, second := w.register(t, ada), w.register(t, mobileOf(1))
	errs := together(2, func(i int) error {
		_, err := w.SaveBasic(t.Context(), []onboarding.Subject{first, second}[i], basic())
		return err
	})
	if errs[0] != nil && errs[1] != nil || errs[0] == nil && errs[1] == nil {
		t.Fatalf("want one of two: %v", errs)
	}
	for _, err := range errs {
		if err != nil {
			refused(t, "the slower one", err, catalog.IdentityAlreadyUsed, "dentityCard")
			if strings.Contains(err.Error(), adaBVN) {
				t.Error("the error repeats the BVN")
			}
		}
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedBrand(ctx, store.Brand{Code: "Other", Name: "Other", IndentPrefix: "OT"})
		return err
	})
	elsewhere := onboarding.Subject{Brand: "Other"}
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		elsewhere.Borrower, err = tx.AddBorrower(ctx, "Other", ada, "hash")
		return err
	})
	if _, err := w.SaveBasic(t.Context(), elsewhere, basic()); err != nil {
		t.Errorf("another brand's borrower: %v", err)
	}
}

func TestIdentityIsLockedByAnAccount(t *testing.T) {
	w := newWorld(t)
	who := w.known(t)
	b := basic()
	b.MiddleName = "Ngozi"
	if _, err := w.SaveBasic(t.Context(), who, b); err != nil {
		t.Fatalf("before anything hangs on it: %v", err)
	}
	w.save(t, who, account)
	for field, set := range map[string]func(b *onboarding.Basic){
		"firstName":   func(b *onboarding.Basic) { b.FirstName = "Eve" },
		"middleName":  func(b *onboarding.Basic) { b.MiddleName = "" },
		"lastName":    func(b *onboarding.Basic) { b.LastName = "Lender" },
		"dentityCard": func(b *onboarding.Basic) { b.BVN = "33333333333" },
		"birthday":    func(b *onboarding.Basic) { b.Birthday = clock.NewDate(1994, 5, 18) },
	} {
		changed := b
		set(&changed)
		_, err := w.SaveBasic(t.Context(), who, changed)
		refused(t, field, err, catalog.InfoLocked, field)
	}
	b.Email, b.Address, b.CityCode, b.Gender = "new@example.com", "elsewhere", "", 1
	if _, err := w.SaveBasic(t.Context(), who, b); err != nil {
		t.Errorf("the rest stays free: %v", err)
	}
	if p, err := w.st.Profile(t.Context(), who.Borrower); err != nil || p.Email != "new@example.com" || p.FirstName != "Ada" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestContactRefusals(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	ctx := t.Context()
	_, err := w.SaveContacts(ctx, who, []store.EmergencyContact{{Name: "Chidi", Mobile: mobileOf(1), Relation: 1}, {Name: "Me", Mobile: ada, Relation: 6}})
	refused(t, "own number", err, catalog.ContactInvalid, "contacts[1].mobile")
	_, err = w.SaveContacts(ctx, who, []store.EmergencyContact{{Name: "Chidi", Mobile: mobileOf(1), Relation: 1}, {Name: "Also Chidi", Mobile: mobileOf(1), Relation: 6}})
	refused(t, "twice", err, catalog.ContactInvalid, "contacts[1].mobile")
	_, err = w.SaveContacts(ctx, who, []store.EmergencyContact{{Mobile: mobileOf(1), Relation: 1}})
	refused(t, "no name", err, catalog.ValidationFailed, "contacts[0].name")
	if got, err := w.Status(ctx, who); err != nil || got.Contacts != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	other := w.register(t, mobileOf(9))
	for _, one := range []onboarding.Subject{who, other} {
		if _, err := w.SaveContacts(ctx, one, contacts()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.st.ContactsShared(ctx, who.Borrower); err != nil || n != 1 {
		t.Errorf("%d others name the same people, %v; want 1", n, err)
	}
}

func TestDictionariesDecide(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	bad := work()
	bad.IncomeCode = "77"
	_, err := w.SaveWork(t.Context(), who, bad)
	refused(t, "income", err, catalog.DictValueUnknown, "incomeCode")
	_, err = w.SaveMore(t.Context(), who, store.MoreInfo{StateCode: "NG-ZZ"})
	refused(t, "state", err, catalog.DictValueUnknown, "stateCode")
	if got, err := w.Status(t.Context(), who); err != nil || got != (store.Readiness{}) {
		t.Errorf("something was saved: %+v, %v", got, err)
	}
}

func TestSettingsAndTheConsentToMarketingAreOne(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	ctx := t.Context()
	yes, no, hausa := true, false, "ha"
	if got, err := w.Settings(ctx, who); err != nil || got != (onboarding.Settings{Settings: store.Settings{Language: "en", PushEnabled: true}}) {
		t.Fatalf("defaults: %+v, %v", got, err)
	}
	got, err := w.SaveSettings(ctx, who, onboarding.SettingsChange{Language: &hausa, Marketing: &yes})
	if err != nil || got != (onboarding.Settings{Settings: store.Settings{Language: "ha", PushEnabled: true}, Marketing: true}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if holds, err := w.st.HoldsConsent(ctx, who.Borrower, brand, store.ConsentMarketing); err != nil || !holds {
		t.Errorf("the consent: %v, %v", holds, err)
	}
	if _, err := w.SaveConsent(ctx, who, store.ConsentMarketing, policy, false); err != nil {
		t.Fatal(err)
	}
	if got, err = w.SaveSettings(ctx, who, onboarding.SettingsChange{PushEnabled: &no}); err != nil || got.Marketing || got.PushEnabled || got.Language != "ha" {
		t.Errorf("after the withdrawal: %+v, %v", got, err)
	}
	elsewhere := onboarding.Subject{Borrower: who.Borrower, Brand: "None"}
	_, err = w.SaveSettings(ctx, elsewhere, onboarding.SettingsChange{Marketing: &yes})
	refused(t, "no text to agree to", err, catalog.ValidationFailed, "marketingConsent")
	if _, err = w.SaveSettings(ctx, elsewhere, onboarding.SettingsChange{Marketing: &no}); err != nil {
		t.Errorf("refusing what nobody asks: %v", err)
	}
}

func TestConsentsFollowTheTextInForce(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	ctx := t.Context()
	said, err := w.SaveConsent(ctx, who, store.ConsentCreditCheck, policy, true)
	if err != nil || !said.Granted || said.DecidedAt != testkit.Noon() {
		t.Fatalf("%+v, %v", said, err)
	}
	_, err = w.SaveConsent(ctx, who, store.ConsentCreditCheck, "1999-01", true)
	refused(t, "old version", err, catalog.ConsentVersionMismatch, "policyVersion")
	_, err = w.SaveConsent(ctx, onboarding.Subject{Borrower: who.Borrower, Brand: "None"}, store.ConsentCreditCheck, policy, true)
	refused(t, "no text", err, catalog.ConsentVersionMismatch, "policyVersion")

	w.clk.Advance(time.Hour)
	again, err := w.SaveConsent(ctx, who, store.ConsentCreditCheck, policy, true)
	if err != nil || again.DecidedAt != said.DecidedAt {
		t.Errorf("said twice is decided once: %+v, %v", again, err)
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedConsentPolicies(ctx, []store.ConsentPolicy{{Brand: brand, Purpose: store.ConsentCreditCheck, Version: "2026-02", Title: "Credit check",
			Text: "New words.", Required: true, EffectiveFrom: w.clk.Now().Add(time.Hour)}})
		return err
	})
	granted := func() []string {
		t.Helper()
		list, err := w.Consents(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range list {
			if c.Granted {
				names = append(names, c.Policy.Purpose+" "+c.Policy.Version)
			}
		}
		return names
	}
	if got := granted(); !reflect.DeepEqual(got, []string{"CREDIT_CHECK " + policy}) {
		t.Errorf("before the new text: %v", got)
	}
	w.clk.Advance(time.Hour)
	if got := granted(); got != nil {
		t.Errorf("an agreement to older words counts: %v", got)
	}
	if r, err := w.Status(ctx, who); err != nil || r.Consent {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTopics(t *testing.T) {
	w := newWorld(t)
	who := w.register(t, ada)
	topic := store.PushTopic{Topic: "reminders", Platform: 1, Token: "fcm-1"}
	for _, token := range []string{"fcm-1", "fcm-2"} {
		topic.Token = token
		if err := w.Subscribe(t.Context(), who, topic); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := w.st.PushTopics(t.Context(), who.Borrower); err != nil || !slices.Equal(got, []store.PushTopic{topic}) {
		t.Errorf("%+v, %v", got, err)
	}
	var err error
	for i := range 50 {
		topic.Topic = "topic-" + mobileOf(i)
		err = w.Subscribe(t.Context(), who, topic)
	}
	refused(t, "one too many", err, catalog.ValidationFailed, "topic")
}

func TestCredit(t *testing.T) {
	w := newWorld(t)
	who, bank := w.banked(t)
	expect := func(name string, want onboarding.Credit, grade string) {
		t.Helper()
		got, err := w.Credit(t.Context(), who)
		if err != nil || got != want || got.Grade() != grade {
			t.Errorf("%s: %+v %s, %v\nwant %+v %s", name, got, got.Grade(), err, want, grade)
		}
	}
	expect("newcomer", onboarding.Credit{Limit: newcomerCap, Available: newcomerCap}, "NEW")
	l := w.loan(t, who, bank)
	expect("applied", onboarding.Credit{Limit: newcomerCap}, "NEW")
	for _, to := range []lending.State{lending.Approved, lending.Disbursing, lending.Active} {
		w.move(t, &l, to)
	}
	due := l.Terms.Due
	expect("owing", onboarding.Credit{Limit: newcomerCap, Outstanding: due, History: lending.History{Prior: 1}}, "A")
	w.clk.Advance(9 * 24 * time.Hour) // due after 7
	expect("late", onboarding.Credit{Limit: newcomerCap, Outstanding: due + 2*l.Terms.Principal/100,
		History: lending.History{Prior: 1, Late: 1, MaxDaysLate: 2}}, "B")
	w.move(t, &l, lending.Overdue)
	w.move(t, &l, lending.SettledLate)
	expect("settled late", onboarding.Credit{Limit: newcomerCap, Available: newcomerCap, History: lending.History{Prior: 1, Settled: 1, Late: 1, MaxDaysLate: 2}}, "B")
}
