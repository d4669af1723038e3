package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// sent is one statement as the driver was given it.
type sent struct {
	sql  string
	args []any
}

// tracer remembers what a store sends: the statements, and how many round trips they take.
type tracer struct {
	mu         sync.Mutex
	statements []sent
	trips      int
}

func (r *tracer) note(statements ...sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements = append(r.statements, statements...)
	r.trips++
}

func (r *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	// What the job library asks once, and tells at most so often, is no part of a use case.
	if strings.HasPrefix(q.SQL, "-- name: PGGetProduct") || strings.HasPrefix(q.SQL, "-- name: PGNotify") {
		return ctx
	}
	r.note(sent{q.SQL, q.Args})
	return ctx
}

func (r *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	var all []sent
	for _, q := range b.Batch.QueuedQueries {
		all = append(all, sent{q.SQL, q.Arguments})
	}
	r.note(all...)
	return ctx
}

func (r *tracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (r *tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// paying is a gateway that takes every charge at once.
type paying struct{ provider.Payments }

func (paying) VerifyCharge(_ context.Context, reference string) (provider.ChargeResult, error) {
	return provider.ChargeResult{Outcome: provider.OutcomeSucceeded, Status: "success", Reference: reference, Amount: 100_000, Currency: "NGN", PaidAt: time.Now()}, nil
}

func (paying) ChargeAuthorization(_ context.Context, c provider.ChargeRequest) (provider.ChargeResult, error) {
	return provider.ChargeResult{Outcome: provider.OutcomeSucceeded, Status: "success", Reference: c.Reference, Amount: c.Amount, Currency: "NGN", PaidAt: time.Now()}, nil
}

// silentPhones take texts and deliver none.
type silentPhones struct{ provider.SMS }

// counted is the capabilities over a store that is traced, with people to work for.
type counted struct {
	t         *testing.T
	url       string
	trace     *tracer
	st        *store.Store
	access    *access.Service
	limiter   *access.Limiter
	loans     *origination.Service
	servicing *servicing.Service
	messages  *messaging.Service
	applicant int64 // may apply
	debtor    int64 // has an open loan, a bound card and a payment page
	loan      int64
	token     string // of a session of the member
	keys      int
}

const (
	memberMobile   = "+2347000000088"
	memberPassword = "blue-mango-7421"
	openReference  = "cpr-00000000000000000000000000000001"
)

func newCounted(t *testing.T) *counted {
	t.Helper()
	c := &counted{t: t, url: testapp.SeededDatabase(t), trace: &tracer{}}
	keys, quiet, ctx := testkit.Keys(t), slog.New(slog.DiscardHandler), t.Context()
	c.people(testkit.OpenStore(t, c.url, keys, clock.System{}))
	var err error
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c.st, err = store.Open(store.Options{URL: c.url, MaxConns: 1, AcquireTimeout: 10 * time.Second, Log: quiet, Tracer: c.trace}, keys, clock.System{})
	must(err)
	t.Cleanup(func() { _ = c.st.Close() })
	up, err := c.st.RaiseWall(ctx)
	must(err)
	if !up {
		t.Fatal("the wall between brands is not up")
	}
	blobs, err := blobstore.Open(ctx, "mem://")
	must(err)
	t.Cleanup(func() { _ = blobs.Close() })
	c.limiter, err = access.NewLimiter(c.st, clock.System{}, access.LimiterOptions{})
	must(err)
	c.access = access.New(c.st, silentPhones{}, c.limiter, clock.System{}, access.Config{DefaultBrand: lending.DemoBrand,
		Passwords: access.PasswordParams{MemoryKiB: 64, Passes: 1, Lanes: 1}}, quiet)
	c.loans, err = origination.New(c.st, paying{}, blobs, clock.System{}, origination.Config{}, quiet)
	must(err)
	c.servicing = servicing.New(c.st, paying{}, clock.System{}, servicing.Config{}, quiet)
	c.messages = messaging.New(c.st)
	_, err = c.access.Provision(ctx, lending.DemoBrand, memberMobile, memberPassword)
	must(err)
	opened, err := c.access.Login(ctx, c.login())
	must(err)
	c.token = string(opened.Token)
	return c
}

func (c *counted) login() access.Login {
	return access.Login{Brand: lending.DemoBrand, Mobile: memberMobile, Password: memberPassword, Device: access.Device{}}
}

// people makes a borrower who may apply, and one who owes.
func (c *counted) people(st *store.Store) {
	c.t.Helper()
	ctx := c.t.Context()
	if _, err := population.Seed(ctx, st, population.Plan{Borrowers: 1, Seed: 1}, time.Now(), func(int, int) {}); err != nil {
		c.t.Fatal(err)
	}
	loans, err := st.LoansAfter(ctx, 0, 1)
	if err != nil || len(loans) != 1 {
		c.t.Fatalf("%d loans, %v", len(loans), err)
	}
	debt := loans[0]
	c.debtor, c.loan = debt.BorrowerID, debt.ID
	people := []store.NewPerson{{Brand: lending.DemoBrand, Mobile: "+2347000000077", PasswordHash: "none",
		Profile: store.Profile{FirstName: "Ada", LastName: "Obi", BVN: "22000000077", Birthday: clock.NewDate(1994, 5, 17), Gender: 2, Email: "a@example.com", CityCode: "25001"},
		Account: store.BankAccount{BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: "0000000077", AccountName: "OBI ADA", NameScoreBps: 10_000}}}
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddPeople(ctx, people); err != nil {
			return err
		}
		c.applicant = people[0].Profile.BorrowerID
		if err := tx.SaveWorkInfo(ctx, store.WorkInfo{BorrowerID: c.applicant, EmploymentStatus: 1, IncomeCode: "3", Company: "Lagos Textiles"}); err != nil {
			return err
		}
		contact := store.EmergencyContact{Name: "Ada Obi", Mobile: "+2348000000001", Relation: 2}
		if err := tx.ReplaceEmergencyContacts(ctx, c.applicant, lending.DemoBrand, []store.EmergencyContact{contact}); err != nil {
			return err
		}
		for _, purpose := range []string{store.ConsentCreditCheck, store.ConsentDataProcessing} {
			if _, err := tx.AddConsent(ctx, c.applicant, purpose, "2026-01", true); err != nil {
				return err
			}
		}
		if _, err := tx.BindCard(ctx, lending.DemoBrand, store.Card{BorrowerID: c.debtor, BankAccountID: debt.BankAccountID, AuthorizationCode: "AUTH_1",
			Email: "a@example.com", Signature: "s"}); err != nil {
			return err
		}
		_, err := tx.AddIntent(ctx, store.Intent{Brand: lending.DemoBrand, BorrowerID: c.debtor, Kind: store.IntentCheckout, LoanID: c.loan, Reference: openReference,
			Amount: 100_000, NextCheckAt: tx.Now(), ExpiresAt: tx.Now().AddDate(0, 0, 1)})
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// key is an idempotency key that was not used before.
func (c *counted) key() string {
	c.keys++
	return fmt.Sprintf("statements-%d", c.keys)
}

// allowed is what each use case may send: statements, and round trips. Whoever makes one smaller makes the number smaller, too.
var allowed = []struct {
	name              string
	statements, trips int
	do                func(ctx context.Context, c *counted) error
}{
	{"session check", 2, 1, func(ctx context.Context, c *counted) error {
		_, err := c.access.Session(ctx, c.token, "checkLogin")
		return err
	}},
	{"limit of a read", 0, 0, func(ctx context.Context, c *counted) error {
		_, err := c.limiter.Allow(ctx, access.ClassRead, "borrower:1")
		return err
	}},
	{"limit of money, shared by all replicas", 4, 2, func(ctx context.Context, c *counted) error {
		_, err := c.limiter.Allow(ctx, access.ClassMoney, "borrower:1")
		return err
	}},
	{"login by password", 12, 8, func(ctx context.Context, c *counted) error {
		_, err := c.access.Login(ctx, c.login())
		return err
	}},
	{"loans page", 2, 1, func(ctx context.Context, c *counted) error {
		page, err := c.loans.Loans(ctx, c.debtor, 1, 10)
		if err == nil && page.Total != 1 {
			err = fmt.Errorf("%d loans", page.Total)
		}
		return err
	}},
	{"latest loan", 2, 1, func(ctx context.Context, c *counted) error {
		_, err := c.loans.LatestLoan(ctx, c.debtor)
		return err
	}},
	{"open loan", 2, 1, func(ctx context.Context, c *counted) error {
		_, err := c.loans.OpenLoan(ctx, c.debtor)
		return err
	}},
	{"messages page", 2, 1, func(ctx context.Context, c *counted) error {
		_, err := c.messages.Read(ctx, c.debtor, messaging.PageQuery{Number: 1, Size: 10})
		return err
	}},
	{"application", 20, 5, func(ctx context.Context, c *counted) error {
		_, err := c.loans.Apply(ctx, origination.Application{Borrower: c.applicant, ProductID: 301, Terminal: 1, Key: c.key(),
			Photos: []origination.Photo{{JPEG: make([]byte, 2048), Width: 48, Height: 64}}})
		return err
	}},
	{"booking of a payment", 14, 4, func(ctx context.Context, c *counted) error { return c.servicing.ApplyCharge(ctx, openReference) }},
	{"repayment by card", 25, 13, func(ctx context.Context, c *counted) error {
		_, _, err := c.servicing.RepayByCard(ctx, servicing.CardRepayment{Borrower: c.debtor, Amount: 100_000, Key: c.key()})
		return err
	}},
}

// TestStatementsPerUseCase counts what a use case asks of the database, as a request does, behind the wall between brands. A number that
// grows fails, and so does one that is larger than what is needed.
func TestStatementsPerUseCase(t *testing.T) {
	c := newCounted(t)
	ctx := store.ForBrand(t.Context(), lending.DemoBrand)
	for _, u := range allowed {
		c.trace.statements, c.trace.trips = nil, 0
		if err := u.do(ctx, c); err != nil {
			t.Fatalf("%s: %v", u.name, err)
		}
		statements := 0
		var texts []string
		for _, s := range c.trace.statements {
			statements += len(strings.Split(s.sql, "; "))
			texts = append(texts, strings.Join(strings.Fields(s.sql), " "))
		}
		t.Logf("%-40s %2d statements, %2d round trips", u.name, statements, c.trace.trips)
		if statements != u.statements || c.trace.trips != u.trips {
			t.Errorf("%s: %d statements in %d round trips, %d in %d are written down\n%s", u.name, statements, c.trace.trips, u.statements, u.trips, strings.Join(texts, "\n"))
		}
	}
}
