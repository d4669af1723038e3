package population

import "fmt"

// Report is what a life came to.
type Report struct {
	Borrowers, Loans, Days                                                              int
	Payments, Extensions, Waivers, WriteOffs, Recoveries, Refunds, Repeats, SkippedRuns int
	Coupons, Returned                                                                   int
	Checked                                                                             int64 // loans held against the books as the wire shows them, each time counted
	Answers                                                                             int64 // loans held against the books as a server answered them
	Differences                                                                         []string
}

// Figures are the report as the words of a RESULT line.
func (r Report) Figures() string {
	return fmt.Sprintf("borrowers=%d loans=%d days=%d payments=%d extensions=%d waivers=%d coupons=%d write_offs=%d recoveries=%d refunds=%d returned_payouts=%d skipped_runs=%d wire_checks=%d http_checks=%d differences=%d",
		r.Borrowers, r.Loans, r.Days, r.Payments, r.Extensions, r.Waivers, r.Coupons, r.WriteOffs, r.Recoveries, r.Refunds, r.Returned, r.SkippedRuns, r.Checked, r.Answers,
		len(r.Differences))
}
