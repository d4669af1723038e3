package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The purposes of a code, as on the wire. A code is good for nothing else than its purpose.
const (
	PurposeRegister = 1
	PurposeLogin    = 2
	PurposeAccount  = 3 // to change a bank account or card
)

const (
	codeDigits = 6
	// resendGap is the rest between two codes to one number.
	resendGap = time.Minute
)

// CodeSent says how the code that was sent behaves. It is the same for every number.
type CodeSent struct {
	Life   time.Duration // until it expires
	Resend time.Duration // until another one may be asked for
	Digits int
}

// SendCode sends a new code for a purpose to a mobile number (E.164) and ends the earlier ones of that purpose. It never looks whether
// the number belongs to a borrower, so neither its answer nor its duration can tell. It returns SMS_RATE_LIMITED, and SMS_UNAVAILABLE
// where the deployment sends no texts.
func (s *Service) SendCode(ctx context.Context, brand, mobile string, purpose int) (CodeSent, error) {
	if s.sms == nil {
		return CodeSent{}, fault.New(catalog.SMSUnavailable)
	}
	shown, err := s.brand(ctx, brand)
	if err != nil {
		return CodeSent{}, err
	}
	if err := s.limit(ctx, ClassSMS, catalog.SMSRateLimited, mobileKey(brand, mobile), rangeKey(brand, mobile), KeyBrand+":"+brand); err != nil {
		return CodeSent{}, err
	}
	if err := s.pumping(ctx, brand); err != nil {
		return CodeSent{}, err
	}
	code, err := newCode()
	if err != nil {
		return CodeSent{}, fault.Internal(err)
	}
	text := fmt.Sprintf("%s is your %s code. It works for %d minutes. Never give it to anyone, not even to us.",
		code.Reveal(), shown.Name, int(s.config.CodeLife.Minutes()))
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		subject := store.CodeSubject{Brand: brand, Mobile: mobile, Purpose: purpose}
		if err := tx.AddCode(ctx, subject, code.Reveal(), s.config.CodeTries, s.config.CodeLife); err != nil {
			return err
		}
		id, err := tx.AddSMS(ctx, store.NewSMS{Brand: brand, To: mobile, Text: text, Purpose: "otp", Life: s.config.CodeLife})
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, job.SendSMS{ID: id}, nil)
	})
	if err != nil {
		return CodeSent{}, err
	}
	return CodeSent{Life: s.config.CodeLife, Resend: resendGap, Digits: codeDigits}, nil
}

// CheckCode tells whether a code is right without using it up. A wrong one counts as a try. It returns CODE_INVALID for wrong, used,
// expired and replaced codes and for numbers that no code was sent to alike, and RATE_LIMITED.
func (s *Service) CheckCode(ctx context.Context, brand, mobile string, purpose int, code Secret) error {
	if err := s.limit(ctx, ClassCode, catalog.RateLimited, mobileKey(brand, mobile)); err != nil {
		return err
	}
	if err := s.guess(ctx, brand, mobile); err != nil {
		return err
	}
	var id int64
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.TryCode(ctx, store.CodeSubject{Brand: brand, Mobile: mobile, Purpose: purpose}, code.Reveal())
		return err
	})
	if err != nil {
		return err
	}
	if id == 0 {
		return invalidCode()
	}
	return nil
}

// newCode draws each of the million codes with the same chance.
func newCode() (Secret, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return Secret(fmt.Sprintf("%0*d", codeDigits, n)), nil
}

// guess counts a guess at a code of the number, right or wrong, against the day's budget. It returns RATE_LIMITED.
func (s *Service) guess(ctx context.Context, brand, mobile string) error {
	return s.limit(ctx, ClassGuess, catalog.RateLimited, mobileKey(brand, mobile))
}

// rangeKey is the block of numbers that a mobile number (E.164) stands in: all but its last five digits.
func rangeKey(brand, mobile string) string {
	return KeyRange + ":" + brand + "/" + mobile[:max(len(mobile)-5, 0)]
}

func mobileKey(brand, mobile string) string { return KeyMobile + ":" + brand + "/" + mobile }

// limit counts a request against limits that the HTTP layer cannot know. It returns the given fault with the time to wait.
func (s *Service) limit(ctx context.Context, class string, refusal catalog.Entry, keys ...string) error {
	v, err := s.limiter.Allow(ctx, class, keys...)
	if err != nil {
		return err
	}
	if !v.Allowed {
		return fault.New(refusal).WithRetryAfter(max(v.RetryAfter, time.Second))
	}
	return nil
}
