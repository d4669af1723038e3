package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// DemoBrand is the seed's brand, DemoPrefix begins its indent numbers.
const (
	DemoBrand  = "CycleCash"
	DemoPrefix = "CL"
)

// DemoProducts are the seed's five products (terms of 7 and 14 days, which break Google Play's rule) and three that are compliant.
// Prices of the first five are the sample's; their penalty, and the other three, are ours.
func DemoProducts() []Product {
	from := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	short := func(id int64, name string, principal money.Kobo, days int, service money.Kobo, prior int) Product {
		return Product{
			ID: id, Brand: DemoBrand, Name: name, Principal: principal, TermDays: days, ServiceFee: service, InterestDailyBps: 50,
			MinPriorLoans: prior, EffectiveFrom: from,
			Conditions: Conditions{PenaltyDailyBps: 100, PenaltyCapBps: 5_000, ExtensionFee: service / 2, ExtensionDays: days, MaxExtensions: 2},
		}.WithDefaults()
	}
	long := func(id int64, name string, principal money.Kobo, days int, service money.Kobo, bps, prior int) Product {
		return Product{
			ID: id, Brand: DemoBrand, Name: name, Principal: principal, TermDays: days, ServiceFee: service, InterestDailyBps: bps,
			MinPriorLoans: prior, EffectiveFrom: from,
			Conditions: Conditions{
				PenaltyDailyBps: 20, PenaltyCapBps: 2_000, GraceDays: 3, ExtensionFee: service / 2, ExtensionDays: 30, MaxExtensions: 1,
				RebateInterest: true,
			},
		}.WithDefaults()
	}
	return []Product{
		short(301, "Quick 6,000", 600_000, 7, 229_000, 0),
		short(302, "Quick 8,000", 800_000, 7, 302_000, 0),
		short(303, "Quick 10,000", 1_000_000, 7, 365_000, 0),
		short(306, "Quick 16,000", 1_600_000, 7, 604_000, 1),
		short(375, "Quick 16,000 for 14 days", 1_600_000, 14, 778_000, 1),
		long(401, "Steady 10,000", 1_000_000, 91, 50_000, 10, 0),
		long(402, "Steady 20,000", 2_000_000, 91, 90_000, 8, 0),
		long(403, "Steady 50,000", 5_000_000, 120, 150_000, 7, 3),
	}
}
