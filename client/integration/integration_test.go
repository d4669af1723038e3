//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/internal/devserver"
)

const password creditpocket.Secret = "correct-horse-7-battery"

func baseURL(t *testing.T) string {
	t.Helper()
	base := os.Getenv("BASE_URL")
	if base == "" {
		t.Fatal("BASE_URL names no server: run `make test-sdk`")
	}
	return strings.TrimRight(base, "/")
}

// world is a borrower on the real server.
type world struct {
	t    *testing.T
	ctx  context.Context
	c    *creditpocket.Client
	last creditpocket.Response
	seen int
}

// newWorld registers a borrower through a client of the given address.
func newWorld(t *testing.T, address string, options ...creditpocket.ClientOption) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx}
	visitor, err := creditpocket.New(address, append(options, creditpocket.WithAttemptTimeout(2*time.Second), creditpocket.WithRetryWait(time.Millisecond, 50*time.Millisecond))...)
	if err != nil {
		t.Fatal(err)
	}
	w.c = visitor
	mobile := devserver.NewMobile()
	keep(w)(visitor.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: mobile, Purpose: creditpocket.CodeForRegistration}, w.into()))
	code, err := devserver.Code(ctx, baseURL(t), mobile)
	if err != nil {
		t.Fatal(err)
	}
	session := keep(w)(visitor.Auth.Register(ctx, creditpocket.Registration{Mobile: mobile, Code: creditpocket.Secret(code), Password: password}, w.into())).(creditpocket.Session)
	if session.Mobile != mobile || !session.New || time.Until(session.Expires) < time.Hour {
		t.Errorf("session of %s until %s", session.Mobile, session.Expires)
	}
	if w.c, err = visitor.With(creditpocket.WithLogin(creditpocket.LoginRequest{Mobile: mobile, Password: password})); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) into() creditpocket.CallOption { return creditpocket.WithResponseInto(&w.last) }

// keep fails on an error, and holds the value against the server's own bytes: nothing was lost on the way.
func keep(w *world) func(any, error) any {
	return func(v any, err error) any {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		if reflect.TypeOf(v).Kind() == reflect.Slice {
			again = []byte(`{"list":` + string(again) + `}`)
		}
		var envelope struct{ Data any }
		var got any
		if json.Unmarshal(w.last.Body, &envelope) != nil || json.Unmarshal(again, &got) != nil || !reflect.DeepEqual(envelope.Data, got) {
			w.t.Errorf("%s: the server said\n%s\nand the SDK says\n%s", w.last.Operation, w.last.Body, again)
		}
		w.seen++
		return v
	}
}

// fill tells everything that an application needs, and binds a card.
func (w *world) fill() {
	w.t.Helper()
	c, ctx, ok := w.c, w.ctx, keep(w)
	bands := ok(c.Dicts.IncomeBands(ctx, w.into())).([]creditpocket.IncomeBand)
	ok(c.Banks.List(ctx, w.into()))
	ok(c.Dicts.Cities(ctx, "NG-LA", w.into()))
	ok(c.Users.SaveBasic(ctx, creditpocket.BasicInfo{FirstName: "TEST", LastName: "BORROWER", BVN: creditpocket.Secret(devserver.NewBVN()),
		Birthday: creditpocket.Date{Year: 1994, Month: 5, Day: 17}, Gender: creditpocket.Female, Email: "ada@example.com"}, w.into()))
	ok(c.Users.SaveWork(ctx, creditpocket.WorkInfo{Employment: creditpocket.Employed, IncomeCode: bands[len(bands)/2].Code, PayDay: 25}, w.into()))
	ok(c.Users.SaveMore(ctx, creditpocket.MoreInfo{Education: creditpocket.Bachelor, Children: creditpocket.Ptr(int32(0))}, w.into()))
	ok(c.Users.SaveContacts(ctx, []creditpocket.EmergencyContact{{Name: "Ada Obi", Mobile: "08031234567", Relation: creditpocket.Parent}}, w.into()))
	for _, consent := range ok(c.Users.Consents(ctx, w.into())).([]creditpocket.Consent) {
		if consent.Required {
			ok(c.Users.SaveConsent(ctx, creditpocket.ConsentDecision{Purpose: consent.Purpose, PolicyVersion: consent.PolicyVersion, Granted: true}, w.into()))
		}
	}
	account := ok(c.Users.SaveBankAccount(ctx, creditpocket.NewBankAccount{BankCode: "058", Number: creditpocket.Masked(devserver.NewAccount())}, w.into())).(creditpocket.BankAccount)
	ok(c.Users.EnsureRecipient(ctx, account.ID, w.into()))
	bind := ok(c.Banks.BindCard(ctx, account.ID, w.into())).(creditpocket.CardBind)
	if err := devserver.Pay(ctx, bind.AuthorizationURL, "4084"); err != nil {
		w.t.Fatal(err)
	}
	w.until("the card to be bound", func() bool {
		return ok(c.Banks.VerifyCard(ctx, bind.Reference, w.into())).(creditpocket.CardBind).Status == creditpocket.Bound
	})
	ok(c.Banks.Accounts(ctx, w.into()))
	ok(c.Users.Settings(ctx, w.into()))
	ok(c.Users.Get(ctx, w.into()))
	if status := ok(c.Users.Status(ctx, w.into())).(creditpocket.ProfileStatus); !status.Complete {
		w.t.Fatalf("the profile is not complete: %+v", status)
	}
}

