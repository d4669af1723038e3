package store

import (
	"context"
	"errors"
)

// Face is what an app greets a borrower with.
type Face struct {
	FirstName  string // "" before the profile is saved, like the other names
	MiddleName string
	LastName   string
	HeadImage  string // the code of the latest loan's selfie, or ""
	HadPayout  bool   // a loan of the borrower has been paid out
}

// Face reads a borrower's face; a borrower without profile and loans has an empty one.
func (r reader) Face(ctx context.Context, borrower int64) (Face, error) {
	var face Face
	err := r.idb.NewRaw(`SELECT coalesce((SELECT head_image::text FROM loans WHERE borrower_id = ?0 ORDER BY id DESC LIMIT 1), '') AS head_image,
		EXISTS (SELECT FROM loans WHERE borrower_id = ?0 AND disbursed_at IS NOT NULL) AS had_payout`, borrower).Scan(ctx, &face)
	if err != nil {
		return Face{}, fromTx(err)
	}
	p, err := r.Profile(ctx, borrower)
	if errors.Is(err, ErrNotFound) {
		return face, nil
	}
	face.FirstName, face.MiddleName, face.LastName = p.FirstName, p.MiddleName, p.LastName
	return face, err
}
