package origination

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// Limits of the photographs of one application.
const (
	MaxPhotos     = 5
	maxPhotoBytes = 5 << 20
	maxPixels     = 25_000_000
	maxSide       = 12_000 // pixels
	maxDecoded    = 192 << 20
	maxScans      = 100 // of a progressive JPEG; cameras write about ten

	keptSide    = 1_600 // pixels of the longer side that are kept
	keptQuality = 85

	decodesAtOnce = 2
	decodeWait    = 15 * time.Second
)

// Photo is a photograph as it is kept: decoded, scaled down and encoded anew, so that nothing but the picture is left of what was
// uploaded: no EXIF, no place, nothing hidden behind or inside the file.
type Photo struct {
	Digest [sha256.Size]byte // of the file as it was uploaded
	JPEG   []byte
	Width  int // pixels
	Height int // pixels
}

// Intake takes in the photographs of one application, one at a time and in order; the first is the selfie. It is for one goroutine.
type Intake struct {
	slots  chan struct{}
	photos []Photo
}

// NewIntake begins the intake of one application's photographs. All intakes of the service share the slots for decoding.
func (s *Service) NewIntake() *Intake { return &Intake{slots: s.decodes} }

// NewIntake begins an intake that shares its slots with no other: for who checks photographs and keeps none.
func NewIntake() *Intake { return &Intake{slots: make(chan struct{}, decodesAtOnce)} }

// Photos are those taken in so far.
func (in *Intake) Photos() []Photo { return in.photos }

// Add reads one uploaded file. What kind it is, its own first bytes say; its name and announced type are not looked at. It returns
// the faults BODY_TOO_LARGE (a file above 5 MiB), UNSUPPORTED_CONTENT_TYPE (neither JPEG nor PNG), IMAGE_REJECTED (not readable to its
// end, more than 25 megapixels or 12,000 pixels a side), VALIDATION_FAILED (a sixth file) and UNAVAILABLE (too many photographs at
// once), all but the last naming the file; and the reader's own errors.
func (in *Intake) Add(ctx context.Context, file io.Reader) error {
	field := fmt.Sprintf("files[%d]", len(in.photos))
	if len(in.photos) == MaxPhotos {
		return fault.Invalid("files", fmt.Sprintf("must be at most %d", MaxPhotos))
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxPhotoBytes+1))
	if err != nil {
		return err
	}
	if len(raw) > maxPhotoBytes {
		return fault.New(catalog.BodyTooLarge).WithField(field, fmt.Sprintf("must be at most %d bytes", maxPhotoBytes))
	}
	kind, err := sniff(raw)
	if err != nil {
		return fault.New(catalog.UnsupportedContentType).WithField(field, "must be a JPEG or a PNG")
	}
	turn, err := kind.check(raw)
	if err != nil {
		return rejected(field, err)
	}
	release, err := in.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	photo, err := redraw(ctx, kind, raw, turn)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return rejected(field, err)
	}
	photo.Digest = sha256.Sum256(raw)
	in.photos = append(in.photos, photo)
	return nil
}

// rejected is IMAGE_REJECTED of one file. The decoder's words are for our logs: they hold no bytes of the file.
func rejected(field string, cause error) error {
	rule := "must be a complete JPEG or PNG"
	var limit *limitError
	if errors.As(cause, &limit) {
		rule = limit.rule
	}
	return fault.New(catalog.ImageRejected).WithField(field, rule).WithCause(cause)
}

// slot waits for one of the few decodes that run at once: a decoded photograph is a hundred times the size of its file.
func (in *Intake) slot(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(decodeWait)
	defer timer.Stop()
	select {
	case in.slots <- struct{}{}:
		return func() { <-in.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fault.New(catalog.Unavailable).WithRetryAfter(decodeWait / 3).WithCause(errors.New("too many photographs at once"))
	}
}

// limitError says which limit a readable picture breaks.
type limitError struct{ rule string }

func (e *limitError) Error() string { return "origination: a photograph " + e.rule }

// format is one of the two kinds of files that are taken in.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	jpeg   bool
}

// sniff tells the kind of a file by its first bytes.
func sniff(raw []byte) (format, error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return format{jpeg.DecodeConfig, jpeg.Decode, true}, nil
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return format{png.DecodeConfig, png.Decode, false}, nil
	}
	return format{}, errors.New("origination: neither JPEG nor PNG")
}

// check reads the header only and says whether decoding the file is affordable, and how the picture must be turned. A file of 100 KB
// may decode to a gigabyte.
func (f format) check(raw []byte) (orientation, error) {
	c, err := f.config(bytes.NewReader(raw))
	if err != nil {
		return upright, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return upright, &limitError{fmt.Sprintf("must be 1 to %d pixels a side", maxSide)}
	}
	pixels := int64(c.Width) * int64(c.Height)
	if pixels > maxPixels {
		return upright, &limitError{fmt.Sprintf("must have at most %d megapixels", maxPixels/1_000_000)}
	}
	perPixel, turn := bytesPerPixel(c.ColorModel), upright
	if f.jpeg {
		h := readJPEGHeader(raw)
		if h.scans > maxScans {
			return upright, &limitError{"must have fewer scans"}
		}
		if h.progressive {
			perPixel += 4 * h.samples
		}
		turn = h.turn
	}
	if float64(pixels)*perPixel > maxDecoded {
		return upright, &limitError{"must have fewer pixels for its kind of encoding"}
	}
	return turn, nil
}

// redraw decodes a file and draws it anew.
func redraw(ctx context.Context, f format, raw []byte, turn orientation) (Photo, error) {
	full, err := f.decode(&patientReader{ctx, bytes.NewReader(raw)})
	if err != nil {
		return Photo{}, err
	}
	small, err := shrink(ctx, full, keptSide)
	if err != nil {
		return Photo{}, err
	}
	small = turn.apply(small)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: keptQuality}); err != nil {
		return Photo{}, err
	}
	return Photo{JPEG: out.Bytes(), Width: small.Rect.Dx(), Height: small.Rect.Dy()}, nil
}

// patientReader ends a decode when the request ends: decoders know no context, but they read.
type patientReader struct {
	ctx context.Context
	r   io.Reader
}

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
