package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Kinds of links: of an entry by itself, of its place in the chain, of the chain's head.
const (
	trailEntry = "audit-entry"
	trailPlace = "audit-place"
	trailHead  = "audit-head"
)

// says is an entry in the one form that is hashed.
func (e TrailEntry) says() ([]byte, error) {
	return json.Marshal([]any{e.ID, e.OperatorID, e.OperatorName, e.Act, e.Subject, e.Brand, e.Changes, e.Reason, e.RequestID, e.At.UTC().UnixMicro()})
}

// chainHead is where the chain ends.
type chainHead struct {
	Seq      int64
	Hash     []byte
	Unsigned int64        // so many places at the beginning may hold entries without a hash of their own
	Epochs   []trailEpoch // none until the key is changed
	Mac      []byte
}

const selectHead = `SELECT seq, hash, unsigned, epochs, mac FROM audit_head`

// readHead reads the head, or ErrNotFound.
func (r reader) readHead(ctx context.Context, lock string) (h chainHead, err error) {
	var row struct {
		Seq      int64
		Hash     []byte
		Unsigned int64
		Epochs   json.RawMessage
		Mac      []byte
	}
	if err := r.idb.NewRaw(selectHead+lock).Scan(ctx, &row); err != nil {
		return h, fromTx(err)
	}
	h = chainHead{Seq: row.Seq, Hash: row.Hash, Unsigned: row.Unsigned, Mac: row.Mac}
	return h, json.Unmarshal(row.Epochs, &h.Epochs)
}

// sealedRow is an entry with its own hash and, once sealed, its place.
type sealedRow struct {
	trailRow
	Mac  []byte
	Seq  int64 // 0: not sealed yet
	Hash []byte
}

const selectSealed = `SELECT a.id, coalesce(a.operator_id, 0) AS operator_id, a.operator_name, a.act, a.subject, a.brand, a.changes, a.reason, a.request_id,
	a.at, coalesce(a.mac, ''::bytea) AS mac, coalesce(s.seq, 0) AS seq, coalesce(s.hash, ''::bytea) AS hash
	FROM audit_trail a LEFT JOIN audit_seals s ON s.entry_id = a.id `

