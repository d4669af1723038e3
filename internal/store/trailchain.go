package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	Unsigned int64 // so many places at the beginning may hold entries without a hash of their own
	Mac      []byte
}

func (r reader) headMAC(h chainHead) []byte {
	return r.keys.Link(trailHead, h.Hash, fmt.Append(nil, h.Seq, " ", h.Unsigned))
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
	_, err = t.idb.NewRaw(`UPDATE audit_head SET seq = ?, hash = ?, mac = ?`, head.Seq, head.Hash, t.headMAC(head)).Exec(ctx)
	return len(rows), fromTx(err)
}

// lockHead takes the head for this transaction. The first time it makes one, and counts the entries that are older than the chain.
func (t *Tx) lockHead(ctx context.Context) (chainHead, error) {
	const lock = `SELECT seq, hash, unsigned, mac FROM audit_head FOR UPDATE`
	var head chainHead
	err := fromTx(t.idb.NewRaw(lock).Scan(ctx, &head))
	if !errors.Is(err, ErrNotFound) {
		return head, err
	}
	if err := t.idb.NewRaw(`SELECT count(*) AS unsigned FROM audit_trail WHERE mac IS NULL`).Scan(ctx, &head.Unsigned); err != nil {
		return head, fromTx(err)
	}
	_, err = t.idb.NewRaw(`INSERT INTO audit_head (seq, hash, unsigned, mac) VALUES (0, ''::bytea, ?, ?) ON CONFLICT DO NOTHING`, head.Unsigned, t.headMAC(head)).Exec(ctx)
	if err != nil {
		return head, fromTx(err)
	}
	return head, fromTx(t.idb.NewRaw(lock).Scan(ctx, &head)) // of two who made it at once, one waits here
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
	var head chainHead
	err := fromTx(r.idb.NewRaw(`SELECT seq, hash, unsigned, mac FROM audit_head`).Scan(ctx, &head))
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return a, err
	case !bytes.Equal(head.Mac, r.headMAC(head)):
		find("the head of the chain was altered")
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
			next, last = row.Seq+1, r.checkSealed(row, last, head.Unsigned, find)
			a.Sealed++
		}
		if len(rows) == 0 {
			if head.Seq != next-1 || !bytes.Equal(head.Hash, last) {
				find("the chain ends at place %d, its head says %d", next-1, head.Seq)
			}
			break
		}
	}
	return a, r.checkUnsealed(ctx, &a, find)
}

// checkSealed holds an entry to its own hash and to its place. It returns the hash that the next place builds on: the stored one, so
// that one break is one finding.
func (r reader) checkSealed(row sealedRow, before []byte, unsigned int64, find func(string, ...any)) []byte {
	says, err := row.says()
	switch {
	case err != nil || !bytes.Equal(row.Hash, r.keys.Link(trailPlace, before, says)):
		find("entry %d does not fit its place %d", row.ID, row.Seq)
	case len(row.Mac) == 0 && row.Seq <= unsigned:
	case !bytes.Equal(row.Mac, r.keys.Link(trailEntry, nil, says)):
		find("entry %d was altered before it was sealed, or did not come from the program", row.ID)
	}
	return row.Hash
}

func (row *sealedRow) says() ([]byte, error) {
	e, err := row.entry()
	if err != nil {
		return nil, err
	}
	return e.says()
}

// checkUnsealed holds what waits for the sealer to its own hashes, and the seals to the entries they name.
func (r reader) checkUnsealed(ctx context.Context, a *TrailAudit, find func(string, ...any)) error {
	var rows []sealedRow
	if err := r.idb.NewRaw(selectSealed+`WHERE s.seq IS NULL ORDER BY a.id`).Scan(ctx, &rows); err != nil {
		return fromTx(err)
	}
	for _, row := range rows {
		a.Unsealed++
		if says, err := row.says(); err != nil || !bytes.Equal(row.Mac, r.keys.Link(trailEntry, nil, says)) {
			find("entry %d, which waits for its place, was altered or did not come from the program", row.ID)
		}
	}
	return nil
}
