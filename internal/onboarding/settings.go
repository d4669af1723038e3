package onboarding

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Settings are a borrower's language and switches.
type Settings struct {
	store.Settings
	Marketing bool // offers may be sent: the consent to MARKETING holds
}

// SettingsChange is what to change; nil leaves a setting as it is.
type SettingsChange struct {
	Language    *string
	Marketing   *bool
	PushEnabled *bool
}

// Settings reads the borrower's settings.
func (s *Service) Settings(ctx context.Context, who Subject) (Settings, error) {
	saved, err := s.store.Settings(ctx, who.Borrower)
	if err != nil {
		return Settings{}, err
	}
	marketing, err := s.store.HoldsConsent(ctx, who.Borrower, who.Brand, store.ConsentMarketing)
	return Settings{saved, marketing}, err
}

// SaveSettings changes settings and answers all of them. Agreeing to marketing is a consent to the text in force and is recorded
// as such; it returns VALIDATION_FAILED where the brand has no such text.
func (s *Service) SaveSettings(ctx context.Context, who Subject, change SettingsChange) (Settings, error) {
	var after Settings
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		saved, err := tx.Settings(ctx, who.Borrower)
		if err != nil {
			return err
		}
		if change.Language != nil {
			saved.Language = *change.Language
		}
		if change.PushEnabled != nil {
			saved.PushEnabled = *change.PushEnabled
		}
		if err := tx.SaveSettings(ctx, who.Borrower, saved); err != nil {
			return err
		}
		if change.Marketing != nil {
			if err := setMarketing(ctx, tx, who, *change.Marketing); err != nil {
				return err
			}
		}
		marketing, err := tx.HoldsConsent(ctx, who.Borrower, who.Brand, store.ConsentMarketing)
		after = Settings{saved, marketing}
		return err
	})
	return after, err
}

func setMarketing(ctx context.Context, tx *store.Tx, who Subject, granted bool) error {
	policy, err := tx.ConsentPolicy(ctx, who.Brand, store.ConsentMarketing, tx.Now())
	none, err := absent(err)
	if err != nil {
		return err
	}
	if none {
		if granted {
			return fault.Invalid("marketingConsent", "cannot be given: there is no text to agree to")
		}
		return nil
	}
	_, err = record(ctx, tx, who, policy, granted)
	return err
}
