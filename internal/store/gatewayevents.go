package store

import (
	"context"
	"time"
)

// EventState says what became of a gateway's event.
type EventState int

// The states of an event.
const (
	EventWaiting EventState = 0
	EventApplied EventState = 1
	EventParked  EventState = 2 // about a reference that is not ours
)

// GatewayEvent is what the gateway told us, reduced to what names the thing to ask about.
type GatewayEvent struct {
	ID         int64
	Provider   string
	Digest     []byte // equal for repeats of one event
	Event      string
	Reference  string
	Status     string
	State      EventState
	ReceivedAt time.Time
	RevivedAt  time.Time // when it was parked and its reference became known; zero: it was not
}

// AddGatewayEvent keeps an event and returns its id. For a repeat of one that still waits to be applied it returns that one's id,
// and 0 for a repeat of one that is over.
func (t *Tx) AddGatewayEvent(ctx context.Context, e GatewayEvent) (int64, error) {
	id := newID()
	result, err := t.idb.NewRaw(`INSERT INTO gateway_events (id, provider, digest, event, reference, status, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`, id, e.Provider, e.Digest, e.Event, e.Reference, e.Status, t.now).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return id, err
	}
	err = t.idb.NewRaw(`SELECT coalesce(max(id), 0) FROM gateway_events WHERE digest = ? AND state = 0`, e.Digest).Scan(ctx, &id)
	return id, fromTx(err)
}

// EventsWaiting lists the events received before an instant, and those taken up again, that nobody has applied, oldest first, at most
// limit.
func (r reader) EventsWaiting(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := r.idb.NewRaw(`SELECT id FROM gateway_events WHERE state = 0 AND (received_at < ? OR revived_at IS NOT NULL) ORDER BY received_at LIMIT ?`, before, limit).Scan(ctx, &ids)
	return ids, fromTx(err)
}

// GatewayEvent reads an event, or ErrNotFound.
func (r reader) GatewayEvent(ctx context.Context, id int64) (GatewayEvent, error) {
	var e GatewayEvent
	err := r.idb.NewRaw(`SELECT id, provider, digest, event, reference, status, state, received_at, revived_at FROM gateway_events WHERE id = ?`, id).Scan(ctx, &e)
	e.ReceivedAt, e.RevivedAt = e.ReceivedAt.UTC(), e.RevivedAt.UTC()
	return e, fromTx(err)
}

// EventsKnownLater lists parked events whose reference is one of ours by now, oldest first, at most limit. It leaves out those that
// were taken up again before, and those whose payment a person has put on a loan.
func (r reader) EventsKnownLater(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := r.idb.NewRaw(`SELECT e.id FROM gateway_events e WHERE e.state = 2 AND e.revived_at IS NULL
		AND NOT EXISTS (SELECT FROM unmatched_receipts u WHERE u.reference = e.reference AND u.state = 1)
		AND (EXISTS (SELECT FROM payouts p WHERE p.reference = e.reference)
			OR EXISTS (SELECT FROM payment_intents i WHERE i.reference = e.reference
				AND (e.event NOT LIKE 'refund.%' OR EXISTS (SELECT FROM refunds f WHERE f.intent_id = i.id))))
		ORDER BY e.id LIMIT ?`, limit).Scan(ctx, &ids)
	return ids, fromTx(err)
}

// ReviveGatewayEvent makes a parked event wait to be applied again. It returns ErrStale where it is not parked.
func (t *Tx) ReviveGatewayEvent(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE gateway_events SET state = 0, finished_at = NULL, revived_at = ? WHERE id = ? AND state = 2`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// FinishGatewayEvent records that an event was applied or parked.
func (t *Tx) FinishGatewayEvent(ctx context.Context, id int64, state EventState) error {
	result, err := t.idb.NewRaw(`UPDATE gateway_events SET state = ?, finished_at = ? WHERE id = ?`, int(state), t.now, id).Exec(ctx)
	return exactly(1, result, err)
}
