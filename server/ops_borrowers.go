package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// opsBorrowerHandlers serves the operations about borrowers and the lists.
type opsBorrowerHandlers struct{ opsDesk }

// SearchBorrower serves POST /borrowers/search.
func (h *opsBorrowerHandlers) SearchBorrower(ctx context.Context, r opsapi.SearchBorrowerRequestObject) (opsapi.SearchBorrowerResponseObject, error) {
	mobile, err := wire.ParseMobile("mobile", r.Body.Mobile)
	if err != nil {
		return nil, err
	}
	found, err := h.svc.SearchBorrower(ctx, actor(ctx), wire.Text(r.Body.Brand), mobile)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.SearchBorrower200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Matches(found)}, nil
}

// GetBorrower serves GET /borrowers/{id}.
func (h *opsBorrowerHandlers) GetBorrower(ctx context.Context, r opsapi.GetBorrowerRequestObject) (opsapi.GetBorrowerResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	file, err := h.svc.Borrower(ctx, actor(ctx), id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.GetBorrower200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.BorrowerFile(file)}, nil
}

// UnmaskBorrower serves POST /borrowers/{id}/unmask.
func (h *opsBorrowerHandlers) UnmaskBorrower(ctx context.Context, r opsapi.UnmaskBorrowerRequestObject) (opsapi.UnmaskBorrowerResponseObject, error) {
	id, account, field, err := opswire.Unmask(r.ID, *r.Body)
	if err != nil {
		return nil, err
	}
	clear, err := h.svc.Unmask(ctx, actor(ctx), id, field, account, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.UnmaskBorrower200JSONResponse{Code: code, Message: message, Token: token, Data: opsapi.Unmasked{Field: r.Body.Field, Clear: clear}}, nil
}

// ListListings serves GET /listings.
func (h *opsBorrowerHandlers) ListListings(ctx context.Context, r opsapi.ListListingsRequestObject) (opsapi.ListListingsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	list, kind := opswire.ListFilter(r.Params.List, r.Params.Kind)
	rows, err := h.svc.Listings(ctx, actor(ctx), list, kind, p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListListings200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Listings(rows, p)}, nil
}

// AddListing serves POST /listings.
func (h *opsBorrowerHandlers) AddListing(ctx context.Context, r opsapi.AddListingRequestObject) (opsapi.AddListingResponseObject, error) {
	in, err := opswire.Listing(*r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.AddListing(ctx, actor(ctx), r.Params.IdempotencyKey, in)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.AddListing200JSONResponse{
		Headers: opsapi.AddListing200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ListingListResponse{Code: code, Message: message, Token: token, Data: opswire.Listings(done.Value, store.Page{Limit: len(done.Value) + 1})},
	}, nil
}

// RemoveListing serves POST /listings/{id}/remove.
func (h *opsBorrowerHandlers) RemoveListing(ctx context.Context, r opsapi.RemoveListingRequestObject) (opsapi.RemoveListingResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.RemoveListing(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.RemoveListing200JSONResponse{
		Headers: opsapi.RemoveListing200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ListingResponse{Code: code, Message: message, Token: token, Data: opswire.ListingView(done.Value)},
	}, nil
}
