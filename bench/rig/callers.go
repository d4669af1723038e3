//go:build linux

package rig

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Caller is a borrower of a populated database who has a session.
type Caller struct {
	Borrower int64
	Mobile   string // as it is typed at a login
	Loan     int64  // the open loan; 0 for none
	Account  int64  // the default bank account, to which a card is bound
	Token    string
}

// Crowd is callers by what they can do. Nobody is in two of the groups.
type Crowd struct {
	Readers    []Caller // have an open loan and a history
	Debtors    []Caller // have an open loan, and a card that the gateway charges
	Applicants []Caller // have all that an application needs, and no open loan
	Logins     []Caller // can log in with LoginPassword
}

// LoginPassword is what the callers of Crowd.Logins log in with.
const LoginPassword = demoPassword

// CrowdSize says how many callers are invited of each kind.
type CrowdSize struct{ Readers, Debtors, Applicants, Logins int }

// Invite makes callers of borrowers who are spread over a whole database of a population, which `creditpocket seed --demo` has been at,
// too. The servers must have been started with the master key. The gateway may be nil where nobody repays.
func Invite(ctx context.Context, dbURL, masterKey string, g *Gateway, n CrowdSize) (c Crowd, err error) {
	master, err := seal.ParseMasterKey(masterKey)
	if err != nil {
		return c, err
	}
	keys, err := seal.New(master)
	if err != nil {
		return c, err
	}
	clk := clock.NewOffset(clock.System{}, 0)
	st, err := store.Open(store.Options{URL: dbURL, MaxConns: 4, StatementTimeout: 5 * time.Minute, Log: slog.New(slog.DiscardHandler)}, keys, clk)
	if err != nil {
		return c, err
	}
	defer st.Close()
	ahead, err := st.BusinessClock(ctx)
	if err != nil {
		return c, err
	}
	clk.SetOffset(ahead) // as the servers' clocks are
	db, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		return c, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	debtors, err := sample(ctx, db, n.Readers+n.Debtors+n.Logins, `SELECT DISTINCT ON (l.borrower_id) l.borrower_id, l.id FROM loans l TABLESAMPLE SYSTEM (%f) WHERE l.status = 5
		AND l.bank_account_id IN (SELECT id FROM bank_accounts WHERE borrower_id = l.borrower_id AND is_default)`)
	if err != nil {
		return c, fmt.Errorf("borrowers with open loans: %w", err)
	}
	free, err := sample(ctx, db, n.Applicants, `SELECT DISTINCT ON (l.borrower_id) l.borrower_id, 0 FROM loans l TABLESAMPLE SYSTEM (%f) WHERE l.status IN (6, 8, 22)
		AND NOT EXISTS (SELECT FROM loans o WHERE o.borrower_id = l.borrower_id AND o.status NOT IN (6, 8, 22, 31))`)
	if err != nil {
		return c, fmt.Errorf("borrowers without an open loan: %w", err)
	}
	var card store.Card
	if n.Debtors > 0 {
		if card, err = g.boundCard(ctx); err != nil {
			return c, fmt.Errorf("a card: %w", err)
		}
	}
	var hash string
	if n.Logins > 0 {
		if hash, err = demoHash(ctx, st, keys); err != nil {
			return c, fmt.Errorf("the demo borrower: %w", err)
		}
	}
	c = Crowd{Readers: debtors[:n.Readers], Debtors: debtors[n.Readers : n.Readers+n.Debtors], Logins: debtors[n.Readers+n.Debtors:], Applicants: free}
	for _, group := range []struct {
		callers []Caller
		equip   func(ctx context.Context, tx *store.Tx, c *Caller) error
	}{
		{c.Readers, nil},
		{c.Debtors, func(ctx context.Context, tx *store.Tx, c *Caller) error {
			own := card
			own.BorrowerID, own.BankAccountID = c.Borrower, c.Account
			_, err := tx.BindCard(ctx, lending.DemoBrand, own)
			return err
		}},
		{c.Applicants, complete},
		{c.Logins, func(ctx context.Context, tx *store.Tx, c *Caller) error {
			now, err := tx.CredentialsOf(ctx, c.Borrower)
			if err != nil {
				return err
			}
			return tx.SetPasswordHash(ctx, c.Borrower, now.PasswordHash, hash)
		}},
	} {
		if err := welcome(ctx, st, group.callers, group.equip); err != nil {
			return c, err
		}
	}
	return c, nil
}

