package creditpocket

import (
	"context"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// ImageService is the borrower's photographs.
type ImageService struct{ c *Client }

// ImageKind is what a photograph shows.
type ImageKind int32

// The kinds.
const (
	Selfie   ImageKind = 1
	Document ImageKind = 2
)

// ImageInfo is a stored photograph.
type ImageInfo struct {
	// Code is for Images.Get.
	Code        string    `wire:"code"`
	Kind        ImageKind `wire:"kind"`
	ContentType string    `wire:"contentType"`
	// Size is in bytes, Width and Height are in pixels.
	Size    int32     `wire:"size"`
	Width   int32     `wire:"width"`
	Height  int32     `wire:"height"`
	Created time.Time `wire:"createdTime"`
	Extra   Extra
}

// Image is a photograph's bytes.
type Image struct {
	// ContentType is image/jpeg or image/png.
	ContentType string
	Bytes       []byte
}

// Get reads one of the borrower's own photographs; ErrImageNotFound. Operation getImage.
func (s *ImageService) Get(ctx context.Context, code string, options ...CallOption) (Image, error) {
	contentType, content, err := s.c.download(ctx, opGetImage, []string{"image/jpeg", "image/png"}, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetImageRequest(server, code)
	}, options)
	return Image{contentType, content}, err
}