// SealTrail gives at most limit entries of the audit trail, the oldest first, their places in the chain and returns how many. The
// head's row lock makes it a singleton: a second caller waits and finds nothing left. An entry whose own hash does not fit is sealed
// all the same, so that one forged entry does not stop the chain; VerifyTrail names it.
func (t *Tx) SealTrail(ctx context.Context, limit int) (int, error) {
	head, err := t.lockHead(ctx)
	if err != nil {
		return 0, err
	}
	if mine, err := t.epochFor(&head); err != nil || !mine {
		return 0, err
	}
	var rows []sealedRow
	if err := t.idb.NewRaw(selectSealed+`WHERE s.seq IS NULL ORDER BY a.id LIMIT ?`, limit).Scan(ctx, &rows); err != nil {
		return 0, fromTx(err)
	}
	for _, row := range rows {
		e, err := row.entry()
		if err != nil {
			return 0, err
		}
		says, err := e.says()
		if err != nil {
			return 0, err
		}
		head.Seq++
		head.Hash = t.keys.Link(trailPlace, head.Hash, says)
		if _, err := t.idb.NewRaw(`INSERT INTO audit_seals (seq, entry_id, hash, sealed_at) VALUES (?, ?, ?, ?)`, head.Seq, e.ID, head.Hash, t.now).Exec(ctx); err != nil {
			return 0, fromTx(err)
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	return len(rows), t.saveHead(ctx, head)
}

// lockHead takes the head for this transaction. The first time it makes one, and counts the entries that are older than the chain.
func (t *Tx) lockHead(ctx context.Context) (chainHead, error) {
	head, err := t.readHead(ctx, ` FOR UPDATE`)
	if !errors.Is(err, ErrNotFound) {
		return head, err
	}
	if err := t.idb.NewRaw(`SELECT count(*) AS unsigned FROM audit_trail WHERE mac IS NULL`).Scan(ctx, &head.Unsigned); err != nil {
		return head, fromTx(err)
	}
	_, err = t.idb.NewRaw(`INSERT INTO audit_head (seq, hash, unsigned, mac) VALUES (0, ''::bytea, ?, ?) ON CONFLICT DO NOTHING`, head.Unsigned, t.headMAC(t.keys.ChainKeys()[0], head)).Exec(ctx)
	if err != nil {
		return head, fromTx(err)
	}
	return t.readHead(ctx, ` FOR UPDATE`) // of two who made it at once, one waits here
}

// TrailAudit is what a walk along the chain found.
type TrailAudit struct {
	Sealed   int64
	Unsealed int64    // written since the sealer's last turn; each stands under its own hash alone
	Findings []string // what does not fit, in words; no finding repeats what an entry says
}

// VerifyTrail walks the whole chain and names every entry that was edited, removed, added or moved behind the program's back. What it
// cannot see is an entry that was removed before it was sealed, and a database that was put back to an earlier state as a whole.
func (r reader) VerifyTrail(ctx context.Context) (TrailAudit, error) {
	var a TrailAudit
	find := func(format string, args ...any) { a.Findings = append(a.Findings, fmt.Sprintf(format, args...)) }
	head, err := r.readHead(ctx, "")
	present := r.keys.ChainKeys()[0]
	under := present
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return a, err
	default:
		if under = r.headKey(head); under == "" {
			find("the head of the chain was altered, or stands under a key that is not known here")
			under = present
		} else if under != present {
			find("the chain ends under another key than the present one: `creditpocket keys rotate` ends the change of keys")
		}
	}
	unknown := map[string]bool{}
	for i, e := range head.Epochs {
		if !slices.Contains(r.keys.ChainKeys(), e.Key) {
			unknown[e.Key] = true
			find("the chain stands under the key %s from place %d on, which is not known here: name it in CP_OLD_MASTER_KEYS", e.Key, e.From)
		}
		if i > 0 && e.From < head.Epochs[i-1].From {
			find("the epochs of the chain are out of order")
		}
	}
	var last []byte
	for next := int64(1); ; {
		var rows []sealedRow
		if err := r.idb.NewRaw(selectSealed+`WHERE s.seq >= ? ORDER BY s.seq LIMIT 1000`, next).Scan(ctx, &rows); err != nil {
			return a, fromTx(err)
		}
		for _, row := range rows {
			if row.Seq != next {
				find("places %d to %d of the chain are missing", next, row.Seq-1)
			}
			next, last = row.Seq+1, r.checkSealed(row, last, head, under, unknown, find)
			a.Sealed++
		}
		if len(rows) == 0 {
			if head.Seq != next-1 || !bytes.Equal(head.Hash, last) {
				find("the chain ends at place %d, its head says %d", next-1, head.Seq)
			}
			break
		}
	}
	return a, r.checkUnsealed(ctx, &a, head, under, find)
}

// checkSealed holds an entry to its own hash and to its place. It returns the hash that the next place builds on: the stored one, so
// that one break is one finding.
func (r reader) checkSealed(row sealedRow, before []byte, head chainHead, under string, unknown map[string]bool, find func(string, ...any)) []byte {
	says, err := row.says()
	place, writers := head.placeKey(row.Seq, under, r.keys.ChainKeys())
	switch {
	case unknown[place]: // named already, as a whole
	case err != nil || !fits(row.Hash, r.keys.LinkBy(place, trailPlace, before, says)):
		find("entry %d does not fit its place %d", row.ID, row.Seq)
	case len(row.Mac) == 0 && row.Seq <= head.Unsigned:
	case !r.writtenBy(writers, row.Mac, says):
		find("entry %d was altered before it was sealed, or did not come from the program", row.ID)
	}
	return row.Hash
}

// writtenBy tells whether an entry's own hash is by one of the keys.
func (r reader) writtenBy(keys []string, mac, says []byte) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return fits(mac, r.keys.LinkBy(key, trailEntry, nil, says)) })
}

func (row *sealedRow) says() ([]byte, error) {
	e, err := row.entry()
	if err != nil {
		return nil, err
	}
	return e.says()
}

// checkUnsealed holds what waits for the sealer to its own hashes, and the seals to the entries they name.
func (r reader) checkUnsealed(ctx context.Context, a *TrailAudit, head chainHead, under string, find func(string, ...any)) error {
	_, writers := head.placeKey(head.Seq+1, under, r.keys.ChainKeys())
	var rows []sealedRow
	if err := r.idb.NewRaw(selectSealed+`WHERE s.seq IS NULL ORDER BY a.id`).Scan(ctx, &rows); err != nil {
		return fromTx(err)
	}
	for _, row := range rows {
		a.Unsealed++
		if says, err := row.says(); err != nil || !r.writtenBy(writers, row.Mac, says) {
			find("entry %d, which waits for its place, was altered or did not come from the program", row.ID)
		}
	}
	return nil
}
