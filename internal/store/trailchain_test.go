package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/store"
)

// trail writes so many entries, sealed in two turns but for the last few.
func trail(l *lender, sealed, waiting int) {
	l.t.Helper()
	add := func(n int) {
		for i := range n {
			l.must(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddTrail(ctx, store.TrailEntry{OperatorName: "Ada", Act: "waive", Subject: fmt.Sprintf("loan:%d", i), Brand: "CycleCash",
					Changes: []store.Change{{Field: "waived", Before: "0", After: fmt.Sprint(i * 100)}}, Reason: "because", RequestID: fmt.Sprintf("request-%d", i)})
			})
		}
	}
	for _, part := range []int{sealed / 2, sealed - sealed/2} {
		add(part)
		for {
			var n int
			l.must(func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.SealTrail(ctx, 7)
				return err
			})
			if n == 0 {
				break
			}
		}
	}
	add(waiting)
}

// tampering is one thing that somebody with all rights at the database could do, as SQL with places for one or two entries' numbers in
// the chain.
var tampering = []struct{ name, sql string }{
	{"edit of the act", `UPDATE audit_trail SET act = act || 'x' WHERE id = {one}`},
	{"edit of the operator", `UPDATE audit_trail SET operator_name = 'Eve' WHERE id = {one}`},
	{"edit of the subject", `UPDATE audit_trail SET subject = subject || '0' WHERE id = {one}`},
	{"edit of the brand", `UPDATE audit_trail SET brand = '' WHERE id = {one}`},
	{"edit of the changes", `UPDATE audit_trail SET changes = jsonb_set(changes, '{0,after}', '"1"') WHERE id = {one}`},
	{"edit of the reason", `UPDATE audit_trail SET reason = '' WHERE id = {one}`},
	{"edit of the request", `UPDATE audit_trail SET request_id = 'another' WHERE id = {one}`},
	{"edit of the time", `UPDATE audit_trail SET at = at - interval '1 microsecond' WHERE id = {one}`},
	{"edit of the id", `WITH moved AS (UPDATE audit_seals SET entry_id = entry_id + 1099511627776 WHERE entry_id = {one}) UPDATE audit_trail SET id = id + 1099511627776 WHERE id = {one}`},
	{"edit of its hash", `UPDATE audit_trail SET mac = sha256('x') WHERE id = {one}`},
	{"loss of its hash", `UPDATE audit_trail SET mac = NULL WHERE id = {one}`},
	{"deletion of the entry", `DELETE FROM audit_trail WHERE id = {one}`},
	{"deletion of entry and place", `WITH gone AS (DELETE FROM audit_seals WHERE entry_id = {one}) DELETE FROM audit_trail WHERE id = {one}`},
	{"deletion of the place", `DELETE FROM audit_seals WHERE entry_id = {one}`},
	{"edit of the place's hash", `UPDATE audit_seals SET hash = sha256('x') WHERE entry_id = {one}`},
	{"swap of two entries' words", `UPDATE audit_trail a SET subject = b.subject, reason = b.reason, request_id = b.request_id, changes = b.changes, mac = b.mac
		FROM audit_trail b WHERE (a.id, b.id) IN (({one}, {other}), ({other}, {one}))`},
	{"swap of two places", `UPDATE audit_seals SET entry_id = -1 WHERE entry_id = {one}; UPDATE audit_seals SET entry_id = {one} WHERE entry_id = {other};
		UPDATE audit_seals SET entry_id = {other} WHERE entry_id = -1`},
	{"an entry that nobody wrote", `INSERT INTO audit_trail SELECT id + 1099511627776, operator_id, 'Eve', act, subject, brand, changes, reason, request_id, at, mac FROM audit_trail WHERE id = {one}`},
	{"an entry without a hash", `INSERT INTO audit_trail SELECT id + 1099511627776, operator_id, 'Eve', act, subject, brand, changes, reason, request_id, at, NULL FROM audit_trail WHERE id = {one}`},
	{"the tail cut off", `WITH gone AS (DELETE FROM audit_seals WHERE entry_id >= {one}) DELETE FROM audit_trail WHERE id >= {one}`},
	{"the head moved back", `UPDATE audit_head SET seq = seq - 1`},
	{"the head forged to fit a cut tail", `WITH gone AS (DELETE FROM audit_seals WHERE seq = (SELECT max(seq) FROM audit_seals)),
		gone2 AS (DELETE FROM audit_trail WHERE id >= (SELECT entry_id FROM audit_seals ORDER BY seq DESC LIMIT 1))
		UPDATE audit_head SET seq = seq - 1, hash = (SELECT hash FROM audit_seals WHERE seq = (SELECT max(seq) - 1 FROM audit_seals))`},
	{"the head deleted", `DELETE FROM audit_head`},
}

