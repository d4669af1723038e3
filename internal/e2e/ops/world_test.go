package ops

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

const (
	brand  = "CycleCash"
	second = "SecondBrand"
	reason = "The test says so."
)

// The shorthand of statuses.
const (
	badRequest = http.StatusBadRequest
	notFound   = http.StatusNotFound
	conflict   = http.StatusConflict
	refused    = http.StatusUnprocessableEntity
	forbidden  = http.StatusForbidden
	away       = http.StatusServiceUnavailable
)

// world is a running server with a clock of its own, and a judge that sees every answer of the operators' API. Approved loans wait
// for an operator's release.
type world struct {
	*testing.T
	app    *testapp.App
	doc    *contract.Document
	judge  *contract.Transport
	client *http.Client
	clock  *clock.Offset
	base   string
	keys   map[string]string // of operators, by role or name
}

// morning is how far the clocks of these tests are ahead of the machine's at their beginning: it is nine in the morning in Lagos then, so that no
// day ends while a test looks at it, at whatever hour it is run.
var morning = sync.OnceValue(func() time.Duration {
	now := time.Now()
	return clock.DateOf(now).AddDays(1).Start().Add(9 * time.Hour).Sub(now)
})

// newWorld starts a server with an operator of each role, named like the role. judge is nil for a new one.
func newWorld(t *testing.T, judge *contract.Transport, o testapp.Options) *world {
	t.Helper()
	doc, err := contract.LoadOps()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, doc: doc, judge: judge, clock: clock.NewOffset(clock.System{}, morning()), keys: map[string]string{}}
	if w.judge == nil {
		if w.judge, err = contract.NewOpsTransport(&http.Transport{MaxIdleConnsPerHost: 16, ExpectContinueTimeout: 10 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	w.client = &http.Client{Transport: w.judge, Timeout: 60 * time.Second}
	o.Clock = w.clock
	o.Env = append([]string{"CP_PAYOUT_HOLD=1h"}, o.Env...)
	w.app = testapp.New(t, o)
	w.eventually("the operators' API to listen", func() bool { return w.app.OpsURL() != "" })
	w.base = w.app.OpsURL()
	w.eventually("the server to be ready", func() bool {
		resp, err := http.Get(w.base + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	for _, role := range backoffice.Roles() {
		w.hire(string(role), role, "", 24*time.Hour*366)
	}
	return w
}

// in is the world as a subtest sees it.
func (w *world) in(t *testing.T) *world {
	c := *w
	c.T = t
	return &c
}

// hire adds an operator.
func (w *world) hire(name string, role backoffice.Role, of string, life time.Duration) store.Operator {
	w.Helper()
	o, key, err := w.app.Backoffice.AddOperator(w.Context(), backoffice.NewOperator{Name: name, Role: role, Brand: of, Life: life})
	if err != nil {
		w.Fatal(err)
	}
	w.keys[name] = key
	return o
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) eventually(what string, is func() bool) {
	w.Helper()
	for deadline := time.Now().Add(40 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited for %s", what)
		}
	}
}

// call is a request of an operation by an operator.
type call struct {
	*contract.Request
	by   string // name of the operator
	base string
}

// request is a valid request of an operation with values in the place of the contract's examples: path parameters by name, query
// parameters by "?name" ("" leaves one out), the members of the body by name (nil leaves one out). It has a key of its own.
func (w *world) request(by, operation string, values map[string]any) call {
	w.Helper()
	op := w.doc.Operation(operation)
	if op == nil {
		w.Fatalf("there is no operation %s", operation)
	}
	r := op.Valid()
	if r.Header.Get("Idempotency-Key") != "" {
		r.Header.Set("Idempotency-Key", "test-"+rand.Text())
	}
	r.RawQuery = ""
	body := map[string]any{}
	query := url.Values{}
	for _, p := range op.Params {
		if p.In == "query" && p.Required {
			query.Set(p.Name, fmt.Sprint(p.Example))
		}
	}
	for name, value := range values {
		switch name, isQuery := strings.CutPrefix(name, "?"); {
		case isQuery && value == "":
			query.Del(name)
		case isQuery:
			query.Set(name, fmt.Sprint(value))
		case r.Path[name] != "" && (op.Body == nil || op.Body.Properties[name] == nil):
			r.Path[name] = fmt.Sprint(value)
		default:
			body[name] = value
		}
	}
	r.RawQuery = query.Encode()
	if len(body) > 0 {
		path := r.Path
		r = r.WithJSON(body)
		r.Path = path
	}
	return call{Request: r, by: by}
}

// key is the call under an idempotency key.
func (c call) key(key string) call {
	r := *c.Request
	r.Header = r.Header.Clone()
	r.Header.Set("Idempotency-Key", key)
	c.Request = &r
	return c
}

// answer is what came back.
type answer struct {
	Status   int
	Header   http.Header
	Raw      []byte
	Data     json.RawMessage
	Reason   string
	Fields   []string
	Replayed bool
}

func (a answer) String() string { return fmt.Sprintf("%d %s %.600s", a.Status, a.Reason, a.Raw) }

// send sends a call; an answer outside the contract fails the test.
func (w *world) send(c call) answer {
	w.Helper()
	a, err := w.try(c)
	if err != nil {
		w.Fatalf("%s: %v", c.Operation.ID, err)
	}
	return a
}

func (w *world) try(c call) (answer, error) {
	base := w.base
	if c.base != "" {
		base = c.base
	}
	req, err := c.HTTP(context.Background(), base)
	if err != nil {
		return answer{}, err
	}
	if c.by != "" {
		key, ok := w.keys[c.by]
		if !ok {
			return answer{}, fmt.Errorf("nobody is called %s", c.by)
		}
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: resp.StatusCode, Header: resp.Header, Raw: raw, Replayed: resp.Header.Get("Idempotency-Replayed") == "true"}
	var envelope struct{ Data json.RawMessage }
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return a, err
	}
	a.Data = envelope.Data
	if a.Status >= badRequest {
		var problem struct {
			Reason string
			Fields []struct{ Name string }
		}
		if err := json.Unmarshal(a.Data, &problem); err != nil {
			return a, err
		}
		a.Reason = problem.Reason
		for _, f := range problem.Fields {
			a.Fields = append(a.Fields, f.Name)
		}
	}
	return a, nil
}

// post sends JSON to the borrowers' API.
func (w *world) post(address, body string) answer {
	w.Helper()
	resp, err := http.Post(address, "application/json", strings.NewReader(body))
	w.must(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	w.must(err)
	var envelope struct{ Data struct{ Reason string } }
	w.must(json.Unmarshal(raw, &envelope))
	return answer{Status: resp.StatusCode, Header: resp.Header, Raw: raw, Reason: envelope.Data.Reason}
}

// want is send that expects a status and reason, and that a refused act changes nothing but by the clock.
func (w *world) want(c call, status int, why string) answer {
	w.Helper()
	a := w.send(c)
	if a.Status != status || a.Reason != why {
		w.Errorf("%s by %s: expected %d %s, got %s", c.Operation.ID, c.by, status, why, a)
	}
	return a
}

// ok is send that expects a success, and decodes its data into the targets.
func (w *world) ok(c call, into ...any) answer {
	w.Helper()
	a := w.send(c)
	if a.Status != http.StatusOK {
		w.Fatalf("%s by %s: expected a success, got %s", c.Operation.ID, c.by, a)
	}
	for _, v := range into {
		w.must(json.Unmarshal(a.Data, v))
	}
	return a
}

// person is a borrower who may apply.
type person struct {
	id      int64
	account int64
	mobile  string // national
	loan    int64
}

var photos = sync.OnceValues(func() ([]byte, error) { return journey.Photo(320, 240, 1) })

// A mobile number, a BVN or an account that two people of a test had by chance would be refused: every draw of so many digits is another one.
var (
	firstDraw = mathrand.Uint64N(100_000_000)
	draws     atomic.Uint64
)

// digits is a text of at least eight decimal digits that no other call gives.
func digits(n int) string {
	const stride = 6_180_339_887 // has no divisor in common with ten
	return fmt.Sprintf("%0*d", n, (firstDraw+draws.Add(1)*stride)%uint64(math.Pow10(n)))
}

// person makes a borrower whose bank account ends so: the simulator's magic.
func (w *world) person(end string) *person {
	w.Helper()
	ctx := w.Context()
	p := &person{mobile: "70" + digits(8)}
	var err error
	p.id, err = w.app.Access.Provision(ctx, brand, "+234"+p.mobile, "blue-mango-7421")
	w.must(err)
	who := onboarding.Subject{Borrower: p.id, Brand: brand}
	_, err = w.app.Onboarding.SaveBasic(ctx, who, onboarding.Basic{FirstName: "TEST", LastName: "BORROWER", BVN: "22" + digits(9),
		Birthday: clock.NewDate(1994, 5, 17), Gender: 2, Email: "b" + digits(10) + "@example.com", Address: "12 Allen Avenue, Ikeja"})
	w.must(err)
	bands, err := w.app.Support.IncomeBands(ctx)
	w.must(err)
	_, err = w.app.Onboarding.SaveWork(ctx, who, store.WorkInfo{EmploymentStatus: 1, IncomeCode: bands[len(bands)-1].Code, PayDay: 25, Company: "Lagos Textiles", Position: "Buyer"})
	w.must(err)
	_, err = w.app.Onboarding.SaveContacts(ctx, who, []store.EmergencyContact{{Name: "Ada Obi", Mobile: "+23480" + digits(8), Relation: 2}})
	w.must(err)
	consents, err := w.app.Onboarding.Consents(ctx, who)
	w.must(err)
	for _, c := range consents {
		if c.Policy.Required {
			_, err := w.app.Onboarding.SaveConsent(ctx, who, c.Policy.Purpose, c.Policy.Version, true)
			w.must(err)
		}
	}
	_, err = w.app.Onboarding.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: "058", Number: digits(8) + end, Default: true})
	w.must(err)
	account, err := w.app.Store.DefaultBankAccount(ctx, p.id)
	w.must(err)
	p.account = account.ID
	return p
}

// apply applies for a product and waits for the decision.
func (w *world) apply(p *person, product int64, state lending.State) *person {
	w.Helper()
	return w.applyWith(p, product, 0, state)
}

// applyWith is apply with a coupon; 0 is none.
func (w *world) applyWith(p *person, product, coupon int64, state lending.State) *person {
	w.Helper()
	raw, err := photos()
	w.must(err)
	intake := w.app.Origination.NewIntake()
	w.must(intake.Add(w.Context(), bytes.NewReader(raw)))
	_, err = w.app.Origination.Apply(w.Context(), origination.Application{Borrower: p.id, ProductID: product, CouponID: coupon, Terminal: 1, Photos: intake.Photos()})
	w.must(err)
	l, err := w.app.Store.LatestLoan(w.Context(), p.id)
	w.must(err)
	p.loan = l.ID
	return w.until(p, state)
}

func (w *world) loan(p *person) store.Loan {
	w.Helper()
	l, err := w.app.Store.Loan(w.Context(), p.loan)
	w.must(err)
	return l
}

// until waits for a state of the loan.
func (w *world) until(p *person, state lending.State) *person {
	w.Helper()
	for deadline := time.Now().Add(40 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		l := w.loan(p)
		if l.State == state {
			return p
		}
		if time.Now().After(deadline) {
			w.Fatalf("waited for the loan to be %s, it is %s", state, l.State)
		}
	}
}

// active is a borrower with a loan of product 301, paid out: 8,500 naira due in seven days.
func (w *world) active() *person {
	w.Helper()
	p := w.apply(w.person("11"), 301, lending.Approved)
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": p.loan, "reason": reason}))
	w.until(p, lending.Active)
	payout, err := w.app.Store.LatestPayout(w.Context(), p.loan)
	w.must(err)
	w.eventually("the gateway's event about the payout", func() bool {
		return len(testkit.Texts(w.T, w.app.DatabaseURL, `SELECT event FROM gateway_events WHERE reference = $1 AND state = 1`, payout.Reference)) > 0
	})
	return p
}

// later moves the business clock, and works the daily run where a day has passed: otherwise it would come at any moment.
func (w *world) later(d time.Duration) {
	w.Helper()
	w.clock.Advance(d)
	if d < 24*time.Hour {
		return
	}
	w.eventually("the daily run", func() bool {
		_, err := w.app.Servicing.RunDaily(w.Context(), clock.DateOf(w.clock.Now()), servicing.DailyConfig{}, nil)
		if errors.Is(err, servicing.ErrDailyRunning) {
			return false
		}
		w.must(err)
		return true
	})
}

// pay pays at the gateway's page. It returns the reference.
func (w *world) pay(p *person) string {
	w.Helper()
	r, err := w.app.Servicing.Repayment(w.Context(), p.id, p.loan)
	w.must(err)
	w.press(r.AuthorizationURL)
	return r.Reference
}

// press presses Pay on a page of the simulator.
func (w *world) press(page string) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, page+"/pay", strings.NewReader("card=5395"))
	w.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.Fatalf("the checkout page answered %s", resp.Status)
	}
}

