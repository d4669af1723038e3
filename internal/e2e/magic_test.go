package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestMagicAccounts: every account ending that steers the simulator, through the API alone: what the loan comes to, what the gateway's books
// hold, and that ours agree with them.
func TestMagicAccounts(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	none := w.register().profile()
	w.want(none.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "00", "isDefault": 1}), http.StatusUnprocessableEntity, "ACCOUNT_NOT_RESOLVED")
	for _, row := range []struct {
		end, does string
		state     int
		transfer  string
	}{
		{"01", "pending, then success", 5, "success"},
		{"02", "pending, then failed", 41, "failed"},
		{"03", "success, later reversed", 63, "reversed"},
		{"04", "accepted, then no answer", 5, "success"},
		{"05", "500 before it is accepted", 5, "success"},
		{"06", "500 after it is accepted", 5, "success"},
		{"07", "otp, abandoned later", 41, "abandoned"},
	} {
		t.Run(row.end, func(t *testing.T) {
			w := w.in(t)
			before := len(w.app.Simulator.Transfers())
			b := w.register().profile().account(row.end)
			var page struct{ List []loanView }
			w.ok(b.applyCall("301", nil)).into(w, &page)
			var last loanView
			over := func() bool {
				w.ok(b.call("getLatestLoan", nil)).into(w, &last)
				sent := w.app.Simulator.Transfers()
				return len(sent) > before && sent[len(sent)-1].Status == row.transfer && last.Status == row.state
			}
			deadline := time.Now().Add(40 * time.Second)
			for !over() && time.Now().Before(deadline) {
				time.Sleep(50 * time.Millisecond)
			}
			sent := w.app.Simulator.Transfers()[before:]
			if last.Status != row.state || len(sent) != 1 || sent[0].Status != row.transfer {
				t.Errorf("%s: the loan has status %d, the gateway's transfers are %+v", row.does, last.Status, sent)
			}
		})
	}
	noDifference(t, w.app)
	w.reconciles()
}
