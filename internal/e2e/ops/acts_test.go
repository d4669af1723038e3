package ops

import (
	"testing"

	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestActs carries out every act of the staff with what it does to loans, books and the audit trail, and holds all books against
// each other after each part.
func TestActs(t *testing.T) {
	for name, part := range map[string]func(*world){
		"reviews": (*world).reviews, "payouts": (*world).payouts, "waivers": (*world).waivers, "second person": (*world).secondPerson,
		"write-offs": (*world).writeOffs, "unmatched payments": (*world).unmatched, "credits": (*world).credits,
		"products": (*world).products, "decisions": (*world).decisions, "listings": (*world).listings, "borrowers": (*world).borrowers,
		"alerts": (*world).alerts, "brands": (*world).brands, "trails": (*world).trails,
	} {
		t.Run(name, func(t *testing.T) {
			var o testapp.Options
			if name == "payouts" { // where some transfers stay pending
				o.Env = []string{"CP_SIMULATOR_TRANSFER_TIME=1h"}
			}
			w := newWorld(t, nil, o)
			part(w)
			w.balanced()
		})
	}
}
