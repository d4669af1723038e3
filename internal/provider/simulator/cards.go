package simulator

import (
	"regexp"
	"strings"
)

// A card is an opaque token that ends in a digit: never a card number, so at most four digits. A bare last four ("4081")
// is a card of the payer who uses it; a token with a name ("shared-4081") is one and the same card for everybody, which
// shows in its signature.
var cardToken = regexp.MustCompile(`^[A-Za-z0-9-]{0,31}[0-9]$`)

// isCard reports whether text may stand for a card.
func isCard(text string) bool {
	return cardToken.MatchString(text) && len(digitsOf(text)) <= 4
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// brands and their first six digits, chosen by card.
var brands = []struct{ name, bin string }{{"visa", "408408"}, {"mastercard", "539983"}, {"verve", "507850"}}

// bind makes the authorization of a card for an e-mail address: always the same one.
func (s *Simulator) bind(email, card string) Authorization {
	owner := strings.ToLower(email)
	if digitsOf(card) != card {
		owner = ""
	}
	_, once := s.faults.take(FaultNotReusable, card+" "+email)
	last4 := ("0000" + digitsOf(card))[len(digitsOf(card)):]
	brand := brands[int(last4[0]-'0')%len(brands)]
	return Authorization{
		Code: s.code("AUTH_", 12, strings.ToLower(email), card), Email: email, Card: card,
		Signature: s.code("SIG_", 20, owner, card), Last4: last4, BIN: brand.bin, Brand: brand.name, Reusable: !once,
	}
}

func cardView(a Authorization) map[string]any {
	return map[string]any{
		"authorization_code": a.Code, "bin": a.BIN, "last4": a.Last4, "exp_month": "12", "exp_year": "2030",
		"channel": "card", "card_type": a.Brand + " DEBIT", "bank": "Test Bank", "country_code": "NG", "brand": a.Brand,
		"reusable": a.Reusable, "signature": a.Signature, "account_name": nil,
	}
}
