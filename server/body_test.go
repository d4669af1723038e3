package server

import (
	"context"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
)

// A handler sees the defaults of the contract, whichever of the parameters were sent and however they were written.
func TestDefaultsOfTheQueryReachTheHandler(t *testing.T) {
	for _, check := range []ContractCheck{Compiled, Kin} {
		f := newFixture(t, Config{Contract: check})
		answer := example[api.LoanPageResponse](t, "/loan/record/page", "GET")
		var got api.ListLoansParams
		f.handlers.loans = func(_ context.Context, r api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
			got = r.Params
			return api.ListLoans200JSONResponse(answer), nil
		}
		for query, want := range map[string][2]int32{"": {1, 10}, "?pageNum=3": {3, 10}, "?pageSize=7": {1, 7}, "?pageNum=2&pageSize=5": {2, 5}, "?%70ageNum=4": {4, 10}, "?pageSize=%39&pageNum=2": {2, 9}} {
			if r := f.do("GET", "/loan/record/page"+query, "", bearerLive); r.StatusCode != 200 {
				t.Fatalf("%q: %d %s", query, r.StatusCode, r.raw)
			}
			if got.PageNum == nil || got.PageSize == nil || int32(*got.PageNum) != want[0] || int32(*got.PageSize) != want[1] {
				t.Errorf("check %d, %q: the handler saw %+v, want %v", check, query, got, want)
			}
		}
	}
}
