package journey

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"mime/multipart"
	"net/textproto"
)

// Photo makes a JPEG of the given size that compresses like a photograph: smooth shades with noise over them.
func Photo(width, height int, seed uint64) ([]byte, error) {
	noise := rand.New(rand.NewPCG(seed, seed))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			grain := noise.IntN(24)
			img.SetRGBA(x, y, color.RGBA{R: uint8(x*200/width + grain), G: uint8(y*200/height + grain), B: uint8(90 + grain), A: 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// ApplyForm is the form data of POST /loan/record/apply: the body and its content type.
func ApplyForm(productID, quoteID string, photos ...[]byte) (body []byte, contentType string, err error) {
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	fields := [][2]string{{"id", productID}, {"applyTerminal", "1"}}
	if quoteID != "" {
		fields = append(fields, [2]string{"quoteId", quoteID})
	}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	for i, photo := range photos {
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="files"; filename="photo-%d.jpg"`, i+1))
		header.Set("Content-Type", "image/jpeg")
		part, err := form.CreatePart(header)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(photo); err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return out.Bytes(), form.FormDataContentType(), nil
}
