package lending_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

var quoteNow = time.Date(2026, 3, 2, 9, 0, 0, 123, time.UTC)

func quoteKey(id uint8) lending.QuoteKey {
	return lending.QuoteKey{ID: id, Secret: bytes.Repeat([]byte{id + 1}, 32)}
}

func codec(t testing.TB, current lending.QuoteKey, older ...lending.QuoteKey) *lending.QuoteCodec {
	c, err := lending.NewQuoteCodec(current, older...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if !errors.Is(err, &lending.RuleError{Reason: reason}) {
		t.Errorf("got %v, want %s", err, reason)
	}
}

func TestQuoteSurvivesTheRoundTrip(t *testing.T) {
	c := codec(t, quoteKey(1))
	rapid.Check(t, func(t *rapid.T) {
		p := lending.DemoProducts()[0]
		p.ID, p.Version = rapid.Int64Range(1, math.MaxInt64).Draw(t, "id"), rapid.IntRange(1, math.MaxInt32).Draw(t, "version")
		p.Brand = rapid.StringMatching(`[A-Za-z][A-Za-z0-9]{0,31}`).Draw(t, "brand")
		p.Principal = money.Kobo(rapid.Int64Range(1, int64(lending.MaxPrincipal)).Draw(t, "principal"))
		p.UpfrontFee = money.Kobo(rapid.Int64Range(0, min(int64(p.Principal)-1, math.MaxInt32)).Draw(t, "upfront"))
		q, err := lending.NewQuote(p, rapid.Int64Range(1, math.MaxInt64).Draw(t, "borrower"), quoteNow, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		id, err := c.Encode(q)
		if err != nil || len(id) > lending.MaxQuoteIDLength || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%q (%d), %v", id, len(id), err)
		}
		back, err := c.Decode(id, q.BorrowerID, quoteNow)
		if err != nil || back != q || !back.Matches(p) {
			t.Fatalf("got %+v, %v\nwant %+v", back, err, q)
		}
	})
}

func TestQuoteExpiresAndBelongsToOneBorrower(t *testing.T) {
	c, p := codec(t, quoteKey(1)), demo(t, 301)
	q, err := lending.NewQuote(p, 3, quoteNow, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.Encode(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decode(id, 3, q.ExpiresAt.Add(-time.Nanosecond)); err != nil {
		t.Error(err)
	}
	_, err = c.Decode(id, 3, q.ExpiresAt)
	wantReason(t, err, lending.ReasonQuoteExpired)
	_, err = c.Decode(id, 4, quoteNow)
	wantReason(t, err, lending.ReasonQuoteInvalid)

	// A replaced key still verifies; a forgotten one does not.
	if _, err := codec(t, quoteKey(2), quoteKey(1)).Decode(id, 3, quoteNow); err != nil {
		t.Error(err)
	}
	_, err = codec(t, quoteKey(2)).Decode(id, 3, quoteNow)
	wantReason(t, err, lending.ReasonQuoteInvalid)
	_, err = codec(t, lending.QuoteKey{ID: 1, Secret: bytes.Repeat([]byte{9}, 32)}).Decode(id, 3, quoteNow)
	wantReason(t, err, lending.ReasonQuoteInvalid)
}

func TestQuoteRefusesEveryChangedCharacter(t *testing.T) {
	c := codec(t, quoteKey(1))
	q, _ := lending.NewQuote(demo(t, 301), 3, quoteNow, time.Hour)
	id, err := c.Encode(q)
	if err != nil {
		t.Fatal(err)
	}
	for i := range id {
		for _, other := range []byte("Aa0_-+= \x00") {
			if id[i] == other {
				continue
			}
			_, err := c.Decode(id[:i]+string(other)+id[i+1:], 3, quoteNow)
			wantReason(t, err, lending.ReasonQuoteInvalid)
		}
		for _, cut := range []string{id[:i], id[i+1:], id + id[:i+1]} {
			_, err := c.Decode(cut, 3, quoteNow)
			wantReason(t, err, lending.ReasonQuoteInvalid)
		}
	}
}

func TestQuoteNoticesAnEditedProduct(t *testing.T) {
	p := demo(t, 301)
	q, _ := lending.NewQuote(p, 3, quoteNow, time.Hour)
	for name, edit := range map[string]func(*lending.Product){
		"penalty": func(p *lending.Product) { p.PenaltyDailyBps++ }, "grace": func(p *lending.Product) { p.GraceMode = lending.GraceClawback },
		"order": func(p *lending.Product) { p.Allocation[0], p.Allocation[1] = p.Allocation[1], p.Allocation[0] }, "fee": func(p *lending.Product) { p.ServiceFee++ },
		"version": func(p *lending.Product) { p.Version++ }, "rebate": func(p *lending.Product) { p.RebateInterest = true }, "extension": func(p *lending.Product) { p.MaxExtensions++ },
	} {
		edited := p
		edit(&edited)
		if q.Matches(edited) {
			t.Errorf("%s: not noticed", name)
		}
	}
	p.Name = "another name"
	if !q.Matches(p) {
		t.Error("a new name broke the promise")
	}
}

func TestQuoteCodecRefusesBadKeysAndQuotes(t *testing.T) {
	if _, err := lending.NewQuoteCodec(lending.QuoteKey{Secret: make([]byte, 31)}); err == nil {
		t.Error("short secret accepted")
	}
	if _, err := lending.NewQuoteCodec(quoteKey(1), quoteKey(1)); err == nil {
		t.Error("one id twice accepted")
	}
	c := codec(t, quoteKey(1))
	for name, spoil := range map[string]func(*lending.Quote){
		"sums": func(q *lending.Quote) { q.Terms.Due++ }, "borrower": func(q *lending.Quote) { q.BorrowerID = 0 }, "expiry": func(q *lending.Quote) { q.ExpiresAt = q.IssuedAt },
		"fraction": func(q *lending.Quote) { q.IssuedAt = q.IssuedAt.Add(1) }, "negative": func(q *lending.Quote) { q.Terms.ServiceFee = -1 }, "brand": func(q *lending.Quote) { q.Brand = strings.Repeat("x", 33) },
	} {
		q, _ := lending.NewQuote(demo(t, 301), 3, quoteNow, time.Hour)
		spoil(&q)
		if _, err := c.Encode(q); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func FuzzQuoteDecode(f *testing.F) {
	c, err := lending.NewQuoteCodec(quoteKey(1))
	if err != nil {
		f.Fatal(err)
	}
	q, _ := lending.NewQuote(lending.DemoProducts()[0], 3, quoteNow, time.Hour)
	id, _ := c.Encode(q)
	f.Add(id)
	f.Add("")
	f.Add("AQE")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := c.Decode(s, 3, quoteNow)
		if (err == nil) != (s == id) || (err == nil && got != q) {
			t.Fatalf("%q: %+v, %v", s, got, err)
		}
	})
}
