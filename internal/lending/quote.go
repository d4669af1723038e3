package lending

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Quote is a price promised to one borrower until it expires. The application that carries it gets exactly these terms, under
// exactly this product version.
type Quote struct {
	BorrowerID     int64
	Brand          string
	ProductID      int64
	ProductVersion int
	Fingerprint    Fingerprint // of the product version, so that a version edited in place is noticed
	Terms          Terms
	IssuedAt       time.Time // whole seconds
	ExpiresAt      time.Time // whole seconds; the quote is dead from this instant on
}

// Fingerprint identifies everything in a product version that a borrower is promised.
type Fingerprint [8]byte

// Fingerprint returns the product version's fingerprint. Name, effective dates and prior loans do not change the promise and are
// left out.
func (p Product) Fingerprint() Fingerprint {
	h := sha256.New()
	number := func(n int64) { h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	text := func(s string) { number(int64(len(s))); h.Write([]byte(s)) }
	flag := int64(0)
	if p.RebateInterest {
		flag = 1
	}
	text(p.Brand)
	for _, n := range []int64{
		p.ID, int64(p.Version), int64(p.Principal), int64(p.TermDays), int64(p.ServiceFee), int64(p.InterestDailyBps), int64(p.UpfrontFee),
		int64(p.PenaltyDailyBps), int64(p.PenaltyCapBps), int64(p.GraceDays), int64(p.ExtensionFee), int64(p.ExtensionDays),
		int64(p.MaxExtensions), flag,
	} {
		number(n)
	}
	text(string(p.GraceMode))
	for _, part := range p.Allocation {
		text(string(part))
	}
	return Fingerprint(h.Sum(nil)[:len(Fingerprint{})])
}

// NewQuote prices a product version for a borrower, valid for a while from now (rounded down to the second). It returns
// money.ErrOverflow for a product that Validate refuses.
func NewQuote(p Product, borrowerID int64, now time.Time, validFor time.Duration) (Quote, error) {
	terms, err := p.Price()
	if err != nil {
		return Quote{}, err
	}
	issued := now.UTC().Truncate(time.Second)
	return Quote{
		BorrowerID: borrowerID, Brand: p.Brand, ProductID: p.ID, ProductVersion: p.Version, Fingerprint: p.Fingerprint(), Terms: terms,
		IssuedAt: issued, ExpiresAt: issued.Add(validFor.Truncate(time.Second)),
	}, nil
}

// Matches says whether the quote was made for this product version as it stands now.
func (q Quote) Matches(p Product) bool {
	return q.ProductID == p.ID && q.ProductVersion == p.Version && q.Brand == p.Brand && q.Fingerprint == p.Fingerprint()
}

// quoteTerms completes the terms that a quote carries; the rest follows from them.
func quoteTerms(principal, upfront, service, interest money.Kobo, days int) Terms {
	return Terms{
		Principal: principal, Disbursed: principal - upfront, UpfrontFee: upfront, ServiceFee: service, Interest: interest,
		SuffixFee: service + interest, Due: principal + service + interest, TermDays: days,
	}
}
