package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

type sessionToken struct{ Token, TokenExpireTime string }

// TestRefreshRotatesTokens holds the life of a token that is changed: parallel calls get one new token, the old one goes on for a minute,
// and whoever comes with it later ends the session for everybody.
func TestRefreshRotatesTokens(t *testing.T) {
	later := clock.NewOffset(clock.System{}, 0)
	w := newWorld(t, testapp.Options{Clock: later})
	b := w.register()
	old := b.token
	refresh := func(token string) call {
		c := b.call("refreshSession", nil)
		c.token = token
		return c
	}
	tokens := make([]string, 12)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			a, err := w.try(refresh(old))
			if err != nil || a.Status != http.StatusOK {
				t.Errorf("%s, %v", a, err)
				return
			}
			var s sessionToken
			a.into(t, &s)
			tokens[i] = s.Token
		})
	}
	all.Wait()
	for _, token := range tokens {
		if token != tokens[0] || token == old {
			t.Fatal("parallel calls got different tokens, or the old one")
		}
	}
	next := tokens[0]
	with := func(token string) call {
		c := b.call("getInfoStatus", nil)
		c.token = token
		return c
	}
	w.ok(with(next))
	w.ok(with(old)) // a call that was under way
	if stored := testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM sessions WHERE token_hash = convert_to($1, 'UTF8')`, next); stored[0] != "0" {
		t.Error("the token is stored as it is")
	}
	later.Advance(2 * time.Minute)
	w.ok(with(next))
	w.want(with(old), http.StatusUnauthorized, "SESSION_EXPIRED")
	w.want(with(next), http.StatusUnauthorized, "SESSION_EXPIRED")
}

// TestSessionsCanBeListedAndEnded is what somebody does who has lost a phone.
func TestSessionsCanBeListedAndEnded(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register()
	lost, kept := b.login(), b.login()
	count := func(token string) int {
		c := b.call("listSessions", nil)
		c.token = token
		var open struct{ List []struct{ ID string } }
		w.ok(c).into(t, &open)
		return len(open.List)
	}
	if n := count(kept); n != 3 {
		t.Fatalf("%d sessions, expected 3", n)
	}
	gone := *b
	gone.token = lost
	end := b.call("revokeSession", map[string]any{"id": gone.session()})
	w.ok(end)
	w.want(end, http.StatusNotFound, "SESSION_NOT_FOUND")
	w.want(gone.call("getInfoStatus", nil), http.StatusUnauthorized, "SESSION_EXPIRED")
	others := b.call("revokeSession", map[string]any{"id": nil})
	others.token = kept
	w.ok(others)
	w.want(b.call("getInfoStatus", nil), http.StatusUnauthorized, "SESSION_EXPIRED")
	if n := count(kept); n != 1 {
		t.Errorf("%d sessions are left, expected 1", n)
	}
	// A browser that fetches ahead ends nothing.
	ahead := b.call("logout", nil).with("Sec-Purpose", "prefetch")
	ahead.token = kept
	w.ok(ahead)
	if n := count(kept); n != 1 {
		t.Error("a prefetched logout ended the session")
	}
}

// TestExportAndErasure asks for everything, then to be forgotten: the books stay and agree, the rest cannot be read any more.
func TestExportAndErasure(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register()
	said := basic()
	said["address"] = "14 Marina Road, canary lane"
	said["middleName"] = "QUICKSILVER"
	w.ok(b.call("saveBasicInfo", said))
	b.profileRest().account("12").apply(5)
	w.want(b.call("eraseUser", map[string]any{"password": password}), http.StatusConflict, "ACCOUNT_IN_USE")
	b.settle()
	a := w.ok(b.call("exportUser", nil))
	for _, want := range []string{said["dentityCard"].(string), said["email"].(string), "14 Marina Road, canary lane", b.mobile, "CREDIT_CHECK", "Ada Obi", b.loan} {
		if !strings.Contains(string(a.Raw), want) {
			t.Errorf("the export does not hold %q", want)
		}
	}
	for _, secret := range []string{`"mobile_index"`, `"token_hash"`, `"password_hash"`, `"wrapped"`, `\\x`} {
		if strings.Contains(string(a.Raw), secret) {
			t.Errorf("the export holds %s", secret)
		}
	}
	w.eventually(20*time.Second, "nothing to be open any more", func() bool {
		a := w.send(b.call("eraseUser", map[string]any{"password": password}))
		return a.Status == http.StatusOK
	})
	w.want(b.call("getInfoStatus", nil), http.StatusUnauthorized, "SESSION_EXPIRED")
	w.want(w.loginCall(b.mobile), http.StatusUnauthorized, "INVALID_CREDENTIALS")
	audit, err := w.app.Servicing.Verify(t.Context(), nil)
	if err != nil || len(audit.Differences) > 0 || audit.Loans == 0 {
		t.Errorf("the books after an erasure: %+v, %v", audit, err)
	}
	for _, left := range testkit.Texts(t, w.app.DatabaseURL, `SELECT 'profiles' FROM profiles WHERE borrower_id = $1 UNION ALL SELECT 'contacts' FROM emergency_contacts
		WHERE borrower_id = $1 UNION ALL SELECT 'messages' FROM messages WHERE borrower_id = $1 UNION ALL SELECT 'images' FROM images WHERE borrower_id = $1
		UNION ALL SELECT 'key' FROM borrower_keys WHERE borrower_id = $1 AND wrapped IS NOT NULL`, mustInt(b.uid)) {
		t.Errorf("rows of %s are left", left)
	}
	// Nothing in clear is left anywhere, not in a message, a job or a stored answer either. The id is: the books refer to it.
	for value, left := range map[string]bool{"TEST BORROWER": false, "QUICKSILVER": false, b.mobile: false, said["dentityCard"].(string): false, said["email"].(string): false, "Marina Road": false, "Ada Obi": false, b.uid: true} {
		if tables := w.tablesWith(value); (len(tables) > 0) != left {
			t.Errorf("after the erasure %q is in %v", value, tables)
		}
	}
	if trail, err := w.app.Backoffice.VerifyTrail(t.Context()); err != nil || len(trail.Findings) > 0 || trail.Sealed+trail.Unsealed < 2 {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
	// The number belongs to nobody now, and can register again as somebody new.
	again := &borrower{w: w, mobile: b.mobile}
	var user struct{ UID, Token string }
	w.ok(call{Request: w.request("register").WithJSON(map[string]any{"mobile": b.mobile, "code": w.code(b.mobile, 1), "password": password, "deviceId": device(b.mobile)})}).into(w, &user)
	again.uid, again.token = user.UID, user.Token
	if again.uid == b.uid {
		t.Error("the number still leads to the erased borrower")
	}
	w.ok(again.call("saveBasicInfo", said)) // so do the BVN and the account
	again.profileRest().account("12")
}

// tablesWith are the tables of which a row has a text in any column, in any case.
func (w *world) tablesWith(text string) (found []string) {
	w.Helper()
	for _, table := range testkit.Texts(w.T, w.app.DatabaseURL, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`) {
		rows := testkit.Texts(w.T, w.app.DatabaseURL, `SELECT '1' FROM "`+table+`" t WHERE position(lower($1) in lower(t::text)) > 0 LIMIT 1`, text)
		if len(rows) > 0 {
			found = append(found, table)
		}
	}
	return found
}

// A changed account is not paid to at once.
func TestChangedAccountCools(t *testing.T) {
	later := clock.NewOffset(clock.System{}, 0)
	w := newWorld(t, testapp.Options{Clock: later})
	b := w.register().profile().account("11")
	second := b.addAccount("12", 0)
	w.ok(b.call("setDefaultCard", map[string]any{"id": second, "password": password}))
	b.apply(3)
	if err := w.app.Origination.StartPayout(t.Context(), mustInt(b.loan)); err != nil {
		t.Fatal(err)
	}
	b.until(3)
	later.Advance(23 * time.Hour)
	if err := w.app.Origination.SweepPayouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until(3)
	later.Advance(2 * time.Hour)
	if err := w.app.Origination.SweepPayouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until(5)
}