func (w *world) until(what string, ready func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ready(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited a minute for %s", what)
		}
	}
}

// loan waits until the latest loan is in the state.
func (w *world) loan(state creditpocket.LoanState) creditpocket.Loan {
	w.t.Helper()
	var l creditpocket.Loan
	w.until(state.String(), func() bool {
		l = keep(w)(w.c.Loans.Latest(w.ctx, w.into())).(creditpocket.Loan)
		return l.State == state
	})
	return l
}

func application(d creditpocket.ProductDetail) creditpocket.Application {
	return creditpocket.Application{ProductID: d.ID, QuoteID: d.QuoteID, Terminal: creditpocket.TerminalWeb,
		Photos: []creditpocket.File{creditpocket.FileFromBytes("selfie.jpg", "image/jpeg", devserver.Photo(720, 960))}}
}

// walk brings a loan from its quote to its end: a part by card, the rest at the checkout page.
func (w *world) walk() {
	w.t.Helper()
	c, ctx, ok := w.c, w.ctx, keep(w)
	var product creditpocket.Product
	for p, err := range c.Loans.AllProducts(ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		if p.Eligible {
			product = p
			break
		}
	}
	detail := ok(c.Loans.Product(ctx, product.ID, w.into())).(creditpocket.ProductDetail)
	page := ok(c.Loans.Apply(ctx, application(detail), w.into())).(creditpocket.Page[creditpocket.Loan])
	if page.Total != 1 || page.Items[0].DueAmount != detail.DueAmount {
		w.t.Fatalf("%d loans, due %s instead of %s", page.Total, page.Items[0].DueAmount, detail.DueAmount)
	}
	l := w.loan(creditpocket.LoanActive)
	if l.Remaining == nil || *l.Remaining != l.DueAmount || l.PaidOut != detail.Payout || l.Due.Sub(l.Disbursed) != time.Duration(l.TermDays)*24*time.Hour {
		w.t.Errorf("paid out %s, remaining %v, due %s after %s", l.PaidOut, l.Remaining, l.Due, l.Disbursed)
	}
	ok(c.Home.Products(ctx, w.into()))
	ok(c.Home.Status(ctx, w.into()))
	ok(c.Home.RecentPayouts(ctx, w.into()))
	ok(c.Users.Credit(ctx, w.into()))
	ok(c.Loans.Payoff(ctx, "", creditpocket.Date{}, w.into()))
	ok(c.Loans.Coupons(ctx, w.into()))
	ok(c.Loans.Extension(ctx, "", w.into()))
	if m := ok(c.Messages.Page(ctx, creditpocket.AnyMessage, creditpocket.PageQuery{}, w.into())).(creditpocket.Page[creditpocket.Message]); m.Total == 0 {
		w.t.Error("no message tells of the payout")
	}
	img, err := c.Images.Get(ctx, l.PortraitCode)
	if err != nil || img.ContentType != "image/jpeg" || len(img.Bytes) == 0 {
		w.t.Errorf("the selfie: %s of %d bytes: %v", img.ContentType, len(img.Bytes), err)
	}
	part := creditpocket.Naira(1000)
	paid := ok(c.Loans.Repay(ctx, creditpocket.RepayRequest{Amount: &part}, w.into())).(creditpocket.Repayment)
	if paid.Amount != part || paid.Method != creditpocket.ByCard {
		w.t.Errorf("card payment %+v", paid)
	}
	w.until("the card payment to count", func() bool {
		return ok(c.Loans.LatestOpen(ctx, w.into())).(creditpocket.Loan).Paid == part
	})
	checkout := ok(c.Loans.Checkout(ctx, l.ID, w.into())).(creditpocket.Repayment)
	if checkout.Amount != l.DueAmount-part {
		w.t.Errorf("to pay %s, expected %s", checkout.Amount, l.DueAmount-part)
	}
	if err := devserver.Pay(ctx, checkout.AuthorizationURL, "5395"); err != nil {
		w.t.Fatal(err)
	}
	end := w.loan(creditpocket.LoanSettledEarly)
	if end.Paid != end.DueAmount || end.Remaining != nil && *end.Remaining != 0 {
		w.t.Errorf("paid %s of %s, remaining %v", end.Paid, end.DueAmount, end.Remaining)
	}
	history := ok(c.Loans.Page(ctx, creditpocket.PageQuery{}, w.into())).(creditpocket.Page[creditpocket.Loan])
	if history.Total != 1 {
		w.t.Errorf("%d loans in the end", history.Total)
	}
	ok(c.Loans.Statement(ctx, end.ID, w.into()))
	letter := ok(c.Loans.Clearance(ctx, end.ID, w.into())).(creditpocket.Clearance)
	ok(c.Loans.VerifyDocument(ctx, letter.VerificationCode, w.into()))
	if pdf, err := c.Loans.ClearancePDF(ctx, end.ID); err != nil || !strings.HasPrefix(string(pdf), "%PDF") {
		w.t.Errorf("the letter: %.10q, %v", pdf, err)
	}
}

