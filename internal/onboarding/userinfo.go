package onboarding

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// maxImages is how many of a borrower's images are listed.
const maxImages = 50

// UserInfo is all that a borrower has told; parts that were never told are zero.
type UserInfo struct {
	Borrower  int64
	Brand     string
	Mobile    string // E.164
	CreatedAt time.Time
	Profile   store.Profile
	Work      store.WorkInfo
	More      store.MoreInfo
	Contacts  []store.EmergencyContact
	Images    []store.Image // newest first
}

// UserInfo reads what the borrower has told.
func (s *Service) UserInfo(ctx context.Context, who Subject) (UserInfo, error) {
	borrower, err := s.store.Borrower(ctx, who.Borrower)
	if err != nil {
		return UserInfo{}, err
	}
	info := UserInfo{Borrower: borrower.ID, Brand: borrower.Brand, Mobile: borrower.Mobile, CreatedAt: borrower.CreatedAt}
	if info.Profile, err = orZero(s.store.Profile(ctx, who.Borrower)); err != nil {
		return info, err
	}
	if info.Work, err = orZero(s.store.WorkInfo(ctx, who.Borrower)); err != nil {
		return info, err
	}
	if info.More, err = orZero(s.store.MoreInfo(ctx, who.Borrower)); err != nil {
		return info, err
	}
	if info.Contacts, err = s.store.EmergencyContacts(ctx, who.Borrower); err != nil {
		return info, err
	}
	info.Images, err = s.store.ImagesOf(ctx, who.Borrower, maxImages)
	return info, err
}

// orZero takes a part that was never told as the zero value.
func orZero[T any](part T, err error) (T, error) {
	if none, err := absent(err); err != nil || !none {
		return part, err
	}
	var zero T
	return zero, nil
}
