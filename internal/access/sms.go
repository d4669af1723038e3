package access

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// SendSMS works job.SendSMS: it hands a stored text to the vendor, outside of any transaction, and writes down how that went. A text
// that has been dealt with, or has expired, is left or closed; one that the vendor will never take becomes failed, with an alert
// where the fault is ours. An error says "try again". A crash between the vendor's yes and our note sends the text twice, which for
// a text is better than not at all.
func (s *Service) SendSMS(ctx context.Context, id int64) error {
	text, err := s.store.SMS(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil // an old job of a text that was cleared away
	}
	if err != nil {
		return err
	}
	if text.State != store.SMSWaiting {
		return nil
	}
	if !s.clock.Now().Before(text.ExpiresAt) {
		return s.finishSMS(ctx, id, store.SMSExpired, "")
	}
	if s.sms == nil {
		return s.failSMS(ctx, id, "no provider of texts is configured")
	}
	receipt, err := s.sms.Send(ctx, provider.SMSMessage{To: text.To, Text: text.Text, Purpose: text.Purpose})
	if err == nil {
		return s.finishSMS(ctx, id, store.SMSSent, receipt.MessageID)
	}
	log := []slog.Attr{slog.Int64("sms", id), slog.String("to", provider.MaskPhone(text.To)), slog.Any("error", err)}
	if provider.IsConclusive(err) && !provider.IsRetryable(err) {
		s.log.LogAttrs(ctx, slog.LevelWarn, "a text will not be sent", log...)
		if errors.Is(err, provider.ErrUnauthorized) {
			return s.failSMS(ctx, id, "the provider of texts refuses our credentials")
		}
		return s.finishSMS(ctx, id, store.SMSFailed, "")
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "a text will be tried again", log...)
	return err
}

// finishSMS closes a text. Whoever was faster is right.
func (s *Service) finishSMS(ctx context.Context, id int64, state store.SMSState, providerRef string) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.FinishSMS(ctx, id, state, providerRef)
	})
	if errors.Is(err, store.ErrStale) {
		return nil
	}
	return err
}

// failSMS closes a text that could not go for a reason a person must remove.
func (s *Service) failSMS(ctx context.Context, id int64, reason string) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.FinishSMS(ctx, id, store.SMSFailed, ""); err != nil {
			return err
		}
		return tx.RaiseAlert(ctx, "sms", "provider", reason+"; first text "+strconv.FormatInt(id, 10))
	})
	if errors.Is(err, store.ErrStale) {
		return nil
	}
	return err
}
