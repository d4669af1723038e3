package seed_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestBaseAddsOnlyWhatIsMissing(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	first, err := seed.Base(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(first)
	for i := range v.NumField() {
		if v.Field(i).Int() == 0 {
			t.Errorf("no %s", v.Type().Field(i).Name)
		}
	}
	again, err := seed.Base(t.Context(), st)
	if err != nil || again.Total() != 0 {
		t.Errorf("the second time it added %+v, %v", again, err)
	}
}

func TestBaseKeepsAnOperatorsEdits(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	mine := store.SupportEmail{Title: "Ours", Email: "us@bank.example"}
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.SeedBrand(ctx, store.Brand{Code: lending.DemoBrand, Name: "Renamed", IndentPrefix: "RN"}); err != nil {
			return err
		}
		product := lending.DemoProducts()[5]
		product.Version, product.EffectiveTo = 7, testkit.Noon() // no longer sold
		if err := tx.PutProduct(ctx, product, ""); err != nil {
			return err
		}
		if _, err := tx.SeedBanks(ctx, []store.Bank{{Code: "058", Name: "Closed", Active: false}}); err != nil {
			return err
		}
		_, err := tx.SeedSupportEmail(ctx, lending.DemoBrand, mine)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	if brands, err := st.Brands(t.Context()); err != nil || len(brands) != 1 || brands[0].Name != "Renamed" {
		t.Errorf("brands %v, %v", brands, err)
	}
	if email, err := st.SupportEmail(t.Context(), lending.DemoBrand); err != nil || email != mine {
		t.Errorf("e-mail %v, %v", email, err)
	}
	if _, err := st.Bank(t.Context(), "058"); err == nil {
		t.Error("the closed bank is open again")
	}
	if p, err := st.ProductOnSale(t.Context(), lending.DemoBrand, 401, testkit.Noon()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the ended product is on sale again: %+v, %v", p, err)
	}
}

// What the files hold fits the contract and the country.
func TestBaseIsComplete(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	cities, err := st.Cities(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, c := range cities {
		states[c.StateCode]++
		if !regexp.MustCompile(`^NG-[A-Z]{2}$`).MatchString(c.StateCode) || !regexp.MustCompile(`^[0-9]{1,8}$`).MatchString(c.Code) || c.Name == "" || c.StateName == "" {
			t.Errorf("city %+v", c)
		}
	}
	for state, n := range states {
		if n < 3 {
			t.Errorf("%s has %d cities", state, n)
		}
	}
	if len(states) != 37 {
		t.Errorf("%d states and territories, want 36 and the FCT", len(states))
	}
	bands, err := st.IncomeBands(t.Context())
	if err != nil || len(bands) < 3 {
		t.Fatalf("%v, %v", bands, err)
	}
	for i, b := range bands {
		last := i == len(bands)-1
		if b.Open != last || (!last && b.Max+1 != bands[i+1].Min) || (i == 0 && b.Min != 0) {
			t.Errorf("band %+v leaves a gap", b)
		}
	}
	banks, err := st.Banks(t.Context())
	if err != nil || len(banks) < 25 || banks[0] != (store.Bank{Code: "058", Name: "GT Bank", Sort: 1, Active: true}) {
		t.Errorf("banks %v, %v", banks, err)
	}
	questions, err := st.Questions(t.Context(), lending.DemoBrand, "", 50)
	if err != nil || len(questions) < 12 {
		t.Errorf("%d questions, %v", len(questions), err)
	}
	for _, q := range questions {
		if len(q.Title) > 200 || len(q.Answer) > 4000 || !regexp.MustCompile(`^[a-z0-9_-]{1,32}$`).MatchString(q.Category) {
			t.Errorf("question %+v", q)
		}
	}
	phones, err := st.SupportPhones(t.Context(), lending.DemoBrand)
	if err != nil || len(phones) == 0 || !strings.HasPrefix(phones[0].Phone, "+234") {
		t.Errorf("phones %v, %v", phones, err)
	}
	policies, err := st.ConsentPolicies(t.Context(), lending.DemoBrand, testkit.Noon())
	if err != nil {
		t.Fatal(err)
	}
	purposes := []string{}
	for _, p := range policies {
		purposes = append(purposes, p.Purpose)
		if required := p.Purpose == store.ConsentCreditCheck || p.Purpose == store.ConsentDataProcessing; p.Required != required || strings.Contains(p.Text, "{") {
			t.Errorf("policy %+v", p)
		}
	}
	if want := []string{"CREDIT_CHECK", "DATA_PROCESSING", "LOCATION", "MARKETING"}; !slices.Equal(purposes, want) {
		t.Errorf("policies %v", purposes)
	}
	products, err := st.ProductsOnSale(t.Context(), lending.DemoBrand, testkit.Noon())
	if err != nil || !reflect.DeepEqual(products, lending.DemoProducts()) {
		t.Errorf("products %+v, %v", products, err)
	}
}

// eventParams are the parameters that the capabilities give with each event: a template may name no other.
var eventParams = map[string][]string{
	store.EventRegistered:           nil,
	store.EventApplicationReceived:  {"amount"},
	store.EventApplicationApproved:  {"amount"},
	store.EventApplicationRejected:  {"amount"},
	store.EventApplicationInReview:  {"amount"},
	store.EventApplicationCancelled: {"amount"},
	store.EventApplicationExpired:   {"amount"},
	store.EventPayoutSent:           {"amount", "bank", "account", "due_amount", "due_date"},
	store.EventPayoutFailed:         {"amount", "bank"},
	store.EventPayoutReversed:       {"amount", "bank"},
	store.EventPaymentReceived:      {"amount", "remaining"},
	store.EventPaymentFailed:        {"amount"},
	store.EventLoanSettled:          {"amount"},
	store.EventLoanExtended:         {"due_date"},
	store.EventOverpaymentRefunded:  {"amount"},
	store.EventCardBound:            {"card"},
	store.EventBindRefunded:         {"amount"},
	store.EventAccountAdded:         {"bank", "account"},
	store.EventDueSoon:              {"amount", "due_date"},
	store.EventOverdue:              {"amount", "due_date", "days"},
}

// Every event becomes a message in every language, with no parameter left open and no alert: in English and Pidgin by a template of its
// own, in Hausa, Yoruba and Igbo the everyday ones, and the others in English.
func TestEveryEventHasItsTemplates(t *testing.T) {
	st := testkit.Store(t, clock.NewManual(testkit.Noon()))
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	texts := map[string][]string{}
	for i, language := range []string{"en", "pcm", "ha", "yo", "ig"} {
		var id int64
		err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if id, err = tx.AddBorrower(ctx, lending.DemoBrand, "+234700000000"+string(rune('1'+i)), "hash"); err != nil {
				return err
			}
			if err := tx.SaveSettings(ctx, id, store.Settings{Language: language}); err != nil {
				return err
			}
			for event, names := range eventParams {
				params := map[string]string{}
				for _, name := range names {
					params[name] = "<" + name + ">"
				}
				if err := tx.AddMessage(ctx, store.NewMessage{Borrower: id, Event: event, DedupeKey: event, Params: params}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		list, total, err := st.Messages(t.Context(), id, 0, 1, 100)
		if err != nil || int(total) != len(eventParams) {
			t.Errorf("%s: %d messages, %v", language, total, err)
		}
		for _, m := range list {
			if m.Title == "" || m.Content == "" || strings.ContainsAny(m.Title+m.Content, "{}") {
				t.Errorf("%s: %+v", language, m)
			}
			texts[language] = append(texts[language], m.Content)
		}
	}
	for language, want := range map[string]int{"pcm": len(eventParams), "ha": 8, "yo": 7, "ig": 7} {
		own := 0
		for _, text := range texts[language] {
			if !slices.Contains(texts["en"], text) {
				own++
			}
		}
		if own != want {
			t.Errorf("%s: %d messages that are not the English ones, expected %d", language, own, want)
		}
	}
	if alerts, err := st.OpenAlerts(t.Context(), "", 10); err != nil || len(alerts) != 0 {
		t.Errorf("alerts %v, %v", alerts, err)
	}
}
