//go:build volume

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/creditpocket/creditpocket/internal/contract"
)

// volume is the world of a run at volume.
type volume struct {
	*world
	bad, good *tally
	thief     *borrower
	owners    []*borrower
	strange   []stranger
}

// stranger is somebody who may not do what is asked. The header is made anew for every request.
type stranger struct {
	name    string
	header  func(*rand.Rand) string // Authorization
	app     func(*rand.Rand) string // X-App-Code
	status  int
	reasons []string
	ended   bool // a session that has ended: no reason to refuse its end
}

// base64url is what session tokens are made of.
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func token(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = base64url[r.IntN(len(base64url))]
	}
	return string(b)
}

// invite makes who is in the play: a borrower who can do everything, owners of what is not hers, and those who may nothing.
func (v *volume) invite() {
	v.addBrand()
	whole := func(end string) *borrower { return v.register().profile().account(end).bind().apply(5) }
	v.thief, v.owners = whole("12"), []*borrower{whole("13"), whole("14")}
	blocked := v.register()
	revoked, expired, idle := v.thief.login(), v.thief.login(), v.thief.login()
	v.ok(call{Request: v.request("postLogout"), token: revoked})
	v.expire(expired, "expires_at")
	v.expire(idle, "idle_expires_at")
	blocked.block()

	live := v.thief.token
	same := func(s string) func(*rand.Rand) string { return func(*rand.Rand) string { return s } }
	none := []string{"UNAUTHENTICATED"}
	dead := []string{"SESSION_EXPIRED"}
	v.strange = []stranger{
		{"no token", same(""), nil, http.StatusUnauthorized, none, false},
		{"token without a scheme", same(live), nil, http.StatusUnauthorized, none, false},
		{"token of another scheme", func(r *rand.Rand) string {
			return []string{"Basic ", "Digest ", "bearertoken ", "Token ", "Negotiate "}[r.IntN(5)] + live
		}, nil, http.StatusUnauthorized, none, false},
		{"empty token", same("Bearer "), nil, http.StatusUnauthorized, none, false},
		{"token of no session", func(r *rand.Rand) string { return "Bearer " + token(r, 43) }, nil, http.StatusUnauthorized, none, false},
		{"token of another length", func(r *rand.Rand) string {
			if n := 1 + r.IntN(120); n != 43 {
				return "Bearer " + token(r, n)
			}
			return "Bearer " + token(r, 44)
		}, nil, http.StatusUnauthorized, none, false},
		{"huge token", func(r *rand.Rand) string { return "Bearer " + token(r, 5000+r.IntN(4000)) }, nil, http.StatusUnauthorized, none, false},
		{"token with one letter changed", func(r *rand.Rand) string {
			b := []byte(live)
			for i := r.IntN(42); string(b) == live; { // the last letter holds two bits that count for nothing
				b[i] = base64url[r.IntN(len(base64url))]
			}
			return "Bearer " + string(b)
		}, nil, http.StatusUnauthorized, none, false},
		{"token that is none", func(r *rand.Rand) string {
			return "Bearer " + []string{"' OR 1=1 --", "null", "../../etc/passwd", "%00", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "\"" + live + "\"", live + " " + live, "\xff\xfe\xfd", "é漢"}[r.IntN(9)]
		}, nil, http.StatusUnauthorized, none, false},
		{"revoked session", same("Bearer " + revoked), nil, http.StatusUnauthorized, dead, true},
		{"expired session", same("Bearer " + expired), nil, http.StatusUnauthorized, dead, true},
		{"session that was idle too long", same("Bearer " + idle), nil, http.StatusUnauthorized, dead, true},
		{"blocked borrower", same("Bearer " + blocked.token), nil, http.StatusForbidden, []string{"ACCOUNT_BLOCKED"}, false},
		{"session of another brand", same("Bearer " + live), same(second), http.StatusForbidden, []string{"WRONG_APP"}, false},
		{"unknown brand", same("Bearer " + live), func(r *rand.Rand) string { return "No" + token(r, 1+r.IntN(30)) }, http.StatusUnauthorized, []string{"UNKNOWN_APP"}, false},
	}
}

// senders is how many requests are on their way at once.
const senders = 4

// together runs the work of a channel by several senders.
func together(jobs <-chan func()) {
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for job := range jobs {
				job()
			}
		})
	}
	all.Wait()
}

// broken sends requests that each break one rule of the contract: with whole all that the contract can name, otherwise around a
// request that chance chooses.
func (v *volume) broken(random *rand.Rand, whole bool) {
	jobs := make(chan func(), senders)
	go func() {
		defer close(jobs)
		for _, op := range v.doc.Operations {
			all := op.Variations(random, photos(v.T)...)
			if whole {
				all = op.Mutations(random, photos(v.T)...)
			}
			for m := range all {
				jobs <- func() {
					a, err := v.tryMutation(m, v.thief.token)
					problem := ""
					if err == nil {
						problem = problemOf(m, a)
					}
					v.bad.note(string(m.Kind), m.Operation.ID, a, err, problem)
				}
			}
		}
	}()
	together(jobs)
}

