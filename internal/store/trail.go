package store

import (
	"context"
	"encoding/json"
	"time"
)

// Change is one thing an act changed. It holds no personal data.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// TrailEntry is one act of the audit trail.
type TrailEntry struct {
	ID           int64
	OperatorID   int64 // 0 for the command line
	OperatorName string
	Act          string // the operation id
	Subject      string // kind:id
	Brand        string // "" where the subject has none
	Changes      []Change
	Reason       string
	RequestID    string
	At           time.Time
}

// AddTrail writes an act to the audit trail, in the transaction of the act. Entries are never changed: the database refuses it.
func (t *Tx) AddTrail(ctx context.Context, e TrailEntry) error {
	if e.Changes == nil {
		e.Changes = []Change{}
	}
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return err
	}
	e.ID, e.At = newID(), t.now
	says, err := e.says()
	if err != nil {
		return err
	}
	_, err = t.idb.NewRaw(`INSERT INTO audit_trail (id, operator_id, operator_name, act, subject, brand, changes, reason, request_id, at, mac)
		VALUES (?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)`, e.ID, idIn(e.OperatorID), e.OperatorName, e.Act, e.Subject, e.Brand, string(changes),
		e.Reason, e.RequestID, t.now, t.keys.Link(trailEntry, nil, says)).Exec(ctx)
	return fromTx(err)
}

// LastActor is who of the staff did an act on a subject last; 0 is the command line. It returns ErrNotFound where nobody did.
func (r reader) LastActor(ctx context.Context, subject, act string) (int64, error) {
	var id int64
	err := r.idb.NewRaw(`SELECT coalesce(operator_id, 0) FROM audit_trail WHERE subject = ? AND act = ? ORDER BY id DESC LIMIT 1`, subject, act).Scan(ctx, &id)
	return id, fromTx(err)
}

// Page asks for part of a list: at most Limit rows beyond the cursor; cursor 0 is the beginning.
type Page struct {
	Brand  string // only this brand; "" for all
	Cursor int64
	Limit  int
}

// TrailFilter narrows the audit trail; zero values do not.
type TrailFilter struct {
	Operator int64
	Subject  string
}

// Trail lists acts, newest first; the cursor is the id of the last one seen.
func (r reader) Trail(ctx context.Context, f TrailFilter, p Page) ([]TrailEntry, error) {
	var rows []trailRow
	err := r.idb.NewRaw(`SELECT id, coalesce(operator_id, 0) AS operator_id, operator_name, act, subject, brand, changes, reason, request_id, at
		FROM audit_trail WHERE (?0 = 0 OR operator_id = ?0) AND (?1 = '' OR subject = ?1) AND (?2 = '' OR brand = ?2) AND (?3 = 0 OR id < ?3)
		ORDER BY id DESC LIMIT ?4`, f.Operator, f.Subject, p.Brand, p.Cursor, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	entries := make([]TrailEntry, len(rows))
	for i, row := range rows {
		if entries[i], err = row.entry(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

type trailRow struct {
	ID           int64
	OperatorID   int64
	OperatorName string
	Act          string
	Subject      string
	Brand        string
	Changes      json.RawMessage
	Reason       string
	RequestID    string
	At           time.Time
}

func (row *trailRow) entry() (TrailEntry, error) {
	e := TrailEntry{ID: row.ID, OperatorID: row.OperatorID, OperatorName: row.OperatorName, Act: row.Act, Subject: row.Subject,
		Brand: row.Brand, Reason: row.Reason, RequestID: row.RequestID, At: row.At.UTC()}
	return e, json.Unmarshal(row.Changes, &e.Changes)
}
