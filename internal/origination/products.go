package origination

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
)

// Offer is a product with its whole price, as one borrower may have it now.
type Offer struct {
	Product    lending.Product
	Terms      lending.Terms
	Compliant  bool   // the policy check finds no breach
	Ineligible string // why the borrower may not apply for it, or ""
}

// Eligible says whether the borrower may apply for the product.
func (o Offer) Eligible() bool { return o.Ineligible == "" }

// OfferPage is a page of offers, cheapest principal first, with the number of offers on all pages together.
type OfferPage struct {
	Offers []Offer
	Total  int
}

// Products answers a page of what the borrower's brand sells; pages count from 1. It returns no faults of its own.
func (s *Service) Products(ctx context.Context, borrower int64, brand string, page, size int) (OfferPage, error) {
	st, err := s.standing(ctx, s.store, borrower)
	if err != nil {
		return OfferPage{}, err
	}
	now := s.clock.Now()
	offers, err := s.offers(ctx, brand, now, func(p lending.Product) string { return st.refusal(p, now) })
	if err != nil {
		return OfferPage{}, err
	}
	from := min(int64(page-1)*int64(size), int64(len(offers)))
	to := min(from+int64(size), int64(len(offers)))
	return OfferPage{offers[from:to], len(offers)}, nil
}

// offers prices what a brand sells at an instant, cheapest principal first.
func (s *Service) offers(ctx context.Context, brand string, now time.Time, refusal func(lending.Product) string) ([]Offer, error) {
	products, err := s.store.ProductsOnSale(ctx, brand, now)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, len(products))
	for i, p := range products {
		if offers[i], err = offer(p, refusal(p)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(offers, func(a, b Offer) int {
		return cmp.Or(cmp.Compare(a.Terms.Principal, b.Terms.Principal), cmp.Compare(a.Product.ID, b.Product.ID))
	})
	return offers, nil
}

func offer(p lending.Product, refusal string) (Offer, error) {
	terms, err := p.Price()
	return Offer{Product: p, Terms: terms, Compliant: lending.Compliant(p), Ineligible: refusal}, err
}

// Detail is an offer with everything that a borrower is told before applying.
type Detail struct {
	Offer
	QuoteID      string // signed; "" when the borrower may not apply
	QuoteExpires time.Time
	DueAt        time.Time // if it were paid out now
	Warnings     []string  // what the policy check finds wrong with the product
}

// Product answers the whole cost of one product, with a quote that an application can carry. It returns PRODUCT_NOT_FOUND.
func (s *Service) Product(ctx context.Context, borrower int64, brand string, id int64) (Detail, error) {
	now := s.clock.Now()
	p, err := s.store.ProductOnSale(ctx, brand, id, now)
	if err != nil {
		return Detail{}, orFault(err, catalog.ProductNotFound)
	}
	st, err := s.standing(ctx, s.store, borrower)
	if err != nil {
		return Detail{}, err
	}
	o, err := offer(p, st.refusal(p, now))
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Offer: o, DueAt: o.Terms.DueAt(now), Warnings: warnings(p)}
	if !o.Eligible() {
		return d, nil
	}
	quote, err := lending.NewQuote(p, borrower, now, s.config.QuoteLife)
	if err != nil {
		return Detail{}, err
	}
	d.QuoteExpires = quote.ExpiresAt
	d.QuoteID, err = s.quotes[0].Encode(quote)
	return d, err
}

// warnings are the findings of the policy check that concern the borrower; notices are for the people who make products.
func warnings(p lending.Product) []string {
	var texts []string
	for _, f := range lending.CheckPolicy(p) {
		if f.Severity == lending.Breach || f.Severity == lending.Warning {
			texts = append(texts, f.Text)
		}
	}
	return texts
}