// balanced holds all books against each other, and the gateway's against themselves.
func (w *world) balanced() {
	w.Helper()
	audit, err := w.app.Servicing.Verify(w.Context(), nil)
	w.must(err)
	for _, d := range audit.Differences {
		w.Errorf("the books differ: %s", d)
	}
	if err := w.app.Simulator.Audit(); err != nil {
		w.Errorf("the gateway's books: %v", err)
	}
}

// entry is an act as the trail tells it.
type entry struct {
	OperatorName, Act, Subject, Brand, Reason, RequestID string
	Changes                                              []struct{ Field, Before, After string }
}

// trail reads the acts on a subject, newest first.
func (w *world) trail(subject string) []entry {
	w.Helper()
	var list struct{ List []entry }
	w.ok(w.request("admin", "listAudit", map[string]any{"?subject": subject, "?limit": 200}), &list)
	return list.List
}

// traced fails unless the newest act on a subject is this one, for the test's reason, by the request of the answer.
func (w *world) traced(subject, by, act string, a answer) entry {
	w.Helper()
	all := w.trail(subject)
	if len(all) == 0 {
		w.Fatalf("nothing in the trail about %s", subject)
	}
	e := all[0]
	if e.Act != act || e.OperatorName != by || e.Reason != reason || e.RequestID != a.Header.Get("X-Request-Id") {
		w.Errorf("the trail says %+v, expected %s by %s in request %s", e, act, by, a.Header.Get("X-Request-Id"))
	}
	return e
}

