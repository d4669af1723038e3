package wire

import (
	"math"
	"strconv"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/origination"
)

// LoanProduct shows an offer.
func LoanProduct(o origination.Offer) api.LoanProduct {
	p, t := o.Product, o.Terms
	return api.LoanProduct{
		ID: ID(p.ID), Name: p.Name, Balance: t.Principal.Wire(), Cycle: Int32(t.TermDays), ServiceFee: t.ServiceFee.Wire(), Interest: t.Interest.Wire(),
		SuffixFee: t.SuffixFee.Wire(), ShouldbackFee: t.Due.Wire(), Fee: t.UpfrontFee.Wire(), ActualBalance: t.Disbursed.Wire(),
		InterestDailyBps: Int32(p.InterestDailyBps), PenaltyDailyBps: Int32(p.PenaltyDailyBps), PenaltyCapBps: Int32(p.PenaltyCapBps),
		GraceDays: Int32(p.GraceDays), Apr: apr(t.APRBps()), MinLoanCount: Int32(p.MinPriorLoans), Eligible: Flag(o.Eligible()),
		IneligibleReason: o.Ineligible, Compliant: Flag(o.Compliant),
	}
}

// maxAPR is the wire's bound of a nominal annual rate, in basis points: a million percent.
const maxAPR = 100_000_000

func apr(bps int64) int32 { return int32(min(max(bps, 0), maxAPR, math.MaxInt32)) }

// LoanProducts shows a list of offers.
func LoanProducts(offers []origination.Offer) []api.LoanProduct {
	list := make([]api.LoanProduct, len(offers))
	for i, o := range offers {
		list[i] = LoanProduct(o)
	}
	return list
}

// LoanProductPage shows a page of offers.
func LoanProductPage(p origination.OfferPage) api.LoanProductPage {
	return api.LoanProductPage{List: LoanProducts(p.Offers), Total: strconv.Itoa(p.Total)}
}

// LoanProductDetail shows an offer with its whole cost in figures and words, and the quote.
func LoanProductDetail(d origination.Detail) api.LoanProductDetail {
	p, c := LoanProduct(d.Offer), d.Product.Conditions
	warnings := d.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	out := api.LoanProductDetail{
		ID: p.ID, Name: p.Name, Balance: p.Balance, Cycle: p.Cycle, ServiceFee: p.ServiceFee, Interest: p.Interest, SuffixFee: p.SuffixFee,
		ShouldbackFee: p.ShouldbackFee, Fee: p.Fee, ActualBalance: p.ActualBalance, InterestDailyBps: p.InterestDailyBps,
		PenaltyDailyBps: p.PenaltyDailyBps, PenaltyCapBps: p.PenaltyCapBps, GraceDays: p.GraceDays, Apr: p.Apr, MinLoanCount: p.MinLoanCount,
		Eligible: p.Eligible, IneligibleReason: p.IneligibleReason, Compliant: p.Compliant,
		QuoteID: d.QuoteID, QuoteExpireTime: Time(d.QuoteExpires), DueTime: Time(d.DueAt), PenaltyRule: c.PenaltyText(), EarlyRule: c.EarlyText(),
		GraceRule: c.GraceText(), ExtensionFee: "0", MaxExtensions: Int32(c.MaxExtensions), TotalCost: d.Terms.TotalCharge().Wire(),
		PolicyWarnings: warnings,
	}
	if c.MaxExtensions > 0 {
		out.ExtensionFee = c.ExtensionFee.Wire()
	}
	return out
}
