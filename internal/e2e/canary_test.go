package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// canaries are values that must not be found where they do not belong, by kind.
type canaries struct {
	mu  sync.Mutex
	all map[string][]string
}

func (c *canaries) add(kind string, values ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range values {
		if len(v) >= 5 && !slices.Contains(c.all[kind], v) { // shorter ones are found everywhere by chance
			c.all[kind] = append(c.all[kind], v)
		}
	}
}

// in lists the kinds whose values stand in a text: as they are, as bytes in PostgreSQL's hexadecimal form, and in base64.
func (c *canaries) in(text []byte) (kinds []string) {
	for kind, values := range c.all {
		for _, v := range values {
			for _, form := range []string{v, hex.EncodeToString([]byte(v)), base64.StdEncoding.EncodeToString([]byte(v))} {
				if bytes.Contains(text, []byte(form)) {
					kinds = append(kinds, kind)
				}
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// lockedBuffer is a log that many write to.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// errorBodies keeps every answer that is an error, with its headers.
type errorBodies struct {
	http.RoundTripper
	kept *lockedBuffer
	n    int
}

func (e *errorBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode < http.StatusBadRequest {
		return resp, err
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	e.n++
	_ = resp.Header.Write(e.kept)
	_, _ = e.kept.Write(append(raw, '\n'))
	return resp, err
}

// TestCanary lets one borrower with made-up personal values and secrets of more than twenty kinds go through every operation, and through
// its errors, and looks for those values in a dump of the database, the logs, the metrics, the names of photographs and all error bodies.
func TestCanary(t *testing.T) {
	log, blobs := &lockedBuffer{}, t.TempDir()
	w := newWorld(t, testapp.Options{Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Env: []string{"CP_BLOB_URL=file://" + blobs}})
	bodies := &errorBodies{w.client.Transport, &lockedBuffer{}, 0}
	w.client.Transport = bodies
	c := &canaries{all: map[string][]string{}}

	b := &borrower{w: w, mobile: newMobile()}
	const secret = "Zanzibar-heron-5150"
	deviceID := "canary-device-" + digits(10)
	code := w.code(b.mobile, 1)
	c.add("mobile", b.mobile)
	c.add("password", secret)
	c.add("code", "is your code "+code, `"`+code+`"`)
	var user struct{ UID, Token string }
	w.ok(call{Request: w.request("register").WithJSON(map[string]any{"mobile": b.mobile, "code": code, "password": secret, "deviceId": deviceID})}).into(w, &user)
	b.uid, b.token = user.UID, user.Token
	c.add("session token", b.token)
	c.add("device id", deviceID)

	said := map[string]any{"firstName": "QUETZALIA", "middleName": "OBSIDIANA", "lastName": "VERMILIONIS", "dentityCard": "22" + digits(9), "email": "quetzal." + digits(8) + "@example.com",
		"address": "77 Canarywharf Crescent, Ikoyi", "birthday": "1987-11-23"}
	c.add("first name", "QUETZALIA")
	c.add("middle name", "OBSIDIANA")
	c.add("last name", "VERMILIONIS")
	c.add("BVN", said["dentityCard"].(string))
	c.add("email", said["email"].(string))
	c.add("address", "Canarywharf")
	c.add("birthday", `1987-11-23"`, `"1987-11-23`)
	work := map[string]any{"companyName": "Thistledown Aeronautics", "position": "Falconer", "companyAddress": "9 Gossamer Mews", "companyPhone": "08055512377"}
	more := map[string]any{"residenceAddress": "31 Larkspur Terrace"}
	c.add("residence", "Larkspur")
	contact := newMobile()
	c.add("contact's name", "Peregrine Whitlock")
	c.add("contact's mobile", contact)
	w.ok(b.call("saveBasicInfo", said))
	w.ok(b.call("saveWorkInfo", known(w, "saveWorkInfo", work, c)))
	w.ok(b.call("saveMoreInfo", known(w, "saveMoreInfo", more, c)))
	w.ok(b.call("saveEmergencyContacts", map[string]any{"contacts": []any{map[string]any{"name": "Peregrine Whitlock", "mobile": contact, "relation": 2}}}))
	for _, p := range b.policies() {
		w.ok(b.call("saveConsent", map[string]any{"purpose": p.Purpose, "policyVersion": p.PolicyVersion, "granted": 1}))
	}
	number := digits(8) + "12"
	c.add("account number", number)
	if err := w.app.Simulator.RegisterAccount(simulator.Account{BankCode: "058", AccountNumber: number, AccountName: "QUETZALIA OBSIDIANA VERMILIONIS"}); err != nil {
		t.Fatal(err)
	}
	var card struct{ ID string }
	w.ok(b.call("saveBankAccount", map[string]any{"bankAccNo": number, "isDefault": 1})).into(w, &card)
	b.card = card.ID
	w.ok(b.call("reportDevice", known(w, "reportDevice", map[string]any{"deviceId": deviceID, "model": "Hummingbird-X9000"}, c)))
	w.ok(b.call("reportLocation", known(w, "reportLocation", map[string]any{}, c)))
	w.ok(b.call("subscribeTopic", map[string]any{"deviceToken": "fcm-canary-push-token-8842"}))
	c.add("push token", "fcm-canary-push-token-8842")
	b.bind()
	b.apply(5)
	w.ok(b.call("exportUser", nil))
	var refreshed sessionToken
	w.ok(b.call("refreshSession", nil)).into(w, &refreshed)
	c.add("session token", refreshed.Token)
	const pan = "5399838383838381"
	c.add("card number", pan, "5399 8383 8383 8381")

	// Every operation: as it should be, with a card number in it, with every text replaced by personal ones, cut off, with a broken token.
	operations, requests := 0, 0
	for _, op := range w.doc.Operations {
		operations++
		attempt := func(made call) {
			requests++
			if _, err := w.try(made); err != nil {
				t.Errorf("%s: %v", op.ID, err)
			}
		}
		if op.Auth == contract.Gateway {
			continue // it takes no personal value
		}
		ends := op.ID == "logout" || op.ID == "postLogout" || op.ID == "eraseUser" || op.ID == "revokeSession"
		if !ends && op.ID != "register" && op.ID != "applyLoan" {
			attempt(b.call(op.ID, nil))
		}
		carded := b.call(op.ID, nil)
		carded.Request.SetQuery("note", pan)
		attempt(carded)
		bad := b.call(op.ID, nil)
		bad.token = refreshed.Token + "x"
		attempt(bad)
		if op.BodyType == contract.JSONBody {
			for kind := range c.all {
				spoiled := b.call(op.ID, nil)
				spoiled.Body = spoil(w, spoiled.Body, c.all[kind][0])
				if ends {
					spoiled.token = "short"
				}
				attempt(spoiled)
			}
			cut := b.call(op.ID, map[string]any{})
			cut.Body = []byte(`{"password":"` + secret + `","dentityCard":"` + said["dentityCard"].(string) + `"`)
			attempt(cut)
		}
	}
	carded := w.send(call{Request: w.request("listBanks")}.with("X-Request-Id", pan))
	if carded.Header.Get("X-Request-Id") == pan {
		t.Error("a card number became a request's name")
	}
	quiet(w)

	if len(c.all) < 20 {
		t.Errorf("only %d kinds of values", len(c.all))
	}
	places := map[string][]byte{"logs": log.Bytes(), "error bodies": bodies.kept.Bytes(), "metrics": metricsOf(w), "database": dump(t, w.app.DatabaseURL)}
	var names []string
	if err := filepath.WalkDir(blobs, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(names) < 3 {
		t.Error("there are no photographs to look at")
	}
	places["names of photographs"] = []byte(strings.Join(names, "\n"))
	if !bytes.Contains(places["database"], []byte(b.uid)) || !bytes.Contains(places["logs"], []byte("saveBasicInfo")) || !bytes.Contains(places["error bodies"], []byte("CARD_NUMBER_REFUSED")) {
		t.Error("what must be there is not found: the search is blind")
	}
	found := 0
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if len(places[place]) < 100 {
			t.Errorf("%s: nothing to look at", place)
		}
		for _, kind := range c.in(places[place]) {
			found++
			t.Errorf("%s: the %s is there", place, kind)
		}
	}
	fmt.Printf("RESULT canary kinds=%d operations=%d requests=%d errors=%d bytes=%d found=%d\n", len(c.all), operations, requests, bodies.n,
		len(places["database"])+len(places["logs"])+len(places["error bodies"])+len(places["metrics"]), found)
}

// known keeps of the values what the operation takes, and makes a canary of every text in its request that the contract marks as sensitive.
func known(w *world, operation string, values map[string]any, c *canaries) map[string]any {
	w.Helper()
	op := w.doc.Operation(operation)
	kept := map[string]any{}
	for name, v := range values {
		if op.Body.Properties[name] == nil {
			continue
		}
		kept[name] = v
		if text, ok := v.(string); ok {
			c.add(operation+" "+name, text)
		}
	}
	return kept
}

// spoil puts one text in the place of every text of a JSON body.
func spoil(w *world, raw []byte, with string) []byte {
	w.Helper()
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		w.Fatal(err)
	}
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = walk(v[name])
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case string:
			return "<" + with + ">" // fits no pattern, so that it meets the rules' own words
		}
		return v
	}
	spoiled, err := json.Marshal(walk(tree))
	if err != nil {
		w.Fatal(err)
	}
	return bytes.ReplaceAll(spoiled, []byte(`\u003c`), []byte("<"))
}

func metricsOf(w *world) []byte {
	w.Helper()
	resp, err := http.Get(w.app.BaseURL + "/metrics")
	if err != nil {
		w.Fatal(err)
	}
	raw, err := readBody(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return raw
}

// dump is the whole database as pg_dump writes it. What is sealed is in it as it is stored.
func dump(t *testing.T, url string) []byte {
	t.Helper()
	tool, err := exec.LookPath("pg_dump")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
		if len(found) == 0 {
			if os.Getenv("CI") != "" {
				t.Fatal("there is no pg_dump on this machine, and CI must not pass without the look into the database")
			}
			t.Skip("there is no pg_dump on this machine")
		}
		tool = found[len(found)-1]
	}
	out, err := exec.Command(tool, "--data-only", "--inserts", url).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	return out
}
