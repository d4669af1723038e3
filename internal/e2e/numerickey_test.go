package e2e

import (
	"net/http"
	"testing"

	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// A key of digits alone is a key, whatever its check digit: of those that a caller counts up, one in ten could be a card number. It does what
// keys do, and is not kept as it was sent where it could be one.
func TestAKeyOfDigitsIsAKey(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	for _, key := range []string{"4084084084084081", "4084084084084082", "1732590000003", "order-4084-0840-8408-4081"} {
		b := w.register().profile().account("11")
		apply := b.applyCall("301", nil).key(key)
		var first, again struct{ List []struct{ ID string } }
		w.ok(apply).into(t, &first)
		repeat := w.ok(apply)
		repeat.into(t, &again)
		if repeat.Header.Get("Idempotency-Replayed") != "true" || len(first.List) != 1 || len(again.List) != 1 || first.List[0] != again.List[0] {
			t.Errorf("the repeat under %s: %s", key, repeat)
		}
		w.want(b.applyCall("302", nil).key(key), http.StatusConflict, "IDEMPOTENCY_KEY_REUSED")

		visitor := newMobile()
		register := map[string]any{"mobile": visitor, "code": w.code(visitor, 1), "password": password, "deviceId": device(visitor)}
		w.ok(call{Request: w.request("register").WithJSON(register)}.key(key))
		if a := w.ok(call{Request: w.request("register").WithJSON(register)}.key(key)); a.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the repeat of a registration under %s: %s", key, a)
		}
	}
	for _, card := range []string{"4084084084084081", "4084-0840-8408-4081"} {
		if found := w.tablesWith(card); len(found) > 0 {
			t.Errorf("%s is kept in %v", card, found)
		}
	}
	// Elsewhere a card number is refused as ever.
	card := w.register().call("saveBasicInfo", map[string]any{"address": "4084084084084081"})
	w.want(card.key("4084084084084081"), http.StatusBadRequest, "CARD_NUMBER_REFUSED")
}
