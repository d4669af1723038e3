// Package support owns what an app needs around the loan: questions, telephone numbers and e-mail of the support desk, the
// dictionaries that forms choose from, and the reports of devices with the privacy rules they are under. It may import the
// store and everything below it.
package support

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is the deployment's policy. The zero value is the lawful one.
type Config struct {
	// AllowHarvest accepts uploads of address books and text messages, of which only counts are kept. Nigerian rules (FCCPC
	// 2025) forbid a lender to collect them.
	AllowHarvest bool
	// LocationLifetime is how long a place is kept; 0 means 30 days.
	LocationLifetime time.Duration
}

// Service serves the support desk, the dictionaries and the devices.
type Service struct {
	store  *store.Store
	config Config
}

// New makes the service.
func New(st *store.Store, c Config) *Service {
	if c.LocationLifetime == 0 {
		c.LocationLifetime = 30 * 24 * time.Hour
	}
	return &Service{store: st, config: c}
}

// defaultQuestions is how many questions are listed when the app does not say.
const defaultQuestions = 20

// HotQuestions lists the questions of a brand in the order to show them; category "" means all, limit 0 means 20.
func (s *Service) HotQuestions(ctx context.Context, brand, category string, limit int) ([]store.Question, error) {
	if limit == 0 {
		limit = defaultQuestions
	}
	return s.store.Questions(ctx, brand, category, limit)
}

// Phones lists the telephone numbers of a brand's support desk.
func (s *Service) Phones(ctx context.Context, brand string) ([]store.SupportPhone, error) {
	return s.store.SupportPhones(ctx, brand)
}

// Email answers the e-mail address of a brand's support desk. It returns the fault SUPPORT_EMAIL_NOT_FOUND.
func (s *Service) Email(ctx context.Context, brand string) (store.SupportEmail, error) {
	email, err := s.store.SupportEmail(ctx, brand)
	if errors.Is(err, store.ErrNotFound) {
		return email, fault.New(catalog.SupportEmailNotFound)
	}
	return email, err
}