// strangers lets those who may nothing ask for everything, with requests that are good or broken.
func (v *volume) strangers(random *rand.Rand) {
	jobs := make(chan func(), senders)
	go func() {
		defer close(jobs)
		for _, op := range v.doc.Operations {
			for _, s := range v.strange {
				c := call{Request: op.Random(random, photos(v.T)...)}
				switch ends := op.ID == "logout" || op.ID == "postLogout"; {
				case ends && s.ended, op.Auth == contract.Gateway && s.app == nil:
					continue
				case op.Auth != contract.Session && s.reasons[0] != "UNKNOWN_APP":
					continue
				}
				if h := s.header(random); h != "" && op.Auth != contract.Public && op.Auth != contract.Gateway {
					c = c.with("Authorization", h)
				}
				if s.app != nil {
					c = c.with("X-App-Code", s.app(random))
				}
				jobs <- func() { v.refused(s.name, c, s.status, s.reasons) }
			}
			if op.Auth == contract.Gateway {
				c := call{Request: op.Random(random)}.with("X-Paystack-Signature", fmt.Sprintf("%0128x", random.Uint64()))
				jobs <- func() {
					v.refused("signature of somebody else", c, http.StatusUnauthorized, []string{"SIGNATURE_INVALID"})
				}
			}
		}
	}()
	together(jobs)
}

// refused sends a call and expects a refusal.
func (v *volume) refused(kind string, c call, status int, reasons []string) answer {
	a, err := v.try(c)
	problem := ""
	if err == nil && (a.Status != status || !slices.Contains(reasons, a.Reason)) {
		problem = fmt.Sprintf("expected %d %v, got %s; sent %s", status, reasons, a, shown(c.Request))
	}
	v.bad.note(kind, c.Operation.ID, a, err, problem)
	return a
}

// thieves asks for what belongs to others: the answer is that for what does not exist, to the letter.
func (v *volume) thieves(random *rand.Rand) {
	owner := v.owners[random.IntN(len(v.owners))]
	for _, k := range v.belongings(random, owner, owner.loan, owner.card, owner.reference, owner.image()) {
		a := v.refused("another borrower's "+k.what, k.call, http.StatusNotFound, []string{k.reason})
		ghost := fmt.Sprint(1_000_000_000_000_000_000 + random.Int64N(1_000_000_000_000_000_000))
		for _, g := range v.belongings(random, owner, ghost, ghost, "cb_"+strings.ToLower(token(random, 30)), fmt.Sprintf("%08x-0000-4000-8000-%012x", random.Uint32(), random.Int64N(1<<48))) {
			if g.call.Operation.ID != k.call.Operation.ID || g.what != k.what {
				continue
			}
			b := v.refused("unknown "+k.what, g.call, http.StatusNotFound, []string{k.reason})
			if x, y := plain(a), plain(b); x != y {
				v.Errorf("%s tells another borrower's %s from an unknown one: %s and %s", k.call.Operation.ID, k.what, x, y)
			}
		}
		for _, secret := range []string{owner.mobile, owner.loan, owner.card, owner.uid} {
			if strings.Contains(string(a.Raw), secret) {
				v.Errorf("%s tells of the owner: %s", k.call.Operation.ID, a)
			}
		}
	}
}

// belonging is a call that names a thing of a borrower.
type belonging struct {
	what   string
	call   call
	reason string
}

// belongings are calls of the thief for things of these names, one for every place of the contract where one can be named.
func (v *volume) belongings(random *rand.Rand, owner *borrower, loan, card, reference, picture string) []belonging {
	b := v.thief
	amount := fmt.Sprint(1 + random.IntN(100_000))
	image := b.call("getImage", nil)
	image.Path["code"] = picture
	all := []belonging{
		{"account", b.call("setDefaultCard", map[string]any{"id": card}), "CARD_NOT_FOUND"},
		{"account", b.call("ensureTransferRecipient", map[string]any{"cardId": card}), "CARD_NOT_FOUND"},
		{"account", b.get("getCardBindAmount", map[string]string{"cardId": card}), "CARD_NOT_FOUND"},
		{"account", b.call("repayLoan", map[string]any{"id": b.loan, "cardId": card, "amount": amount}), "CARD_NOT_FOUND"},
		{"card check", b.get("verifyCardBind", map[string]string{"reference": reference}), "BIND_NOT_FOUND"},
		{"picture", image, "IMAGE_NOT_FOUND"},
		{"loan", b.call("repayLoan", map[string]any{"id": loan, "cardId": b.card, "amount": amount}), "LOAN_NOT_FOUND"},
		{"loan", b.call("extendLoan", map[string]any{"id": loan}), "LOAN_NOT_FOUND"},
	}
	for _, operation := range []string{"getRepayment", "getPayoff", "getExtension", "getStatement", "getStatementPdf", "getClearance", "getClearancePdf"} {
		query := map[string]string{"id": loan}
		if operation == "getPayoff" {
			query["date"] = ""
		}
		all = append(all, belonging{"loan", b.get(operation, query), "LOAN_NOT_FOUND"})
	}
	return all
}

// welcome sends requests that keep every rule, as a borrower who may.
func (v *volume) welcome(random *rand.Rand, n int) {
	jobs := make(chan func(), senders)
	go func() {
		defer close(jobs)
		for i := range n {
			op := v.doc.Operations[i%len(v.doc.Operations)]
			c := call{Request: op.Random(random, photos(v.T)...), token: v.owners[0].token}
			if op.ID == "logout" || op.ID == "postLogout" || op.Auth == contract.Public || op.Auth == contract.Gateway {
				c.token = ""
			}
			jobs <- func() {
				a, err := v.try(c)
				problem := ""
				if err == nil && a.Status >= 500 {
					problem = "sent " + shown(c.Request)
				}
				v.good.note(fmt.Sprint(a.Status), op.ID, a, err, problem)
			}
		}
	}()
	together(jobs)
}
