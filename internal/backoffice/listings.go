package backoffice

import (
	"context"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Listings lists the black and white lists, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) Listings(ctx context.Context, by Actor, list store.List, kind string, p store.Page) ([]store.Listing, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.Listings(ctx, list, kind, p)
}

// NewListing is whom to put on a list: by number, or a borrower whose own numbers or devices are taken.
type NewListing struct {
	Brand    string
	List     store.List
	Kind     string // one of store's Listed constants
	Borrower int64  // 0 for a number
	Mobile   string // E.164
	BVN      string
	BankCode string
	Account  string
	Reason   string
}

// AddListing puts somebody on a list and returns the listings: several for a borrower with several devices. It returns
// BRAND_FORBIDDEN, BORROWER_NOT_FOUND, RECORD_NOT_FOUND for a borrower who has nothing of that kind, and VALIDATION_FAILED for an
// unknown brand.
func (s *Service) AddListing(ctx context.Context, by Actor, key string, in NewListing) (Done[[]store.Listing], error) {
	if err := s.mayImport(ctx, by, in.Brand); err != nil {
		return Done[[]store.Listing]{}, err
	}
	// The number goes into the hash of the request as it goes into the list: as its keyed index.
	params := []any{in.Brand, in.List, in.Kind, in.Borrower, fmt.Sprintf("%x", s.numberIndex(in))}
	return act(ctx, s, order{by, "addListing", key, in.Reason, params}, func(ctx context.Context, tx *store.Tx, n *note) ([]store.Listing, error) {
		indexes := [][]byte{s.numberIndex(in)}
		n.subject, n.brand = "list:"+string(in.List), in.Brand
		if in.Borrower != 0 {
			var err error
			if indexes, err = ownIndexes(ctx, tx, in); err != nil {
				return nil, err
			}
			n.about("borrower", in.Borrower, in.Brand)
		}
		if len(indexes) == 0 {
			return nil, fault.New(catalog.RecordNotFound)
		}
		var all []store.Listing
		for _, index := range indexes {
			l, err := tx.AddListing(ctx, in.Brand, in.List, in.Kind, index, in.Reason, by.trace())
			if err != nil {
				return nil, err
			}
			n.change(string(in.List), "", fmt.Sprintf("%s listing:%d", in.Kind, l.ID))
			all = append(all, l)
		}
		return all, nil
	})
}

// numberIndex is the keyed index of the number that is listed; of nothing for a borrower's own.
func (s *Service) numberIndex(in NewListing) []byte {
	if in.Borrower != 0 {
		return nil
	}
	switch in.Kind {
	case store.ListedMobile:
		return s.store.MobileIndex(in.Brand, in.Mobile)
	case store.ListedBVN:
		return s.store.BVNIndex(in.Brand, in.BVN)
	}
	return s.store.AccountIndex(in.Brand, in.BankCode, in.Account)
}

// ownIndexes are what a borrower has of a kind.
func ownIndexes(ctx context.Context, tx *store.Tx, in NewListing) ([][]byte, error) {
	b, err := tx.Borrower(ctx, in.Borrower)
	if err == nil && b.Brand != in.Brand {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, orFault(err, catalog.BorrowerNotFound)
	}
	if b.Erased {
		return nil, nil
	}
	switch in.Kind {
	case store.ListedMobile:
		return [][]byte{tx.MobileIndex(b.Brand, b.Mobile)}, nil
	case store.ListedBVN:
		p, err := tx.Profile(ctx, b.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return [][]byte{tx.BVNIndex(b.Brand, p.BVN)}, err
	case store.ListedDevice:
		return tx.DeviceIndexes(ctx, b.ID)
	}
	accounts, err := tx.BankAccounts(ctx, b.ID)
	var all [][]byte
	for _, a := range accounts {
		all = append(all, tx.AccountIndex(b.Brand, a.BankCode, a.AccountNo))
	}
	return all, err
}

// RemoveListing takes somebody off a list. It returns RECORD_NOT_FOUND.
func (s *Service) RemoveListing(ctx context.Context, by Actor, key string, id int64, reason string) (Done[store.Listing], error) {
	return act(ctx, s, order{by, "removeListing", key, reason, id}, func(ctx context.Context, tx *store.Tx, n *note) (store.Listing, error) {
		l, err := tx.Listing(ctx, id)
		if err == nil && !by.sees(l.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return l, orFault(err, catalog.RecordNotFound)
		}
		n.about("listing", l.ID, l.Brand)
		n.change(string(l.List), l.Kind, "removed")
		if err := tx.RemoveListing(ctx, id); errors.Is(err, store.ErrStale) {
			return l, fault.New(catalog.RecordNotFound)
		} else if err != nil {
			return l, err
		}
		return l, nil
	})
}
