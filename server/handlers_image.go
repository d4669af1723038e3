package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/origination"
)

// imageHandlers serves the operations of the tag image.
type imageHandlers struct {
	svc   *origination.Service
	stamp Stamp
}

// GetImage serves GET /image/{code}.
func (h *imageHandlers) GetImage(ctx context.Context, r api.GetImageRequestObject) (api.GetImageResponseObject, error) {
	image, err := h.svc.Image(ctx, principal(ctx).BorrowerID, r.Code)
	if err != nil {
		return nil, err
	}
	body, size := bytes.NewReader(image.Bytes), int64(len(image.Bytes))
	switch image.ContentType {
	case "image/jpeg":
		return ownImage{api.GetImage200ImageJpegResponse{Body: body, ContentLength: size}}, nil
	case "image/png":
		return ownImage{api.GetImage200ImagePngResponse{Body: body, ContentLength: size}}, nil
	}
	return nil, fmt.Errorf("server: an image of the type %q cannot be served", image.ContentType)
}

// ownImage lets the borrower's own device, and nobody between, keep an image: what a code stands for never changes.
type ownImage struct{ api.GetImageResponseObject }

// VisitGetImageResponse writes the image.
func (o ownImage) VisitGetImageResponse(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	return o.GetImageResponseObject.VisitGetImageResponse(w)
}