// TestTheAuditTrailTellsOfEveryTampering changes the trail a thousand times, each time in one random way, as somebody who owns the
// database could, and looks whether the walk along the chain notices.
func TestTheAuditTrailTellsOfEveryTampering(t *testing.T) {
	l := newLender(t)
	const sealed, waiting, rounds = 40, 3, 1000
	trail(l, sealed, waiting)
	before, err := l.st.VerifyTrail(t.Context())
	if err != nil || before.Sealed != sealed || before.Unsealed != waiting || len(before.Findings) > 0 {
		t.Fatalf("an honest trail: %+v, %v", before, err)
	}
	ids := l.st.Dump(t, "(SELECT entry_id FROM audit_seals)")
	for i, id := range ids {
		ids[i] = id[1 : len(id)-1]
	}
	random := rand.New(rand.NewPCG(7, 20261125))
	back := errors.New("back")
	kinds, found := map[string]bool{}, 0
	for range rounds {
		k := tampering[random.IntN(len(tampering))]
		kinds[k.name] = true
		one := ids[random.IntN(len(ids))]
		other := ids[random.IntN(len(ids))]
		for other == one {
			other = ids[random.IntN(len(ids))]
		}
		err := l.in(func(ctx context.Context, tx *store.Tx) error {
			// An owner can turn triggers and foreign keys off.
			if err := tx.Run(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
				return err
			}
			if err := tx.Run(ctx, strings.NewReplacer("{one}", one, "{other}", other).Replace(k.sql)); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			after, err := tx.VerifyTrail(ctx)
			if err != nil {
				return err
			}
			if len(after.Findings) > 0 {
				found++
			} else {
				t.Errorf("%s of %s went unseen", k.name, one)
			}
			return back
		})
		if !errors.Is(err, back) {
			t.Fatal(err)
		}
	}
	fmt.Printf("RESULT audit-tampering rounds=%d kinds=%d found=%d\n", rounds, len(kinds), found)
	if found != rounds {
		t.Errorf("%d of %d tamperings were found", found, rounds)
	}
}

// A forged entry that waits for its place is sealed with the others, and stays a finding.
func TestSealingDoesNotWhitewash(t *testing.T) {
	l := newLender(t)
	trail(l, 4, 0)
	l.st.Exec(t, `INSERT INTO audit_trail (id, operator_name, act, subject, changes, reason, request_id, at, mac)
		SELECT max(id) + 1, 'Eve', 'waive', 'loan:1', '[]', 'because', 'request-9', now(), NULL FROM audit_trail`)
	l.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SealTrail(ctx, 100)
		return err
	})
	if a, err := l.st.VerifyTrail(t.Context()); err != nil || a.Sealed != 5 || len(a.Findings) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

// Two sealers at once give each entry one place.
func TestOneSealerAtATime(t *testing.T) {
	l := newLender(t)
	trail(l, 2, 30)
	done := make(chan error, 2)
	for range 2 {
		go func() {
			done <- l.in(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.SealTrail(ctx, 100)
				return err
			})
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if a, err := l.st.VerifyTrail(t.Context()); err != nil || a.Sealed != 32 || a.Unsealed != 0 || len(a.Findings) > 0 {
		t.Errorf("%+v, %v", a, err)
	}
}
