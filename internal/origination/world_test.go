package origination

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const (
	brand     = lending.DemoBrand
	policy    = "2026-01"
	secretKey = "sk_test_origination"
	quick     = 301 // the demo's cheapest product
)

// world is one deployment: the capability over a real database, a real directory of blobs and the gateway simulator behind real HTTP.
type world struct {
	*Service
	t       *testing.T
	st      *store.Store
	sim     *simulator.Simulator
	gateway string
	clk     *clock.Manual
	blobs   *blobstore.Store
}

func newWorld(t *testing.T, options ...func(*simulator.Options)) *world {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	o := simulator.Options{SecretKey: secretKey, Seed: 1, Delay: time.Hour, Clock: clk}
	for _, set := range options {
		set(&o)
	}
	sim, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	gateway := httptest.NewServer(sim.Handler())
	t.Cleanup(gateway.Close)
	blobs, err := blobstore.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	w := &world{t: t, st: st, sim: sim, gateway: gateway.URL, clk: clk, blobs: blobs}
	w.Service = w.service(w.gateway)
	return w
}

// service makes one more instance of the capability over the same database, as a second replica would be.
func (w *world) service(gateway string) *Service {
	w.t.Helper()
	client, err := paystack.New(paystack.Config{BaseURL: gateway, SecretKey: secretKey, Timeout: 5 * time.Second})
	w.must(err)
	w.t.Cleanup(client.CloseIdle)
	s, err := New(w.st, client, w.blobs, w.clk, Config{}, slog.New(slog.DiscardHandler))
	w.must(err)
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// write runs work in a transaction that must succeed.
func (w *world) write(work func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	w.must(w.st.InTx(w.t.Context(), work))
}

// person is a borrower with a complete profile.
type person struct {
	id      int64
	n       int
	account int64
}

// person adds borrower number n with everything that an application needs, and an account that ends in the given digits.
func (w *world) person(n int, ending string) person {
	w.t.Helper()
	p := w.stranger(n)
	w.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveProfile(ctx, store.Profile{BorrowerID: p.id, Brand: brand, FirstName: "Test", LastName: "Borrower", BVN: bvn(n),
			Birthday: clock.NewDate(1994, 5, 17), Gender: 2, Email: fmt.Sprintf("b%d@example.com", n), CityCode: "25001"}); err != nil {
			return err
		}
		if err := tx.SaveWorkInfo(ctx, store.WorkInfo{BorrowerID: p.id, EmploymentStatus: 1, IncomeCode: "3", Company: "Lagos Textiles"}); err != nil {
			return err
		}
		contact := store.EmergencyContact{Name: "Ada Obi", Mobile: fmt.Sprintf("+23480%08d", n), Relation: 2}
		if err := tx.ReplaceEmergencyContacts(ctx, p.id, brand, []store.EmergencyContact{contact}); err != nil {
			return err
		}
		for _, purpose := range []string{store.ConsentCreditCheck, store.ConsentDataProcessing} {
			if _, err := tx.AddConsent(ctx, p.id, purpose, policy, true); err != nil {
				return err
			}
		}
		var err error
		p.account, err = tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: p.id, BankCode: "058", BankName: "Guaranty Trust Bank",
			AccountNo: fmt.Sprintf("%08d%s", n, ending), AccountName: "BORROWER TEST", NameScoreBps: 10_000, Default: true})
		return err
	})
	return p
}

// stranger adds a borrower who has done nothing but register.
func (w *world) stranger(n int) person {
	w.t.Helper()
	p := person{n: n}
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		p.id, err = tx.AddBorrower(ctx, brand, fmt.Sprintf("+23470%08d", n), "hash")
		return err
	})
	return p
}

func bvn(n int) string { return fmt.Sprintf("22%09d", n) }

