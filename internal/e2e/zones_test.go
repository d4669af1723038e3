package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// zoneURL and zoneKey make a process of this test binary, which runs in another time zone, a server on the database and master key of
// its parent.
const (
	zoneURL = "CP_TEST_WIRE_ZONE_URL"
	zoneKey = "CP_TEST_WIRE_ZONE_KEY"
)

// zoneLoans loans are each looked at at so many instants.
const (
	zoneLoans = 100
	zoneLooks = 100
)

// TestOverDaysOnTheWireInEveryTimeZone lets servers run in UTC, Lagos and Honolulu, asks each for loans at 10,000 instants around
// midnights and due instants, and holds days past due, penalty, rest and state of the answers against the price core. The same instants
// are held against SQL in package store.
func TestOverDaysOnTheWireInEveryTimeZone(t *testing.T) {
	if url := os.Getenv(zoneURL); url != "" {
		answersAreThePriceCores(t, url)
		return
	}
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	url := testapp.SeededDatabase(t)
	sellZoneLoans(t, testkit.OpenStore(t, url, keysOf(t, key), clock.NewManual(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))))
	var children sync.WaitGroup
	for _, zone := range []string{"UTC", "Africa/Lagos", "Pacific/Honolulu"} {
		children.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOverDaysOnTheWireInEveryTimeZone$", "-test.v")
			child.Env = append(os.Environ(), zoneURL+"="+url, zoneKey+"="+key, "TZ="+zone)
			if out, err := child.CombinedOutput(); err != nil {
				t.Errorf("in %s: %v\n%.4000s", zone, err, out)
			}
		})
	}
	children.Wait()
}

