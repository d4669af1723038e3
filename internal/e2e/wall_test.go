package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestBrandWall lets a borrower of another brand ask for a loan by its id. With the build tag planted_owner the program has forgotten to
// ask whose the loan is: a borrower of the same brand sees it then, which shows that the bug is real, and the database still keeps it
// from the other brand.
func TestBrandWall(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	w.addBrand()
	owner := w.register().profile().account("12").apply(5)
	neighbour := w.register()
	stranger := w.registerWith(second)
	for _, operation := range []string{"getPayoff", "getStatement", "getExtension", "getRepayment"} {
		query := map[string]string{"id": owner.loan}
		if operation == "getPayoff" {
			query["date"] = ""
		}
		a := w.send(stranger.get(operation, query))
		if a.Status != http.StatusNotFound || strings.Contains(string(a.Raw), owner.mobile) {
			t.Errorf("%s gives a loan to another brand's borrower: %s", operation, a)
		}
		if operation == "getRepayment" {
			continue // with the bug it would open a payment page
		}
		a = w.send(neighbour.get(operation, query))
		if leaks := a.Status == http.StatusOK; leaks == store.OwnsLoans {
			t.Errorf("%s to a borrower of the same brand, where the program asks whose the loan is: %t: %s", operation, store.OwnsLoans, a)
		}
	}
	w.ok(owner.get("getPayoff", map[string]string{"id": owner.loan, "date": ""}))
}