// picture is a small JPEG; different seeds give different files.
func picture(t *testing.T, seed int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 48, 64))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*seed + 7)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func plain(w, h int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

// photos takes pictures in.
func (w *world) photos(seeds ...int) []Photo {
	w.t.Helper()
	in := w.NewIntake()
	for _, seed := range seeds {
		w.must(in.Add(w.t.Context(), bytes.NewReader(picture(w.t, seed))))
	}
	return in.Photos()
}

// application is a good one.
func (w *world) application(p person) Application {
	return Application{Borrower: p.id, ProductID: quick, Terminal: 1, Photos: w.photos(p.n + 1)}
}

// applied applies and gives the new loan.
func (w *world) applied(p person) store.Loan {
	w.t.Helper()
	done, err := w.Apply(w.t.Context(), w.application(p))
	w.must(err)
	return done.Loans[0]
}

// approved applies, and decides.
func (w *world) approved(p person) store.Loan {
	w.t.Helper()
	l := w.applied(p)
	w.must(w.Decide(w.t.Context(), l.ID))
	return w.inState(l.ID, lending.Approved)
}

// inState reads a loan that must be in a state.
func (w *world) inState(id int64, state lending.State) store.Loan {
	w.t.Helper()
	l, err := w.st.Loan(w.t.Context(), id)
	w.must(err)
	if l.State != state {
		events, _ := w.st.LoanEvents(w.t.Context(), id)
		w.t.Fatalf("the loan is %s, want %s; %+v", l.State, state, events)
	}
	return l
}

// payout reads the latest payout of a loan.
func (w *world) payout(loan int64) store.Payout {
	w.t.Helper()
	p, err := w.st.LatestPayout(w.t.Context(), loan)
	w.must(err)
	return p
}

// refusedWith checks an error's catalog entry.
func refusedWith(t *testing.T, err error, want catalog.Entry) *fault.Error {
	t.Helper()
	if !fault.Has(err, want) {
		t.Fatalf("got %v, want %s", err, want.Reason)
	}
	return asFaultOf(err)
}

// audit holds the books against each other: each loan against its postings, ours against the gateway's, and the gateway's against
// themselves. paid are the loans whose money the gateway must have sent once; no other transfer may have moved.
func (w *world) audit(paid ...store.Loan) {
	w.t.Helper()
	if err := w.sim.Audit(); err != nil {
		w.t.Errorf("the gateway's books: %v", err)
	}
	want := map[string]store.Loan{}
	for _, l := range paid {
		want[w.payout(l.ID).Reference] = l
	}
	for _, transfer := range w.sim.Transfers() {
		l, ours := want[transfer.Reference]
		moved := transfer.Status == "success"
		if moved != ours {
			w.t.Errorf("transfer %s is %s at the gateway; paid out here: %v", transfer.Reference, transfer.Status, ours)
		}
		if ours && transfer.Amount != l.Terms.Disbursed {
			w.t.Errorf("transfer %s of %d kobo, want %d", transfer.Reference, transfer.Amount, l.Terms.Disbursed)
		}
		if moved {
			delete(want, transfer.Reference)
		}
	}
	for reference := range want {
		w.t.Errorf("the gateway has not paid %s", reference)
	}
	totals, err := w.st.AccountTotals(w.t.Context())
	w.must(err)
	sum := int64(0)
	for _, total := range totals {
		sum += int64(total)
	}
	if sum != 0 {
		w.t.Errorf("the ledger is off by %d kobo", sum)
	}
	sent := int64(0)
	for _, l := range paid {
		sent += int64(l.Terms.Disbursed)
	}
	if got := int64(totals[ledger.GatewayClearing]); got != -sent {
		w.t.Errorf("the ledger says that %d kobo are at the gateway, want %d", got, -sent)
	}
}

// equalsLedger compares a loan's record with its postings.
func (w *world) equalsLedger(id int64) {
	w.t.Helper()
	l, err := w.st.Loan(w.t.Context(), id)
	w.must(err)
	lines, err := w.st.LoanLines(w.t.Context(), id)
	w.must(err)
	rebuilt := ledger.Rebuild(lines)
	if l.Balances != rebuilt.Balances {
		w.t.Errorf("loan %d:\nrecord %+v\nledger %+v", id, l.Balances, rebuilt.Balances)
	}
}

// messages reads the titles of a borrower's messages, oldest first.
func (w *world) messages(borrower int64) []string {
	w.t.Helper()
	list, _, err := w.st.Messages(w.t.Context(), borrower, 0, 1, 50)
	w.must(err)
	titles := make([]string, len(list))
	for i, m := range list {
		titles[len(list)-1-i] = m.Title
	}
	return titles
}

func (w *world) alerts(kind string) []store.Alert {
	w.t.Helper()
	alerts, err := w.st.OpenAlerts(w.t.Context(), kind, 50)
	w.must(err)
	return alerts
}

// blobCount counts what is in the blob store.
func (w *world) blobCount() int {
	w.t.Helper()
	n := 0
	for _, err := range w.blobs.List(w.t.Context(), "", time.Time{}) {
		w.must(err)
		n++
	}
	return n
}

func (w *world) inject(f simulator.Fault) {
	w.t.Helper()
	w.must(w.sim.Inject(f))
}

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// asFaultOf gives the fault inside an error, or nil.
func asFaultOf(err error) *fault.Error {
	var f *fault.Error
	errors.As(err, &f)
	return f
}
