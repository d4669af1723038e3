package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestMatrixOwners puts every name of every thing of one borrower, as the database and the API know them, into every field of every
// operation that can name a thing, as another borrower of the brand (at full size: into every field, the other way round, and as one of
// another brand). The answer must be the one that a name gets which nobody has, must tell nothing of the owner, and must leave every row
// of the owner as it was.
func TestMatrixOwners(t *testing.T) {
	watch := &stoppable{}
	w := newWorld(t, testapp.Options{Clock: watch})
	w.addBrand()
	one := w.register().profile().account("12").bind().apply(5)
	two := w.register().profile().account("13").bind().apply(5)
	// Two who can still apply: only they get as far as the quote and the coupon.
	three, four := w.register().profile().account("14"), w.register().profile().account("15")
	one.coupon()
	four.coupon()
	stranger := w.registerWith(second)
	quiet(w)
	watch.stop()
	m := &ownersMatrix{world: w, random: rand.New(rand.NewPCG(seed(t), 3))}
	type pair struct{ thief, owner *borrower }
	pairs := []pair{{one, two}, {three, four}}
	if full() {
		pairs = append(pairs, pair{two, one}, pair{four, three}, pair{stranger, one}, pair{one, stranger})
	}
	for _, p := range pairs {
		m.try(p.thief, p.owner)
	}
	fmt.Printf("RESULT matrix-owners cells=%d requests=%d operations=%d fields=%d things=%d leaks=%d\n", m.cells, m.requests, len(m.operations), len(m.fields), len(m.kinds), m.leaks)
	if m.cells < 600 || len(m.kinds) < 15 {
		t.Errorf("only %d cells of %d kinds of things", m.cells, len(m.kinds))
	}
}

type ownersMatrix struct {
	*world
	random                 *rand.Rand
	cells, requests, leaks int
	operations             map[string]bool
	fields                 map[string]bool
	kinds                  map[string]bool
}

// byDesign are fields whose answer is to everybody who knows the name: a paper is checked by who was handed it.
var byDesign = []string{"verifyDocument code"}

// namesAThing tells whether a field is one that names something.
func namesAThing(op *contract.Operation, f contract.Field) bool {
	last := f.Name[strings.LastIndex(f.Name, ".")+1:]
	if last == "deviceId" || last == "clickId" {
		return false // the caller's own names
	}
	return last == "id" || strings.HasSuffix(last, "Id") || last == "reference" || f.In == "path" || (last == "code" && f.In == "query") || (op.BodyType == contract.UploadBody && f.In == "form")
}

// try lets one borrower ask for all things of another one.
func (m *ownersMatrix) try(thief, owner *borrower) {
	m.Helper()
	things := m.things(owner)
	before := m.rows(owner)
	for _, op := range m.doc.Operations {
		if op.Auth == contract.Gateway || op.ID == "eraseUser" && thief.loan == "" {
			continue // the gateway is no borrower; a borrower without a loan would be gone
		}
		asked := false
		for _, f := range op.Fields() {
			if !full() && !namesAThing(op, f) {
				continue
			}
			asked = true
			for _, kind := range slices.Sorted(maps.Keys(things)) {
				m.cell(thief, op, f, kind, things)
			}
		}
		if !asked {
			continue
		}
		if after := m.rows(owner); !maps.Equal(before, after) {
			m.leak("%s by another borrower changes the owner's rows: %v, then %v", op.ID, before, after)
			before = after
		}
	}
}

// cell asks for one thing in one field, and for one that nobody has.
func (m *ownersMatrix) cell(thief *borrower, op *contract.Operation, f contract.Field, kind string, things map[string]string) {
	m.Helper()
	name, value := op.ID+" "+f.Name, things[kind]
	m.cells++
	for set, of := range map[*map[string]bool]string{&m.operations: op.ID, &m.fields: name, &m.kinds: kind} {
		if *set == nil {
			*set = map[string]bool{}
		}
		(*set)[of] = true
	}
	real := m.ask(thief, op, f, value)
	for other, secret := range things {
		if other != kind && secret != value && len(secret) > 7 && strings.Contains(string(real.Raw), secret) && !slices.Contains(byDesign, name) {
			m.leak("%s with another borrower's %s tells their %s: %s", name, kind, other, real)
		}
	}
	if slices.Contains(byDesign, name) {
		return
	}
	ghost := m.ask(thief, op, f, contract.Likeness(m.random, value))
	for ghost.Reason == "CARD_NUMBER_REFUSED" && real.Reason != ghost.Reason { // digits of chance can look like a card's
		ghost = m.ask(thief, op, f, contract.Likeness(m.random, value))
	}
	if real.Reason == "CARD_NUMBER_REFUSED" {
		return // refused for its digits, whoever it belongs to
	}
	if real.Status != ghost.Status || real.Reason != ghost.Reason || (real.Status != http.StatusOK && plain(real) != plain(ghost)) {
		m.leak("%s tells another borrower's %s from one that nobody has: %s and %s", name, kind, real, ghost)
	}
}

func (m *ownersMatrix) leak(format string, args ...any) {
	m.Helper()
	if m.leaks++; m.leaks < 30 {
		m.Errorf(format, args...)
	}
}

