package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

const another = "green-river-2208"

func (b *borrower) change(present, next string) call {
	return b.call("changePassword", map[string]any{"password": present, "newPassword": next})
}

// TestPasswordChange is what somebody does whose password another one knows: the other one is out, with every session.
func TestPasswordChange(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register()
	others := []string{b.login(), b.login()}
	w.want(b.change(password+"x", another), http.StatusForbidden, "PASSWORD_REQUIRED")
	w.want(b.change(password, password), http.StatusBadRequest, "VALIDATION_FAILED")
	w.want(b.change(password, "short"), http.StatusBadRequest, "VALIDATION_FAILED")
	for _, weak := range []string{"Password123", "iloveyou1", "12345678", "x-" + strings.TrimPrefix(b.mobile, "0") + "-y"} {
		w.want(b.change(password, weak), http.StatusUnprocessableEntity, "PASSWORD_TOO_COMMON")
	}
	with := func(token string) call {
		c := b.call("getInfoStatus", nil)
		c.token = token
		return c
	}
	for _, token := range others {
		w.ok(with(token)) // a refusal changes nothing
	}
	before := testkit.Texts(t, w.app.DatabaseURL, `SELECT password_hash FROM borrowers WHERE id = $1`, mustInt(b.uid))[0]
	var left struct{ List []struct{ Current int } }
	w.ok(b.change(password, another)).into(t, &left)
	if len(left.List) != 1 || left.List[0].Current != 1 {
		t.Errorf("left are %+v, expected the present session alone", left.List)
	}
	w.ok(with(b.token))
	for _, token := range others {
		w.want(with(token), http.StatusUnauthorized, "SESSION_EXPIRED")
	}
	after := testkit.Texts(t, w.app.DatabaseURL, `SELECT password_hash FROM borrowers WHERE id = $1`, mustInt(b.uid))[0]
	if after == before || !strings.HasPrefix(after, "$argon2id$") || strings.Contains(after, another) {
		t.Error("the stored hash is the old one, or no argon2id")
	}
	w.want(b.change(password, another+"-3"), http.StatusForbidden, "PASSWORD_REQUIRED") // a repeat
	w.want(w.loginWith(map[string]any{"mobile": b.mobile, "password": password}), http.StatusUnauthorized, "INVALID_CREDENTIALS")
	w.ok(w.loginWith(map[string]any{"mobile": b.mobile, "password": another}))
	if n := testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM audit_trail WHERE act = 'changePassword' AND subject = $1`, "borrower:"+b.uid)[0]; n != "1" {
		t.Errorf("%s entries in the audit trail, expected 1", n)
	}
}

// TestPasswordGuessesInASessionCountAsLogins: a stolen session is no second place to guess at the password.
func TestPasswordGuessesInASessionCountAsLogins(t *testing.T) {
	w := newWorld(t, testapp.Options{Limits: &access.LimiterOptions{}})
	b := w.register()
	guesses := 0
	for ; guesses < 20; guesses++ {
		if a := w.send(b.change(password+"x", another)); a.Status == http.StatusTooManyRequests {
			break
		} else if a.Status != http.StatusForbidden {
			t.Fatalf("guess %d: %s", guesses, a)
		}
	}
	if guesses != 10 {
		t.Errorf("%d guesses, expected 10", guesses)
	}
	w.want(b.change(password, another), http.StatusTooManyRequests, "RATE_LIMITED")
	w.want(w.loginCall(b.mobile), http.StatusTooManyRequests, "RATE_LIMITED")
}

// TestNoLoginOutlivesThePasswordItCameInBy changes the password while others log in by the old one: whoever was faster is out, and
// whoever was slower does not come in. Two changes at once are one.
func TestNoLoginOutlivesThePasswordItCameInBy(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	came := 0
	for range 4 {
		b := w.register()
		tokens, changes := make([][]string, 4), make([]int, 2)
		var all sync.WaitGroup
		for i := range tokens {
			all.Go(func() {
				for len(tokens[i]) < 500 { // until the password is the old one
					a, err := w.try(w.loginCall(b.mobile))
					if err != nil || (a.Status != http.StatusOK && a.Status != http.StatusUnauthorized) {
						t.Errorf("%s, %v", a, err)
						return
					}
					if a.Status == http.StatusUnauthorized {
						return
					}
					var s sessionToken
					a.into(t, &s)
					tokens[i] = append(tokens[i], s.Token)
				}
				t.Error("the old password opens sessions for ever")
			})
		}
		for i := range changes {
			all.Go(func() {
				a, err := w.try(b.change(password, another))
				if err != nil {
					t.Error(err)
					return
				}
				changes[i] = a.Status
			})
		}
		all.Wait()
		if changes[0]+changes[1] != http.StatusOK+http.StatusForbidden {
			t.Errorf("two changes at once: %v", changes)
		}
		for _, token := range slices.Concat(tokens...) {
			came++
			c := b.call("getInfoStatus", nil)
			c.token = token
			w.want(c, http.StatusUnauthorized, "SESSION_EXPIRED")
		}
	}
	if came == 0 {
		t.Error("no login came in")
	}
	t.Logf("%d logins came in before the change, and are out", came)
}
