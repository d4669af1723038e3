package origination

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// photoPrefix begins the blob keys of photographs.
const photoPrefix = "photo/"

// photoType is what every kept photograph is.
const photoType = "image/jpeg"

// orphanAge is how old a blob must be to count as left over: by then no application can still be about to refer to it.
const orphanAge = 24 * time.Hour

// Image is a photograph with its bytes.
type Image struct {
	ContentType string
	Bytes       []byte
}

// Image answers one of a borrower's own images. It returns IMAGE_NOT_FOUND, also for the image of another borrower.
func (s *Service) Image(ctx context.Context, borrower int64, code string) (Image, error) {
	known, err := s.store.ImageOf(ctx, borrower, code)
	if err != nil {
		return Image{}, orFault(err, catalog.ImageNotFound)
	}
	blob, _, err := s.blobs.Get(ctx, known.BlobKey)
	if errors.Is(err, provider.ErrNotFound) {
		return Image{}, fault.Internal(fmt.Errorf("image %s has no blob", known.Code))
	}
	if err != nil {
		return Image{}, fault.New(catalog.Unavailable).WithCause(err)
	}
	defer blob.Close()
	sealed, err := io.ReadAll(blob)
	if err != nil {
		return Image{}, fault.New(catalog.Unavailable).WithCause(err)
	}
	plain, err := s.store.OpenImage(ctx, borrower, sealed)
	return Image{known.ContentType, plain}, fault.Internal(err)
}

// putPhotos seals photographs and puts them into the blob store, under fresh random names, before anything refers to them. It
// returns UNAVAILABLE when the blob store does not take one.
func (s *Service) putPhotos(ctx context.Context, start store.ApplicationStart, photos []Photo) ([]store.Image, error) {
	images := make([]store.Image, 0, len(photos))
	for i, p := range photos {
		code := newUUID()
		sealed, err := start.SealImage(p.JPEG)
		if err != nil {
			return images, err
		}
		key := photoPrefix + code
		if err := s.blobs.Put(ctx, key, "application/octet-stream", bytes.NewReader(sealed)); err != nil {
			return images, fault.New(catalog.Unavailable).WithCause(err)
		}
		kind := store.ImageDocument
		if i == 0 {
			kind = store.ImageSelfie
		}
		images = append(images, store.Image{Code: code, Kind: kind, ContentType: photoType, Size: len(p.JPEG),
			Width: p.Width, Height: p.Height, BlobKey: key})
	}
	return images, nil
}

// dropPhotos deletes what putPhotos stored, when it is certain that nothing refers to it. What it cannot delete, the sweep will.
func (s *Service) dropPhotos(ctx context.Context, images []store.Image) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, m := range images {
		if err := s.blobs.Delete(ctx, m.BlobKey); err != nil {
			s.log.WarnContext(ctx, "a photograph of a refused application is left for the sweep", "error", err.Error())
			return
		}
	}
}

// sweepBatch is how many blobs are compared with the database at once.
const sweepBatch = 500

// SweepPhotos deletes photographs that no application refers to, a day after they were put, and returns how many. Running twice, or
// at two places, does no harm.
func (s *Service) SweepPhotos(ctx context.Context) (int, error) {
	return s.sweepPhotos(ctx, time.Now().Add(-orphanAge)) // blobs are dated by the machine, not by the business clock
}

func (s *Service) sweepPhotos(ctx context.Context, before time.Time) (int, error) {
	total := 0
	var batch []string
	flush := func() error {
		known, err := s.store.KnownBlobs(ctx, batch)
		if err != nil {
			return err
		}
		for _, key := range batch {
			if known[key] {
				continue
			}
			if err := s.blobs.Delete(ctx, key); err != nil {
				return err
			}
			total++
		}
		batch = batch[:0]
		return nil
	}
	for object, err := range s.blobs.List(ctx, photoPrefix, before) {
		if err != nil {
			return total, err
		}
		if batch = append(batch, object.Key); len(batch) == sweepBatch {
			if err := flush(); err != nil {
				return total, err
			}
		}
	}
	return total, flush()
}

// newUUID makes a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
