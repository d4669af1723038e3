package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// The kinds of images.
const (
	ImageSelfie   = 1
	ImageDocument = 2
)

// Image is a photograph of a borrower. Its bytes are in the blob store, sealed with the borrower's key; this is what is known of them.
type Image struct {
	Code        string // the wire's code: a random UUID
	BorrowerID  int64
	LoanID      int64 // the application it came with
	Kind        int   // ImageSelfie or ImageDocument
	ContentType string
	Size        int // bytes, before sealing
	Width       int // pixels
	Height      int // pixels
	BlobKey     string
	CreatedAt   time.Time
}

type imageRow struct {
	bun.BaseModel `bun:"table:images"`

	Code        string    `bun:"code,pk,type:uuid"`
	BorrowerID  int64     `bun:"borrower_id"`
	LoanID      *int64    `bun:"loan_id"`
	Kind        int       `bun:"kind"`
	ContentType string    `bun:"content_type"`
	Size        int       `bun:"size"`
	Width       int       `bun:"width"`
	Height      int       `bun:"height"`
	BlobKey     string    `bun:"blob_key"`
	CreatedAt   time.Time `bun:"created_at"`
}

func (row *imageRow) image() Image {
	return Image{Code: row.Code, BorrowerID: row.BorrowerID, LoanID: idOut(row.LoanID), Kind: row.Kind, ContentType: row.ContentType,
		Size: row.Size, Width: row.Width, Height: row.Height, BlobKey: row.BlobKey, CreatedAt: row.CreatedAt.UTC()}
}

// imageColumn binds the sealed bytes of an image, which lie outside the database, to what they are.
const imageColumn = "images.blob"

// ImageOf reads one image of a borrower, or ErrNotFound: another borrower's image looks like none.
func (r reader) ImageOf(ctx context.Context, borrower int64, code string) (Image, error) {
	var row imageRow
	err := r.idb.NewSelect().Model(&row).Where("code = ? AND borrower_id = ?", code, borrower).Scan(ctx)
	return row.image(), fromTx(err)
}

// ImagesOf lists the newest images of a borrower, at most limit.
func (r reader) ImagesOf(ctx context.Context, borrower int64, limit int) ([]Image, error) {
	var rows []imageRow
	err := r.idb.NewSelect().Model(&rows).Where("borrower_id = ?", borrower).Order("created_at DESC", "code").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fromTx(err)
	}
	images := make([]Image, len(rows))
	for i := range rows {
		images[i] = rows[i].image()
	}
	return images, nil
}

// KnownBlobs says which of the given blob keys belong to an image.
func (r reader) KnownBlobs(ctx context.Context, keys []string) (map[string]bool, error) {
	known := make(map[string]bool, len(keys))
	if len(keys) == 0 {
		return known, nil
	}
	var found []string
	if err := r.idb.NewRaw(`SELECT blob_key FROM images WHERE blob_key IN (?)`, bun.List(keys)).Scan(ctx, &found); err != nil {
		return nil, fromTx(err)
	}
	for _, key := range found {
		known[key] = true
	}
	return known, nil
}

// OpenImage decrypts what SealImage made. It returns seal.ErrUnreadable where the borrower's key was destroyed.
func (r reader) OpenImage(ctx context.Context, borrower int64, sealed []byte) ([]byte, error) {
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	return key.Open(imageColumn, sealed)
}

// imageRows are the images of an application that is being written.
func (t *Tx) imageRows(images []Image, loan Loan) []imageRow {
	rows := make([]imageRow, len(images))
	for i, m := range images {
		rows[i] = imageRow{Code: m.Code, BorrowerID: loan.BorrowerID, LoanID: idIn(loan.ID), Kind: m.Kind, ContentType: m.ContentType,
			Size: m.Size, Width: m.Width, Height: m.Height, BlobKey: m.BlobKey, CreatedAt: t.now}
	}
	return rows
}