// ask sends a request of the thief's own, with the value in one field.
func (m *ownersMatrix) ask(thief *borrower, op *contract.Operation, f contract.Field, value string) answer {
	m.Helper()
	m.requests++
	c := call{Request: f.Set(m.own(thief, op.ID).Request, value), token: thief.token}
	if op.Auth == contract.Public {
		c.token = ""
	}
	a, err := m.world.try(c)
	if err != nil {
		m.Fatalf("%s: %v; sent %s", op.ID, err, shown(c.Request))
	}
	return a
}

// own is a request whose other fields name things of the caller's own, so that the one that is tried decides.
func (m *ownersMatrix) own(b *borrower, operation string) call {
	switch operation {
	case "repayLoan":
		return b.call(operation, map[string]any{"id": cmp.Or(b.loan, "182400441253888"), "cardId": cmp.Or(b.card, "182400441253888"), "amount": "100"})
	case "setDefaultCard":
		return b.call(operation, map[string]any{"id": cmp.Or(b.card, "182400441253888"), "password": password})
	case "getPayoff":
		return b.get(operation, map[string]string{"id": cmp.Or(b.loan, "182400441253888"), "date": ""})
	case "applyLoan":
		return b.applyCall("301", nil)
	}
	return b.call(operation, nil)
}

// things are the names of what a borrower has: of every table with rows of theirs the newest's, and what only the API names.
func (m *ownersMatrix) things(b *borrower) map[string]string {
	m.Helper()
	all := map[string]string{"the borrower": b.uid, "mobile": b.mobile}
	for _, column := range testkit.Texts(m.T, m.app.DatabaseURL, `SELECT c.table_name || ' ' || c.column_name || ' ' || o.column_name FROM information_schema.columns c
		JOIN information_schema.columns o ON o.table_schema = c.table_schema AND o.table_name = c.table_name AND o.column_name IN ('borrower_id', 'loan_id')
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
		WHERE c.table_schema = 'public' AND c.column_name IN ('id', 'reference', 'indent_no', 'code')`) {
		parts := strings.Fields(column)
		whose := parts[2] + ` = $1`
		if parts[2] == "loan_id" {
			whose = `loan_id IN (SELECT id FROM loans WHERE borrower_id = $1)`
		}
		for _, value := range testkit.Texts(m.T, m.app.DatabaseURL, `SELECT `+parts[1]+`::text FROM `+parts[0]+` WHERE `+whose+` AND `+parts[1]+`::text <> '' ORDER BY 1 DESC LIMIT 1`, mustInt(b.uid)) {
			all[parts[0]+" "+parts[1]] = value
		}
	}
	if b.card != "" {
		var detail struct{ QuoteID string }
		m.ok(b.get("getLoanProduct", map[string]string{"id": "301"})).into(m, &detail)
		all["quote"] = detail.QuoteID
	}
	if b.loan != "" {
		all["paper"], all["picture"] = b.paper(), b.image()
	}
	for kind, value := range all {
		if len(value) < 6 {
			delete(all, kind) // a small number names nothing of anybody
		}
	}
	return all
}

// rows are checksums of every table's rows of a borrower.
func (m *ownersMatrix) rows(b *borrower) map[string]string {
	m.Helper()
	tables := testkit.Texts(m.T, m.app.DatabaseURL, `SELECT DISTINCT ON (c.table_name) c.table_name || ' ' || c.column_name FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name IN ('borrower_id', 'loan_id')
		AND c.table_name NOT IN ('operations') ORDER BY c.table_name, c.column_name`)
	var asks []string
	for _, table := range append(tables, "borrowers id") {
		name, column, _ := strings.Cut(table, " ")
		whose := column + ` = $1`
		if column == "loan_id" {
			whose = `loan_id IN (SELECT id FROM loans WHERE borrower_id = $1)`
		}
		asks = append(asks, `SELECT '`+name+` ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM `+name+` t WHERE `+whose)
	}
	sums := map[string]string{}
	for _, line := range testkit.Texts(m.T, m.app.DatabaseURL, strings.Join(asks, " UNION ALL "), mustInt(b.uid)) {
		name, sum, _ := strings.Cut(line, " ")
		sums[name] = sum
	}
	return sums
}

var changing = regexp.MustCompile(`"(requestId|token)":"[^"]*"`)

// plain is an answer without what is different in every answer.
func plain(a answer) string { return changing.ReplaceAllString(string(a.Raw), "") }

// registerWith makes a borrower of another brand by a code.
func (w *world) registerWith(brand string) *borrower {
	w.Helper()
	b := &borrower{w: w, mobile: newMobile()}
	w.ok(call{Request: w.request("sendCode").WithJSON(map[string]any{"mobile": b.mobile, "purpose": 1})}.with("X-App-Code", brand))
	w.eventually(15*time.Second, "a text message", func() bool { return len(w.codes(b.mobile)) > 0 })
	var user struct{ UID, Token, AppCode string }
	w.ok(call{Request: w.request("register").WithJSON(map[string]any{"mobile": b.mobile, "code": w.codes(b.mobile)[0], "password": password, "deviceId": device(b.mobile)})}.
		with("X-App-Code", brand)).into(w, &user)
	if user.AppCode != brand {
		w.Fatalf("the borrower belongs to %s", user.AppCode)
	}
	b.uid, b.token = user.UID, user.Token
	return b
}
