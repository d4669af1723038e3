package servicing

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Event is a gateway's event, reduced by its adapter to what names the thing to ask about. Nothing else in it is believed.
type Event struct {
	Provider  string
	Name      string // such as "charge.success"
	Reference string
	Status    string
	Digest    string // equal for repeats
}

// ReceiveEvent keeps an event whose signature was verified, and has it applied in the background. A repeat of one that is applied
// changes nothing: the question it would ask is answered. A repeat of one that still waits makes sure that somebody works on it.
func (s *Service) ReceiveEvent(ctx context.Context, e Event) error {
	if planted.Is(planted.EarlyAnswer) {
		go func() { _ = s.storeEvent(context.WithoutCancel(ctx), e) }()
		return nil
	}
	return s.storeEvent(ctx, e)
}

func (s *Service) storeEvent(ctx context.Context, e Event) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		id, err := tx.AddGatewayEvent(ctx, store.GatewayEvent{Provider: e.Provider, Digest: []byte(e.Digest), Event: e.Name, Reference: e.Reference, Status: e.Status})
		if err != nil || id == 0 {
			return err
		}
		return tx.Enqueue(ctx, job.ApplyEvent{ID: id}, nil)
	})
	crashpoint.Reach(crashpoint.HookStored)
	return err
}

// Applier asks the gateway about one of our references and applies the answer. For a reference that is not ours it returns
// ErrUnknownReference, an error that wraps store.ErrNotFound, or a fault that says "not found".
type Applier func(ctx context.Context, reference string) error

// Appliers finds who a reference belongs to by its prefix.
type Appliers map[string]Applier

// Apply finds who a reference belongs to and has it applied. It returns ErrUnknownReference for nobody's.
func (a Appliers) Apply(ctx context.Context, reference string) error {
	for prefix, apply := range a {
		if strings.HasPrefix(reference, prefix) {
			return apply(ctx, reference)
		}
	}
	return ErrUnknownReference
}

// own says whether a reference looks like one that we mint.
func (a Appliers) own(reference string) bool {
	for prefix := range a {
		if strings.HasPrefix(reference, prefix) {
			return true
		}
	}
	return false
}

// alertParked is the alert about an event whose reference is not ours.
const alertParked = "event_parked"

// ApplyEvent is the work behind ReceiveEvent: it asks the gateway about what the event named. An event about a reference
// that is not ours is parked, with a note for a person, because money may be behind it. One that looks like ours may be ahead of
// what we know: it is looked at again for Config.EventPatience first, and ApplyEvent returns *job.Later.
func (s *Service) ApplyEvent(ctx context.Context, id int64, appliers Appliers) error {
	event, err := s.store.GatewayEvent(ctx, id)
	if err != nil || event.State != store.EventWaiting {
		return err
	}
	err = s.dispatch(ctx, event, appliers)
	unknown := isUnknown(err)
	if err != nil && !unknown {
		return err
	}
	if wait := s.untilKnown(event, appliers); unknown && wait > 0 {
		return &job.Later{Wait: wait}
	}
	crashpoint.Reach(crashpoint.HookApplied)
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if !unknown {
			if err := tx.ResolveAlertsOf(ctx, alertParked, event.Reference); err != nil {
				return err
			}
			if err := noteDispute(ctx, tx, event); err != nil {
				return err
			}
			return tx.FinishGatewayEvent(ctx, id, store.EventApplied)
		}
		if err := tx.RaiseAlert(ctx, alertParked, event.Reference, "the gateway sent "+event.Event+" about a reference that is not ours"); err != nil {
			return err
		}
		return tx.FinishGatewayEvent(ctx, id, store.EventParked)
	})
}

// alertDisputed is the alert about a charge whose payer's bank wants the money back. The gateway takes it unless somebody answers there in
// time; that it has gone is found by the reconciliation.
const alertDisputed = "charge_disputed"

// noteDispute tells a person about a dispute of a charge of ours, and takes that back when the gateway has decided it.
func noteDispute(ctx context.Context, tx *store.Tx, event store.GatewayEvent) error {
	what, dispute := strings.CutPrefix(event.Event, "charge.dispute.")
	switch {
	case !dispute:
		return nil
	case what == "resolve":
		return tx.ResolveAlertsOf(ctx, alertDisputed, event.Reference)
	}
	intent, err := tx.Intent(ctx, event.Reference)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return tx.RaiseBrandAlert(ctx, intent.Brand, alertDisputed, event.Reference, "the payer's bank disputes the charge: answer at the gateway, in time")
}

// untilKnown is the wait after which an event about a reference that we do not know is looked at again: as long as it has waited by
// now, so that the waits double. 0 means that its time is over.
func (s *Service) untilKnown(event store.GatewayEvent, appliers Appliers) time.Duration {
	if !event.RevivedAt.IsZero() || !appliers.own(event.Reference) {
		return 0
	}
	age := s.clock.Now().Sub(event.ReceivedAt)
	left := s.config.EventPatience - age
	if left <= 0 {
		return 0
	}
	return max(min(max(age, 2*time.Second), left), time.Second)
}

func isUnknown(err error) bool {
	var f *fault.Error
	return errors.Is(err, ErrUnknownReference) || errors.Is(err, store.ErrNotFound) || (errors.As(err, &f) && f.Kind() == fault.KindNotFound)
}

func (s *Service) dispatch(ctx context.Context, e store.GatewayEvent, appliers Appliers) error {
	if strings.HasPrefix(e.Event, "refund.") {
		return s.applyRefunds(ctx, e.Reference)
	}
	return appliers.Apply(ctx, e.Reference)
}

// applyRefunds takes a step of every refund of a charge; the gateway names the charge, not the refund. A charge of ours without a
// refund of ours is as unknown as any other: somebody gave its money back at the gateway.
func (s *Service) applyRefunds(ctx context.Context, charge string) error {
	intent, err := s.store.Intent(ctx, charge)
	if err != nil {
		return err
	}
	refunds, err := s.store.RefundsOfIntent(ctx, intent.ID)
	if err != nil {
		return err
	}
	for _, refund := range refunds {
		if err := s.RefundCharge(ctx, refund.ID); err != nil {
			return err
		}
	}
	if len(refunds) == 0 {
		return ErrUnknownReference
	}
	return nil
}