// rules makes the brand decide everything so.
func (w *world) rules(outcome string) {
	w.Helper()
	w.ok(w.request("admin", "importRuleSet", map[string]any{"brand": brand, "name": "all " + strings.ToLower(outcome), "rules": []any{}, "reason": reason,
		"fallback": map[string]any{"outcome": outcome, "reason": "TEST", "staffText": "the test says so", "borrowerText": "Not now."}}))
}

// unchanged runs work and fails if it changed anything in the database.
func (w *world) unchanged(what string, work func()) {
	w.Helper()
	before := w.rest()
	work()
	after := w.sums()
	for table, sum := range after {
		if before[table] != sum {
			w.Errorf("%s changed %s", what, table)
		}
	}
}

func subject(kind string, id int64) string { return kind + ":" + strconv.FormatInt(id, 10) }

// briefLoan is a loan as acts answer it.
type briefLoan struct {
	ID, State, Remaining string
	Status               int
}

func (w *world) limits(tiny bool) *access.LimiterOptions {
	if !tiny {
		return nil
	}
	classes := access.DefaultClasses()
	for name := range classes {
		classes[name] = access.Class{Rules: []access.Rule{{Name: name + "-tiny", Key: access.KeyIP, Limit: 1, Window: time.Hour}}}
	}
	return &access.LimiterOptions{Classes: classes}
}

// has tells whether an operation may be called by a role.
func has(op *contract.Operation, role backoffice.Role) bool {
	return slices.Contains(op.Roles(), strings.ToUpper(string(role)))
}
