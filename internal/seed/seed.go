// Package seed fills a database with what a deployment needs before its first borrower: brand, dictionaries, consent texts, the
// support desk, message templates, decision rules and products. The data are the JSON files under data and the demo products and
// default rules of lending. An operator changes all of it in the database later; seeding again adds only what is missing. It may
// import the store and everything below it.
package seed

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// shortTermOverride is why the products of 7 and 14 days are there although policy bars them.
const shortTermOverride = "terms of the original service, kept for the demo brand; too short for Google Play (61 days)"

// policiesFrom is when the first consent texts came into force: before any borrower of the deployment.
var policiesFrom = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

// Report counts the rows that seeding added, by what they are.
type Report struct {
	Brands, Cities, IncomeBands, Banks, Policies, Questions, Phones, Emails, Templates, RuleSets, Products int
}

// Total is the number of rows added in all.
func (r Report) Total() int {
	return r.Brands + r.Cities + r.IncomeBands + r.Banks + r.Policies + r.Questions + r.Phones + r.Emails + r.Templates + r.RuleSets + r.Products
}

// Base adds what a deployment needs and does not have, in one transaction. It never changes a row that is there.
func Base(ctx context.Context, st *store.Store) (Report, error) {
	d, err := load()
	if err != nil {
		return Report{}, err
	}
	var done Report
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done = Report{}
		if err := dictionaries(ctx, tx, d, &done); err != nil {
			return err
		}
		if err := brand(ctx, tx, d, &done); err != nil {
			return err
		}
		return products(ctx, tx, &done)
	})
	if err != nil {
		return Report{}, fmt.Errorf("seed: %w", err)
	}
	return done, nil
}

// dictionaries adds what all brands share.
func dictionaries(ctx context.Context, tx *store.Tx, d *data, done *Report) error {
	return steps(
		step{&done.Cities, func() (int, error) { return tx.SeedCities(ctx, d.cities) }},
		step{&done.IncomeBands, func() (int, error) { return tx.SeedIncomeBands(ctx, d.bands) }},
		step{&done.Banks, func() (int, error) { return tx.SeedBanks(ctx, d.banks) }},
	)
}

// brand adds the demo brand and what it says to its borrowers.
func brand(ctx context.Context, tx *store.Tx, d *data, done *Report) error {
	b := d.brand
	return steps(
		step{&done.Brands, func() (int, error) { return tx.SeedBrand(ctx, b) }},
		step{&done.Policies, func() (int, error) { return tx.SeedConsentPolicies(ctx, policiesOf(d)) }},
		step{&done.Questions, func() (int, error) { return tx.SeedQuestions(ctx, b.Code, d.questions) }},
		step{&done.Phones, func() (int, error) { return tx.SeedSupportPhones(ctx, b.Code, d.support.Phones) }},
		step{&done.Emails, func() (int, error) { return tx.SeedSupportEmail(ctx, b.Code, d.support.Email) }},
		step{&done.Templates, func() (int, error) { return tx.SeedTemplates(ctx, templatesOf(d)) }},
		step{&done.RuleSets, func() (int, error) { return tx.SeedRuleSet(ctx, b.Code, lending.DefaultRuleSet()) }},
	)
}

// products adds the demo brand's products.
func products(ctx context.Context, tx *store.Tx, done *Report) error {
	for _, p := range lending.DemoProducts() {
		added, err := tx.SeedProduct(ctx, p, shortTermOverride)
		if err != nil {
			return fmt.Errorf("product %d: %w", p.ID, err)
		}
		done.Products += added
	}
	return nil
}

// step adds rows of one kind and counts them.
type step struct {
	count *int
	add   func() (int, error)
}

func steps(all ...step) error {
	for _, s := range all {
		added, err := s.add()
		if err != nil {
			return err
		}
		*s.count += added
	}
	return nil
}

func policiesOf(d *data) []store.ConsentPolicy {
	policies := make([]store.ConsentPolicy, len(d.policies))
	for i, p := range d.policies {
		p.Brand, p.Text, p.EffectiveFrom = d.brand.Code, strings.ReplaceAll(p.Text, "{brand}", d.brand.Name), policiesFrom
		policies[i] = p
	}
	return policies
}

func templatesOf(d *data) []store.MessageTemplate {
	templates := make([]store.MessageTemplate, len(d.templates))
	for i, t := range d.templates {
		t.Brand = d.brand.Code
		templates[i] = t
	}
	return templates
}
