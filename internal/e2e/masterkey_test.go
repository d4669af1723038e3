package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

func newMaster(t *testing.T) string {
	t.Helper()
	text, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keysWith are what a server derives that has a master key, knows another one, and has the index key of a third.
func keysWith(t *testing.T, present, other string, index []byte) *seal.Keys {
	t.Helper()
	keys := keysOf(t, present)
	if other != "" {
		master, err := seal.ParseMasterKey(other)
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.OpenMasterKeys(master); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.UseIndexKey(index); err != nil {
		t.Fatal(err)
	}
	return keys
}

// keyDrill is a deployment whose master key is changed.
type keyDrill struct {
	*world
	old, next string // master keys
	index     []byte
	binary    string
}

// command runs the command line under a master key, and another one that it knows.
func (d *keyDrill) command(master, other string, more []string, command ...string) *exec.Cmd {
	cmd := exec.Command(d.binary, command...)
	for _, kept := range os.Environ() {
		if !strings.HasPrefix(kept, "CP_") && !strings.HasPrefix(kept, "DATABASE_URL=") {
			cmd.Env = append(cmd.Env, kept)
		}
	}
	cmd.Env = append(cmd.Env, "DATABASE_URL="+d.app.DatabaseURL, "CP_MASTER_KEY="+master, "CP_OLD_MASTER_KEYS="+other, "CP_DATA_DIR="+d.TempDir())
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

func (d *keyDrill) output(master, other string, command ...string) (string, error) {
	out, err := d.command(master, other, []string{"CP_INDEX_KEY=" + base64.StdEncoding.EncodeToString(d.index)}, command...).CombinedOutput()
	return string(out), err
}

// crowd adds borrowers whose data keys are to be wrapped anew.
func (d *keyDrill) crowd(n int) {
	d.Helper()
	err := d.app.Store.InTx(d.Context(), func(ctx context.Context, tx *store.Tx) error {
		people := make([]store.NewPerson, n)
		for i := range people {
			people[i] = store.NewPerson{Brand: lending.DemoBrand, Mobile: fmt.Sprintf("+234800%07d", i), PasswordHash: "none",
				Profile: store.Profile{FirstName: "Ada", LastName: "Eze", BVN: fmt.Sprintf("21%09d", i), Birthday: clock.NewDate(1990, 1, 1), Gender: 1, Email: "ada@example.com", Address: "1 Marina"},
				Account: store.BankAccount{BankCode: "058", BankName: "Guaranty Trust Bank", AccountNo: fmt.Sprintf("%010d", i), AccountName: "Eze Ada"}}
		}
		return tx.AddPeople(ctx, people)
	})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *keyDrill) number(query string, args ...any) string {
	d.Helper()
	return testkit.Texts(d.T, d.app.DatabaseURL, query, args...)[0]
}

// killed runs `keys rotate` and kills it while it waits for a row that the test holds, after some batches were committed. A second run
// beside it is refused.
func (d *keyDrill) killed(wrapID []byte) {
	d.Helper()
	ctx := d.Context()
	db, err := pgx.Connect(ctx, d.app.DatabaseURL)
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	held, err := db.Begin(ctx)
	if err != nil {
		d.Fatal(err)
	}
	if _, err := held.Exec(ctx, `SELECT 1 FROM borrower_keys WHERE borrower_id = (SELECT borrower_id FROM borrower_keys ORDER BY borrower_id OFFSET 450 LIMIT 1) FOR UPDATE`); err != nil {
		d.Fatal(err)
	}
	cmd := d.command(d.next, d.old, []string{"CP_INDEX_KEY=" + base64.StdEncoding.EncodeToString(d.index)}, "keys", "rotate")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	defer func() {
		if d.Failed() {
			d.Log(said.String())
		}
	}()
	const wrapped = `SELECT (count(*) >= 400)::text FROM borrower_keys WHERE kek_id = $1`
	d.eventually(15*time.Second, "two batches to be wrapped anew", func() bool { return d.number(wrapped, wrapID) == "true" })
	if out, err := d.output(d.next, d.old, "keys", "rotate"); err == nil || !strings.Contains(out, "another `creditpocket keys rotate` is at work") || strings.Contains(out, "RESULT") {
		d.Errorf("a second rotation beside the first: %s, %v", out, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	const locked = `SELECT (count(*) = 0)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = x'63706b72'::int AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	d.eventually(15*time.Second, "the killed rotation's lock to end", func() bool { return d.number(locked) == "true" })
	if err := held.Rollback(ctx); err != nil {
		d.Fatal(err)
	}
	if d.number(`SELECT (count(*) > 0)::text FROM borrower_keys WHERE kek_id <> $1`, wrapID) != "true" {
		d.Fatal("the killed rotation had done everything")
	}
}

// TestMasterKeyIsChangedBesideRunningServers: borrowers of the old master key, servers of both keys at once, a rotation that is killed half-way
// and run again under requests; in the end a server that knows the new key alone finds and reads everything, and the books and the trail
// agree.
func TestMasterKeyIsChangedBesideRunningServers(t *testing.T) {
	d := &keyDrill{old: newMaster(t), next: newMaster(t), binary: buildBinary(t)}
	d.index = keysOf(t, d.old).IndexKey()
	// The first step is behind: every server has the index key as a setting of its own, and knows the next master key.
	d.world = newWorld(t, testapp.Options{Keys: keysWith(t, d.old, d.next, d.index)})
	w := d.world
	out, err := d.command(d.old, "", nil, "keys", "index").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != base64.StdEncoding.EncodeToString(d.index) {
		t.Fatalf("keys index: %s, %v", out, err)
	}
	d.crowd(600)
	said := basic()
	b := w.register()
	w.ok(b.call("saveBasicInfo", said))
	b.profileRest().account("12").apply(5)
	newcomer := w.register()
	applicant := w.register().profile().account("11")
	var product struct{ QuoteID string }
	w.ok(applicant.get("getLoanProduct", map[string]string{"id": "301"})).into(t, &product)
	visitor, key := newMobile(), newKey()
	registration := call{Request: w.request("register").WithJSON(map[string]any{"mobile": visitor, "code": w.code(visitor, 1), "password": password, "deviceId": device(visitor)})}.key(key)
	var registered struct{ UID string }
	w.ok(registration).into(t, &registered)
	code := w.code(b.mobile, 1)
	var refreshed sessionToken
	refresh := b.call("refreshSession", nil)
	w.ok(refresh).into(t, &refreshed)
	b.token = refreshed.Token
	w.ok(b.call("exportUser", nil)) // an entry of the trail
	var text int64
	if err := w.app.Store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		text, err = tx.AddSMS(ctx, store.NewSMS{Brand: lending.DemoBrand, To: "+2347000000003", Text: "a text on its way", Purpose: "test", Life: time.Hour})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Backoffice.SealTrail(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Servers of both keys at once: what one writes the other reads.
	second := testapp.New(t, testapp.Options{DatabaseURL: w.app.DatabaseURL, Keys: keysWith(t, d.next, d.old, d.index), Env: []string{"CP_ROLES=http"}})
	var again sessionToken
	w.ok(refresh.at(second.BaseURL)).into(t, &again)
	if again.Token != refreshed.Token {
		t.Error("a repeat at a server of the next key gives another token")
	}
	w.ok(applicant.applyCall("301", map[string]string{"quoteId": product.QuoteID}).at(second.BaseURL))
	w.ok(w.loginCall(b.mobile).at(second.BaseURL))
	w.ok(b.call("exportUser", nil).at(second.BaseURL)) // an entry under the next key, which the old server may seal
	w.app.Stop()

	// The rotation, cut off and run again, while requests run.
	var done atomic.Bool
	var requests atomic.Int64
	var load sync.WaitGroup
	for i := range 2 {
		load.Go(func() {
			for !done.Load() {
				made := b.call("getUserInfo", nil)
				if i == 1 {
					made = w.loginCall(b.mobile)
				}
				if a, err := w.try(made.at(second.BaseURL)); err != nil || a.Status != http.StatusOK {
					t.Errorf("while the keys change: %s, %v", a, err)
					return
				}
				requests.Add(1)
			}
		})
	}
	d.killed(second.Keys.WrapKeyID())
	report, err := d.output(d.next, d.old, "keys", "rotate")
	done.Store(true)
	load.Wait()
	if err != nil || !strings.Contains(report, " others=0 unreadable=0 ") {
		t.Fatalf("keys rotate: %s, %v", report, err)
	}
	t.Logf("%d requests were answered meanwhile; %s", requests.Load(), strings.TrimSpace(report))
	second.Stop()

	// The old key is known to nobody any more.
	last := testapp.New(t, testapp.Options{DatabaseURL: w.app.DatabaseURL, Keys: keysWith(t, d.next, "", d.index), Env: []string{"CP_ROLES=http"}})
	var session struct{ Token string }
	w.ok(w.loginCall(b.mobile).at(last.BaseURL)).into(t, &session)
	b.token = session.Token
	export := string(w.ok(b.call("exportUser", nil).at(last.BaseURL)).Raw)
	for _, want := range []string{said["dentityCard"].(string), said["email"].(string), b.mobile, b.loan} {
		if !strings.Contains(export, want) {
			t.Errorf("the export does not hold %q", want)
		}
	}
	w.want(newcomer.call("saveBasicInfo", said).at(last.BaseURL), http.StatusConflict, "IDENTITY_ALREADY_USED")
	taken := call{Request: w.request("register").WithJSON(map[string]any{"mobile": b.mobile, "code": code, "password": password, "deviceId": device(b.mobile)})}
	w.want(taken.at(last.BaseURL), http.StatusConflict, "ALREADY_REGISTERED")
	var same struct{ UID string }
	repeat := w.ok(registration.at(last.BaseURL))
	repeat.into(t, &same)
	if same.UID != registered.UID || repeat.Header.Get("Idempotency-Replayed") == "" {
		t.Errorf("the repeat of a registration gives %s, not %s", same.UID, registered.UID)
	}
	if sms, err := last.Store.SMS(t.Context(), text); err != nil || sms.Text != "a text on its way" {
		t.Errorf("a text on its way: %+v, %v", sms, err)
	}
	if _, err := testkit.OpenStore(t, w.app.DatabaseURL, keysWith(t, d.old, "", d.index), clock.System{}).Borrower(t.Context(), mustInt(b.uid)); err == nil {
		t.Error("the old key still reads a borrower")
	}
	if out, err := d.output(d.next, "", "verify"); err != nil {
		t.Errorf("verify: %s, %v", out, err)
	}
	if out, err := d.output(d.next, d.old, "verify", "--audit"); err != nil || !strings.Contains(out, " findings=0 ") {
		t.Errorf("verify --audit: %s, %v", out, err)
	}
	if out, err := d.output(d.next, "", "verify", "--audit"); err == nil || !strings.Contains(out, "CP_OLD_MASTER_KEYS") {
		t.Errorf("verify --audit without the old key: %s, %v", out, err)
	}
	d.refusesAnotherIndexKey()
	d.findsTampering(last)
}

// refusesAnotherIndexKey: production does not start with a master key that was changed alone.
func (d *keyDrill) refusesAnotherIndexKey() {
	d.Helper()
	production := []string{"CP_ENV=production", "CP_GATEWAY=paystack", "CP_PAYSTACK_SECRET_KEY=sk_x", "CP_SMS=termii", "CP_TERMII_API_KEY=x", "CP_TERMII_SENDER=CP",
		"CP_PUBLIC_URL=https://example.com", "CP_BLOB_URL=mem://"}
	right := append([]string{"CP_INDEX_KEY=" + base64.StdEncoding.EncodeToString(d.index)}, production...)
	if out, err := d.command(d.next, "", right, "keys", "status").CombinedOutput(); err != nil {
		d.Fatalf("keys status: %s, %v", out, err)
	}
	out, err := d.command(d.next, "", production, "keys", "status").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "CP_INDEX_KEY") {
		d.Errorf("a changed master key without its index key: %s, %v", out, err)
	}
}

// findsTampering: neither the part of the chain under the old key nor the one under the new can be changed by who has the old key.
func (d *keyDrill) findsTampering(last *testapp.App) {
	d.Helper()
	ctx := d.Context()
	both := testkit.OpenStore(d.T, d.app.DatabaseURL, keysWith(d.T, d.next, d.old, d.index), clock.System{})
	findings := func(what, want string) {
		d.Helper()
		audit, err := both.VerifyTrail(ctx)
		if err != nil || !strings.Contains(strings.Join(audit.Findings, "\n"), want) {
			d.Errorf("%s: %+v, %v", what, audit, err)
		}
	}
	if audit, err := both.VerifyTrail(ctx); err != nil || len(audit.Findings) > 0 {
		d.Fatalf("an honest trail: %+v, %v", audit, err)
	}
	old := testkit.OpenStore(d.T, d.app.DatabaseURL, keysWith(d.T, d.old, "", d.index), clock.System{})
	if err := old.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddTrail(ctx, store.TrailEntry{OperatorName: "Eve", Act: "waive", Subject: "loan:1", Reason: "forged"})
	}); err != nil {
		d.Fatal(err)
	}
	findings("an entry under the old key", "did not come from the program")
	if err := last.Backoffice.SealTrail(ctx); err != nil {
		d.Fatal(err)
	}
	findings("a sealed entry under the old key", "did not come from the program")
	db, err := pgx.Connect(ctx, d.app.DatabaseURL)
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	for _, statement := range []string{`SET session_replication_role = replica`, `UPDATE audit_trail SET reason = 'another' WHERE id = (SELECT entry_id FROM audit_seals ORDER BY seq LIMIT 1)`} {
		if _, err := db.Exec(ctx, statement); err != nil {
			d.Fatal(err)
		}
	}
	findings("an edit under the old key", "does not fit its place 1")
	if _, err := db.Exec(ctx, `UPDATE audit_head SET epochs = '[]'`); err != nil {
		d.Fatal(err)
	}
	findings("epochs taken away", "the head of the chain was altered")
}
