package server

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/paper"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

// mockFiles are the mock's answers that are no JSON, by media type.
type mockFiles map[string][]byte

// newMockFiles makes a picture in both formats, and a document.
func newMockFiles() (mockFiles, error) {
	const width, height = 240, 320
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, color.RGBA{R: uint8(x), G: uint8(y * 255 / height), B: 160, A: 255})
		}
	}
	var asJPEG, asPNG bytes.Buffer
	if err := jpeg.Encode(&asJPEG, picture, nil); err != nil {
		return nil, err
	}
	if err := png.Encode(&asPNG, picture); err != nil {
		return nil, err
	}
	day := clock.DateOf(time.Date(2025, 3, 22, 12, 0, 0, 0, time.UTC))
	document, err := paper.Clearance(servicing.Clearance{
		DocumentHead: servicing.DocumentHead{IndentNo: "CC250322151776", Borrower: "TEST BORROWER", Date: day},
		Code:         "7K3M-9Q2X-V5TB-1C8D-R4HW",
	})
	if err != nil {
		return nil, err
	}
	return mockFiles{"image/jpeg": asJPEG.Bytes(), "image/png": asPNG.Bytes(), "application/pdf": document}, nil
}