// Quote, application, payout, repayment against the real server, decoded and encoded again without loss.
func TestLoanFromQuoteToRepaid(t *testing.T) {
	w := newWorld(t, baseURL(t))
	w.fill()
	w.walk()
	t.Logf("%d answers came through unchanged", w.seen)
}

// The same with every single request harmed the first time. Nothing happens twice, and nothing fails.
func TestLoanThroughFaults(t *testing.T) {
	p := newProxy(t, baseURL(t))
	w := newWorld(t, p.url)
	w.fill()
	w.walk()
	for _, h := range harms {
		if p.done[h.name] == 0 {
			t.Errorf("nobody met %s", h.name)
		}
	}
	t.Logf("%d answers came through %v", w.seen, p.done)
}

func TestRealErrors(t *testing.T) {
	w := newWorld(t, baseURL(t))
	c, ctx := w.c, w.ctx
	var e *creditpocket.Error
	if _, err := c.Loans.Latest(ctx); !errors.Is(err, creditpocket.ErrLoanNotFound) || !errors.As(err, &e) || e.HTTPStatus != 404 || e.RequestID == "" {
		t.Errorf("%v", err)
	}
	if _, err := c.Users.SaveWork(ctx, creditpocket.WorkInfo{Employment: 9, IncomeCode: "3"}); !errors.Is(err, creditpocket.ErrValidationFailed) || !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Name != "employmentStatus" {
		t.Errorf("%v", err)
	}
	if _, err := c.Auth.Login(ctx, creditpocket.LoginRequest{Mobile: "7000000099", Password: "not-the-password"}); !errors.Is(err, creditpocket.ErrInvalidCredentials) {
		t.Errorf("%v", err)
	}
	if _, err := c.Loans.Apply(ctx, creditpocket.Application{ProductID: "1", Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{
		creditpocket.FileFromBytes("x.gif", "image/gif", []byte("GIF89a"))}}); !errors.Is(err, creditpocket.ErrUnsupportedContentType) && !errors.Is(err, creditpocket.ErrProductNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := c.Dicts.Cities(ctx, "x"); !errors.Is(err, creditpocket.ErrValidationFailed) {
		t.Errorf("%v", err)
	}
	if _, err := c.Banks.List(ctx, creditpocket.WithAppCode("Nobody")); !errors.Is(err, creditpocket.ErrUnknownApp) {
		t.Errorf("%v", err)
	}
	if err := c.Devices.ReportLocation(ctx, creditpocket.Location{Latitude: 6.52, Longitude: 3.38}); !errors.Is(err, creditpocket.ErrConsentRequired) {
		t.Errorf("%v", err)
	}
}

// The session ends on the server: 100 goroutines notice, one login follows.
func TestRealSingleFlightLogin(t *testing.T) {
	var logins atomic.Int32
	count := func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if r.URL.Path == "/user/login" {
			logins.Add(1)
		}
		return next(r)
	}
	w := newWorld(t, baseURL(t), creditpocket.WithMiddleware(count))
	if _, err := w.c.Users.Status(w.ctx); err != nil || logins.Load() != 1 {
		t.Fatalf("%v after %d logins", err, logins.Load())
	}
	if err := w.c.Auth.Logout(w.ctx); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var failed atomic.Int32
	for range 100 {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := w.c.Users.Status(w.ctx, creditpocket.WithAttemptTimeout(20*time.Second)); err != nil {
				failed.Add(1)
				t.Error(err)
			}
		}()
	}
	all.Wait()
	if logins.Load() != 2 {
		t.Errorf("%d logins, expected 2", logins.Load())
	}
}

// The example program works as it stands.
func TestExampleProgram(t *testing.T) {
	cmd := exec.Command("go", "run", "../examples/loan")
	cmd.Env = append(os.Environ(), "BASE_URL="+baseURL(t))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "the loan is settled_early") {
		t.Errorf("%v\n%s", err, out)
	}
}