func keysOf(t *testing.T, text string) *seal.Keys {
	t.Helper()
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(master)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func zoneToken(i int) (token string, hash []byte) {
	raw := sha256.Sum256(fmt.Append(nil, "zone ", i))
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	sum := sha256.Sum256([]byte(token))
	return token, sum[:]
}

// sellZoneLoans makes a borrower with a session and a loan for each due instant. The sessions were last used after all instants, so
// that no request has to note its use.
func sellZoneLoans(t *testing.T, st *store.Store) {
	t.Helper()
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		products := lending.DemoProducts()
		people, loans := make([]store.NewPerson, zoneLoans), make([]store.PaidOutLoan, zoneLoans)
		for i := range people {
			people[i] = store.NewPerson{Brand: lending.DemoBrand, Mobile: fmt.Sprintf("+234700%07d", i), PasswordHash: "none",
				Profile: store.Profile{FirstName: "Ada", LastName: "Eze", BVN: fmt.Sprintf("22%09d", i), Birthday: clock.NewDate(1990, 1, 1), Gender: 1, Email: "ada@example.com", Address: "1 Marina"},
				Account: store.BankAccount{BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: fmt.Sprintf("%010d", i), AccountName: "Eze Ada"}}
		}
		if err := tx.AddPeople(ctx, people); err != nil {
			return err
		}
		for i, d := range testkit.DueInstants(zoneLoans, zoneLooks) {
			product := products[i%len(products)]
			terms, err := product.Price()
			if err != nil {
				return err
			}
			at := d.Due.Add(-time.Duration(terms.TermDays) * 24 * time.Hour)
			l := lending.NewLoan(terms, product.Conditions)
			l.State = lending.Disbursing
			if l, err = lending.Disburse(l, at); err != nil {
				return err
			}
			owner := people[i].Profile.BorrowerID
			loans[i] = store.PaidOutLoan{
				Loan: store.Loan{BorrowerID: owner, ProductID: product.ID, ProductVersion: product.Version, Loan: l, ApplyTerminal: 1, RiskStatus: 2, RiskAt: at,
					BankAccountID: people[i].Account.ID, HeadImage: "6b1b2c3d-0000-4000-8000-000000000000", CreatedAt: at, ApprovedAt: at,
					Snapshot: store.LoanSnapshot{FirstName: "Ada", LastName: "Eze", Mobile: people[i].Mobile, MaskedBVN: "222****2222", BankCode: "058",
						BankName: "Guaranty Trust Bank", AccountNo: people[i].Account.AccountNo}},
				Payout: store.Payout{Reference: fmt.Sprintf("cpp-zone-%d", i), Amount: terms.Disbursed, BankAccountID: people[i].Account.ID, RecipientCode: "RCP_x",
					GatewayStatus: "success", Sends: 1, SentAt: at, CreatedAt: at, ConcludedAt: at}}
			_, hash := zoneToken(i)
			year := 365 * 24 * time.Hour
			if _, err := tx.AddSession(ctx, lending.DemoBrand, store.NewSession{Borrower: owner, TokenHash: hash, Terminal: 1, Idle: year, Absolute: year}); err != nil {
				return err
			}
		}
		return tx.AddPaidOutLoans(ctx, lending.DemoBrand, loans)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answersAreThePriceCores is the server in another time zone, and its client.
func answersAreThePriceCores(t *testing.T, url string) {
	if want, err := time.LoadLocation(os.Getenv("TZ")); err != nil || time.Now().In(want).Format("-0700") != time.Now().Format("-0700") {
		t.Fatalf("this process does not run in %s: %v", os.Getenv("TZ"), err)
	}
	c, err := config.Load([]string{"DATABASE_URL=" + url, "CP_DATA_DIR=" + t.TempDir(), "CP_SIMULATOR_ADDR=127.0.0.1:0", "CP_OPS_ADDR=", "CP_BLOB_URL=mem://"})
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewManual(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	a, err := app.New(t.Context(), c, app.Options{Clock: clk, Keys: keysOf(t, os.Getenv(zoneKey)), Limits: &access.LimiterOptions{Off: true}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	handler := a.Handler()
	asked, late, charged := 0, 0, 0
	for i, d := range testkit.DueInstants(zoneLoans, zoneLooks) {
		token, hash := zoneToken(i)
		session, err := a.Store.SessionByToken(t.Context(), hash)
		if err != nil {
			t.Fatal(err)
		}
		l, err := a.Store.OpenLoan(t.Context(), session.Borrower)
		if err != nil || !l.DueAt.Equal(d.Due) {
			t.Fatalf("loan %d is due at %s, not at %s: %v", i, l.DueAt, d.Due, err)
		}
		for _, at := range d.At {
			clk.Set(at)
			want, got := lending.PositionAt(l.Loan, at), readLoan(t, handler, token)
			days := strconv.Itoa(want.OverDays)
			if want.OverDays == 0 {
				days = ""
			}
			expected := zoneAnswer{int(want.State), days, want.Penalty.Wire(), want.Remaining.Wire(), clock.FormatWire(d.Due)}
			if got != expected {
				t.Fatalf("due %s, at %s: the answer in %s says %+v, the price core %+v", d.Due, at, os.Getenv("TZ"), got, expected)
			}
			asked++
			if want.OverDays > 0 {
				late++
			}
			if want.Penalty > 0 {
				charged++
			}
		}
	}
	if asked != zoneLoans*zoneLooks || late < asked/4 || late > 3*asked/4 || charged < asked/10 {
		t.Fatalf("%d answers, %d of them past due, %d with a penalty", asked, late, charged)
	}
}

// zoneAnswer is what depends on the day in a loan's answer.
type zoneAnswer struct {
	Status          int
	OverDays        string
	OverdueFee      string
	RemainingAmount string
	ShouldbackTime  string
}

func readLoan(t *testing.T, handler http.Handler, token string) zoneAnswer {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/loan/record/page?pageNum=1&pageSize=2", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	var answer struct {
		Code int
		Data struct{ List []zoneAnswer }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Code != 1 || len(answer.Data.List) != 1 {
		t.Fatalf("status %d, %s: %v", w.Code, w.Body, err)
	}
	return answer.Data.List[0]
}
