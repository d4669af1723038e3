package ops

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestMatrixRoles asks every operation of the staff by every role, of all brands and of one, and with every kind of key that is none. The
// contract's roles are served, all others refused, and a refusal changes nothing.
func TestMatrixRoles(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	p := w.person("11")
	token, err := w.app.Access.Login(t.Context(), access.Login{Brand: brand, Mobile: "+234" + p.mobile, Password: "blue-mango-7421"})
	w.must(err)
	w.keys["borrower"] = token.Token.Reveal()
	w.keys["gateway"] = w.app.Config.PaystackSecret.Reveal()
	w.keys["stranger"], w.keys["nonsense"], w.keys["prefix alone"] = backoffice.KeyPrefix+strings.Repeat("A", 43), "nonsense", backoffice.KeyPrefix
	w.keys["quoted"], w.keys["two"], w.keys["huge"] = strings.Repeat("'", 47), w.keys["admin"]+" "+w.keys["admin"], strings.Repeat("A", 9000)
	w.keys["other case"] = backoffice.KeyPrefix + swapped(strings.TrimPrefix(w.keys["admin"], backoffice.KeyPrefix))
	w.hire("revoked", backoffice.Admin, "", time.Hour)
	_, err = w.app.Backoffice.RevokeOperator(t.Context(), "revoked")
	w.must(err)
	w.hire("expired", backoffice.Admin, "", time.Minute)
	w.later(2 * time.Minute)
	for _, role := range backoffice.Roles() {
		w.hire(string(role)+" of the brand", role, brand, 24*time.Hour*300)
	}
	cells, leaks := 0, 0
	refused := func(c call, status int, reason string) {
		t.Helper()
		cells++
		if a := w.want(c, status, reason); a.Status != status {
			leaks++
		}
	}
	w.unchanged("who may not", func() {
		for _, op := range w.doc.Operations {
			refused(w.request("", op.ID, nil), http.StatusUnauthorized, "UNAUTHENTICATED")
			for _, by := range []string{"borrower", "gateway", "stranger", "nonsense", "prefix alone", "quoted", "two", "huge", "other case", "revoked", "expired"} {
				refused(w.request(by, op.ID, nil), http.StatusUnauthorized, "KEY_INVALID")
			}
			for _, role := range backoffice.Roles() {
				if !has(op, role) {
					refused(w.request(string(role), op.ID, nil), forbidden, "ROLE_FORBIDDEN")
					refused(w.request(string(role)+" of the brand", op.ID, nil), forbidden, "ROLE_FORBIDDEN")
				}
			}
		}
	})
	for _, op := range w.doc.Operations {
		for _, role := range backoffice.Roles() {
			if !has(op, role) {
				continue
			}
			for _, by := range []string{string(role), string(role) + " of the brand"} {
				cells++
				if a := w.send(w.request(by, op.ID, nil)); a.Status == http.StatusUnauthorized || a.Reason == "ROLE_FORBIDDEN" {
					leaks++
					t.Errorf("%s by %s: %s", op.ID, by, a)
				}
			}
		}
	}
	fmt.Printf("RESULT matrix-roles cells=%d operations=%d roles=%d leaks=%d\n", cells, len(w.doc.Operations), len(backoffice.Roles()), leaks)
}

// swapped changes the case of letters.
func swapped(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 32
		case r >= 'A' && r <= 'Z':
			return r + 32
		}
		return r
	}, s)
}

var changing = regexp.MustCompile(`"(requestId|token)":"[^"]*"`)

// TestMatrixBrands puts every name of every row of one brand into every field of every operation of the staff, as the administrator of another
// brand. The answer is the one that a name gets which nobody has, tells nothing, and changes nothing.
func TestMatrixBrands(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	testkit.Exec(t, w.app.DatabaseURL, `INSERT INTO brands (code, name, indent_prefix) VALUES ($1, $1, 'SB')`, second)
	p := w.active()
	w.later(9 * 24 * time.Hour)
	w.hire("theirs", backoffice.Admin, second, 24*time.Hour*300)
	w.hire("finance two", backoffice.Finance, "", 24*time.Hour*300)
	var asked relief
	w.ok(w.waive("finance", p, map[string]any{"amount": "600000"}), &asked)
	w.quarantined(w.active())
	w.ok(w.request("admin", "grantCoupon", map[string]any{"id": p.id, "expiresAt": w.clock.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")}))
	w.ok(w.request("reviewer", "addListing", map[string]any{"borrowerId": nil}))
	w.rules("REVIEW")
	w.apply(w.person("11"), 301, 2)

	things := map[string]string{"mobile": "0" + p.mobile}
	for _, column := range testkit.Texts(t, w.app.DatabaseURL, `SELECT c.table_name || ' ' || c.column_name FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name IN ('id', 'reference', 'indent_no', 'code')
		AND c.data_type IN ('bigint', 'text') AND c.table_name NOT IN ('operators', 'brands', 'audit_trail') AND c.table_name NOT LIKE 'river%' AND c.table_name NOT LIKE 'bun%'`) {
		table, name, _ := strings.Cut(column, " ")
		for _, value := range testkit.Texts(t, w.app.DatabaseURL, `SELECT `+name+`::text FROM `+table+` WHERE length(`+name+`::text) > 8 ORDER BY 1 DESC LIMIT 1`) {
			things[column] = value
		}
	}
	random, cells, leaks := rand.New(rand.NewPCG(1, 5)), 0, 0
	ask := func(op *contract.Operation, f contract.Field, value string) answer {
		c := w.request("theirs", op.ID, nil)
		c.Request = f.Set(c.Request, value)
		return w.send(c)
	}
	bad := func(format string, args ...any) {
		t.Helper()
		if leaks++; leaks < 20 {
			t.Errorf(format, args...)
		}
	}
	w.unchanged("another brand's administrator", func() {
		for _, op := range w.doc.Operations {
			for _, f := range op.Fields() {
				last := f.Name[strings.LastIndex(f.Name, ".")+1:]
				if last != "id" && !strings.HasSuffix(last, "Id") && last != "subject" && last != "mobile" && last != "brand" {
					continue
				}
				for _, kind := range slices.Sorted(maps.Keys(things)) {
					value := things[kind]
					if last == "brand" {
						value = brand
					}
					cells++
					real := ask(op, f, value)
					for other, secret := range things {
						if secret != value && strings.Contains(string(real.Raw), secret) {
							bad("%s %s with another brand's %s tells their %s: %s", op.ID, f.Name, kind, other, real)
						}
					}
					if last == "brand" {
						if real.Status != forbidden && real.Status != badRequest {
							bad("%s for another brand: %s", op.ID, real)
						}
						break
					}
					ghost := ask(op, f, contract.Likeness(random, value))
					for ghost.Reason == "CARD_NUMBER_REFUSED" && real.Reason != ghost.Reason {
						ghost = ask(op, f, contract.Likeness(random, value))
					}
					same := changing.ReplaceAllString(string(real.Raw), "") == changing.ReplaceAllString(string(ghost.Raw), "")
					if real.Reason != "CARD_NUMBER_REFUSED" && (real.Status != ghost.Status || real.Reason != ghost.Reason || (real.Status != http.StatusOK && !same)) {
						bad("%s %s tells another brand's %s from one that nobody has: %s and %s", op.ID, f.Name, kind, real, ghost)
					}
				}
			}
		}
	})
	fmt.Printf("RESULT matrix-brands cells=%d things=%d leaks=%d\n", cells, len(things), leaks)
	if cells < 400 || len(things) < 15 {
		t.Errorf("only %d cells of %d kinds of things", cells, len(things))
	}
}