// sample draws callers from pages all over a table: more and more of them until there are enough.
func sample(ctx context.Context, db *pgx.Conn, n int, query string) ([]Caller, error) {
	if n == 0 {
		return nil, nil
	}
	for percent := 0.02; ; percent *= 4 {
		query := fmt.Sprintf("SELECT * FROM ("+query+") drawn ORDER BY random() LIMIT %d", min(percent, 100), n)
		rows, err := db.Query(ctx, query)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Caller, err error) { return c, row.Scan(&c.Borrower, &c.Loan) })
		if err != nil || len(found) == n {
			return found, err
		}
		if percent >= 100 {
			return nil, fmt.Errorf("there are %d, not %d", len(found), n)
		}
	}
}

// welcome gives callers what they need, and a session each.
func welcome(ctx context.Context, st *store.Store, callers []Caller, equip func(ctx context.Context, tx *store.Tx, c *Caller) error) error {
	for i := range callers {
		c := &callers[i]
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // does not fail: it ends the program instead
		c.Token = base64.RawURLEncoding.EncodeToString(raw)
		hash := sha256.Sum256([]byte(c.Token))
		err := st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			b, err := tx.Borrower(ctx, c.Borrower)
			if err != nil {
				return err
			}
			c.Mobile = strings.TrimPrefix(b.Mobile, "+234")
			account, err := tx.DefaultBankAccount(ctx, c.Borrower)
			if err != nil {
				return err
			}
			c.Account = account.ID
			if equip != nil {
				if err := equip(ctx, tx, c); err != nil {
					return err
				}
			}
			_, err = tx.AddSession(ctx, b.Brand, store.NewSession{Borrower: c.Borrower, TokenHash: hash[:], Terminal: 1, Idle: 24 * time.Hour, Absolute: 24 * time.Hour})
			return err
		})
		if err != nil {
			return fmt.Errorf("borrower %d: %w", c.Borrower, err)
		}
	}
	return nil
}

// complete adds what a generated borrower lacks for an application.
func complete(ctx context.Context, tx *store.Tx, c *Caller) error {
	if err := tx.SaveWorkInfo(ctx, store.WorkInfo{BorrowerID: c.Borrower, EmploymentStatus: 1, IncomeCode: "3", Company: "Lagos Textiles"}); err != nil {
		return err
	}
	contact := store.EmergencyContact{Name: "Ada Obi", Mobile: "+2348000000001", Relation: 2}
	if err := tx.ReplaceEmergencyContacts(ctx, c.Borrower, lending.DemoBrand, []store.EmergencyContact{contact}); err != nil {
		return err
	}
	for _, purpose := range []string{store.ConsentCreditCheck, store.ConsentDataProcessing} {
		if _, err := tx.AddConsent(ctx, c.Borrower, purpose, "2026-01", true); err != nil {
			return err
		}
	}
	return nil
}

// demoHash is the hash of the demo borrower's password.
func demoHash(ctx context.Context, st *store.Store, keys *seal.Keys) (hash string, err error) {
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		b, err := tx.BorrowerByMobile(ctx, lending.DemoBrand, "+234"+demoMobile)
		hash = b.PasswordHash
		return err
	})
	return hash, err
}

// boundCard lets a card be paid with once at the gateway, which charges it from then on.
func (g *Gateway) boundCard(ctx context.Context) (store.Card, error) {
	const email, reference = "crowd@example.com", "rig-card-of-the-crowd"
	var opened struct {
		Data struct {
			URL string `json:"authorization_url"`
		}
	}
	if err := g.ask(ctx, http.MethodPost, g.URL+"/transaction/initialize", "application/json", fmt.Sprintf(`{"email":%q,"amount":"5000","reference":%q}`, email, reference), &opened); err != nil {
		return store.Card{}, err
	}
	if err := g.ask(ctx, http.MethodPost, opened.Data.URL+"/pay", "application/x-www-form-urlencoded", url.Values{"card": {"4084"}}.Encode(), nil); err != nil {
		return store.Card{}, err
	}
	var paid struct {
		Data struct {
			Status        string
			Authorization struct {
				Code      string `json:"authorization_code"`
				Signature string
			}
		}
	}
	if err := g.ask(ctx, http.MethodGet, g.URL+"/transaction/verify/"+reference, "", "", &paid); err != nil {
		return store.Card{}, err
	}
	a := paid.Data.Authorization
	if a.Code == "" {
		return store.Card{}, errors.New("the gateway bound none")
	}
	return store.Card{CardFace: store.CardFace{Masked: "408408******4081", Type: "visa", ExpMonth: 12, ExpYear: 2030}, AuthorizationCode: a.Code, Email: email, Signature: a.Signature, Active: true}, nil
}

func (g *Gateway) ask(ctx context.Context, method, address, contentType, body string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer sk_test_simulator")
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", address, resp.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}
